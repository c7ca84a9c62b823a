// Numbers of one type to another; contract in nn.h. The types are constants of the call, as the function in
// nn_map_f32.c.
#ifndef NN_CAST_C
#define NN_CAST_C
#include "nn.h"

// Towards zero, saturated; not a number becomes 0.
NN_INLINE int32_t nn_whole(float v)
{
    return v >= 2147483648.0f ? INT32_MAX : v >= -2147483648.0f ? (int32_t)v : v == v ? INT32_MIN : 0;
}

NN_INLINE void nn_cast(const nn_cast_types *p, const void *x, void *y)
{
    for (int32_t i = 0; i < p->n; i++) {
        int32_t v = 0;
        float f = 0.0f;
        if (p->from == NN_TYPE_F32) {
            f = ((const float *)x)[i];
            v = p->to == NN_TYPE_BOOL ? f != 0.0f : nn_whole(f);
        } else {
            v = p->from == NN_TYPE_S32   ? ((const int32_t *)x)[i]
                : p->from == NN_TYPE_S64 ? (int32_t)(uint32_t)((const uint64_t *)x)[i]
                : p->from == NN_TYPE_S8  ? ((const int8_t *)x)[i]
                                         : ((const uint8_t *)x)[i];
            f = (float)v;
        }
        if (p->to == NN_TYPE_F32)
            ((float *)y)[i] = f;
        else if (p->to == NN_TYPE_S32)
            ((int32_t *)y)[i] = v;
        else if (p->to == NN_TYPE_S64)
            ((int64_t *)y)[i] = v;
        else if (p->to == NN_TYPE_BOOL)
            ((uint8_t *)y)[i] = v != 0;
        else
            ((uint8_t *)y)[i] = (uint8_t)v;
    }
}
#endif
