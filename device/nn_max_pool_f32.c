// Maximum pooling of floats; contract in nn.h.
#ifndef NN_MAX_POOL_F32_C
#define NN_MAX_POOL_F32_C
#include "nn_pool.h"

NN_MAX_POOL(nn_max_pool_f32, float, act != NN_ACT_NONE, nn_act(v, act))
#endif
