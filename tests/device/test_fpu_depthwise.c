// The depthwise rows of device/xtensa/ against the portable kernels, bit for bit: sums in floats, so biases that no float
// holds and factors of every size are among the cases.
#define NN_FMA 1
#define nn_depthwise_s8 fpu_depthwise_s8
#define nn_depthwise_dyn fpu_depthwise_dyn
#include "../../device/xtensa/nn_depthwise_row_dyn.h"
#include "../../device/xtensa/nn_depthwise_row_s8.h"
#include "../../device/nn_depthwise_dyn.c"
#include "../../device/nn_depthwise_s8.c"
#undef nn_depthwise_s8
#undef nn_depthwise_dyn
#include "../../src/graph/kernels.h"
#include "../test.h"
#include "random.h"
#include <stdlib.h>

// Values at the ends of the range among them.
static int8_t *bytes(struct rng *r, int32_t n)
{
    int8_t *v = random_int8(r, n);
    for (int32_t i = 0; i < n; i += 1 + (int32_t)rng_below(r, 6)) v[i] = rng_below(r, 2) ? 127 : -128;
    return v;
}

TEST(device_fpu_depthwise)
{
    for (int seed = 0; seed < 400; seed++) {
        struct rng r = rng_new((uint64_t)seed + 17000);
        nn_depthwise p = {.batch = PICK(1, 2),
                          .in_h = PICK(1, 4),
                          .in_w = PICK(1, 40),
                          .in_c = PICK(1, 5),
                          .mul = PICK(1, 3),
                          .k_h = PICK(1, 3),
                          .k_w = PICK(1, 9),
                          .stride_h = PICK(1, 2),
                          .stride_w = PICK(1, 3),
                          .dil_h = PICK(1, 2),
                          .dil_w = PICK(1, 2),
                          .pad_top = PICK(0, 2),
                          .pad_left = PICK(0, 3),
                          .act = PICK(0, 2),
                          .x_zero = PICK(-128, 127),
                          .y_zero = PICK(-128, 127),
                          .min = -128,
                          .max = 127};
        const int32_t h = p.in_h + p.pad_top + PICK(0, 2) - (p.k_h - 1) * p.dil_h - 1;
        const int32_t w = p.in_w + p.pad_left + PICK(0, 3) - (p.k_w - 1) * p.dil_w - 1;
        if (h < 0 || w < 0) continue;
        p.out_h = h / p.stride_h + 1, p.out_w = w / p.stride_w + 1;
        const int32_t out = p.in_c * p.mul, nx = p.batch * p.in_h * p.in_w * p.in_c,
                      ny = p.batch * p.out_h * p.out_w * out;
        int8_t *x = bytes(&r, nx), *wt = bytes(&r, p.k_h * p.k_w * out), want[12000], got[12000];
        int32_t bias[15], mult[15], shift[15], zero[2] = {PICK(-128, 127), PICK(-128, 127)};
        float w_scale[15], bias_f[15], scale[2] = {0.02f, 0.3f}, want_f[12000], got_f[12000];
        for (int32_t o = 0; o < out; o++) {
            bias[o] = (int32_t)rng_u32(&r) >> PICK(6, 24); // beyond 2^23, near it, small
            mult[o] = (int32_t)(rng_u32(&r) >> 2) + (1 << 30), shift[o] = PICK(-18, 1);
            w_scale[o] = rng_float(&r) * 0.01f, bias_f[o] = rng_normal(&r);
        }
        nn_depthwise_s8_call(&p, (void *[]){x, wt, bias, mult, shift, want});
        fpu_depthwise_s8(&p, x, wt, bias, mult, shift, got);
        nn_depthwise_dyn_call_fma(&p, (void *[]){x, scale, zero, wt, w_scale, bias_f, want_f});
        fpu_depthwise_dyn(&p, x, scale, zero, wt, w_scale, bias_f, got_f);
        if (memcmp(want, got, (size_t)ny) || memcmp(want_f, got_f, (size_t)ny * 4))
            test_fail(__FILE__, __LINE__, "depthwise differs from the portable kernel, seed %d", seed);
        free(x), free(wt);
    }
}
