// A block of int16 moved with strides on both sides; contract in nn.h.
#ifndef NN_COPY_S16_C
#define NN_COPY_S16_C
#include "nn_copy.h"

NN_COPY(nn_copy_s16, int16_t)
#endif
