// Layers on x86 with AVX-512 VNNI, for `run`: the same bits as the device kernels. A byte dot product
// multiplies unsigned by signed, so inputs go in with 128 added, and 128 * (sum of the weights) comes off the
// start.
#include "kernel_grouped.h"
#include <stdlib.h>
#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,fma")))
#define VNNI_INLINE VNNI __attribute__((always_inline)) static inline

enum { TILE = 6, IMAGE_STACK = 1 << 16 };

bool x86_kernels(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("fma");
}

VNNI_INLINE __m512i broadcast4(const uint8_t *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return _mm512_set1_epi32(v);
}

// Sums of `tile` positions, `step` bytes apart, by nb blocks of 16 channels. w: [k_h][groups][16][4], the
// second block `next` bytes further.
VNNI_INLINE void sums(const nn_conv2d *p, __m512i acc[TILE][2], const uint8_t *x, int64_t row, int64_t step,
                      const int8_t *w, int64_t next, int32_t groups, int nb, int tile)
{
    for (int32_t ky = 0; ky < p->k_h; ky++, x += row * p->dil_h) {
        const uint8_t *in = x;
        for (int32_t g = 0; g < groups; g++, in += 4, w += 64) {
            const __m512i w0 = _mm512_loadu_si512(w), w1 = nb > 1 ? _mm512_loadu_si512(w + next) : w0;
#pragma GCC unroll 6
            for (int t = 0; t < tile; t++) {
                const __m512i v = broadcast4(in + t * step);
                acc[t][0] = _mm512_dpbusd_epi32(acc[t][0], v, w0);
                if (nb > 1) acc[t][1] = _mm512_dpbusd_epi32(acc[t][1], v, w1);
            }
        }
    }
}

// 128 * (sum of the weights), what the + 128 of the input adds.
VNNI_INLINE __m512i excess(const int8_t *w, int64_t bytes)
{
    __m512i s = _mm512_setzero_si512();
    for (int64_t i = 0; i < bytes; i += 64)
        s = _mm512_dpbusd_epi32(s, _mm512_set1_epi8((char)0x80), _mm512_loadu_si512(w + i));
    return s;
}

// nn_requantise and the clamp, 16 at a time.
VNNI_INLINE __m128i requantise16(__m512i v, const nn_conv2d *p, __m512i mult, __m512i shift)
{
    const __m512i zero = _mm512_setzero_si512(), nudge = _mm512_set1_epi64(1 << 30);
    v = _mm512_sllv_epi32(v, _mm512_max_epi32(shift, zero));
    const __m512i even = _mm512_srli_epi64(_mm512_add_epi64(_mm512_mul_epi32(v, mult), nudge), 31);
    const __m512i odd = _mm512_slli_epi64(
        _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(v, 32), _mm512_srli_epi64(mult, 32)), nudge), 1);
    v = _mm512_mask_blend_epi32(0xAAAA, even, odd);
    const __m512i right = _mm512_max_epi32(_mm512_sub_epi32(zero, shift), zero);
    const __m512i mask =
        _mm512_sub_epi32(_mm512_sllv_epi32(_mm512_set1_epi32(1), right), _mm512_set1_epi32(1));
    const __m512i limit = _mm512_sub_epi32(_mm512_srli_epi32(mask, 1), _mm512_srai_epi32(v, 31));
    const __mmask16 up = _mm512_cmpgt_epi32_mask(_mm512_and_si512(v, mask), limit);
    v = _mm512_srav_epi32(v, right);
    v = _mm512_mask_add_epi32(v, up, v, _mm512_set1_epi32(1));
    v = _mm512_min_epi32(_mm512_max_epi32(v, _mm512_set1_epi32(p->min - p->y_zero)),
                         _mm512_set1_epi32(p->max - p->y_zero));
    return _mm512_cvtepi32_epi8(_mm512_add_epi32(v, _mm512_set1_epi32(p->y_zero)));
}

VNNI_INLINE __m512 madd16(__m512 a, __m512 b, __m512 c, bool fma)
{
    return fma ? _mm512_fmadd_ps(a, b, c) : _mm512_add_ps(_mm512_mul_ps(a, b), c);
}

// nn_act: v > 0 ? v : 0, then at most 6.
VNNI_INLINE __m512 act16(__m512 v, int32_t act)
{
    if (act == NN_ACT_NONE) return v;
    v = _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_GT_OQ), v);
    return act == NN_ACT_RELU6 ? _mm512_min_ps(_mm512_set1_ps(6), v) : v;
}

VNNI_INLINE void put16(const nn_conv2d *p, const struct grouped_put *k, int64_t at, int32_t o,
                       __mmask16 lanes, __m512i v)
{
    if (k->mult) {
        _mm_mask_storeu_epi8((int8_t *)k->y + at + o, lanes,
                             requantise16(v, p, _mm512_maskz_loadu_epi32(lanes, k->mult + o),
                                          _mm512_maskz_loadu_epi32(lanes, k->shift + o)));
        return;
    }
    const __m512 ws = _mm512_maskz_loadu_ps(lanes, k->w_scale + o), xs = _mm512_set1_ps(k->x_scale);
    const __m512 bias = _mm512_maskz_loadu_ps(lanes, k->bias + o), f = _mm512_cvtepi32_ps(v);
    const __m512 r = k->dense ? madd16(f, _mm512_mul_ps(xs, ws), bias, k->fma)
                              : madd16(_mm512_mul_ps(f, ws), xs, bias, k->fma);
    _mm512_mask_storeu_ps((float *)k->y + at + o, lanes, act16(r, p->act));
}

VNNI_INLINE void tile_of(const nn_conv2d *p, const struct grouped *m, const uint8_t *x, const int8_t *w,
                         int64_t next, const __m512i first[2], const __mmask16 lanes[2],
                         const struct grouped_put *k, int64_t at, int32_t o, int nb, int tile)
{
    __m512i acc[TILE][2];
#pragma GCC unroll 6
    for (int t = 0; t < tile; t++) acc[t][0] = first[0], acc[t][1] = first[1];
    sums(p, acc, x, m->row, (int64_t)p->stride_w * p->in_c, w, next, (p->k_w * p->in_c + 3) / 4, nb, tile);
#pragma GCC unroll 6
    for (int t = 0; t < tile; t++) {
        put16(p, k, at + (int64_t)t * p->out_c, o, lanes[0], acc[t][0]);
        if (nb > 1) put16(p, k, at + (int64_t)t * p->out_c, o + 16, lanes[1], acc[t][1]);
    }
}

VNNI static void conv(const nn_conv2d *p, const uint8_t *x, const struct grouped *m, const int8_t *w,
                      const int32_t *start, int32_t factor, const struct grouped_put *k)
{
    const int64_t block = (int64_t)p->k_h * ((p->k_w * p->in_c + 3) / 4) * 64;
    for (int32_t o = 0; o < p->out_c; o += 32, w += 2 * block) {
        const int32_t left = p->out_c - o;
        const int nb = left > 16 ? 2 : 1;
        __mmask16 lanes[2];
        __m512i first[2];
        for (int i = 0; i < 2; i++) {
            const int32_t n = left - 16 * i;
            lanes[i] = (__mmask16)(n >= 16 ? 0xffff : n > 0 ? (1 << n) - 1 : 0);
            if (i >= nb) {
                first[i] = first[0];
                continue;
            }
            first[i] = _mm512_mullo_epi32(_mm512_maskz_loadu_epi32(lanes[i], start + o + 16 * i),
                                          _mm512_set1_epi32(factor));
            first[i] = _mm512_sub_epi32(first[i], excess(w + i * block, block));
        }
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const uint8_t *in = x + (int64_t)oy * p->stride_h * m->row;
            int64_t at = (int64_t)oy * p->out_w * p->out_c;
            int32_t ox = 0;
            for (; ox + TILE <= p->out_w; ox += TILE, at += TILE * p->out_c) {
                const uint8_t *v = in + (int64_t)ox * p->stride_w * p->in_c;
                if (nb > 1)
                    tile_of(p, m, v, w, block, first, lanes, k, at, o, 2, TILE);
                else
                    tile_of(p, m, v, w, block, first, lanes, k, at, o, 1, TILE);
            }
            for (; ox < p->out_w; ox++, at += p->out_c) {
                const uint8_t *v = in + (int64_t)ox * p->stride_w * p->in_c;
                if (nb > 1)
                    tile_of(p, m, v, w, block, first, lanes, k, at, o, 2, 1);
                else
                    tile_of(p, m, v, w, block, first, lanes, k, at, o, 1, 1);
            }
        }
    }
}

void x86_grouped_conv2d(const nn_conv2d *p, const int8_t *x, int32_t zero, const int8_t *w,
                        const int32_t *start, int32_t factor, const struct grouped_put *k)
{
    const struct grouped m = grouped_image(p);
    uint8_t small[IMAGE_STACK], *to = m.bytes <= IMAGE_STACK ? small : malloc((size_t)m.bytes);
    if (!to) abort();
    grouped_fill(p, &m, x, zero, 0x80, to);
    conv(p, to, &m, w, start, factor, k);
    if (to != small) free(to);
}

// ---- float ----

// Adds a run of n taps to `tile` positions, `step` floats apart; w: [n][16], the second block `next` further.
VNNI_INLINE void runs(__m512 acc[TILE][2], const float *x, int64_t step, const float *w, int64_t next,
                      int32_t n, int nb, int tile, bool fma)
{
    for (int32_t i = 0; i < n; i++, w += 16) {
        const __m512 w0 = _mm512_loadu_ps(w), w1 = nb > 1 ? _mm512_loadu_ps(w + next) : w0;
#pragma GCC unroll 6
        for (int t = 0; t < tile; t++) {
            const __m512 v = _mm512_set1_ps(x[i + t * step]);
            acc[t][0] = madd16(v, w0, acc[t][0], fma);
            if (nb > 1) acc[t][1] = madd16(v, w1, acc[t][1], fma);
        }
    }
}

VNNI_INLINE void tile_f32(const nn_conv2d *p, const float *x, const float *w, int64_t next, const float *bias,
                          float *y, int32_t iy, int32_t ix, int32_t kx0, int32_t kx1, int32_t left, int nb,
                          int tile, bool fma)
{
    __m512 acc[TILE][2];
    __mmask16 lanes[2];
    for (int i = 0; i < 2; i++) {
        const int32_t n = left - 16 * i;
        lanes[i] = (__mmask16)(n >= 16 ? 0xffff : n > 0 ? (1 << n) - 1 : 0);
        const __m512 b = _mm512_maskz_loadu_ps(lanes[i], bias + (n > 0 ? 16 * i : 0));
#pragma GCC unroll 6
        for (int t = 0; t < tile; t++) acc[t][i] = b;
    }
    const int32_t ky1 = nn_tap_last(iy, p->dil_h, p->k_h, p->in_h), run = p->dil_w == 1 ? kx1 - kx0 : 1;
    for (int32_t ky = nn_tap_first(iy, p->dil_h); ky < ky1; ky++)
        for (int32_t kx = kx0; kx < kx1; kx += run)
            runs(acc, x + (int64_t)((iy + ky * p->dil_h) * p->in_w + ix + kx * p->dil_w) * p->in_c,
                 (int64_t)p->stride_w * p->in_c, w + (int64_t)(ky * p->k_w + kx) * p->in_c * 16, next,
                 run * p->in_c, nb, tile, fma);
#pragma GCC unroll 6
    for (int t = 0; t < tile; t++) {
        _mm512_mask_storeu_ps(y + (int64_t)t * p->out_c, lanes[0], act16(acc[t][0], p->act));
        if (nb > 1) _mm512_mask_storeu_ps(y + (int64_t)t * p->out_c + 16, lanes[1], act16(acc[t][1], p->act));
    }
}

VNNI_INLINE void conv_f32(const nn_conv2d *p, const float *x, const float *w, const float *bias, float *y,
                          bool fma)
{
    int32_t first, last;
    nn_conv2d_inside(p, &first, &last);
    const int64_t block = (int64_t)p->k_h * p->k_w * p->in_c * 16;
    for (int32_t o = 0; o < p->out_c; o += 32, w += 2 * block) {
        const int32_t left = p->out_c - o;
        for (int32_t oy = 0; oy < p->out_h; oy++)
            for (int32_t ox = 0; ox < p->out_w;) {
                const int32_t iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left;
                float *to = y + ((int64_t)oy * p->out_w + ox) * p->out_c + o;
                const bool inside = ox >= first && ox + TILE <= last;
                const int32_t kx0 = nn_tap_first(ix, p->dil_w),
                              kx1 = nn_tap_last(ix, p->dil_w, p->k_w, p->in_w);
                if (inside && left > 16)
                    tile_f32(p, x, w, block, bias + o, to, iy, ix, 0, p->k_w, left, 2, TILE, fma);
                else if (inside)
                    tile_f32(p, x, w, block, bias + o, to, iy, ix, 0, p->k_w, left, 1, TILE, fma);
                else if (left > 16)
                    tile_f32(p, x, w, block, bias + o, to, iy, ix, kx0, kx1, left, 2, 1, fma);
                else
                    tile_f32(p, x, w, block, bias + o, to, iy, ix, kx0, kx1, left, 1, 1, fma);
                ox += inside ? TILE : 1;
            }
    }
}

VNNI void x86_conv2d_f32(const nn_conv2d *p, bool fma, const float *x, const float *w, const float *bias,
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

VNNI void x86_range(const float *x, int32_t n, float *min, float *max)
{
    __m512 lo = _mm512_setzero_ps(), hi = lo;
    for (int32_t i = 0; i < n; i += 16) {
        const __m512 v = _mm512_maskz_loadu_ps((__mmask16)(n - i >= 16 ? 0xffff : (1 << (n - i)) - 1), x + i);
        lo = _mm512_min_ps(v, lo); // the second operand where one is NaN
        hi = _mm512_max_ps(v, hi);
    }
    *min = _mm512_reduce_min_ps(lo);
    *max = _mm512_reduce_max_ps(hi);
}
#else
bool x86_kernels(void)
{
    return false;
}

void x86_grouped_conv2d(const nn_conv2d *p, const int8_t *x, int32_t zero, const int8_t *w,
                        const int32_t *start, int32_t factor, const struct grouped_put *k)
{
    grouped_conv2d(p, x, zero, w, start, factor, k);
}

void x86_conv2d_f32(const nn_conv2d *p, bool fma, const float *x, const float *w, const float *bias, float *y)
{
    (void)p, (void)fma, (void)x, (void)w, (void)bias, (void)y;
    abort(); // never called
}

void x86_range(const float *x, int32_t n, float *min, float *max)
{
    (void)x, (void)n, (void)min, (void)max;
    abort(); // never called
}
#endif
