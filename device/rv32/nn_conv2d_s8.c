// Convolution of int8, two products a multiplication; contract in nn.h.
#ifndef NN_CONV2D_S8_C
#define NN_CONV2D_S8_C
#include "nn_words_s8.h"

NN_API void nn_conv2d_s8(const nn_conv2d *p, const int8_t *x, const int8_t *w, const int32_t *bias,
                         const int32_t *mult, const int32_t *shift, int8_t *y, int16_t *scratch)
{
    const int32_t taps = nn_words_taps(p), out_c = p->out_c, right = nn_words_right(shift, out_c);
    int32_t *const patch = (int32_t *)(void *)scratch, first, last;
    nn_conv2d_inside(p, &first, &last);
    for (int32_t b = 0; b < p->batch; b++, x += p->in_h * p->in_w * p->in_c)
        for (int32_t oy = 0; oy < p->out_h; oy++, y += p->out_w * out_c)
            for (int32_t ox = 0; ox < p->out_w; ox += NN_WORDS) {
                if (ox + NN_WORDS > p->out_w && p->out_w >= NN_WORDS)
                    ox = p->out_w - NN_WORDS; // some once more
                const int32_t n = nn_min(NN_WORDS, p->out_w - ox);
                int32_t o = 0;
                nn_words_patch(p, patch, x, p->x_zero, oy, ox, first, last);
                if (p->group == 3 && right && n == NN_WORDS && out_c >= 4) {
                    o = out_c & ~3;
                    nn_words_job job = {patch,
                                        patch + 2 * taps,
                                        w,
                                        bias,
                                        mult,
                                        shift,
                                        y + ox * out_c,
                                        out_c,
                                        2 * p->y_zero + 1,
                                        p->min,
                                        p->max,
                                        y + ox * out_c + o};
                    nn_words_blocks(&job);
                }
                for (; o < out_c; o += 4) {
                    int32_t acc[4 * NN_WORDS];
                    nn_words_any(p, acc, bias + o, patch, w, o);
                    for (int32_t i = 0; i < 4 && o + i < out_c; i++)
                        for (int32_t t = 0; t < n; t++)
                            y[(ox + t) * out_c + o + i] = nn_output_s8(
                                acc[4 * i + t], mult[o + i], shift[o + i], p->y_zero, p->min, p->max);
                }
            }
}
#endif
