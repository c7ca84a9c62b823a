#define NN_FMA 1
#define NAME(x) x##_fused
#include "test_elementary.c"
