// LSTM with int8 input, output and weights, int16 gates and cell, as TensorFlow Lite's integer one; contract
// in nn.h.
#ifndef NN_LSTM_S8_C
#define NN_LSTM_S8_C
#include "nn_gates_s8.h"
#include "nn_math16.h"

// nn_requantise of |v| < 2^30, far enough for what is saturated behind it; a sum becomes smaller nearly always, and then the half that rounds away from zero is added first.
NN_INLINE int32_t nn_gate_requantise(int32_t v, int32_t mult, int32_t shift)
{
    if (shift >= 0) return nn_clamp(nn_requantise(v, mult, shift), -65536, 65535);
    v = nn_mul_high_small(v, mult);
    return (v + (v >> 31) + (1 << (-shift - 1))) >> -shift;
}

// sum[g] = saturated(sum[g] + requantised(bias + x * w)): what one matrix adds to the four gates.
NN_INLINE void nn_lstm_add_s8(int32_t *sum, const int32_t *bias, const int8_t *x, const int8_t *w, int32_t n,
                              const int32_t *mult, const int32_t *shift)
{
    int32_t acc[4];
    for (int32_t g = 0; g < 4; g++) acc[g] = bias[g];
    nn_dot_gates_s8(acc, x, w, n);
    for (int32_t g = 0; g < 4; g++)
        sum[g] = nn_clamp16(sum[g] + nn_gate_requantise(acc[g], mult[g], shift[g]));
}

NN_API void nn_lstm_s8(const nn_lstm_integer *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                       const int32_t *bias_rec, const int32_t *mult, const int32_t *shift, int16_t *c,
                       int8_t *other, int8_t *y)
{
    const int8_t *h = NULL;
    memset(c, 0, (size_t)p->units * sizeof *c);
    for (int32_t t = 0; t < p->steps; t++) {
        const int32_t at = p->backwards ? p->steps - 1 - t : t;
        const int8_t *in = x + at * p->in_c, *v = w;
        int8_t *next = p->sequences ? y + at * p->units : (p->steps - t) & 1 ? y : other;
        for (int32_t u = 0; u < p->units; u++, v += 4 * (p->in_c + p->units)) {
            int32_t s[4] = {0, 0, 0, 0};
            nn_lstm_add_s8(s, bias + 4 * u, in, v, p->in_c, mult, shift);
            if (h) nn_lstm_add_s8(s, bias_rec + 4 * u, h, v + 4 * p->in_c, p->units, mult + 4, shift + 4);
            const int32_t i = nn_logistic_q15(s[0], 3), f = nn_logistic_q15(s[1], 3);
            const int32_t g = nn_tanh_q15(s[2], 3), o = nn_logistic_q15(s[3], 3);
            c[u] = (int16_t)nn_clamp16(nn_shift_right(f * c[u], 15) + nn_shift_right(i * g, p->cell_shift));
            if (p->cell_clip) c[u] = (int16_t)nn_clamp(c[u], -p->cell_clip, p->cell_clip);
            next[u] = nn_output_s8(o * nn_tanh_q15(c[u], p->cell_bits), p->y_mult, p->y_shift, p->y_zero,
                                   -128, 127);
        }
        h = next;
    }
}
#endif
