// Ops that choose among values or repeat them: SELECT, GATHER, TILE; and CAST.
#include "lower.h"
#include "../../device/nn.h"

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

static bool lower_select(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *in[3], *y = n->out[0];
    nn_select q;
    if (n->in[0]->type != BOOL)
        return fail(e, "its condition %s is %s, want bool", n->in[0]->name, dtype_name(n->in[0]->type));
    if (is_s16(y)) return fail(e, "it has no int16 form yet; a dequantize is missing in front of it");
    if (!want_moved(n, 1, e) || !lower_operands(n, p, 3, in, (int32_t *)&q, e)) return false;
    lower_in_place_any(n, p, 1);
    plan_step(p, n, dtype_size(y->type) == 1 ? &kernel_nn_select_s8 : &kernel_nn_select_f32, &q,
              (struct ref[]){ref_in(in[0]), ref_in(in[1]), ref_in(in[2]), ref_out(y)});
    return true;
}

static bool lower_gather(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *at = n->in[1], *y = n->out[0];
    const int32_t axis = n->as.axis.axis, count = (int32_t)tensor_count(at);
    if (!want_moved(n, 0, e)) return false;
    for (int i = 0; tensor_is_const(at) && i < count; i++) {
        const int32_t k = ((const int32_t *)at->data)[i];
        if (k < 0 || k >= x->dim[axis])
            return fail(e, "index %d is %d, %s has 0 to %d there", i, k, x->name, x->dim[axis] - 1);
    }
    nn_gather_rows q = {.outer = 1, .n = x->dim[axis], .count = count, .bytes = dtype_size(x->type)};
    for (int i = 0; i < axis; i++) q.outer *= x->dim[i];
    for (int i = axis + 1; i < x->rank; i++) q.bytes *= x->dim[i];
    plan_step(p, n, &kernel_nn_gather, &q, (struct ref[]){ref_in(x), ref_in(at), ref_out(y)});
    return true;
}

// Each dimension counts twice: how often it is repeated, and itself.
static struct move tile_move(const struct tensor *x, const struct tensor *y, const int32_t *times)
{
    struct move m = {.rank = 2 * x->rank};
    int32_t from[GRAPH_MAX_RANK], to[GRAPH_MAX_RANK];
    tensor_strides(x, from);
    tensor_strides(y, to);
    for (int i = 0; i < x->rank; i++) {
        m.dim[2 * i] = times[i];
        m.to[2 * i] = to[i] * x->dim[i];
        m.dim[2 * i + 1] = x->dim[i];
        m.from[2 * i + 1] = from[i];
        m.to[2 * i + 1] = to[i];
    }
    return m;
}

static bool lower_tile(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    const int32_t *times = n->as.tile.times;
    if (!want_moved(n, 0, e)) return false;
    const struct move m = tile_move(x, y, times);
    if (move_calls(&m) <= MOVE_MAX_CALLS) return lower_move(n, p, m, x, y, e);
    int first = 0;
    while (times[first] == 1) first++;
    for (int d = x->rank - 1; d >= first; d--) { // one dimension after the other, the innermost first
        if (times[d] == 1) continue;
        int32_t one[GRAPH_MAX_RANK];
        for (int i = 0; i < x->rank; i++) one[i] = i == d ? times[d] : 1;
        struct tensor *t = tensor_new(p->arena, y->name, y->type, x->rank, x->dim);
        t->dim[d] *= times[d];
        const struct tensor *to = d == first ? y : t;
        if (!lower_move(n, p, tile_move(x, to, one), x, to, e)) return false;
        x = to;
    }
    return true;
}

// Quantised integers are taken as they are, without their scale, as TensorFlow Lite does.
static bool lower_cast(const struct node *n, struct plan *p, struct err *e)
{
    static const int32_t type[DTYPE_COUNT] = {[F32] = NN_TYPE_F32 + 1,
                                              [I8] = NN_TYPE_S8 + 1,
                                              [I32] = NN_TYPE_S32 + 1,
                                              [I64] = NN_TYPE_S64 + 1,
                                              [BOOL] = NN_TYPE_BOOL + 1};
    const struct tensor *x = n->in[0], *y = n->out[0];
    if (!type[x->type] || !type[y->type])
        return fail(e, "from %s to %s; float32, int8, int32, int64 and bool can be executed",
                    dtype_name(x->type), dtype_name(y->type));
    if (x->type == y->type && !tensor_is_const(x)) {
        plan_alias(p, y, x);
        return true;
    }
    const nn_cast_types q = {(int32_t)tensor_count(x), type[x->type] - 1, type[y->type] - 1};
    plan_step(p, n, &kernel_nn_cast, &q, (struct ref[]){ref_in(x), ref_out(y)});
    return true;
}

const struct opdef op_SELECT = {"SELECT_V2", infer_select, lower_select, NULL};
const struct opdef op_GATHER = {"GATHER", infer_gather, lower_gather, NULL};
const struct opdef op_TILE = {"TILE", infer_tile, lower_tile, NULL};
const struct opdef op_CAST = {"CAST", infer_cast, lower_cast, NULL};
