// Logarithm of the softmax of int8 in fixed point; contract in nn.h.
#ifndef NN_LOG_SOFTMAX_S8_C
#define NN_LOG_SOFTMAX_S8_C
#include "nn_math.h"

NN_INLINE int32_t nn_shift_left_any(int32_t x, int32_t n)
{
    return n ? nn_shift_left_sat(x, n) : x;
}

// log(a) for a >= 1 in Q12.19; result Q5.26. The steps are TensorFlow Lite's
// log_x_for_x_greater_than_or_equal_to_1: a = r * 2^k with k a quarter off an integer, whichever of two
// roundings has the lesser r; log(r) is a rational function of r - 2^(-1/4).
NN_INLINE int32_t nn_log_q19(int32_t a)
{
    enum { ROOT_HALF = 1518500250, FOURTH_ROOT_HALF = 1805811301, QUARTER = 1 << 23 }; // Q0.31; 1/4 in Q6.25
    const int32_t zeros = nn_leading_zeros((uint32_t)a);
    const int32_t ra = nn_shift_left_sat(nn_mul_high(nn_shift_left_any(a, zeros - 1), ROOT_HALF), 1);
    const int32_t room = nn_leading_zeros((uint32_t)nn_mul_high(a, ROOT_HALF)) - 1;
    const int32_t rb = nn_shift_left_any(a, room), r = nn_min(ra, rb);
    const int32_t k = nn_max((12 - zeros) * (1 << 25) + QUARTER, (12 - room) * (1 << 25) - QUARTER); // Q6.25
    const int32_t p = nn_half_sum(r, FOURTH_ROOT_HALF), q = 2 * (r - FOURTH_ROOT_HALF), s = nn_mul_high(q, q);
    const int32_t num = nn_mul_high(q, r) + nn_mul_high(nn_mul_high(q, s), 117049297);
    const int32_t denom =
        nn_mul_high(p, 1057819769 + q + nn_mul_high(127690142, s)) + nn_mul_high(638450708, q);
    const int32_t ratio = nn_mul_high(nn_shift_right(num, 6), nn_one_over_one_plus_q31(denom));
    return nn_shift_left_sat(nn_mul_high(k, 1488522236 /* log 2 */) + ratio, 1);
}

NN_API void nn_log_softmax_s8(const nn_softmax *p, const int8_t *x, int8_t *y)
{
    for (int32_t r = 0; r < p->rows; r++, x += p->c, y += p->c) {
        int32_t most = -128, sum = 0; // sum in Q12.19
        for (int32_t i = 0; i < p->c; i++) most = nn_max(most, x[i]);
        for (int32_t i = 0; i < p->c; i++)
            if (x[i] - most >= p->diff_min)
                sum += nn_shift_right(nn_exp_q31(nn_requantise(x[i] - most, p->mult, p->shift), 5), 12);
        const int32_t log = nn_log_q19(sum);
        for (int32_t i = 0; i < p->c; i++) {
            int32_t v = -128;
            if (x[i] - most >= p->diff_min) {
                // Q5.26; below -16 the output is -128 anyway
                const int32_t diff = nn_max(nn_requantise(x[i] - most, p->mult, p->shift), -(1 << 30));
                v = nn_clamp(nn_shift_right(diff - log, 22) + 127, -128, 127);
            }
            y[i] = (int8_t)v;
        }
    }
}
#endif
