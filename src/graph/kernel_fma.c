// Float kernels with fused multiply-add: what chips whose FPU has it compute.
#define NN_FMA 1
#define CALL(id) id##_call_fma
#include "kernels.h"
#include "kernel_call.h"
