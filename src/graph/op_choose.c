// Ops that choose among values: SELECT, ARG_MAX, ARG_MIN, GATHER, TILE, and CAST.
#include "op.h"

// Where the condition is true the second input's value, else the third's, all three broadcast.
static bool infer_select(struct node *n, struct err *e)
{
    if (!want_inputs(n, 3, 3, e)) return false;
    int32_t dim[GRAPH_MAX_RANK];
    int rank = 0;
    for (int k = 0; k < 3; k++)
        if (n->in[k]->rank > rank) rank = n->in[k]->rank;
    for (int i = 0; i < rank; i++) {
        dim[i] = 1;
        for (int k = 0; k < 3; k++) {
            const struct tensor *t = n->in[k];
            const int32_t d = i < rank - t->rank ? 1 : t->dim[i - (rank - t->rank)];
            if (d != 1 && dim[i] != 1 && d != dim[i])
                return fail(e, "input %s: dimension %d is %d, another's is %d", t->name, i, d, dim[i]);
            if (d != 1) dim[i] = d;
        }
    }
    if (n->in[0]->type != BOOL) return fail(e, "its condition %s is not boolean", n->in[0]->name);
    return infer_out(n, n->in[1]->type, rank, dim, e);
}

static bool infer_arg(struct node *n, struct err *e)
{
    if (!want_inputs(n, 1, 1, e)) return false;
    const struct tensor *x = n->in[0];
    const int32_t axis = n->as.axis.axis;
    if (axis < 0 || axis >= x->rank) return fail(e, "axis %d of %d", axis, x->rank);
    int32_t dim[GRAPH_MAX_RANK];
    int rank = 0;
    for (int i = 0; i < x->rank; i++)
        if (i != axis) dim[rank++] = x->dim[i];
    return infer_out(n, I32, rank, dim, e);
}

static bool infer_gather(struct node *n, struct err *e)
{
    if (!want_inputs(n, 2, 2, e)) return false;
    const struct tensor *x = n->in[0], *at = n->in[1];
    const int32_t axis = n->as.axis.axis;
    if (axis < 0 || axis >= x->rank) return fail(e, "axis %d of %d", axis, x->rank);
    if (at->type != I32) return fail(e, "its indices %s are %s, want int32", at->name, dtype_name(at->type));
    if (x->rank - 1 + at->rank > GRAPH_MAX_RANK)
        return fail(e, "its output has %d dimensions, at most %d", x->rank - 1 + at->rank, GRAPH_MAX_RANK);
    int32_t dim[GRAPH_MAX_RANK];
    int rank = 0;
    for (int i = 0; i < axis; i++) dim[rank++] = x->dim[i];
    for (int i = 0; i < at->rank; i++) dim[rank++] = at->dim[i];
    for (int i = axis + 1; i < x->rank; i++) dim[rank++] = x->dim[i];
    return infer_out(n, x->type, rank, dim, e);
}

static bool infer_tile(struct node *n, struct err *e)
{
    if (!want_inputs(n, 1, 1, e)) return false;
    const struct tensor *x = n->in[0];
    int32_t dim[GRAPH_MAX_RANK];
    for (int i = 0; i < x->rank; i++) {
        const int64_t d = (int64_t)x->dim[i] * n->as.tile.times[i];
        if (n->as.tile.times[i] < 1 || d > INT32_MAX)
            return fail(e, "it repeats dimension %d %d times", i, n->as.tile.times[i]);
        dim[i] = (int32_t)d;
    }
    return infer_out(n, x->type, x->rank, dim, e);
}

// The type of the output is given by whoever makes the node.
static bool infer_cast(struct node *n, struct err *e)
{
    return want_inputs(n, 1, 1, e) && infer_out(n, n->out[0]->type, n->in[0]->rank, n->in[0]->dim, e);
}

const struct opdef op_SELECT = {"SELECT_V2", infer_select, NULL, NULL};
const struct opdef op_ARG_MAX = {"ARG_MAX", infer_arg, NULL, NULL};
const struct opdef op_ARG_MIN = {"ARG_MIN", infer_arg, NULL, NULL};
const struct opdef op_GATHER = {"GATHER", infer_gather, NULL, NULL};
const struct opdef op_TILE = {"TILE", infer_tile, NULL, NULL};
const struct opdef op_CAST = {"CAST", infer_cast, NULL, NULL};
