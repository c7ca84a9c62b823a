// Float kernels with a product and a sum rounded apart.
#define NN_FMA 0
#define CALL(id) id##_call
#include "kernels.h"
#include "kernel_call.h"
