// Logarithm of the softmax of floats; contract in nn.h.
#ifndef NN_LOG_SOFTMAX_F32_C
#define NN_LOG_SOFTMAX_F32_C
#include "nn_elementary.h"

NN_API void nn_log_softmax_f32(const nn_softmax *p, const float *x, float *y)
{
    for (int32_t r = 0; r < p->rows; r++, x += p->c, y += p->c) {
        float most = x[0], sum = 0.0f;
        for (int32_t i = 1; i < p->c; i++) most = x[i] > most ? x[i] : most;
        for (int32_t i = 0; i < p->c; i++) sum += nn_exp(x[i] - most);
        const float log = nn_log(sum);
        for (int32_t i = 0; i < p->c; i++) y[i] = x[i] - most - log;
    }
}
#endif
