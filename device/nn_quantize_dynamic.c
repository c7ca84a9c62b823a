// Rows of floats to int8 with scales of their own; contract in nn.h. The steps, double precision included,
// are those of TensorFlow Lite's PortableAsymmetricQuantizeFloats and PortableSymmetricQuantizeFloats.
#ifndef NN_QUANTIZE_DYNAMIC_C
#define NN_QUANTIZE_DYNAMIC_C
#include "nn_math.h"

// The zero point is taken from the end of the range that loses less.
NN_INLINE float nn_range_asymmetric(float min, float max, int32_t *zero)
{
    const double lo = min, hi = max, scale = (hi - lo) / 255.0;
    const double from_min = -128.0 - lo / scale, from_max = 127.0 - hi / scale;
    const double z = 128.0 - lo / scale < 127.0 + hi / scale ? from_min : from_max;
    // round half away from zero; z is within a rounding error of [-128, 127], or NaN after an infinite input
    *zero = !(z > -128.0) ? -128 : z >= 127.0 ? 127 : z < 0.0 ? -(int32_t)(0.5 - z) : (int32_t)(z + 0.5);
    return (float)scale;
}

NN_API void nn_quantize_dynamic(const nn_quantize_rows *p, const float *x, float *scale, int32_t *zero,
                                int8_t *y)
{
    for (int32_t r = 0; r < p->rows; r++, x += p->c, y += p->c) {
        float min = 0.0f, max = 0.0f;
        for (int32_t i = 0; i < p->c; i++) {
            if (x[i] < min) min = x[i];
            if (x[i] > max) max = x[i];
        }
        scale[r] = 1.0f;
        zero[r] = 0;
        if (min == max) {
            memset(y, 0, (size_t)p->c);
        } else if (p->asymmetric) {
            scale[r] = nn_range_asymmetric(min, max, &zero[r]);
            const float inverse = 1.0f / scale[r], z = (float)zero[r];
            for (int32_t i = 0; i < p->c; i++) y[i] = nn_round_s8(NN_MADD(x[i], inverse, z), 0);
        } else {
            const float range = -min > max ? -min : max, inverse = 127.0f / range;
            scale[r] = range / 127.0f;
            for (int32_t i = 0; i < p->c; i++) {
                const int8_t q = nn_round_s8(x[i] * inverse, 0);
                y[i] = q < -127 ? -127 : q;
            }
        }
    }
}
#endif
