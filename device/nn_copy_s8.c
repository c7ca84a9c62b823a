// A block of int8 moved with strides on both sides; contract in nn.h.
#ifndef NN_COPY_S8_C
#define NN_COPY_S8_C
#include "nn_copy.h"

NN_COPY(nn_copy_s8, int8_t)
#endif
