// The reader: a .tflite file (schema version 3) as a graph. Every byte is hostile: positions are checked by
// flatbuf.c, indices and sizes here, and memory stays within a multiple of the file's size.
#include "tflite_read.h"
#include "tflite.h"
#include "tflite_loop.h"
#include "unroll.h"
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "constants are used as they lie in the file");

// Arena bytes for a byte of file: a tensor of 60 bytes in the file becomes some hundred here. The constant
// part leaves room for small files.
enum { ROOM_PER_BYTE = 64, ROOM = 1 << 20, MAX_META = 64 * 1024, MAX_OPERS = 20000 };

const char reader_damaged[] = "the file is damaged or cut off (a record points outside of it)";

// ---- operators ----

// Remedies for operators that people meet often; others get a general one.
static const char *remedy(int builtin, const char *custom)
{
    const char *name = custom ? custom : tflite_op_name(builtin);
    if (custom && !strncmp(custom, "Flex", 4))
        return strstr(custom, "TensorList")
                   ? "it is no part of a loop that Keras' layers become; give the Keras or ONNX model instead"
                   : "the model was converted with SELECT_TF_OPS; convert it again with built-in operators "
                     "only";
    if (custom) return "custom operators cannot be executed; replace that layer in the model";
    if (strstr(name, "LSTM") || strstr(name, "RNN"))
        return "a recurrent layer of a kind that is not read; give the Keras or ONNX model instead";
    if (!strcmp(name, "IF")) return "control flow is not supported; export the network for inference only";
    if (builtin == TFL_TRANSPOSE_CONV)
        return "use UpSampling1D and a convolution in the model instead of a transposed convolution";
    return "replace that layer in the model by convolution, dense, pooling, elementwise or reshape layers";
}

static bool tensors_of(struct reader *r, const struct fb_vec *index, bool variables, struct tensor **t,
                       struct err *e)
{
    for (uint32_t i = 0; i < index->n; i++) {
        int32_t k = fb_vec_i32(index, i);
        if (k == -1) continue; // an optional input that is absent
        if (k < 0 || k >= r->nslot) return fail(e, "names tensor %d, the file has %d", k, r->nslot);
        struct slot *s = &r->slot[k];
        if (s->why_not) return fail(e, "tensor %s %s", s->t->name, s->why_not);
        if (s->variable && !variables)
            return fail(e, "tensor %s is a variable that lives from run to run", s->t->name);
        bool needs_scale = !s->t->data && (s->t->type == I8 || s->t->type == U8 || s->t->type == I16);
        if (needs_scale && s->t->q.n > 1)
            return fail(e, "tensor %s has scales for weights, but its constant is missing", s->t->name);
        if (needs_scale && !s->t->q.n)
            return fail(e, "tensor %s is %s without a scale", s->t->name, dtype_name(s->t->type));
        t[i] = s->t;
    }
    return true;
}

static bool inputs_ready(const struct reader *r, const struct fb_vec *index, struct err *e)
{
    for (uint32_t i = 0; i < index->n; i++) {
        int32_t k = fb_vec_i32(index, i);
        if (k < 0) continue;
        const struct slot *s = &r->slot[k];
        if (!s->made)
            return fail(
                e, "input %s is used before anything makes it (a cycle, or a missing operator or constant)",
                s->t->name);
        if (!tensor_check(s->t, e)) return false;
    }
    return true;
}

static bool outputs_free(struct reader *r, const struct fb_vec *index, struct err *e)
{
    for (uint32_t i = 0; i < index->n; i++) {
        int32_t k = fb_vec_i32(index, i);
        if (k < 0) return fail(e, "output %u is absent", (unsigned)i);
        struct slot *s = &r->slot[k];
        if (s->made) return fail(e, "output %s is made a second time", s->t->name);
        s->made = true;
    }
    return true;
}

// Drops the nodes of constants from `first` on.
static bool drop_constant_nodes(struct reader *r, int first, struct err *e)
{
    struct graph *g = r->g;
    int keep = first;
    for (int k = first; k < g->nnode; k++) {
        bool done;
        if (!tflite_compute_constant(r, g->node[k], &done, e)) return false;
        if (!done) g->node[keep++] = g->node[k];
    }
    g->nnode = keep;
    return true;
}

static bool read_operator_body(struct reader *r, const struct fb_table *record, struct oper *o,
                               const struct oper_def *d, struct err *e)
{
    struct fb_vec in = fb_vec(record, OPERATOR_INPUTS, 4), out = fb_vec(record, OPERATOR_OUTPUTS, 4);
    bool many = d->many;
    if (!reader_room(r, 1024 + 64 * (uint64_t)in.n + (many ? 1024 : 64) * (uint64_t)out.n, e)) return false;
    if ((int64_t)in.n < d->min_in || in.n > (uint32_t)d->max_in || out.n < 1 || (out.n > 1 && !many))
        return fail(e, "has %u inputs and %u outputs, want %d and 1", in.n, out.n, d->min_in);
    o->nin = (int)in.n;
    o->nout = (int)out.n;
    o->in = arena_new_n(r->a, in.n, struct tensor *);
    o->out = arena_new_n(r->a, out.n, struct tensor *);
    if (!tensors_of(r, &out, false, o->out, e) || !tensors_of(r, &in, d->variables, o->in, e) ||
        !inputs_ready(r, &in, e) || !outputs_free(r, &out, e))
        return false;
    o->between = fb_vec(record, OPERATOR_INTERMEDIATES, 4);
    for (int i = 0; i < (d->variables ? 1 : d->min_in); i++) // a recurrent layer checks its weights itself
        if (!o->in[i]) return fail(e, "input %d is absent", i);
    o->name = reader_name(r, o->out[0]);
    o->slot = arena_new_n(r->a, out.n, struct slot *);
    for (uint32_t i = 0; i < out.n; i++) o->slot[i] = &r->slot[fb_vec_i32(&out, i)];
    struct slot *made = o->slot[0];
    o->shaped = made->shaped;
    o->said = *o->out[0];
    o->open = made->open;
    uint8_t type = fb_u8(record, OPERATOR_OPTIONS_TYPE, OPT_NONE);
    if (type != OPT_NONE && d->options != OPT_NONE && type != d->options)
        return fail(e, "has the options of another operator (%u)", type);
    o->options = type == OPT_NONE ? (struct fb_table){.fb = &r->fb} : fb_sub(record, OPERATOR_OPTIONS);
    const struct spread *spread = NULL;
    for (uint32_t i = 0; i < in.n; i++)
        if (o->in[i] && r->slot[fb_vec_i32(&in, i)].spread) spread = r->slot[fb_vec_i32(&in, i)].spread;
    bool folded = false;
    int first = r->g->nnode;
    if (!spread && !tflite_fold(r, o, &folded, e)) return false;
    if (!folded && !(spread ? dilate_pass(r, o, spread, e) : d->read(r, o, e))) return false;
    made->spread = o->spread_out;
    if (!drop_constant_nodes(r, first, e)) return false;
    tflite_note(r, o, &in, first);
    return !r->fb.bad || fail(e, "%s", reader_damaged);
}

int reader_builtin(const struct reader *r, const struct fb_table *oper)
{
    const uint32_t code = fb_u32(oper, OPERATOR_CODE, 0);
    if (code >= r->codes.n) return -1;
    const struct fb_table kind = fb_vec_table(&r->codes, code);
    const int builtin = fb_i32(&kind, CODE_BUILTIN, 0), old = fb_i8(&kind, CODE_DEPRECATED, 0);
    return old > builtin ? old : builtin;
}

static bool read_operator(struct reader *r, const struct fb_table *record, int index, struct err *e)
{
    uint32_t code = fb_u32(record, OPERATOR_CODE, 0);
    if (code >= r->codes.n)
        return fail(e, "operator %d: names kind %u, the file has %u", index, code, r->codes.n);
    struct fb_table kind = fb_vec_table(&r->codes, code);
    int builtin = reader_builtin(r, record);
    const char *custom = builtin == TFL_CUSTOM ? fb_str(&kind, CODE_CUSTOM) : NULL;
    const char *name = custom ? custom : tflite_op_name(builtin);
    if (!name)
        return fail(e,
                    "operator %d: kind %d is not known to this version; update wearlite or convert the model "
                    "with an older TensorFlow",
                    index, builtin);
    bool taken;
    if (!tflite_loop_oper(r, record, builtin, custom, &taken, e))
        return fail_in(e, "operator %d %s", index, name);
    if (!taken && !tflite_variable_oper(r, record, builtin, &taken, e))
        return fail_in(e, "operator %d %s", index, name);
    if (taken) return true;
    const struct oper_def *d = tflite_oper(builtin);
    struct oper o = {.index = index, .builtin = builtin, .def = d};
    if (!d) return fail(e, "operator %d %s is not supported: %s", index, name, remedy(builtin, custom));
    int version = fb_i32(&kind, CODE_VERSION, 1);
    if (version > d->max_version)
        return fail(e, "operator %d %s: version %d is newer than the %d that is known; update wearlite",
                    index, name, version, d->max_version);
    if (!read_operator_body(r, record, &o, d, e))
        return fail_in(e, "operator %d %s%s%s", index, name, o.name ? " " : "", o.name ? o.name : "");
    return true;
}

// ---- the model ----

static bool read_ends(struct reader *r, const struct fb_vec *index, struct tensor ***t, int *n,
                      const char *what, struct err *e)
{
    if (!reader_room(r, (uint64_t)index->n * 8, e)) return false;
    *t = arena_new_n(r->a, index->n, struct tensor *);
    *n = (int)index->n;
    for (uint32_t i = 0; i < index->n; i++) {
        int32_t k = fb_vec_i32(index, i);
        if (k < 0 || k >= r->nslot)
            return fail(e, "%s %u names tensor %d, the file has %d", what, (unsigned)i, k, r->nslot);
        if (r->slot[k].variable) return fail(e, "%s %s is a variable", what, r->slot[k].t->name);
        if (r->slot[k].why_not) return fail(e, "%s %s %s", what, r->slot[k].t->name, r->slot[k].why_not);
        if (r->slot[k].loop) return fail(e, "%s %s is a list of a loop", what, r->slot[k].t->name);
        if (r->slot[k].spread)
            return fail(e, "%s %s ends inside of a dilated convolution", what, r->slot[k].t->name);
        (*t)[i] = r->slot[k].t;
    }
    return true;
}

bool reader_opers(struct reader *r, const struct fb_table *sub, struct err *e)
{
    struct fb_vec opers = fb_vec(sub, SUBGRAPH_OPERATORS, 4);
    if (!tflite_check_overlap(r, e)) return false;
    if (opers.n > MAX_OPERS)
        return fail(
            e,
            "holds %u operators, at most %d are supported; a recurrent layer was unrolled: convert it "
            "again as a loop",
            opers.n, MAX_OPERS);
    for (uint32_t i = 0; i < opers.n; i++) {
        struct fb_table o = fb_vec_table(&opers, i);
        if (r->fb.bad) return fail(e, "operator %u: %s", (unsigned)i, reader_damaged);
        if (!read_operator(r, &o, (int)i, e)) return false;
    }
    return true;
}

static bool read_subgraph(struct reader *r, const struct fb_table *sub, struct err *e)
{
    struct fb_vec in = fb_vec(sub, SUBGRAPH_INPUTS, 4), out = fb_vec(sub, SUBGRAPH_OUTPUTS, 4);
    const char *name = reader_text(r, sub, SUBGRAPH_NAME, "main", e);
    if (!name) return false;
    r->g = graph_new(r->a, name);
    if (!reader_slots(r, sub, e) || !read_ends(r, &in, &r->g->in, &r->g->nin, "input", e) ||
        !reader_opers(r, sub, e))
        return false;
    return read_ends(r, &out, &r->g->out, &r->g->nout, "output", e);
}

static bool read_metadata(struct reader *r, const struct fb_table *model, struct err *e)
{
    struct fb_vec meta = fb_vec(model, MODEL_METADATA, 4);
    for (uint32_t i = 0; i < meta.n; i++) {
        struct fb_table m = fb_vec_table(&meta, i);
        const char *name = fb_str(&m, METADATA_NAME);
        uint32_t index = fb_u32(&m, METADATA_BUFFER, 0);
        if (!name || strcmp(name, TFLITE_META)) continue;
        if (index >= r->buffers.n)
            return fail(e, "metadata %s names buffer %u of %u", name, index, r->buffers.n);
        struct fb_table buffer = fb_vec_table(&r->buffers, index);
        struct fb_vec text = fb_vec(&buffer, BUFFER_DATA, 1);
        if (text.n > MAX_META) return fail(e, "metadata %s has %u bytes, at most %d", name, text.n, MAX_META);
        if (text.n && !tflite_meta_parse(r->g, r->a, (struct span){text.p, text.n}, e)) return false;
        break;
    }
    return !r->fb.bad || fail(e, "metadata: %s", reader_damaged);
}

// Fused operators keep their state if whoever runs them does not reset it. TensorFlow's converter makes them of layers
// that begin each window anew; only the file's metadata tell of others.
static void keep_states(struct graph *g)
{
    const char *stateful = graph_meta(g, META_STATEFUL);
    for (int k = 0; k < g->nnode; k++)
        if (g->node[k]->op == OP_RECURRENT && g->node[k]->as.recurrent.stateful)
            g->node[k]->as.recurrent.stateful = stateful && !strcmp(stateful, "yes");
}

struct graph *tflite_read(struct span bytes, struct arena *a, struct err *e)
{
    struct reader r = {.fb = {.file = bytes}, .a = a};
    r.limit = a->bytes + ROOM_PER_BYTE * bytes.n + ROOM;
    struct fb_table model = fb_root(&r.fb), signature;
    uint32_t version = fb_u32(&model, MODEL_VERSION, 0), pick;
    if (r.fb.bad) return FAIL_NULL(e, "%s", reader_damaged);
    if (version != 3) return FAIL_NULL(e, "schema version %u is not supported, only 3", version);
    r.codes = fb_vec(&model, MODEL_OPERATOR_CODES, 4);
    r.buffers = fb_vec(&model, MODEL_BUFFERS, 4);
    struct fb_vec subgraphs = fb_vec(&model, MODEL_SUBGRAPHS, 4);
    r.subgraphs = subgraphs;
    if (r.fb.bad) return FAIL_NULL(e, "%s", reader_damaged);
    if (!subgraphs.n) return FAIL_NULL(e, "the file holds no network");
    if (!tflite_pick_subgraph(&model, &subgraphs, &pick, &signature, e)) return NULL;
    struct fb_table sub = fb_vec_table(&subgraphs, pick);
    if (!read_subgraph(&r, &sub, e) || !tflite_read_signature(&r, &signature, &sub, e) ||
        !read_metadata(&r, &model, e))
        return NULL;
    if (r.fb.bad) return FAIL_NULL(e, "%s", reader_damaged);
    keep_states(r.g);
    if (!variables_end(&r, e)) return NULL;
    if (unroll_undo(r.g, a, r.limit > a->bytes ? r.limit - a->bytes : 0)) r.rolled = true;
    if (r.rolled) loop_tidy(r.g);
    tflite_cut_borders(r.g, a);
    const int before = r.g->nnode;
    recurrent_tidy(r.g, a);
    if (r.rolled) loop_name_layers(r.g, a);
    if (before != r.g->nnode)
        graph_note(r.g, a, "%d slices, reversals and reshapes around recurrent layers became part of them",
                   before - r.g->nnode);
    return r.g;
}
