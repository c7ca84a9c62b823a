// Functions of one and of two values through the lowering; their errors are test_elementary.c's.
#include "one.h"

static double wanted(const struct node *n, double v)
{
    switch (n->op) {
    case OP_NEG:
        return -v;
    case OP_ABS:
        return fabs(v);
    case OP_SIGN:
        return (v > 0) - (v < 0);
    case OP_SQRT:
        return sqrt(v);
    case OP_RSQRT:
        return 1 / sqrt(v);
    case OP_SQUARE:
        return v * v;
    case OP_EXP:
        return exp(v);
    case OP_LOG:
        return log(v);
    case OP_SIN:
        return sin(v);
    case OP_COS:
        return cos(v);
    case OP_FLOOR:
        return floor(v);
    case OP_CEIL:
        return ceil(v);
    case OP_ROUND:
        return rint(v);
    case OP_RELU_N1_TO_1:
        return fmax(-1, fmin(1, v));
    case OP_HARD_SWISH:
        return v * fmax(0, fmin(6, v + 3)) / 6;
    default:
        if (n->as.gelu.approximate)
            return 0.5 * v * (1 + tanh(sqrt(2 / 3.14159265358979323846) * (v + 0.044715 * v * v * v)));
        return 0.5 * v * (1 + erf(v / sqrt(2)));
    }
}

static const enum op maps[] = {OP_NEG,   OP_ABS,          OP_SIGN,       OP_SQRT, OP_RSQRT, OP_SQUARE,
                               OP_EXP,   OP_LOG,          OP_SIN,        OP_COS,  OP_FLOOR, OP_CEIL,
                               OP_ROUND, OP_RELU_N1_TO_1, OP_HARD_SWISH, OP_GELU};
enum { NMAP = sizeof maps / sizeof *maps };

TEST(device_map_f32)
{
    for (int i = 0; i < 4 * NMAP; i++) {
        struct one o = one_new(maps[i / 4], 1, (uint64_t)(900 + i));
        one_in(&o, 0, F32, 2, (int32_t[]){3, 100}, 0, 0);
        float *x = o.x[0];
        for (int k = 0; k < 300; k++) {
            x[k] *= 2;
            if (o.n->op == OP_SQRT || o.n->op == OP_RSQRT || o.n->op == OP_LOG) x[k] = x[k] * x[k] + 0.01f;
        }
        if (o.n->op == OP_GELU) o.n->as.gelu.approximate = i & 2;
        one_out(&o, F32, 0, 0);
        const float *got = one_run(&o, i & 1);
        for (int k = 0; k < 300; k++) {
            const double want = wanted(o.n, (double)x[k]);
            CHECK_NEAR(want, (double)got[k], 4e-7 * (1 + fabs(want)));
        }
        arena_free(&o.a);
    }
}

// Shapes as in test_elementwise.c's broadcasts, but against plain indices.
TEST(device_map2_f32)
{
    static const enum op ops[] = {OP_MAXIMUM, OP_MINIMUM, OP_SQUARED_DIFFERENCE, OP_POW, OP_PRELU};
    for (int i = 0; i < 40; i++) {
        struct one o = one_new(ops[i % 5], 2, (uint64_t)i);
        const bool alone = i / 10 == 1;
        one_in(&o, 0, F32, 3, (int32_t[]){3, i / 20 && ops[i % 5] != OP_PRELU ? 1 : 4, 5}, 0, 0);
        one_in(&o, 1, F32, alone ? 1 : 2, alone ? (int32_t[]){5} : (int32_t[]){4, 1}, 0, 0);
        float *x = o.x[0];
        for (int k = 0; o.n->op == OP_POW && k < tensor_count(o.n->in[0]); k++) x[k] = fabsf(x[k]) + 0.1f;
        struct tensor *y = one_out(&o, F32, 0, 0);
        float want[60];
        for (int k = 0; k < tensor_count(y); k++) {
            const int c = k % 5, r = k / 5 % y->dim[1], m = k / 5 / y->dim[1];
            const float u = x[o.n->in[0]->dim[1] == 1 ? m * 5 + c : (m * 4 + r) * 5 + c];
            const float v = ((float *)o.x[1])[alone ? c : r];
            want[k] = o.n->op == OP_MAXIMUM              ? fmaxf(u, v)
                      : o.n->op == OP_MINIMUM            ? fminf(u, v)
                      : o.n->op == OP_SQUARED_DIFFERENCE ? (u - v) * (u - v)
                      : o.n->op == OP_PRELU              ? (u < 0 ? u * v : u)
                                                         : 0;
            if (o.n->op == OP_POW) want[k] = (float)pow((double)u, (double)v);
        }
        check_same(op_def(o.n->op)->name, y, want, one_run(&o, i & 1));
        arena_free(&o.a);
    }
}

// Exponents that have functions of their own.
TEST(device_simple_powers)
{
    static const float power[] = {2, 0.5f, -0.5f};
    for (int i = 0; i < 3; i++) {
        struct one o = one_new(OP_POW, 2, (uint64_t)i);
        one_in(&o, 0, F32, 1, (int32_t[]){50}, 0, 0);
        float *x = o.x[0];
        for (int k = 0; k < 50; k++) x[k] = fabsf(x[k]) + 0.1f;
        struct tensor *b = random_const(&o.a, &o.r, F32, 0, NULL);
        *(float *)(uintptr_t)b->data = power[i];
        o.n->in[1] = b;
        struct tensor *y = one_out(&o, F32, 0, 0);
        float want[50];
        for (int k = 0; k < 50; k++) want[k] = i == 0 ? x[k] * x[k] : i == 1 ? sqrtf(x[k]) : 1 / sqrtf(x[k]);
        check_same("simple power", y, want, one_run(&o, false));
        const struct plan *p = plan_lower(o.g, &layout_plain, &o.a, &o.e);
        CHECK(p && !strcmp(p->step[0].k->name, "nn_map_f32"));
        arena_free(&o.a);
    }
}
