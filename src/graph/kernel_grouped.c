// int8 and dynamic layers on weights stored in groups of taps (layout_host), in portable C: what run does on
// a machine without kernel_x86.c's instructions. The same bits as the device kernels.
#include "../../device/nn_math.h"
#include "kernel_clone.h"
#include "kernel_grouped.h"
#include <stdlib.h>

struct grouped grouped_image(const nn_conv2d *p)
{
    struct grouped m;
    m.h = (int64_t)(p->out_h - 1) * p->stride_h + (int64_t)(p->k_h - 1) * p->dil_h + 1;
    m.row = ((int64_t)(p->out_w - 1) * p->stride_w + p->k_w) * p->in_c;
    m.bytes = m.h * m.row + 64; // a group of taps may reach past the end
    return m;
}

bool grouped_fits(const nn_conv2d *p)
{
    if (p->dil_w != 1) return false; // a kernel row must be one run of memory
    const struct grouped m = grouped_image(p);
    return m.h < 1 << 20 && m.row < 1 << 20 && m.bytes < 1 << 20;
}

CLONES void grouped_fill(const nn_conv2d *p, const struct grouped *m, const int8_t *x, int32_t zero,
                         uint8_t flip, uint8_t *to)
{
    const int64_t in = (int64_t)p->in_w * p->in_c, left = (int64_t)p->pad_left * p->in_c;
    const int64_t n = m->row - left < in ? m->row - left : in;
    memset(to, (uint8_t)zero ^ flip, (size_t)m->bytes);
    for (int64_t r = 0; r < p->in_h && r + p->pad_top < m->h; r++) {
        const uint8_t *from = (const uint8_t *)x + r * in;
        uint8_t *row = to + (r + p->pad_top) * m->row + left;
        for (int64_t i = 0; i < n; i++) row[i] = from[i] ^ flip;
    }
}

nn_conv2d grouped_dense(const nn_dense *p)
{
    return (nn_conv2d){.batch = 1,
                       .in_h = 1,
                       .in_w = p->rows,
                       .in_c = p->in_c,
                       .out_h = 1,
                       .out_w = p->rows,
                       .out_c = p->out_c,
                       .k_h = 1,
                       .k_w = 1,
                       .stride_h = 1,
                       .stride_w = 1,
                       .dil_h = 1,
                       .dil_w = 1,
                       .block = p->block,
                       .group = p->group,
                       .act = p->act,
                       .x_zero = p->x_zero,
                       .y_zero = p->y_zero,
                       .min = p->min,
                       .max = p->max};
}

// Sums of one position by a block of channels.
static inline void sum(const nn_conv2d *p, const struct grouped *m, int32_t *acc, const int8_t *x,
                       const int8_t *w)
{
    const int32_t groups = (p->k_w * p->in_c + GROUP - 1) / GROUP;
    for (int32_t ky = 0; ky < p->k_h; ky++, x += m->row * p->dil_h)
        for (int32_t g = 0; g < groups; g++, w += GROUP_BLOCK * GROUP) {
            const int32_t a = x[g * GROUP], b = x[g * GROUP + 1], c = x[g * GROUP + 2], d = x[g * GROUP + 3];
            for (int o = 0; o < GROUP_BLOCK; o++)
                acc[o] +=
                    a * w[o * GROUP] + b * w[o * GROUP + 1] + c * w[o * GROUP + 2] + d * w[o * GROUP + 3];
        }
}

CLONES void grouped_conv2d(const nn_conv2d *p, const int8_t *x, int32_t zero, const int8_t *w,
                           const int32_t *start, int32_t factor, const struct grouped_put *k)
{
    const struct grouped m = grouped_image(p);
    const int64_t block = (int64_t)p->k_h * ((p->k_w * p->in_c + GROUP - 1) / GROUP) * GROUP_BLOCK * GROUP;
    int8_t *image = malloc((size_t)m.bytes);
    if (!image) abort();
    grouped_fill(p, &m, x, zero, 0, (uint8_t *)image);
    for (int32_t o = 0; o < p->out_c; o += GROUP_BLOCK, w += block)
        for (int32_t oy = 0; oy < p->out_h; oy++)
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                int32_t acc[GROUP_BLOCK];
                for (int i = 0; i < GROUP_BLOCK; i++) acc[i] = start[o + i] * factor;
                sum(p, &m, acc, image + oy * p->stride_h * m.row + (int64_t)ox * p->stride_w * p->in_c, w);
                const int64_t at = ((int64_t)oy * p->out_w + ox) * p->out_c + o;
                for (int i = 0; i < GROUP_BLOCK && o + i < p->out_c; i++) {
                    const int32_t c = o + i;
                    if (k->mult) {
                        ((int8_t *)k->y)[at + i] =
                            nn_output_s8(acc[i], k->mult[c], k->shift[c], p->y_zero, p->min, p->max);
                        continue;
                    }
                    const float f = (float)acc[i], b = k->bias[c];
                    const float u = k->dense ? f : f * k->w_scale[c];
                    const float v = k->dense ? k->x_scale * k->w_scale[c] : k->x_scale;
                    ((float *)k->y)[at + i] = nn_act(k->fma ? __builtin_fmaf(u, v, b) : u * v + b, p->act);
                }
            }
    free(image);
}
