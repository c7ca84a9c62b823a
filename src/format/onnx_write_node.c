// Nodes, attributes and constants of the ONNX writer.
#include "onnx_write.h"
#include <string.h>

const char *onnx_name(struct writer *w, const char *name)
{
    char *s = arena_strdup(w->a, name && *name ? name : "value");
    for (int k = 2;; k++) {
        int i = 0;
        while (i < w->nused && strcmp(w->used[i], s)) i++;
        if (i == w->nused) break;
        s = arena_printf(w->a, "%s_%d", name && *name ? name : "value", k);
    }
    onnx_name_claim(w, s);
    return s;
}

void onnx_name_claim(struct writer *w, const char *name)
{
    w->used = arena_grow(w->a, w->used, w->nused, &w->used_cap, sizeof *w->used);
    w->used[w->nused++] = name;
}

int onnx_type(enum dtype t)
{
    static const int type[DTYPE_COUNT] = {[F32] = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
                                          [I32] = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
                                          [I64] = ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
                                          [BOOL] = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL};
    return type[t];
}

// ---- nodes, attributes, constants ----

// onnxruntime wants the names of nodes to differ; one node of ours may be several of ONNX's.
static bool node_named(const struct writer *w, const char *name)
{
    int i = 0;
    while (i < w->nnode && strcmp(w->node[i]->name, name)) i++;
    return i < w->nnode;
}

Onnx__NodeProto *onnx_node(struct writer *w, const char *op, const char *name, int nin, const char *const *in,
                           const char *out)
{
    Onnx__NodeProto *n = arena_new(w->a, Onnx__NodeProto);
    onnx__node_proto__init(n);
    n->op_type = (char *)op;
    n->name = arena_strdup(w->a, name);
    for (size_t k = 2; node_named(w, n->name); k++) n->name = arena_printf(w->a, "%s_%zu", name, k);
    n->n_input = (size_t)nin;
    n->input = arena_copy(w->a, in, (size_t)nin * sizeof *in);
    n->n_output = 1;
    n->output = arena_copy(w->a, &out, sizeof out);
    n->attribute = arena_new_n(w->a, 8, Onnx__AttributeProto *);
    w->node = arena_grow(w->a, w->node, w->nnode, &w->node_cap, sizeof *w->node);
    w->node[w->nnode++] = n;
    return n;
}

const char *onnx_step(struct writer *w, const struct node *n, const char *op, int nin, const char *const *in)
{
    const char *out = onnx_name(w, arena_printf(w->a, "%s/%s", n->name, op));
    onnx_node(w, op, out, nin, in, out);
    return out;
}

const char *onnx_number(struct writer *w, const struct node *n, float v)
{
    return onnx_const_float(w, arena_printf(w->a, "%s/number", n->name), v);
}

void onnx_clip(struct writer *w, const char *name, const char *in, float lo, float hi, const char *out)
{
    const char *all[] = {in, onnx_const_float(w, arena_printf(w->a, "%s/min", out), lo),
                         onnx_const_float(w, arena_printf(w->a, "%s/max", out), hi)};
    onnx_node(w, "Clip", name, 3, all, out);
}

Onnx__AttributeProto *onnx_attr(struct writer *w, Onnx__NodeProto *n, const char *name, int type)
{
    Onnx__AttributeProto *p = arena_new(w->a, Onnx__AttributeProto);
    onnx__attribute_proto__init(p);
    p->name = (char *)name;
    p->has_type = 1;
    p->type = type;
    n->attribute[n->n_attribute++] = p;
    return p;
}

void onnx_attr_int(struct writer *w, Onnx__NodeProto *n, const char *name, int64_t v)
{
    Onnx__AttributeProto *p = onnx_attr(w, n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    p->has_i = 1;
    p->i = v;
}

void onnx_attr_float(struct writer *w, Onnx__NodeProto *n, const char *name, float v)
{
    Onnx__AttributeProto *p = onnx_attr(w, n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    p->has_f = 1;
    p->f = v;
}

void onnx_attr_ints(struct writer *w, Onnx__NodeProto *n, const char *name, int count, const int64_t *v)
{
    Onnx__AttributeProto *p = onnx_attr(w, n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    p->n_ints = (size_t)count;
    p->ints = arena_copy(w->a, v, (size_t)count * sizeof *v);
}

const char *onnx_const(struct writer *w, const char *name, int type, int rank, const int64_t *dim,
                       const void *data, size_t bytes)
{
    Onnx__TensorProto *t = arena_new(w->a, Onnx__TensorProto);
    onnx__tensor_proto__init(t);
    t->name = (char *)onnx_name(w, name);
    t->has_data_type = 1;
    t->data_type = type;
    t->n_dims = (size_t)rank;
    t->dims = arena_copy(w->a, dim, (size_t)rank * sizeof *dim);
    t->has_raw_data = 1;
    t->raw_data = (ProtobufCBinaryData){bytes, (uint8_t *)data};
    w->init = arena_grow(w->a, w->init, w->ninit, &w->init_cap, sizeof *w->init);
    w->init[w->ninit++] = t;
    return t->name;
}

const char *onnx_const_ints(struct writer *w, const char *name, int count, const int64_t *v)
{
    int64_t dim = count;
    size_t bytes = (size_t)count * sizeof *v;
    return onnx_const(w, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 1, &dim, arena_copy(w->a, v, bytes),
                      bytes);
}

const char *onnx_const_float(struct writer *w, const char *name, float v)
{
    return onnx_const(w, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, 0, NULL, arena_copy(w->a, &v, 4), 4);
}

// A place for the name of what was made of constant t, and u, in this way; NULL at first.
static void **noted(struct writer *w, const struct tensor *t, const struct tensor *u, int how, int rank,
                    const int *perm)
{
    struct {
        const void *t, *u;
        int32_t how, fixed, type, rank, dim[GRAPH_MAX_RANK], perm[GRAPH_MAX_RANK];
    } k;
    memset(&k, 0, sizeof k); // padding counts
    k.t = t ? t->data : NULL;
    k.u = u ? u->data : NULL;
    k.how = how;
    k.fixed = w->fixed; // written anew
    for (int i = 0; t && i < t->rank; i++) k.dim[i] = t->dim[i];
    k.type = t ? (int32_t)t->type : 0;
    k.rank = rank;
    for (int i = 0; i < rank; i++) k.perm[i] = perm[i];
    return arena_noted(w->a, &k, sizeof k);
}

void **onnx_noted(struct writer *w, const struct tensor *t, const struct tensor *u, int how)
{
    return noted(w, t, u, 1 + how, 0, NULL);
}

// Constant t with dimension i from t's dimension perm[i] (-1: a 1 in front or between).
const char *onnx_const_permuted(struct writer *w, const struct tensor *t, int rank, const int *perm)
{
    const char *name = *noted(w, t, NULL, 0, rank, perm);
    if (name) return name;
    int64_t dim[GRAPH_MAX_RANK], step[GRAPH_MAX_RANK] = {0}, own[GRAPH_MAX_RANK], s = 1,
                                 count = tensor_count(t);
    for (int i = t->rank - 1; i >= 0; i--) {
        own[i] = s;
        s *= t->dim[i];
    }
    for (int i = 0; i < rank; i++) {
        dim[i] = perm[i] < 0 ? 1 : t->dim[perm[i]];
        step[i] = perm[i] < 0 ? 0 : own[perm[i]];
    }
    const size_t size = (size_t)dtype_size(t->type);
    const uint8_t *from = t->data;
    uint8_t *v = arena_array(w->a, (size_t)count, size);
    for (int64_t o = 0; o < count; o++) {
        int64_t at = 0, left = o;
        for (int i = rank - 1; i >= 0; i--) {
            at += left % dim[i] * step[i];
            left /= dim[i];
        }
        memcpy(v + (size_t)o * size, from + (size_t)at * size, size);
    }
    name = onnx_const(w, t->name, onnx_type(t->type), rank, dim, v, (size_t)count * size);
    *noted(w, t, NULL, 0, rank, perm) = (void *)(uintptr_t)name;
    return name;
}

const char *onnx_const_plain(struct writer *w, const struct tensor *t)
{
    static const int same[] = {0, 1, 2, 3, 4, 5};
    return onnx_const_permuted(w, t, t->rank, same);
}

const char *onnx_const_floats(struct writer *w, const char *name, int rank, const int64_t *dim,
                              const float *v)
{
    int64_t count = 1;
    for (int i = 0; i < rank; i++) count *= dim[i];
    return onnx_const(w, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, rank, dim, v, (size_t)count * sizeof *v);
}
