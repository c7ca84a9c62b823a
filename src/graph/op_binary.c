// ADD, SUB, MUL, DIV with NumPy's broadcasting.
#include "op.h"

static bool infer(struct node *n, struct err *e)
{
    if (!want_inputs(n, 2, 2, e)) return false;
    const struct tensor *a = n->in[0], *b = n->in[1];
    int rank = a->rank > b->rank ? a->rank : b->rank;
    int32_t dim[GRAPH_MAX_RANK];
    for (int i = 0; i < rank; i++) {
        int32_t p = i < rank - a->rank ? 1 : a->dim[i - (rank - a->rank)];
        int32_t q = i < rank - b->rank ? 1 : b->dim[i - (rank - b->rank)];
        if (p != q && p != 1 && q != 1) {
            char s[64], t[64];
            return fail(e, "shapes %s and %s do not fit each other", tensor_shape(a, s, sizeof s),
                        tensor_shape(b, t, sizeof t));
        }
        dim[i] = p > q ? p : q;
    }
    return infer_out(n, a->type, rank, dim, e);
}

const struct opdef op_ADD = {"ADD", infer, NULL, NULL};
const struct opdef op_SUB = {"SUB", infer, NULL, NULL};
const struct opdef op_MUL = {"MUL", infer, NULL, NULL};
const struct opdef op_DIV = {"DIV", infer, NULL, NULL};
