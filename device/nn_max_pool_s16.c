// Maximum pooling of int16; contract in nn.h.
#ifndef NN_MAX_POOL_S16_C
#define NN_MAX_POOL_S16_C
#include "nn_pool.h"

NN_MAX_POOL(nn_max_pool_s16, int16_t, min > -32768 || max < 32767, nn_clamp(v, min, max))
#endif
