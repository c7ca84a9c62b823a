// Ops that compare, choose and repeat, reductions and products of matrices: random shapes against index
// arithmetic.
#include "indices.h"
#include "one.h"

#define PICK(lo, hi) ((int)rng_below(&o.r, (hi) - (lo) + 1) + (lo))

// A shape that is broadcast to d: some sizes 1, some of the first left out; returns the rank.
static int narrowed(struct rng *r, int rank, const int32_t *d, int32_t *to)
{
    const int skip = rng_below(r, 3) ? 0 : (int)rng_below(r, (uint32_t)rank + 1);
    for (int i = skip; i < rank; i++) to[i - skip] = rng_below(r, 2) ? d[i] : 1;
    return rank - skip;
}

TEST(device_compare)
{
    for (int i = 0; i < 60; i++) {
        const enum op op = (enum op)(OP_EQUAL + i % 6);
        struct one o = one_new(op, 2, (uint64_t)i);
        int32_t d[5], narrow[5];
        for (int k = 0; k < 5; k++) d[k] = PICK(1, 3);
        const int rank = narrowed(&o.r, 5, d, narrow); // rank 5: more groups than a call has, sometimes
        one_in(&o, 0, F32, i / 6 % 2 ? rank : 5, i / 6 % 2 ? narrow : d, 0, 0);
        one_in(&o, 1, F32, i / 6 % 2 ? 5 : rank, i / 6 % 2 ? d : narrow, 0, 0);
        float *u = o.x[0], *v = o.x[1];
        for (int k = 0; k < tensor_count(o.n->in[0]); k++) u[k] = roundf(u[k]);
        for (int k = 0; k < tensor_count(o.n->in[1]); k++) v[k] = roundf(v[k]);
        struct tensor *y = one_out(&o, BOOL, 0, 0);
        const int n = (int)tensor_count(y);
        uint8_t *want = arena_new_n(&o.a, (size_t)n, uint8_t);
        int at[6] = {0};
        for (int k = 0; k < n; k++, index_next(y, at)) {
            const float a = u[index_broadcast(o.n->in[0], y, at)], b = v[index_broadcast(o.n->in[1], y, at)];
            want[k] = op == OP_EQUAL        ? a == b
                      : op == OP_NOT_EQUAL  ? a != b
                      : op == OP_LESS       ? a < b
                      : op == OP_LESS_EQUAL ? a <= b
                      : op == OP_GREATER    ? a > b
                                            : a >= b;
        }
        check_same(op_def(op)->name, y, want, one_run(&o, false));
        arena_free(&o.a);
    }
}

TEST(device_logical)
{
    for (int i = 0; i < 12; i++) {
        const enum op op = (enum op)(OP_LOGICAL_AND + i % 3);
        struct one o = one_new(op, i % 3 == 2 ? 1 : 2, (uint64_t)i);
        one_in(&o, 0, BOOL, 2, (int32_t[]){7, 9}, 0, 0);
        if (i % 3 != 2) one_in(&o, 1, BOOL, 1, (int32_t[]){i & 4 ? 9 : 1}, 0, 0);
        struct tensor *y = one_out(&o, BOOL, 0, 0);
        uint8_t want[63];
        for (int k = 0; k < 63; k++) {
            const uint8_t u = ((uint8_t *)o.x[0])[k],
                          v = i % 3 == 2 ? 0 : ((uint8_t *)o.x[1])[i & 4 ? k % 9 : 0];
            want[k] = op == OP_LOGICAL_AND ? u && v : op == OP_LOGICAL_OR ? u || v : !u;
        }
        check_same(op_def(op)->name, y, want, one_run(&o, false));
        arena_free(&o.a);
    }
}

TEST(device_select)
{
    static const enum dtype types[] = {F32, I8, I32, BOOL};
    for (int i = 0; i < 60; i++) {
        const enum dtype type = types[i % 4];
        const int size = dtype_size(type);
        struct one o = one_new(OP_SELECT, 3, (uint64_t)i);
        int32_t d[5], narrow[5];
        for (int k = 0; k < 5; k++) d[k] = PICK(1, 3);
        for (int k = 0; k < 3; k++) {
            const int rank = i / 4 % 3 == k ? 5 : narrowed(&o.r, 5, d, narrow);
            one_in(&o, k, k ? type : BOOL, rank, i / 4 % 3 == k ? d : narrow, 0.1f, 3);
        }
        struct tensor *y = one_out(&o, type, 0.1f, 3);
        const int n = (int)tensor_count(y);
        uint8_t *want = arena_array(&o.a, (size_t)n, 4);
        int at[6] = {0};
        for (int k = 0; k < n; k++, index_next(y, at)) {
            const int from = ((uint8_t *)o.x[0])[index_broadcast(o.n->in[0], y, at)] ? 1 : 2;
            memcpy(want + k * size, (uint8_t *)o.x[from] + index_broadcast(o.n->in[from], y, at) * size,
                   (size_t)size);
        }
        check_same("select", y, want, one_run(&o, false));
        arena_free(&o.a);
    }
}

TEST(device_gather)
{
    for (int i = 0; i < 60; i++) {
        const enum dtype type = i % 2 ? I8 : F32;
        const int rank = 1 + i % 4, size = dtype_size(type), many = i / 4 % 3;
        struct one o = one_new(OP_GATHER, 2, (uint64_t)i);
        int32_t d[4];
        for (int k = 0; k < rank; k++) d[k] = PICK(1, 5);
        const int axis = o.n->as.axis.axis = PICK(0, rank - 1);
        one_in(&o, 0, type, rank, d, 0.1f, 3);
        one_in(&o, 1, I32, many, (int32_t[]){3, 2}, 0, 0);
        int32_t *index = o.x[1];
        for (int k = 0; k < tensor_count(o.n->in[1]); k++) index[k] = PICK(0, d[axis] - 1);
        struct tensor *y = one_out(&o, type, 0.1f, 3);
        const int n = (int)tensor_count(y);
        uint8_t *want = arena_array(&o.a, (size_t)n, 4);
        int at[6] = {0};
        for (int k = 0; k < n; k++, index_next(y, at)) {
            int from[6];
            memcpy(from, at, sizeof(int) * (size_t)axis);
            from[axis] = index[index_flat(o.n->in[1], at + axis)];
            for (int c = axis + 1; c < rank; c++) from[c] = at[c - 1 + many];
            memcpy(want + k * size, (uint8_t *)o.x[0] + index_flat(o.n->in[0], from) * size, (size_t)size);
        }
        check_same("gather", y, want, one_run(&o, false));
        index[0] = -7; // computed indices outside do no harm
        if (many) index[1] = 1000;
        one_run(&o, false);
        o.n->in[1]->data = index;
        o.g->nin = 1;
        one_refused(&o, "index 0 is -7");
        arena_free(&o.a);
    }
}

TEST(device_tile)
{
    for (int i = 0; i < 40; i++) {
        const enum dtype type = i % 2 ? I8 : I32;
        const int rank = 1 + i % 3, size = dtype_size(type);
        struct one o = one_new(OP_TILE, 1, (uint64_t)i);
        int32_t d[5];
        for (int k = 0; k < rank; k++) d[k] = PICK(1, 3), o.n->as.tile.times[k] = PICK(1, 3);
        one_in(&o, 0, type, rank, d, 0.1f, 3);
        struct tensor *y = one_out(&o, type, 0.1f, 3);
        const int n = (int)tensor_count(y);
        uint8_t *want = arena_array(&o.a, (size_t)n, 4);
        int at[6] = {0};
        for (int k = 0; k < n; k++, index_next(y, at)) {
            int from[6];
            for (int c = 0; c < rank; c++) from[c] = at[c] % d[c];
            memcpy(want + k * size, (uint8_t *)o.x[0] + index_flat(o.n->in[0], from) * size, (size_t)size);
        }
        check_same("tile", y, want, one_run(&o, false));
        arena_free(&o.a);
    }
}

// The value of element k as a double, and back: what a cast must keep.
static double value(const struct tensor *t, const void *x, int k)
{
    switch (t->type) {
    case F32:
        return (double)((const float *)x)[k];
    case I8:
        return ((const int8_t *)x)[k];
    case I32:
        return ((const int32_t *)x)[k];
    case I64:
        return (double)((const int64_t *)x)[k];
    default:
        return ((const uint8_t *)x)[k];
    }
}

TEST(device_cast)
{
    static const enum dtype types[] = {F32, I8, I32, I64, BOOL};
    for (int i = 0; i < 25; i++) {
        struct one o = one_new(OP_CAST, 1, (uint64_t)i);
        one_in(&o, 0, types[i / 5], 1, (int32_t[]){50}, 1, 0);
        int64_t *wide = o.x[0];
        for (int k = 0; types[i / 5] == I64 && k < 50; k++) wide[k] = (k - 25) * 40000000;
        float *x = o.x[0];
        const float edge[] = {2.9f, -2.9f, 0, -0.4f, 3e9f, -3e9f};
        if (types[i / 5] == F32) memcpy(x, edge, sizeof edge);
        o.n->out[0] = tensor_new(&o.a, "y", types[i % 5], 0, NULL);
        struct tensor *y = one_out(&o, types[i % 5], 1, 0);
        const void *got = one_run(&o, false);
        for (int k = 0; k < 50; k++) {
            double v = value(o.n->in[0], o.x[0], k);
            if (y->type == BOOL)
                v = v != 0;
            else if (y->type != F32)
                v = fmax(INT32_MIN, fmin(INT32_MAX, trunc(v)));
            if (y->type == I8) v = (int8_t)(int32_t)v;
            CHECK_NEAR(y->type == F32 ? (double)(float)v : v, value(y, got, k), 0);
        }
        arena_free(&o.a);
    }
}

TEST(device_reduce)
{
    static const enum op ops[] = {OP_SUM, OP_REDUCE_PROD, OP_REDUCE_MAX, OP_REDUCE_MIN, OP_MEAN};
    for (int i = 0; i < 150; i++) {
        const enum op op = ops[i % 5];
        struct one o = one_new(op, 1, (uint64_t)i);
        const int rank = 1 + i / 5 % 6;
        int32_t d[6];
        bool gone[6] = {0};
        for (int k = 0; k < rank; k++) {
            d[k] = PICK(1, 4);
            if ((gone[k] = rng_below(&o.r, 2))) o.n->as.reduce.axis[o.n->as.reduce.naxis++] = k;
        }
        if (!o.n->as.reduce.naxis) gone[0] = true, o.n->as.reduce.naxis = 1;
        o.n->as.reduce.keep_dims = true;
        one_in(&o, 0, F32, rank, d, 0, 0);
        struct tensor *y = one_out(&o, F32, 0, 0);
        const int n = (int)tensor_count(y);
        float *want = arena_new_n(&o.a, (size_t)n, float);
        int *seen = arena_new_n(&o.a, (size_t)n, int), at[6] = {0};
        for (int k = 0; k < tensor_count(o.n->in[0]); k++, index_next(o.n->in[0], at)) {
            int to[6];
            for (int c = 0; c < rank; c++) to[c] = gone[c] ? 0 : at[c];
            const int64_t p = index_flat(y, to);
            const float v = ((float *)o.x[0])[k];
            want[p] = !seen[p]++             ? v
                      : op == OP_REDUCE_PROD ? want[p] * v
                      : op == OP_REDUCE_MAX  ? fmaxf(want[p], v)
                      : op == OP_REDUCE_MIN  ? fminf(want[p], v)
                                             : want[p] + v;
        }
        for (int k = 0; op == OP_MEAN && k < n; k++) want[k] /= (float)seen[k];
        check_same(op_def(op)->name, y, want, one_run(&o, false));
        arena_free(&o.a);
    }
}

TEST(device_arg)
{
    for (int i = 0; i < 24; i++) {
        struct one o = one_new(i & 1 ? OP_ARG_MIN : OP_ARG_MAX, 1, (uint64_t)i);
        int32_t d[3] = {PICK(1, 4), PICK(1, 6), PICK(1, 4)};
        const int axis = o.n->as.axis.axis = i / 4 % 3;
        const bool s8 = i & 2;
        one_in(&o, 0, s8 ? I8 : F32, 3, d, 0.1f, 2);
        struct tensor *y = one_out(&o, I32, 0, 0);
        int32_t want[64] = {0};
        int at[6] = {0};
        for (int k = 0; k < tensor_count(y); k++, index_next(y, at)) {
            int from[3];
            for (int c = 0, p = 0; c < 3; c++) from[c] = c == axis ? 0 : at[p++];
            double most = 0;
            for (int b = 0; b < d[axis]; b++) {
                from[axis] = b;
                const double v =
                    value(o.n->in[0], o.x[0], (int)index_flat(o.n->in[0], from)) * (i & 1 ? -1 : 1);
                if (b && v <= most) continue;
                most = v;
                want[k] = b;
            }
        }
        check_same("arg", y, want, one_run(&o, false));
        arena_free(&o.a);
    }
}

TEST(device_batch_matmul)
{
    for (int i = 0; i < 80; i++) {
        struct one o = one_new(OP_BATCH_MATMUL, 2, (uint64_t)i);
        const int32_t m = PICK(1, 7), k = PICK(1, 9), n = PICK(1, 11), b0 = PICK(1, 3), b1 = PICK(1, 3);
        const bool ax = o.n->as.matmul.adj_x = i & 1, ay = o.n->as.matmul.adj_y = i & 2;
        const int cx = PICK(0, 2), cy = PICK(0, 3);
        int32_t dx[4] = {cx & 1 ? 1 : b0, cx & 2 ? 1 : b1, ax ? k : m, ax ? m : k};
        int32_t dy[4] = {cy & 1 ? 1 : b0, cy & 2 ? 1 : b1, ay ? n : k, ay ? k : n};
        one_in(&o, 0, F32, 4, dx, 0, 0);
        if (i & 4)
            one_in(&o, 1, F32, 4, dy, 0, 0);
        else
            one_in(&o, 1, F32, 2, dy + 2, 0, 0);
        if (i & 8) { // a constant one
            o.n->in[1]->data = o.x[1];
            o.g->nin = 1;
        }
        struct tensor *z = one_out(&o, F32, 0, 0);
        float *want = arena_new_n(&o.a, (size_t)tensor_count(z), float);
        int at[6] = {0};
        for (int p = 0; p < tensor_count(z); p++, index_next(z, at)) {
            float acc = 0;
            for (int t = 0; t < k; t++) {
                int fx[4] = {dx[0] == 1 ? 0 : at[0], dx[1] == 1 ? 0 : at[1], ax ? t : at[2], ax ? at[2] : t};
                int fy[4] = {dy[0] == 1 ? 0 : at[0], dy[1] == 1 ? 0 : at[1], ay ? at[3] : t, ay ? t : at[3]};
                const float u = ((float *)o.x[0])[index_flat(o.n->in[0], fx)];
                const float v =
                    ((float *)o.x[1])[index_flat(o.n->in[1], o.n->in[1]->rank == 4 ? fy : fy + 2)];
                acc = i & 16 ? fmaf(u, v, acc) : acc + u * v;
            }
            want[p] = acc;
        }
        check_same("batch matmul", z, want, one_run(&o, i & 16));
        arena_free(&o.a);
    }
}

TEST(device_log_softmax)
{
    for (int i = 0; i < 4; i++) {
        struct one o = one_new(OP_LOG_SOFTMAX, 1, (uint64_t)i);
        one_in(&o, 0, F32, 2, (int32_t[]){4, 7}, 0, 0);
        one_out(&o, F32, 0, 0);
        const float *got = one_run(&o, i & 1), *x = o.x[0];
        for (int k = 0; k < 28; k++) {
            double sum = 0;
            for (int c = 0; c < 7; c++) sum += exp((double)x[k / 7 * 7 + c]);
            CHECK_NEAR((double)x[k] - log(sum), (double)got[k], 1e-6);
        }
        arena_free(&o.a);
    }
}
