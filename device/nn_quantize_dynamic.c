// Rows of floats to int8 with scales of their own; contract in nn.h. The steps, double precision included,
// are those of TensorFlow Lite's PortableAsymmetricQuantizeFloats and PortableSymmetricQuantizeFloats.
#ifndef NN_QUANTIZE_DYNAMIC_C
#define NN_QUANTIZE_DYNAMIC_C
#include "nn_quantize_row.h"

// The zero point is taken from the end of the range that loses less.
NN_INLINE float nn_range_asymmetric(float min, float max, int32_t *zero)
{
    const double lo = (double)min, hi = (double)max, scale = (hi - lo) / 255.0;
    const double from_min = -128.0 - lo / scale, from_max = 127.0 - hi / scale;
    const double z = 128.0 - lo / scale < 127.0 + hi / scale ? from_min : from_max;
    // round half away from zero; z is within a rounding error of [-128, 127], or NaN after an infinite input
    *zero = !(z > -128.0) ? -128 : z >= 127.0 ? 127 : z < 0.0 ? -(int32_t)(0.5 - z) : (int32_t)(z + 0.5);
    return (float)scale;
}

NN_INLINE void nn_quantize_row(const float *x, int32_t n, float min, float max, int32_t asymmetric,
                               float *scale, int32_t *zero, int8_t *y)
{
    *scale = 1.0f;
    *zero = 0;
    if (min == max) {
        memset(y, 0, (size_t)n);
    } else if (asymmetric) {
        *scale = nn_range_asymmetric(min, max, zero);
        nn_quantize_values(x, n, 1.0f / *scale, (float)*zero, -128, y);
    } else {
        const float range = -min > max ? -min : max;
        *scale = range / 127.0f;
        nn_quantize_values(x, n, 127.0f / range, 0.0f, -127, y);
    }
}

NN_SHARED void nn_quantize_one(const float *x, int32_t n, int32_t asymmetric, float *scale, int32_t *zero,
                               int8_t *y)
{
    float min, max;
    nn_range(x, n, &min, &max);
    nn_quantize_row(x, n, min, max, asymmetric, scale, zero, y);
}

NN_API void nn_quantize_dynamic(const nn_quantize_rows *p, const float *x, float *scale, int32_t *zero,
                                int8_t *y)
{
    for (int32_t r = 0; r < p->rows; r++, x += p->c, y += p->c) {
        nn_quantize_one(x, p->c, p->asymmetric, &scale[r], &zero[r], y);
    }
}
#endif
