// Float convolutions and dense layers on x86 with AVX2 and FMA, for `run`: device/nn_conv2d_f32.c in blocks of sixteen
// channels with the sums in registers, each in the same order, so the same bits. Processors with AVX-512 have kernel_x86.c.
#include "kernel_grouped.h"
#include <stdlib.h>
#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))
#define AVX2_INLINE AVX2 __attribute__((always_inline)) static inline

// Twelve sums of eight: six positions of a block, or six blocks of a position.
enum { SUMS = 6 };

bool avx2_kernels(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

AVX2_INLINE __m256 madd8(__m256 a, __m256 b, __m256 c, bool fma)
{
    return fma ? _mm256_fmadd_ps(a, b, c) : _mm256_add_ps(_mm256_mul_ps(a, b), c);
}

// nn_act: v > 0 ? v : 0, then at most 6.
AVX2_INLINE __m256 act8(__m256 v, int32_t act)
{
    if (act == NN_ACT_NONE) return v;
    v = _mm256_and_ps(v, _mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_GT_OQ));
    return act == NN_ACT_RELU6 ? _mm256_min_ps(_mm256_set1_ps(6), v) : v;
}

// Adds a run of n taps: to `tile` positions `step` floats apart, or of one position to nb blocks whose weights are `next`
// floats apart. w: [n][16].
AVX2_INLINE void runs(__m256 acc[SUMS][2], const float *x, int64_t step, const float *w, int64_t next,
                      int32_t n, int nb, int tile, bool fma)
{
    for (int32_t i = 0; i < n; i++, w += 16) {
        const __m256 w0 = _mm256_loadu_ps(w), w1 = _mm256_loadu_ps(w + 8);
        const __m256 v = _mm256_set1_ps(x[i]);
#pragma GCC unroll 6
        for (int k = 0; k < (tile > nb ? tile : nb); k++) {
            const __m256 in = tile > 1 ? _mm256_set1_ps(x[i + k * step]) : v;
            acc[k][0] = madd8(in, nb > 1 ? _mm256_loadu_ps(w + k * next) : w0, acc[k][0], fma);
            acc[k][1] = madd8(in, nb > 1 ? _mm256_loadu_ps(w + k * next + 8) : w1, acc[k][1], fma);
        }
    }
}

AVX2_INLINE void put16(float *y, const __m256 v[2], int32_t n, int32_t act)
{
    float part[16];
    float *const to = n < 16 ? part : y;
    _mm256_storeu_ps(to, act8(v[0], act));
    _mm256_storeu_ps(to + 8, act8(v[1], act));
    if (n < 16) memcpy(y, part, (size_t)n * sizeof *y);
}

// `left` channels from bias and w on, of the position whose first tap is (iy, ix), or of `tile` from there.
AVX2_INLINE void tile_f32(const nn_conv2d *p, const float *x, const float *w, int64_t next, const float *bias,
                          float *y, int32_t iy, int32_t ix, int32_t kx0, int32_t kx1, int32_t left, int nb,
                          int tile, bool fma)
{
    __m256 acc[SUMS][2];
#pragma GCC unroll 6
    for (int k = 0; k < (tile > nb ? tile : nb); k++) {
        acc[k][0] = _mm256_loadu_ps(bias + (nb > 1 ? 16 * k : 0)); // filled up to a whole block
        acc[k][1] = _mm256_loadu_ps(bias + (nb > 1 ? 16 * k : 0) + 8);
    }
    const int32_t ky1 = nn_tap_last(iy, p->dil_h, p->k_h, p->in_h), run = p->dil_w == 1 ? kx1 - kx0 : 1;
    for (int32_t ky = nn_tap_first(iy, p->dil_h); ky < ky1; ky++)
        for (int32_t kx = kx0; kx < kx1; kx += run)
            runs(acc, x + (int64_t)((iy + ky * p->dil_h) * p->in_w + ix + kx * p->dil_w) * p->in_c,
                 (int64_t)p->stride_w * p->in_c, w + (int64_t)(ky * p->k_w + kx) * p->in_c * 16, next,
                 run * p->in_c, nb, tile, fma);
#pragma GCC unroll 6
    for (int k = 0; k < (tile > nb ? tile : nb); k++)
        put16(y + (nb > 1 ? 16 * k : (int64_t)k * p->out_c), acc[k], nb > 1 ? left - 16 * k : left, p->act);
}

AVX2_INLINE void conv_f32(const nn_conv2d *p, const float *x, const float *w, const float *bias, float *y,
                          bool fma)
{
    int32_t first, last;
    nn_conv2d_inside(p, &first, &last);
    const int64_t block = (int64_t)p->k_h * p->k_w * p->in_c * 16;
    for (int32_t oy = 0; oy < p->out_h; oy++)
        for (int32_t ox = 0; ox < p->out_w;) {
            const int32_t iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left;
            float *const to = y + ((int64_t)oy * p->out_w + ox) * p->out_c;
            const bool inside = ox >= first && ox + SUMS <= last;
            const int32_t kx0 = nn_tap_first(ix, p->dil_w), kx1 = nn_tap_last(ix, p->dil_w, p->k_w, p->in_w);
            for (int32_t o = 0; o < p->out_c;) {
                const int32_t left = p->out_c - o;
                const float *const wo = w + o / 16 * block;
                const bool many = !inside && left > 16 * (SUMS - 1);
                if (inside)
                    tile_f32(p, x, wo, 0, bias + o, to + o, iy, ix, 0, p->k_w, left, 1, SUMS, fma);
                else if (many)
                    tile_f32(p, x, wo, block, bias + o, to + o, iy, ix, kx0, kx1, left, SUMS, 1, fma);
                else
                    tile_f32(p, x, wo, 0, bias + o, to + o, iy, ix, kx0, kx1, left, 1, 1, fma);
                o += many ? 16 * SUMS : 16;
            }
            ox += inside ? SUMS : 1;
        }
}

AVX2 void avx2_conv2d_f32(const nn_conv2d *p, bool fma, const float *x, const float *w, const float *bias,
                          float *y)
{
    for (int32_t b = 0; b < p->batch; b++) {
        if (fma)
            conv_f32(p, x, w, bias, y, true);
        else
            conv_f32(p, x, w, bias, y, false);
        x += (int64_t)p->in_h * p->in_w * p->in_c;
        y += (int64_t)p->out_h * p->out_w * p->out_c;
    }
}
#else
bool avx2_kernels(void)
{
    return false;
}

void avx2_conv2d_f32(const nn_conv2d *p, bool fma, const float *x, const float *w, const float *bias,
                     float *y)
{
    (void)p, (void)fma, (void)x, (void)w, (void)bias, (void)y;
    abort(); // never called
}
#endif
