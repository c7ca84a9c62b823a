// BATCH_MATMUL: the product of two computed matrices, for each of the leading dimensions.
#include "op.h"

static bool infer(struct node *n, struct err *e)
{
    if (!want_inputs(n, 2, 2, e)) return false;
    const struct tensor *x = n->in[0], *y = n->in[1];
    if (x->rank < 2 || y->rank < 2)
        return fail(e, "inputs of %d and %d dimensions; a matrix has two", x->rank, y->rank);
    const bool ax = n->as.matmul.adj_x, ay = n->as.matmul.adj_y;
    const int32_t m = x->dim[x->rank - (ax ? 1 : 2)], k = x->dim[x->rank - (ax ? 2 : 1)];
    const int32_t ky = y->dim[y->rank - (ay ? 1 : 2)], c = y->dim[y->rank - (ay ? 2 : 1)];
    if (k != ky) return fail(e, "it multiplies rows of %d by columns of %d", k, ky);
    const int rank = x->rank > y->rank ? x->rank : y->rank;
    int32_t dim[GRAPH_MAX_RANK];
    for (int i = 0; i < rank - 2; i++) {
        const int32_t p = i < rank - x->rank ? 1 : x->dim[i - (rank - x->rank)];
        const int32_t q = i < rank - y->rank ? 1 : y->dim[i - (rank - y->rank)];
        if (p != q && p != 1 && q != 1) return fail(e, "%d and %d matrices do not fit each other", p, q);
        dim[i] = p == 1 ? q : p;
    }
    dim[rank - 2] = m;
    dim[rank - 1] = c;
    return infer_out(n, x->type, rank, dim, e);
}

static int64_t macs(const struct node *n)
{
    const struct tensor *x = n->in[0];
    return tensor_count(n->out[0]) * x->dim[x->rank - (n->as.matmul.adj_x ? 2 : 1)];
}

const struct opdef op_BATCH_MATMUL = {"BATCH_MATMUL", infer, NULL, macs};
