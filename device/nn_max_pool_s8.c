// Maximum pooling of int8; contract in nn.h.
#ifndef NN_MAX_POOL_S8_C
#define NN_MAX_POOL_S8_C
#include "nn_pool.h"

NN_MAX_POOL(nn_max_pool_s8, int8_t, min > -128 || max < 127, nn_clamp(v, min, max))
#endif
