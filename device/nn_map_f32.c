// A function of each float; contract in nn.h. The function is a constant of the call: the rest of the switch
// is never compiled in, not even where one general kernel would be smaller.
#ifndef NN_MAP_F32_C
#define NN_MAP_F32_C
#include "nn_elementary.h"

NN_INLINE float nn_apply(int32_t function, float v)
{
    switch (function) {
    case NN_NEG:
        return -v;
    case NN_ABS:
        return nn_abs(v);
    case NN_SIGN:
        return v > 0.0f ? 1.0f : v < 0.0f ? -1.0f : v;
    case NN_SQRT:
        return nn_sqrt(v);
    case NN_RSQRT:
        return 1.0f / nn_sqrt(v);
    case NN_SQUARE:
        return v * v;
    case NN_EXP:
        return nn_exp(v);
    case NN_LOG:
        return nn_log(v);
    case NN_SIN:
        return nn_sin(v);
    case NN_COS:
        return nn_cos(v);
    case NN_FLOOR:
        return nn_floor(v);
    case NN_CEIL:
        return -nn_floor(-v);
    case NN_ROUND:
        return nn_round_even(v);
    case NN_RELU_N1_TO_1:
        return v > 1.0f ? 1.0f : v < -1.0f ? -1.0f : v;
    case NN_HARD_SWISH:
        return v * nn_act(v + 3.0f, NN_ACT_RELU6) / 6.0f;
    case NN_GELU:
        return 0.5f * v * (1.0f + nn_erf(v * 0.70710678f));
    default: // NN_GELU_TANH; sqrt(2 / pi)
        return 0.5f * v * (1.0f + nn_tanh(0.79788456f * NN_MADD(0.044715f * v * v, v, v)));
    }
}

NN_INLINE void nn_map_f32(const nn_map *p, const float *x, float *y)
{
    for (int32_t n = p->n; n > 0; n--, x++) *y++ = nn_apply(p->function, *x);
}
#endif
