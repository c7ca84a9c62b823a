#include "op.h"
#include <assert.h>
#include <string.h>

static const struct opdef *const table[OP_COUNT] = {
#define OP(id, name) [OP_##id] = &op_##id,
#include "ops.def"
#undef OP
};

const struct opdef *op_def(enum op op)
{
    assert((unsigned)op < OP_COUNT);
    return table[op];
}

bool infer_out(struct node *n, enum dtype type, int rank, const int32_t *dim, struct err *e)
{
    struct tensor *y = n->out[0];
    if (rank > GRAPH_MAX_RANK)
        return fail(e, "its output has %d dimensions, at most %d", rank, GRAPH_MAX_RANK);
    if (!y->q.n) y->type = type;
    y->rank = rank;
    if (rank) memmove(y->dim, dim, (size_t)rank * sizeof *dim);
    return tensor_check(y, e);
}

bool infer_like(struct node *n, const struct tensor *x, struct err *e)
{
    return infer_out(n, x->type, x->rank, x->dim, e);
}

bool want_inputs(const struct node *n, int least, int most, struct err *e)
{
    if (n->nin < least || n->nin > most) return fail(e, "%d inputs, want %d to %d", n->nin, least, most);
    for (int i = 0; i < least; i++)
        if (!n->in[i]) return fail(e, "input %d is absent", i);
    return n->nout == 1 || fail(e, "%d outputs, want 1", n->nout);
}

bool want_rank(const struct node *n, int input, int rank, struct err *e)
{
    const struct tensor *x = n->in[input];
    return x->rank == rank || fail(e, "input %s has %d dimensions, want %d", x->name, x->rank, rank);
}

int32_t window_out(int32_t in, int32_t kernel, int32_t stride, int32_t dilation, int32_t pad_before,
                   int32_t pad_after)
{
    int64_t span = (int64_t)(kernel - 1) * dilation + 1, room = (int64_t)in + pad_before + pad_after - span;
    return room < 0 || stride < 1 ? 0 : (int32_t)(room / stride + 1);
}
