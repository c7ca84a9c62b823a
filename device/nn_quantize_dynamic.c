// Rows of floats to int8 with scales of their own; contract in nn.h. The steps are those of
// TensorFlow Lite's PortableAsymmetricQuantizeFloats and PortableSymmetricQuantizeFloats.
#ifndef NN_QUANTIZE_DYNAMIC_C
#define NN_QUANTIZE_DYNAMIC_C
#include "nn_quantize_row.h"
#include "nn_range_s8.h"
#include "nn_scale_127.h"

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
        float factor;
        *scale = nn_scale_127(-min > max ? -min : max, &factor);
        nn_quantize_values(x, n, factor, 0.0f, -127, y);
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
