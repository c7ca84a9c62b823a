// Ops that move values: random shapes against index arithmetic.
#include "one.h"

#define PICK(lo, hi) ((int)rng_below(&o.r, (hi) - (lo) + 1) + (lo))

static int64_t flat(const struct tensor *t, const int *at)
{
    int64_t p = 0;
    for (int i = 0; i < t->rank; i++) p = p * t->dim[i] + at[i];
    return p;
}

static void next(const struct tensor *t, int *at)
{
    for (int i = t->rank - 1; i >= 0 && ++at[i] == t->dim[i]; i--) at[i] = 0;
}

static void random_dims(struct one *p, int rank, int32_t *d)
{
    struct one o = *p;
    for (int i = 0; i < rank; i++) d[i] = PICK(1, 4);
    p->r = o.r;
}

TEST(device_transpose)
{
    for (int i = 0; i < 60; i++) {
        struct one o = one_new(OP_TRANSPOSE, 1, (uint64_t)i);
        const int rank = 1 + i % 6, size = i % 2 ? 1 : 4;
        int32_t d[6];
        random_dims(&o, rank, d);
        if (rank > 4) d[0] = 70; // more than the calls there may be
        one_in(&o, 0, size == 1 ? I8 : F32, rank, d, 0.1f, 2);
        for (int k = 0; k < rank; k++) o.n->as.transpose.perm[k] = k;
        rng_shuffle(&o.r, o.n->as.transpose.perm, rank);
        struct tensor *y = one_out(&o, size == 1 ? I8 : F32, 0.1f, 2);
        const int64_t n = tensor_count(y);
        uint8_t *want = arena_array(&o.a, (size_t)n, 4);
        int at[6] = {0};
        for (int64_t p = 0; p < n; p++, next(y, at)) {
            int from[6];
            for (int k = 0; k < rank; k++) from[o.n->as.transpose.perm[k]] = at[k];
            memcpy(want + p * size, (uint8_t *)o.x[0] + flat(o.n->in[0], from) * size, (size_t)size);
        }
        check_same("transpose", y, want, one_run(&o, false));
        arena_free(&o.a);
    }
}

TEST(device_pad)
{
    for (int i = 0; i < 40; i++) {
        struct one o = one_new(OP_PAD, 1, (uint64_t)i);
        const int rank = 1 + i % 6, size = i % 2 ? 1 : 4;
        int32_t d[6];
        random_dims(&o, rank, d);
        one_in(&o, 0, size == 1 ? I8 : F32, rank, d, 0.1f, -5);
        for (int k = 0; k < rank; k++) o.n->as.pad.before[k] = PICK(0, 2), o.n->as.pad.after[k] = PICK(0, 2);
        struct tensor *y = one_out(&o, size == 1 ? I8 : F32, 0.1f, -5);
        const int64_t n = tensor_count(y);
        uint8_t *want = arena_array(&o.a, (size_t)n, 4);
        int at[6] = {0};
        for (int64_t p = 0; p < n; p++, next(y, at)) {
            int from[6];
            bool inside = true;
            for (int k = 0; k < rank; k++) {
                from[k] = at[k] - o.n->as.pad.before[k];
                inside &= from[k] >= 0 && from[k] < d[k];
            }
            if (inside)
                memcpy(want + p * size, (uint8_t *)o.x[0] + flat(o.n->in[0], from) * size, (size_t)size);
            else if (size == 1)
                want[p] = (uint8_t)-5; // the zero point
        }
        check_same("pad", y, want, one_run(&o, false));
        arena_free(&o.a);
    }
}

TEST(device_concatenation)
{
    for (int i = 0; i < 40; i++) {
        const int nin = 1 + i % 3, rank = 1 + i % 4, size = i % 2 ? 1 : 4;
        struct one o = one_new(OP_CONCATENATION, nin, (uint64_t)i);
        const int axis = PICK(0, rank - 1);
        int32_t d[6];
        random_dims(&o, rank, d);
        for (int k = 0; k < nin; k++) {
            d[axis] = PICK(1, 5);
            one_in(&o, k, size == 1 ? I8 : F32, rank, d, 0.1f, 1);
        }
        o.n->as.axis.axis = axis;
        struct tensor *y = one_out(&o, size == 1 ? I8 : F32, 0.1f, 1);
        const int64_t n = tensor_count(y);
        uint8_t *want = arena_array(&o.a, (size_t)n, 4);
        int at[6] = {0};
        for (int64_t p = 0; p < n; p++, next(y, at)) {
            int from[6], k = 0;
            memcpy(from, at, sizeof from);
            for (; from[axis] >= o.n->in[k]->dim[axis]; k++) from[axis] -= o.n->in[k]->dim[axis];
            memcpy(want + p * size, (uint8_t *)o.x[k] + flat(o.n->in[k], from) * size, (size_t)size);
        }
        check_same("concatenation", y, want, one_run(&o, false));
        arena_free(&o.a);
    }
}

TEST(device_strided_slice)
{
    for (int i = 0; i < 60; i++) {
        struct one o = one_new(OP_STRIDED_SLICE, 1, (uint64_t)i);
        const int rank = 1 + i % 6, size = i % 2 ? 1 : 4;
        int32_t d[6], out[6];
        for (int k = 0; k < rank; k++) {
            d[k] = PICK(1, 7);
            const int step = PICK(1, 3);
            o.n->as.slice.stride[k] = rng_below(&o.r, 3) ? step : -step; // backwards too
            out[k] = PICK(1, (d[k] - 1) / step + 1);
            const int span = (out[k] - 1) * step;
            o.n->as.slice.begin[k] =
                o.n->as.slice.stride[k] < 0 ? span + PICK(0, d[k] - 1 - span) : PICK(0, d[k] - 1 - span);
        }
        one_in(&o, 0, size == 1 ? I8 : F32, rank, d, 0.1f, 1);
        o.n->out[0] = tensor_new(&o.a, "y", size == 1 ? I8 : F32, rank, out);
        struct tensor *y = one_out(&o, size == 1 ? I8 : F32, 0.1f, 1);
        const int64_t n = tensor_count(y);
        uint8_t *want = arena_array(&o.a, (size_t)n, 4);
        int at[6] = {0};
        for (int64_t p = 0; p < n; p++, next(y, at)) {
            int from[6];
            for (int k = 0; k < rank; k++) from[k] = o.n->as.slice.begin[k] + at[k] * o.n->as.slice.stride[k];
            memcpy(want + p * size, (uint8_t *)o.x[0] + flat(o.n->in[0], from) * size, (size_t)size);
        }
        check_same("strided slice", y, want, one_run(&o, false));
        arena_free(&o.a);
    }
}
