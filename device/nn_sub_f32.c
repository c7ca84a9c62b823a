// Elementwise a - b of floats with broadcasting; contract in nn.h.
#ifndef NN_SUB_F32_C
#define NN_SUB_F32_C
#include "nn_binary_f32.h"

NN_BINARY_F32(nn_sub_f32, *u - *v)
#endif
