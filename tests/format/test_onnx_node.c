// The ONNX standard's own tests of operators (Debian's libonnx-testdata): every one that concerns supported
// operators goes through read, plan and run. Prints those that are skipped, with reasons.
#include "../test.h"
#include "../../src/base/file.h"
#include "../../src/format/format.h"
#include "../../src/format/onnx_read.h"
#include "../../src/run/run.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA "/usr/share/libonnx-testdata/data"

enum { MAX_IN = 16, MAX_OUT = 8, RAN = 690 };

struct node_case {
    const char *name, *dir;
    Onnx__ModelProto *m;
    Onnx__TensorProto *in[MAX_IN];
    struct value want[MAX_OUT];
    int nin, nout;
};

static void *arena_take(void *a, size_t n)
{
    return arena_alloc(a, n);
}

static void arena_keep(void *a, void *p)
{
    (void)a, (void)p;
}

static Onnx__TensorProto *tensor_load(const char *path, struct arena *a)
{
    struct span s;
    struct err e;
    ProtobufCAllocator alloc = {arena_take, arena_keep, a};
    return file_exists(path) && file_read(path, a, &s, &e) ? onnx__tensor_proto__unpack(&alloc, s.n, s.p)
                                                           : NULL;
}

// ---- inputs of 8 bits are made by a QuantizeLinear in front ----

static bool is_8_bit(const Onnx__TensorProto *t)
{
    return t->data_type == 2 || t->data_type == 3;
}

// The inputs that are the scale and zero point of input 0; -1: there are none, so 1 and 0.
static void scale_inputs(const struct node_case *c, int *scale, int *zero)
{
    const char *op = c->m->graph->node[0]->op_type;
    const bool known = !strncmp(op, "QLinear", 7) || !strcmp(op, "DequantizeLinear");
    *scale = known ? 1 : -1;
    *zero = known && c->nin > 2 ? 2 : -1;
}

static Onnx__TensorProto *number(struct arena *a, const char *name, int type, float f)
{
    Onnx__TensorProto *t = arena_new(a, Onnx__TensorProto);
    onnx__tensor_proto__init(t);
    t->name = (char *)(uintptr_t)name;
    t->has_data_type = 1;
    t->data_type = type;
    if (type == 1) {
        t->n_float_data = 1;
        t->float_data = arena_copy(a, &f, sizeof f);
    } else {
        t->n_int32_data = 1;
        t->int32_data = arena_new_n(a, 1, int32_t);
    }
    return t;
}

static void quantizer_add(const struct node_case *c, Onnx__GraphProto *g, struct arena *a)
{
    int scale, zero;
    scale_inputs(c, &scale, &zero);
    const char *in[] = {"as floats", scale < 0 ? "one" : g->input[scale]->name,
                        zero < 0 ? "none" : g->input[zero]->name};
    if (scale < 0) g->initializer[g->n_initializer++] = number(a, "one", 1, 1);
    if (zero < 0) g->initializer[g->n_initializer++] = number(a, "none", c->in[0]->data_type, 0);
    Onnx__NodeProto *n = arena_new(a, Onnx__NodeProto);
    onnx__node_proto__init(n);
    n->op_type = "QuantizeLinear";
    n->name = "quantizer";
    n->n_input = 3;
    n->input = arena_copy(a, in, sizeof in);
    n->n_output = 1;
    n->output = arena_copy(a, &g->input[0]->name, sizeof(char *));
    Onnx__NodeProto **node = arena_new_n(a, g->n_node + 1, Onnx__NodeProto *);
    node[0] = n;
    memcpy(node + 1, g->node, g->n_node * sizeof *node);
    g->node = node;
    g->n_node++;
    Onnx__ValueInfoProto *v = arena_copy(a, g->input[0], sizeof *v);
    Onnx__TypeProto *type = v->type = arena_copy(a, v->type, sizeof *type);
    type->tensor_type = arena_copy(a, type->tensor_type, sizeof *type->tensor_type);
    type->tensor_type->elem_type = 1;
    v->name = "as floats";
    g->input = arena_copy(a, g->input, g->n_input * sizeof *g->input);
    g->input[0] = v;
}

// The model with the inputs of `fixed` turned into initializers, as bytes.
static struct span model_with(const struct node_case *c, unsigned fixed, struct arena *a)
{
    Onnx__GraphProto g = *c->m->graph;
    Onnx__ModelProto m = *c->m;
    m.graph = &g;
    g.initializer = arena_new_n(a, g.n_initializer + MAX_IN + 2, Onnx__TensorProto *);
    for (size_t i = 0; i < g.n_initializer; i++) g.initializer[i] = c->m->graph->initializer[i];
    for (int i = 0; i < c->nin; i++) {
        if (!(fixed & 1u << i)) continue;
        Onnx__TensorProto *t = arena_copy(a, c->in[i], sizeof *t);
        t->name = c->m->graph->input[i]->name;
        g.initializer[g.n_initializer++] = t;
    }
    if (c->nin && !(fixed & 1) && is_8_bit(c->in[0])) quantizer_add(c, &g, a);
    size_t n = onnx__model_proto__get_packed_size(&m);
    uint8_t *p = arena_alloc(a, n);
    onnx__model_proto__pack(&m, p);
    return (struct span){p, n};
}

static bool value_load(const Onnx__TensorProto *t, struct arena *a, struct value *v, struct err *e)
{
    struct onnx r = {.a = a, .scratch = a, .e = e};
    return onnx_tensor_read(&r, t, t->name ? t->name : "?", v);
}

// Input i as floats; 8 bits as what they stand for.
static const float *input_floats(const struct node_case *c, int i, struct arena *a, struct err *e)
{
    struct value v, scale, zero;
    int at[2];
    if (!value_load(c->in[i], a, &v, e)) return NULL;
    if (v.f) return v.f;
    if (i || !is_8_bit(c->in[0])) return FAIL_NULL(e, "input %d is not of floats", i);
    scale_inputs(c, &at[0], &at[1]);
    if ((at[0] >= 0 && !value_load(c->in[at[0]], a, &scale, e)) ||
        (at[1] >= 0 && !value_load(c->in[at[1]], a, &zero, e)))
        return NULL;
    float *f = arena_new_n(a, (size_t)value_count(&v), float);
    for (int64_t k = 0; k < value_count(&v); k++)
        f[k] = (float)(v.i[k] - (at[1] >= 0 ? zero.i[0] : 0)) * (at[0] >= 0 ? scale.f[0] : 1);
    return f;
}

static double number_at(const struct tensor *t, const void *bytes, int64_t i)
{
    switch (t->type) {
    case F32:
        return (double)((const float *)bytes)[i];
    case I32:
        return ((const int32_t *)bytes)[i];
    case BOOL:
        return ((const uint8_t *)bytes)[i] != 0;
    case I8:
        return ((const int8_t *)bytes)[i];
    default:
        return (double)((const int64_t *)bytes)[i];
    }
}

// Compares output k of the graph; bytes: what was computed, or the constant.
static bool output_same(const struct node_case *c, int k, const struct tensor *t, const void *bytes)
{
    const struct value *w = &c->want[k];
    if (tensor_count(t) != value_count(w)) {
        test_fail(__FILE__, __LINE__, "%s: output %d has %lld numbers, want %lld", c->name, k,
                  (long long)tensor_count(t), (long long)value_count(w));
        return false;
    }
    for (int i = 0; i < w->rank; i++)
        if (w->rank != t->rank || w->dim[i] != t->dim[i]) {
            test_fail(__FILE__, __LINE__, "%s: output %d has another shape", c->name, k);
            return false;
        }
    // the reference's windows are made with 3.1415; integers are rescaled in fixed point here, to one step of float's
    const double tolerance = strstr(c->name, "window") ? 1e-4 : 1e-5,
                 step = strstr(c->name, "qlinear") ? 1 : 0;
    for (int64_t i = 0; i < value_count(w); i++) {
        double want = w->f ? (double)w->f[i] : (double)w->i[i];
        double got = number_at(t, bytes, i) + (t->type == I8 && w->elem == 2 ? 128 : 0); // uint8 as int8
        if (!(fabs(want - got) <= step + tolerance * (1 + fabs(want))) && !(isnan(want) && isnan(got)) &&
            want != got) {
            test_fail(__FILE__, __LINE__, "%s: output %d[%lld]: want %.9g, got %.9g", c->name, k,
                      (long long)i, want, got);
            return false;
        }
    }
    return true;
}

// False with a reason when it cannot be run with these inputs fixed.
static bool attempt(const struct node_case *c, unsigned fixed, struct arena *a, bool *folded, struct err *e)
{
    struct span bytes = model_with(c, fixed, a);
    struct graph *g = onnx_read(bytes, true, a, e);
    if (!g) return false;
    const void *in[MAX_IN];
    void *out[MAX_OUT], *all[MAX_OUT];
    for (int i = 0, k = 0; i < c->nin && k < g->nin; i++)
        if (!(fixed & 1u << i) && !(in[k++] = input_floats(c, i, a, e))) return false;
    struct tensor **outs = arena_copy(a, g->out, (size_t)g->nout * sizeof *outs);
    const int nout = g->nout;
    g->nout = 0; // the constant ones need no plan
    for (int k = 0; k < nout; k++) {
        all[k] = arena_alloc(a, (size_t)tensor_bytes(outs[k]));
        if (tensor_is_const(outs[k])) continue;
        out[g->nout] = all[k];
        g->out[g->nout++] = outs[k];
    }
    if (g->nout && g->nnode) { // no node: the input itself, seen otherwise
        if (!graph_check(g, e)) return false;
        const struct plan *p = plan_lower(g, &layout_host, a, e);
        if (!p) return false;
        run_invoke(runner_new(p, a), in, out, NULL, NULL);
    } else if (g->nout)
        memcpy(out[0], in[0], (size_t)tensor_bytes(g->out[0]));
    *folded = !g->nout;
    for (int k = 0; k < nout; k++)
        if (!output_same(c, k, outs[k], tensor_is_const(outs[k]) ? outs[k]->data : all[k])) break;
    return true;
}

// ---- recurrent layers: the first sequence of the batch only ----

static void first_of(void *data, int64_t *dim, int rank, int axis, size_t size)
{
    int64_t outer = 1, inner = 1;
    for (int i = 0; i < axis; i++) outer *= dim[i];
    for (int i = axis + 1; i < rank; i++) inner *= dim[i];
    for (int64_t o = 0; o < outer; o++)
        memmove((uint8_t *)data + (size_t)(o * inner) * size,
                (uint8_t *)data + (size_t)(o * dim[axis] * inner) * size, (size_t)inner * size);
    dim[axis] = 1;
}

static void batch_cut(struct node_case *c)
{
    const Onnx__NodeProto *n = c->m->graph->node[0];
    bool first = false; // layout 1: the batch is the first dimension
    if (c->m->graph->n_node != 1 ||
        (strcmp(n->op_type, "LSTM") && strcmp(n->op_type, "GRU") && strcmp(n->op_type, "RNN")))
        return;
    for (size_t i = 0; i < n->n_attribute; i++)
        first |= !strcmp(n->attribute[i]->name, "layout") && n->attribute[i]->i;
    for (int i = 0, k = 0; i < (int)n->n_input && k < c->nin; i++) {
        if (!*n->input[i]) continue;
        Onnx__TensorProto *t = c->in[k];
        const int axis = i == 4 || first ? 0 : 1;
        if ((i == 0 || (i >= 4 && i < 7)) && t->has_raw_data) {
            first_of(t->raw_data.data, t->dims, (int)t->n_dims, axis, 4);
            t->raw_data.len = 4;
            for (size_t d = 0; d < t->n_dims; d++) t->raw_data.len *= (size_t)t->dims[d];
            c->m->graph->input[k]->type->tensor_type->shape->dim[axis]->dim_value = 1;
        }
        k++;
    }
    for (int k = 0; k < c->nout; k++) {
        struct value *w = &c->want[k];
        const bool all = !strcmp(c->m->graph->output[k]->name, n->output[0]);
        int64_t dim[VALUE_MAX_RANK];
        for (int d = 0; d < w->rank; d++) dim[d] = w->dim[d];
        const int axis = first ? 0 : all ? 2 : 1;
        first_of((float *)(uintptr_t)w->f, dim, w->rank, axis, sizeof(float));
        w->dim[axis] = 1;
    }
}

static bool case_load(struct node_case *c, struct arena *a, struct err *e)
{
    struct span s;
    if (!file_read(arena_printf(a, "%s/model.onnx", c->dir), a, &s, e)) return false;
    if (!(c->m = onnx_unpack(s, a, e))) return false;
    if (c->m->graph->n_input > MAX_IN || c->m->graph->n_output > MAX_OUT)
        return fail(e, "too many inputs or outputs");
    for (size_t i = 0; i < c->m->graph->n_input + c->m->graph->n_output; i++) {
        const size_t in = c->m->graph->n_input;
        const Onnx__ValueInfoProto *v = i < in ? c->m->graph->input[i] : c->m->graph->output[i - in];
        if (v->type && v->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
            return fail(e, "its values are sequences or options, not tensors");
    }
    size_t data = 0;
    for (; c->nin < (int)c->m->graph->n_input; c->nin++, data++) {
        c->in[c->nin] = tensor_load(arena_printf(a, "%s/test_data_set_0/input_%zu.pb", c->dir, data), a);
        if (!c->in[c->nin]) { // an initializer that is listed as an input has no file
            if (c->nin < 1) return fail(e, "its input is not a tensor");
            break;
        }
    }
    for (; c->nout < (int)c->m->graph->n_output; c->nout++) {
        Onnx__TensorProto *t =
            tensor_load(arena_printf(a, "%s/test_data_set_0/output_%d.pb", c->dir, c->nout), a);
        if (!t) return fail(e, "its output is not a tensor");
        if (!value_load(t, a, &c->want[c->nout], e)) return false;
        if (t->data_type == 10 || t->data_type == 16)
            return fail(e, "its output is of 16-bit floats, which are computed in 32 bits here");
    }
    if (c->m->graph->n_node) batch_cut(c);
    return true;
}

// Reasons for skipping, or for running on constants only, each with how often, operators and one example.
struct reason {
    const char *text, *example;
    char ops[600];
    int count;
    bool folded;
};
struct tally {
    struct reason reason[400];
    int nreason, ran, folded, skipped;
};

static void reason_note(struct tally *t, struct arena *keep, const char *name, const char *why, bool folded)
{
    const char *op = !strncmp(why, "node ", 5) ? strstr(why, " (") : NULL,
               *end = op ? strstr(op, "): ") : NULL;
    if (end) why = end + 3; // without the node
    int i = 0;
    while (i < t->nreason && (t->reason[i].folded != folded || strcmp(t->reason[i].text, why))) i++;
    if (i == 400) return;
    struct reason *r = &t->reason[i];
    if (i == t->nreason) {
        *r = (struct reason){
            .text = arena_strdup(keep, why), .example = arena_strdup(keep, name), .folded = folded};
        t->nreason++;
    }
    r->count++;
    if (end) note_list_add(r->ops, sizeof r->ops, arena_strndup(keep, op + 2, (size_t)(end - op - 2)));
}

static int by_count(const void *p, const void *q)
{
    const struct reason *a = p, *b = q;
    return a->folded != b->folded ? a->folded - b->folded : b->count - a->count;
}

static void case_run(const char *name, const char *dir, struct arena *keep, struct tally *t)
{
    struct arena a = {0};
    struct err e = {""}, first = {""};
    struct node_case c = {.name = name, .dir = dir};
    bool done = false, folded = false;
    if (strstr(name, "BFLOAT16"))
        fail(&e, "its files hold 16-bit floats as integers");
    else if (case_load(&c, &a, &e)) {
        unsigned ints = 0, all = (1u << c.nin) - 1; // integers, then all but one, then everything is constant
        for (int i = 0; i < c.nin; i++)
            if (c.in[i]->data_type != 1 && c.in[i]->data_type != 10 && c.in[i]->data_type != 11)
                ints |= 1u << i;
        if (c.nin && is_8_bit(c.in[0])) ints = all & ~1u;
        const unsigned tries[] = {ints, all & ~1u, all & ~2u, all};
        for (int k = 0; k < 4 && !done; k++) {
            done = attempt(&c, tries[k], &a, &folded, &e);
            if (!k || strstr(first.text, "is computed in the graph")) first = e;
        }
        if (!done) e = first;
    }
    if (done)
        t->ran++;
    else
        t->skipped++;
    if (done && folded) t->folded++;
    if (!done || (folded && *first.text)) reason_note(t, keep, name, done ? first.text : e.text, done);
    arena_free(&a);
}

TEST(onnx_node_data)
{
    struct arena a = {0};
    static struct tally t;
    int n;
    if (!file_is_dir(DATA "/node")) {
        test_skip("the package libonnx-testdata is not installed");
        return;
    }
    static const char *const parts[] = {"node", "pytorch-operator", "pytorch-converted", "simple"};
    for (int k = 0; k < 4; k++) {
        char **dir = dir_list(arena_printf(&a, DATA "/%s", parts[k]), &a, &n);
        for (int i = 0; i < n; i++)
            case_run(dir[i], arena_printf(&a, DATA "/%s/%s", parts[k], dir[i]), &a, &t);
    }
    qsort(t.reason, (size_t)t.nreason, sizeof *t.reason, by_count);
    for (int i = 0; i < t.nreason; i++) {
        const struct reason *r = &t.reason[i];
        printf("%s %3d (%s): %s%s%s\n", r->folded ? "as constants only" : "skipped", r->count, r->example,
               r->ops, *r->ops ? ": " : "", r->text);
    }
    printf("ONNX's own tests: %d ran, %d of them on constants only, %d skipped\n", t.ran, t.folded,
           t.skipped);
    CHECK(t.ran >= RAN);
    arena_free(&a);
}
