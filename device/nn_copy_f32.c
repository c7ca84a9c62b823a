// A block of floats moved with strides on both sides; contract in nn.h.
#ifndef NN_COPY_F32_C
#define NN_COPY_F32_C
#include "nn_copy.h"

NN_COPY(nn_copy_f32, float)
#endif
