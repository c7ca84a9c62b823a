// Inputs that are broadcast against each other: as few dimensions as possible, with strides.
#include "lower.h"
#include <assert.h>

bool broadcast_groups(int rank, const int32_t *dim, int32_t stride[][GRAPH_MAX_RANK], int nin, int most,
                      int32_t *d)
{
    int32_t size[GRAPH_MAX_RANK], at[BROADCAST_MAX_IN][GRAPH_MAX_RANK]; // the innermost first
    int groups = 0;
    for (int i = rank - 1; i >= 0; i--) {
        if (dim[i] == 1) continue;
        bool joins = groups > 0;
        for (int k = 0; k < nin && joins; k++) {
            const int32_t inner = at[k][groups - 1];
            joins = inner ? stride[k][i] == inner * size[groups - 1] : stride[k][i] == 0;
        }
        if (joins) {
            size[groups - 1] *= dim[i];
            continue;
        }
        if (groups == most) return false;
        size[groups] = dim[i];
        for (int k = 0; k < nin; k++) at[k][groups] = stride[k][i];
        groups++;
    }
    for (int i = 0; i < most; i++) {
        d[most - 1 - i] = i < groups ? size[i] : 1;
        for (int k = 0; k < nin; k++) d[(k + 2) * most - 1 - i] = i < groups ? at[k][i] : 0;
    }
    return true;
}

// Where t's elements lie for each dimension of y.
static void strides_in(const struct tensor *t, const struct tensor *y, int32_t *s)
{
    int32_t step = 1;
    for (int i = 1; i <= y->rank; i++) {
        const int32_t own = i <= t->rank ? t->dim[t->rank - i] : 1;
        s[y->rank - i] = own == 1 ? 0 : step;
        step *= own;
    }
}

bool lower_operands(const struct node *n, struct plan *p, int nin, const struct tensor **in, int32_t *d,
                    struct err *e)
{
    const struct tensor *y = n->out[0];
    int32_t stride[BROADCAST_MAX_IN][GRAPH_MAX_RANK];
    assert(nin <= BROADCAST_MAX_IN);
    for (int k = 0; k < nin; k++) {
        in[k] = n->in[k];
        strides_in(in[k], y, stride[k]);
    }
    if (broadcast_groups(y->rank, y->dim, stride, nin, 4, d)) return true;
    for (int k = 0; k < nin; k++) {
        if (tensor_count(in[k]) == tensor_count(y)) continue;
        struct tensor *t = tensor_new(p->arena, in[k]->name, in[k]->type, y->rank, y->dim);
        struct move m = {.rank = y->rank};
        t->q = in[k]->q;
        tensor_strides(t, m.to);
        for (int i = 0; i < y->rank; i++) {
            m.dim[i] = y->dim[i];
            m.from[i] = stride[k][i];
        }
        if (!lower_move(n, p, m, in[k], t, e)) return false;
        in[k] = t;
        strides_in(t, y, stride[k]);
    }
    return broadcast_groups(y->rank, y->dim, stride, nin, 4, d) ||
           fail(e, "it broadcasts over more than four groups of dimensions");
}

void lower_in_place_any(const struct node *n, struct plan *p, int first)
{
    for (int i = first; i < n->nin; i++)
        for (int k = 0; k < i; k++)
            if (n->in[i] == n->in[k]) return; // the same buffer twice
    const int before = p->nalias;
    for (int i = first; i < n->nin && p->nalias == before; i++) lower_in_place(p, n->out[0], n->in[i]);
}
