// The writer: a graph as a .tflite file (schema version 3) that LiteRT and TensorFlow Lite Micro load.
// The same graph gives the same bytes.
#include "flatbuf.h"
#include "tflite.h"
#include "tflite_write.h"
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "constants are written as they lie in memory");

enum { BUFFER_ALIGN = 16 }; // what the schema forces for constant data

struct sub { // a subgraph: the network, then conditions and bodies of its loops
    const char *name;
    const struct tensor *const *in, *const *out;
    int nin, nout;
    struct tfl_list *ops;
    const struct tensor **tensor; // by index in the file
    int ntensor, tensor_cap;
};

struct writer {
    const struct graph *g;
    struct arena *a;
    struct tfl_list ops;
    struct sub *sub;
    int nsub, nop; // operators of all
    struct fbw fb;
    struct constant { // in buffer 1 and on; buffer 0 is empty: what is computed at run time
        const void *data;
        size_t bytes;
    } * constant;
    int nconstant, constant_cap;
    struct code {
        int builtin, version;
    } * code;
    int ncode;
};

static int tensor_index(struct writer *w, struct sub *s, const struct tensor *t)
{
    if (!t) return -1;
    for (int i = 0; i < s->ntensor; i++)
        if (s->tensor[i] == t) return i;
    s->tensor = arena_grow(w->a, s->tensor, s->ntensor, &s->tensor_cap, sizeof *s->tensor);
    s->tensor[s->ntensor] = t;
    return s->ntensor++;
}

static int code_index(struct writer *w, const struct tfl_op *o)
{
    for (int i = 0; i < w->ncode; i++)
        if (w->code[i].builtin == o->builtin && w->code[i].version == o->version) return i;
    w->code[w->ncode] = (struct code){o->builtin, o->version};
    return w->ncode++;
}

static void write_codes(struct writer *w, uint32_t slot)
{
    fbw_link(&w->fb, slot);
    uint32_t ref = fbw_vec_refs(&w->fb, (uint32_t)w->ncode);
    for (int i = 0; i < w->ncode; i++) {
        int builtin = w->code[i].builtin; // readers from before 2020 know only the int8 field
        fbw_begin(&w->fb);
        fbw_u8(&w->fb, CODE_DEPRECATED, (uint8_t)(builtin < 127 ? builtin : 127), 0);
        fbw_i32(&w->fb, CODE_VERSION, w->code[i].version, 1);
        fbw_i32(&w->fb, CODE_BUILTIN, builtin, 0);
        fbw_link(&w->fb, ref + 4 * (uint32_t)i);
        fbw_end(&w->fb);
    }
}

static void write_quant(struct writer *w, uint32_t slot, const struct quant *q)
{
    struct fbw *fb = &w->fb;
    fbw_begin(fb);
    fbw_ref(fb, QUANT_SCALE);
    fbw_ref(fb, QUANT_ZERO);
    fbw_i32(fb, QUANT_AXIS, q->n > 1 ? q->axis : 0, 0);
    fbw_link(fb, slot);
    fbw_end(fb);
    uint32_t scale = fbw_slot(fb, QUANT_SCALE), zero = fbw_slot(fb, QUANT_ZERO);
    int64_t *wide = arena_new_n(w->a, (size_t)q->n, int64_t);
    for (int i = 0; i < q->n; i++) wide[i] = q->zero[i];
    fbw_link(fb, scale);
    fbw_vec(fb, q->scale, (uint32_t)q->n, 4, 4);
    fbw_link(fb, zero);
    fbw_vec(fb, wide, (uint32_t)q->n, 8, 8);
}

static bool is_variable(const struct sub *s, const struct tensor *t)
{
    for (int i = 0; i < s->ops->nvariable; i++)
        if (s->ops->variable[i] == t) return true;
    return false;
}

static bool is_handle(const struct sub *s, const struct tensor *t)
{
    for (int i = 0; i < s->ops->n; i++)
        if (s->ops->op[i].builtin == TFL_VAR_HANDLE && s->ops->op[i].out[0] == t) return true;
    return false;
}

// Its number in the file: one for all that have the same bytes.
static int32_t buffer_of(struct writer *w, const struct tensor *t)
{
    if (!tensor_is_const(t)) return 0;
    const struct constant c = {t->data, (size_t)tensor_bytes(t)};
    for (int i = 0; i < w->nconstant; i++)
        if (w->constant[i].data == c.data && w->constant[i].bytes == c.bytes) return i + 1;
    w->constant = arena_grow(w->a, w->constant, w->nconstant, &w->constant_cap, sizeof c);
    w->constant[w->nconstant++] = c;
    return w->nconstant;
}

static void write_tensors(struct writer *w, const struct sub *s, uint32_t slot)
{
    struct fbw *fb = &w->fb;
    fbw_link(fb, slot);
    uint32_t ref = fbw_vec_refs(fb, (uint32_t)s->ntensor);
    for (int i = 0; i < s->ntensor; i++) {
        const struct tensor *t = s->tensor[i];
        fbw_begin(fb);
        fbw_ref(fb, TENSOR_SHAPE);
        fbw_u8(fb, TENSOR_TYPE, (uint8_t)(is_handle(s, t) ? TFL_RESOURCE : tflite_type_from((int)t->type)),
               0);
        fbw_i32(fb, TENSOR_BUFFER, buffer_of(w, t), 0);
        fbw_ref(fb, TENSOR_NAME);
        if (t->q.n) fbw_ref(fb, TENSOR_QUANT);
        fbw_u8(fb, TENSOR_VARIABLE, is_variable(s, t), 0);
        fbw_link(fb, ref + 4 * (uint32_t)i);
        fbw_end(fb);
        uint32_t shape = fbw_slot(fb, TENSOR_SHAPE), name = fbw_slot(fb, TENSOR_NAME);
        uint32_t quant = t->q.n ? fbw_slot(fb, TENSOR_QUANT) : 0;
        fbw_link(fb, shape);
        fbw_vec(fb, t->dim, (uint32_t)t->rank, 4, 4);
        fbw_link(fb, name);
        fbw_str(fb, t->name ? t->name : "");
        if (t->q.n) write_quant(w, quant, &t->q);
    }
}

static void write_indices(struct writer *w, struct sub *s, uint32_t slot, const struct tensor *const *t,
                          int n)
{
    int32_t *index = arena_new_n(w->a, (size_t)n, int32_t);
    for (int i = 0; i < n; i++) index[i] = tensor_index(w, s, t[i]);
    fbw_link(&w->fb, slot);
    fbw_vec(&w->fb, index, (uint32_t)n, 4, 4);
}

static void write_operator(struct writer *w, struct sub *s, uint32_t slot, const struct tfl_op *o)
{
    struct fbw *fb = &w->fb;
    fbw_begin(fb);
    fbw_i32(fb, OPERATOR_CODE, code_index(w, o), 0);
    fbw_ref(fb, OPERATOR_INPUTS);
    fbw_ref(fb, OPERATOR_OUTPUTS);
    fbw_u8(fb, OPERATOR_OPTIONS_TYPE, (uint8_t)o->options, 0);
    if (o->options) fbw_ref(fb, OPERATOR_OPTIONS);
    if (o->nbetween) fbw_ref(fb, OPERATOR_INTERMEDIATES);
    fbw_link(fb, slot);
    fbw_end(fb);
    uint32_t in = fbw_slot(fb, OPERATOR_INPUTS), out = fbw_slot(fb, OPERATOR_OUTPUTS);
    uint32_t options = o->options ? fbw_slot(fb, OPERATOR_OPTIONS) : 0;
    uint32_t between = o->nbetween ? fbw_slot(fb, OPERATOR_INTERMEDIATES) : 0;
    write_indices(w, s, in, o->in, o->nin);
    write_indices(w, s, out, o->out, o->nout);
    if (o->nbetween) write_indices(w, s, between, o->between, o->nbetween);
    if (!o->options) return;
    fbw_begin(fb);
    for (int i = 0; i < o->nfield; i++) {
        const struct tfl_field *f = &o->field[i];
        if (f->bytes == 1) fbw_u8(fb, f->id, (uint8_t)f->v, (uint8_t)f->otherwise);
        if (f->bytes == 4) fbw_i32(fb, f->id, f->v, f->otherwise);
        if (f->bytes == -4) fbw_f32(fb, f->id, f->f, 0);
        if (f->text) fbw_ref(fb, f->id);
    }
    fbw_link(fb, options);
    fbw_end(fb);
    uint32_t at[sizeof o->field / sizeof *o->field];
    for (int i = 0; i < o->nfield; i++) at[i] = o->field[i].text ? fbw_slot(fb, o->field[i].id) : 0;
    for (int i = 0; i < o->nfield; i++)
        if (o->field[i].text) fbw_link(fb, at[i]), fbw_str(fb, o->field[i].text);
}

static void write_subgraph(struct writer *w, struct sub *s, uint32_t slot)
{
    struct fbw *fb = &w->fb;
    fbw_begin(fb);
    for (int id = SUBGRAPH_TENSORS; id <= SUBGRAPH_NAME; id++) fbw_ref(fb, id);
    fbw_link(fb, slot);
    fbw_end(fb);
    uint32_t part[5];
    for (int id = SUBGRAPH_TENSORS; id <= SUBGRAPH_NAME; id++) part[id] = fbw_slot(fb, id);
    fbw_link(fb, part[SUBGRAPH_NAME]);
    fbw_str(fb, s->name);
    write_indices(w, s, part[SUBGRAPH_INPUTS], s->in, s->nin);
    write_indices(w, s, part[SUBGRAPH_OUTPUTS], s->out, s->nout);
    write_tensors(w, s, part[SUBGRAPH_TENSORS]);
    fbw_link(fb, part[SUBGRAPH_OPERATORS]);
    uint32_t ref = fbw_vec_refs(fb, (uint32_t)s->ops->n);
    for (int i = 0; i < s->ops->n; i++) write_operator(w, s, ref + 4 * (uint32_t)i, &s->ops->op[i]);
}

static void write_subgraphs(struct writer *w, uint32_t slot)
{
    fbw_link(&w->fb, slot);
    uint32_t ref = fbw_vec_refs(&w->fb, (uint32_t)w->nsub);
    for (int i = 0; i < w->nsub; i++) write_subgraph(w, &w->sub[i], ref + 4 * (uint32_t)i);
}

// The k-th of names joined by commas; NULL when there are not n of them.
static const char *name_of(struct writer *w, const char *names, int k, int n)
{
    int count = 1;
    for (const char *p = names; p && *p; p++) count += *p == ',';
    if (!names || !*names || count != n) return NULL;
    for (; k > 0; k--) names = strchr(names, ',') + 1;
    return arena_strndup(w->a, names, strcspn(names, ","));
}

static void write_map(struct writer *w, uint32_t slot, struct tensor *const *t, int n, const char *names)
{
    struct fbw *fb = &w->fb;
    fbw_link(fb, slot);
    uint32_t ref = fbw_vec_refs(fb, (uint32_t)n);
    for (int i = 0; i < n; i++) {
        fbw_begin(fb);
        fbw_ref(fb, TENSORMAP_NAME);
        fbw_i32(fb, TENSORMAP_INDEX, tensor_index(w, &w->sub[0], t[i]), 0);
        fbw_link(fb, ref + 4 * (uint32_t)i);
        fbw_end(fb);
        uint32_t at = fbw_slot(fb, TENSORMAP_NAME);
        const char *name = name_of(w, names, i, n);
        fbw_link(fb, at);
        fbw_str(fb, name ? name : t[i]->name ? t[i]->name : "");
    }
}

static void write_signature(struct writer *w, uint32_t slot)
{
    struct fbw *fb = &w->fb;
    fbw_link(fb, slot);
    uint32_t ref = fbw_vec_refs(fb, 1);
    fbw_begin(fb);
    for (int id = SIGNATURE_INPUTS; id <= SIGNATURE_KEY; id++) fbw_ref(fb, id);
    fbw_link(fb, ref);
    fbw_end(fb);
    uint32_t in = fbw_slot(fb, SIGNATURE_INPUTS), out = fbw_slot(fb, SIGNATURE_OUTPUTS);
    uint32_t key = fbw_slot(fb, SIGNATURE_KEY);
    const char *name = graph_meta(w->g, META_SIGNATURE);
    write_map(w, in, w->g->in, w->g->nin, graph_meta(w->g, META_SIGNATURE_INPUTS));
    write_map(w, out, w->g->out, w->g->nout, graph_meta(w->g, META_SIGNATURE_OUTPUTS));
    fbw_link(fb, key);
    fbw_str(fb, name && *name ? name : "serving_default");
}

static void write_metadata(struct writer *w, uint32_t slot)
{
    struct fbw *fb = &w->fb;
    fbw_link(fb, slot);
    uint32_t ref = fbw_vec_refs(fb, 1);
    fbw_begin(fb);
    fbw_ref(fb, METADATA_NAME);
    fbw_i32(fb, METADATA_BUFFER, w->nconstant + 1, 0); // the one behind the tensors' buffers
    fbw_link(fb, ref);
    fbw_end(fb);
    uint32_t name = fbw_slot(fb, METADATA_NAME);
    fbw_link(fb, name);
    fbw_str(fb, TFLITE_META);
}

static void write_buffer(struct writer *w, uint32_t slot, const void *p, size_t n)
{
    struct fbw *fb = &w->fb;
    fbw_begin(fb);
    if (p) fbw_ref(fb, BUFFER_DATA);
    fbw_link(fb, slot);
    fbw_end(fb);
    if (!p) return;
    uint32_t data = fbw_slot(fb, BUFFER_DATA);
    fbw_link(fb, data);
    fbw_vec(fb, p, (uint32_t)n, 1, BUFFER_ALIGN);
}

static void write_buffers(struct writer *w, uint32_t slot)
{
    struct buf meta = {0};
    tflite_meta_print(w->g, &meta);
    fbw_link(&w->fb, slot);
    uint32_t ref = fbw_vec_refs(&w->fb, (uint32_t)w->nconstant + 1 + (meta.n > 0));
    write_buffer(w, ref, NULL, 0);
    for (int i = 0; i < w->nconstant; i++)
        write_buffer(w, ref += 4, w->constant[i].data, w->constant[i].bytes);
    if (meta.n) write_buffer(w, ref + 4, meta.p, meta.n);
    buf_free(&meta);
}

// An intermediate of the LSTM: no elements, or TensorFlow Lite Micro refuses the file.
static bool only_a_scale(const struct tensor *t)
{
    return t->rank == 1 && !t->dim[0];
}

// Numbers the tensors of a subgraph in the order in which they are used.
static bool collect_sub(struct writer *w, struct sub *s, int64_t *total, struct err *e)
{
    tflite_store_halves(s->ops);
    for (int i = 0; i < s->nin; i++) tensor_index(w, s, s->in[i]);
    for (int i = 0; i < s->ops->n; i++) {
        const struct tfl_op *o = &s->ops->op[i];
        for (int k = 0; k < o->nin; k++) tensor_index(w, s, o->in[k]);
        for (int k = 0; k < o->nout; k++) tensor_index(w, s, o->out[k]);
        for (int k = 0; k < o->nbetween; k++) tensor_index(w, s, o->between[k]);
    }
    for (int i = 0; i < s->nout; i++) tensor_index(w, s, s->out[i]);
    for (int i = 0; i < s->ntensor; i++) {
        if (!only_a_scale(s->tensor[i]) && !tensor_check(s->tensor[i], e)) return false;
        if (tensor_is_const(s->tensor[i])) *total += tensor_bytes(s->tensor[i]);
        if (*total > INT32_MAX / 2)
            return fail(e,
                        "the weights take over 1 GiB; a .tflite file cannot hold them: use a smaller model");
    }
    w->nop += s->ops->n;
    return true;
}

static bool collect(struct writer *w, struct err *e)
{
    const struct graph *g = w->g;
    int64_t total = 0;
    w->ops.stateful = graph_stateful(g) != NULL;
    for (int i = 0; i < g->nnode; i++)
        if (!tflite_lower(&w->ops, g->node[i], e)) return false;
    w->sub = arena_new_n(w->a, (size_t)w->ops.npart + 1, struct sub);
    w->sub[w->nsub++] = (struct sub){.name = g->name && *g->name ? g->name : "main",
                                     .in = (const struct tensor *const *)g->in,
                                     .nin = g->nin,
                                     .out = (const struct tensor *const *)g->out,
                                     .nout = g->nout,
                                     .ops = &w->ops};
    for (int i = 0; i < w->ops.npart; i++) {
        struct tfl_part *p = &w->ops.part[i];
        w->sub[w->nsub++] = (struct sub){
            .name = p->name, .in = p->in, .nin = p->nin, .out = p->out, .nout = p->nout, .ops = &p->ops};
    }
    for (int i = 0; i < w->nsub; i++)
        if (!collect_sub(w, &w->sub[i], &total, e)) return false;
    w->code = arena_new_n(w->a, (size_t)w->nop + 1, struct code);
    for (int i = 0; i < w->nsub; i++)
        for (int k = 0; k < w->sub[i].ops->n; k++) code_index(w, &w->sub[i].ops->op[k]);
    return true;
}

bool tflite_write(const struct graph *g, struct buf *out, struct err *e)
{
    struct arena scratch = {0};
    struct writer w = {.g = g, .a = &scratch, .ops = {.a = &scratch}};
    if (!collect(&w, e)) {
        arena_free(&scratch);
        return false;
    }
    struct fbw *fb = &w.fb;
    fbw_start(fb, out, "TFL3");
    fbw_begin(fb);
    fbw_i32(fb, MODEL_VERSION, 3, 0);
    fbw_ref(fb, MODEL_OPERATOR_CODES);
    fbw_ref(fb, MODEL_SUBGRAPHS);
    fbw_ref(fb, MODEL_DESCRIPTION);
    fbw_ref(fb, MODEL_BUFFERS);
    if (tflite_has_meta(g)) fbw_ref(fb, MODEL_METADATA);
    fbw_ref(fb, MODEL_SIGNATURES);
    fbw_end(fb);
    uint32_t codes = fbw_slot(fb, MODEL_OPERATOR_CODES), subgraphs = fbw_slot(fb, MODEL_SUBGRAPHS);
    uint32_t description = fbw_slot(fb, MODEL_DESCRIPTION), buffers = fbw_slot(fb, MODEL_BUFFERS);
    uint32_t metadata = tflite_has_meta(g) ? fbw_slot(fb, MODEL_METADATA) : 0,
             sign = fbw_slot(fb, MODEL_SIGNATURES);
    write_codes(&w, codes);
    fbw_link(fb, description);
    fbw_str(fb, "made by wearlite");
    write_subgraphs(&w, subgraphs);
    if (tflite_has_meta(g)) write_metadata(&w, metadata);
    write_signature(&w, sign);
    write_buffers(&w, buffers);
    while (out->n % BUFFER_ALIGN) buf_put(out, "", 1);
    arena_free(&scratch);
    return true;
}
