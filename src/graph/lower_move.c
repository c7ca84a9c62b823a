// Values that are moved without a change: which they may be, and the calls that move them.
#include "lower.h"
#include "../../device/nn.h"
#include <string.h>

bool want_moved(const struct node *n, int first, struct err *e)
{
    const struct tensor *y = n->out[0];
    if (y->type != F32 && y->type != I32 && y->type != I8 && y->type != I16 && y->type != BOOL)
        return fail(e, "%s is %s; float32, int32, int16, int8 and bool can be moved", y->name,
                    dtype_name(y->type));
    for (int i = first; i < n->nin; i++) {
        const struct tensor *x = n->in[i];
        if (n->op == OP_GATHER && i == 1) continue; // indices
        if (x->type != y->type)
            return fail(e, "%s is %s and %s is %s; a quantize, dequantize or cast is missing between them",
                        x->name, dtype_name(x->type), y->name, dtype_name(y->type));
        if (!is_s8(y) && !is_s16(y)) continue;
        if (!want_scale(x, e) || !want_scale(y, e)) return false;
        if (x->q.scale[0] != y->q.scale[0] || x->q.zero[0] != y->q.zero[0])
            return fail(e, "%s and %s differ in scale or zero point; a quantize is missing between them",
                        x->name, y->name);
    }
    return true;
}

void tensor_strides(const struct tensor *t, int32_t *s)
{
    int32_t step = 1;
    for (int i = t->rank - 1; i >= 0; i--) {
        s[i] = step;
        step *= t->dim[i];
    }
}

static void move_to(int32_t *v, int from, int to)
{
    const int32_t x = v[from];
    memmove(v + from, v + from + 1, (size_t)(to - from) * sizeof *v);
    v[to] = x;
}

// The dimensions that do not run on from one to the next, at least four: the innermost first, those behind the fourth
// the smallest.
static int merge(const struct move *m, int32_t *dim, int32_t *from, int32_t *to)
{
    int rank = 0;
    for (int i = m->rank - 1; i >= 0; i--) {
        if (m->dim[i] == 1) continue;
        if (rank && m->from[i] == from[rank - 1] * dim[rank - 1] &&
            m->to[i] == to[rank - 1] * dim[rank - 1]) {
            dim[rank - 1] *= m->dim[i];
            continue;
        }
        dim[rank] = m->dim[i];
        from[rank] = m->from[i];
        to[rank++] = m->to[i];
    }
    for (; rank < 4; rank++) {
        dim[rank] = 1;
        from[rank] = to[rank] = rank ? 0 : 1;
    }
    // the smallest go last, to be calls of their own; the innermost stays, to be copied in runs
    for (int last = rank - 1; last >= 4; last--) {
        int least = last;
        for (int i = last - 1; i > 0; i--)
            if (dim[i] < dim[least]) least = i;
        move_to(dim, least, last);
        move_to(from, least, last);
        move_to(to, least, last);
    }
    return rank;
}

int64_t move_calls(const struct move *m)
{
    int32_t dim[MOVE_MAX_RANK], from[MOVE_MAX_RANK], to[MOVE_MAX_RANK];
    const int rank = merge(m, dim, from, to);
    int64_t calls = 1;
    for (int i = 4; i < rank; i++) calls *= dim[i];
    return calls;
}

bool lower_move(const struct node *n, struct plan *p, struct move m, const struct tensor *x,
                const struct tensor *y, struct err *e)
{
    int32_t dim[MOVE_MAX_RANK], from[MOVE_MAX_RANK], to[MOVE_MAX_RANK];
    const int rank = merge(&m, dim, from, to);
    const int64_t calls = move_calls(&m);
    if (calls > MOVE_MAX_CALLS)
        return fail(
            e,
            "it moves %d dimensions apart from each other, %lld blocks of four, at most %d; make it two "
            "operators that move fewer dimensions each",
            rank, (long long)calls, MOVE_MAX_CALLS);
    for (int32_t k = 0; k < calls; k++) {
        int32_t from_at = m.from_at, to_at = m.to_at, rest = k;
        for (int i = 4; i < rank; i++) {
            from_at += rest % dim[i] * from[i];
            to_at += rest % dim[i] * to[i];
            rest /= dim[i];
        }
        const nn_copy q = {dim[3],  dim[2],  dim[1], dim[0], from_at, from[3], from[2],
                           from[1], from[0], to_at,  to[3],  to[2],   to[1],   to[0]};
        plan_step(p, n,
                  dtype_size(x->type) == 1   ? &kernel_nn_copy_s8
                  : dtype_size(x->type) == 2 ? &kernel_nn_copy_s16
                                             : &kernel_nn_copy_f32,
                  &q, (struct ref[]){ref_in(x), ref_out(y)});
    }
    return true;
}
