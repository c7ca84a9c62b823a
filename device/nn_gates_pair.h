// Both matrices of a recurrent layer. Where a chip's nn_gates_s8.h lays them side by side (NN_GATES_BOTH), a gate's two
// sums follow one another there; h has its place in `wide` behind the input.
#ifndef NN_GATES_PAIR_H
#define NN_GATES_PAIR_H
#include "nn_gates_s8.h"

typedef struct nn_gates_pair {
    nn_gates x, h;
    int16_t *wide, *wide_h; // where x and h are taken to
} nn_gates_pair;

// Of `rows` rows; what lies in scratch begins at `wide`.
NN_INLINE nn_gates_pair nn_gates_pair_of(const int8_t *w, const int8_t *u, int32_t in_c, int32_t units,
                                         int32_t gates, int32_t pack, int32_t widen, int16_t *wide)
{
    const int32_t rows = gates * nn_fours(units);
    int16_t *rest = wide + (widen & NN_WIDEN_X ? nn_recurrent_widened(NN_WIDEN_X, gates, in_c, units) : 0);
    nn_gates_pair g;
    g.wide = g.wide_h = wide;
#ifdef NN_GATES_BOTH
    if (NN_GATES_BOTH(pack, widen)) {
        nn_gates_both_of(w, in_c, u, units, rows, pack, rest, &g.x, &g.h);
        g.wide_h = wide + nn_fours(in_c);
        return g;
    }
#endif
    g.x = nn_gates_of(w, in_c, rows, pack, widen & NN_WIDEN_W, &rest);
    g.h = nn_gates_of(u, units, rows, pack, widen & NN_WIDEN_U, &rest);
    return g;
}
#endif
