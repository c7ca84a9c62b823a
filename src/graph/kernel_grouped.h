// Layers whose int8 weights are stored [out / 16][k_h][taps of a row / 4][16][4], rows filled up with zeros:
// the host's layout. The input is copied with its padding filled in, so that every window is whole.
#ifndef GRAPH_KERNEL_GROUPED_H
#define GRAPH_KERNEL_GROUPED_H
#include "../../device/nn.h"
#include <stdbool.h>

enum { GROUP = 4, GROUP_BLOCK = 16 };

struct grouped {
    int64_t h, row, bytes; // the padded input: lines, bytes a line, bytes in all
};
struct grouped grouped_image(const nn_conv2d *p);
// Whether this layout serves the layer.
bool grouped_fits(const nn_conv2d *p);
// The padded input, each byte xor flip.
void grouped_fill(const nn_conv2d *p, const struct grouped *m, const int8_t *x, int32_t zero, uint8_t flip,
                  uint8_t *to);
// A dense layer as a convolution of kernel 1 over its rows.
nn_conv2d grouped_dense(const nn_dense *p);

// What becomes of a sum: int8 (mult is given), or float.
struct grouped_put {
    const int32_t *mult, *shift;
    const float *w_scale, *bias;
    float x_scale;
    bool dense, fma;
    void *y;
};
// One image; sums start with start[o] * factor; padding counts as zero.
typedef void grouped_fn(const nn_conv2d *p, const int8_t *x, int32_t zero, const int8_t *w,
                        const int32_t *start, int32_t factor, const struct grouped_put *k);
grouped_fn grouped_conv2d;     // portable
grouped_fn x86_grouped_conv2d; // AVX-512 VNNI (kernel_x86.c)

// True where the processor has what kernel_x86.c needs; it holds float layers in blocks of 16 too.
bool x86_kernels(void);
void x86_conv2d_f32(const nn_conv2d *p, bool fma, const float *x, const float *w, const float *bias,
                    float *y);
// The same of kernel_avx2.c, float layers alone.
bool avx2_kernels(void);
void avx2_conv2d_f32(const nn_conv2d *p, bool fma, const float *x, const float *w, const float *bias,
                     float *y);
// The least and greatest of 0 and n values, NaN left out.
void x86_range(const float *x, int32_t n, float *min, float *max);
#endif
