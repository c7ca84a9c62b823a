// Constants whose values are float16 (tensor.half), as TensorFlow's converter leaves them: stored in 2 bytes,
// with a DEQUANTIZE in front of the network that widens them.
#include "tflite_write.h"
#include "../base/half.h"
#include <string.h>

static bool same_shape(const struct tensor *a, const struct tensor *b)
{
    return a->rank == b->rank && !memcmp(a->dim, b->dim, (size_t)a->rank * sizeof *a->dim);
}

// of: the constants that first[] widens.
static const struct tensor *widened(struct tfl_list *l, struct tfl_op *first, const struct tensor **of,
                                    int *n, const struct tensor *t)
{
    const float *v = t->data;
    const int64_t count = tensor_count(t);
    for (int i = 0; i < *n; i++) // the same constant in two places is stored once
        if (of[i]->data == t->data && same_shape(of[i], t)) return first[i].out[0];
    of[*n] = t;
    uint16_t *to = arena_new_n(l->a, (size_t)count, uint16_t);
    for (int64_t i = 0; i < count; i++) to[i] = half_nearest(v[i]);
    struct tfl_op *o = &first[(*n)++];
    *o = (struct tfl_op){
        .builtin = TFL_DEQUANTIZE, .version = 3, .options = OPT_DEQUANTIZE, .nin = 1, .nout = 1};
    o->in = arena_new(l->a, const struct tensor *);
    o->out = arena_new(l->a, const struct tensor *);
    o->in[0] = tensor_const(l->a, arena_printf(l->a, "%s/float16", t->name), F16, t->rank, t->dim, to);
    return o->out[0] = tensor_new(l->a, t->name, F32, t->rank, t->dim);
}

void tflite_store_halves(struct tfl_list *l)
{
    int most = 0, n = 0;
    for (int i = 0; i < l->n; i++)
        for (int k = 0; k < l->op[i].nin; k++) most += l->op[i].in[k] && l->op[i].in[k]->half;
    if (!most) return;
    struct tfl_op *all = arena_new_n(l->a, (size_t)(most + l->n), struct tfl_op);
    const struct tensor **of = arena_new_n(l->a, (size_t)most, const struct tensor *);
    // each operator keeps its inputs in an array of its own, so they may be exchanged where they are
    for (int i = 0; i < l->n; i++)
        for (int k = 0; k < l->op[i].nin; k++) {
            const struct tensor *t = l->op[i].in[k];
            if (t && t->half && tensor_is_const(t)) l->op[i].in[k] = widened(l, all, of, &n, t);
        }
    memcpy(all + n, l->op, (size_t)l->n * sizeof *all);
    l->op = all;
    l->n += n;
}
