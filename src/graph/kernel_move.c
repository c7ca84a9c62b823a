// Calls of the kernels that move, choose, compare or add without a product: the same with and without fused
// multiply-add.
#include "../../device/nn_arg_f32.c"
#include "../../device/nn_arg_s8.c"
#include "../../device/nn_cast.c"
#include "../../device/nn_compare_f32.c"
#include "../../device/nn_gather.c"
#include "../../device/nn_map2_s8.c"
#include "../../device/nn_reduce_f32.c"
#include "../../device/nn_select_f32.c"
#include "../../device/nn_select_s8.c"
#include "../../device/nn_unpack_codes.c"
#include "kernels.h"

void nn_arg_f32_call(const void *p, void *const *b)
{
    nn_arg_f32(p, b[0], b[1]);
}

void nn_arg_s8_call(const void *p, void *const *b)
{
    nn_arg_s8(p, b[0], b[1]);
}

void nn_cast_call(const void *p, void *const *b)
{
    nn_cast(p, b[0], b[1]);
}

void nn_compare_f32_call(const void *p, void *const *b)
{
    nn_compare_f32(p, b[0], b[1], b[2]);
}

void nn_gather_call(const void *p, void *const *b)
{
    nn_gather(p, b[0], b[1], b[2]);
}

void nn_map2_s8_call(const void *p, void *const *b)
{
    nn_map2_s8(p, b[0], b[1], b[2]);
}

void nn_reduce_f32_call(const void *p, void *const *b)
{
    nn_reduce_f32(p, b[0], b[1]);
}

void nn_select_f32_call(const void *p, void *const *b)
{
    nn_select_f32(p, b[0], b[1], b[2], b[3]);
}

void nn_select_s8_call(const void *p, void *const *b)
{
    nn_select_s8(p, b[0], b[1], b[2], b[3]);
}

void nn_unpack_codes_call(const void *p, void *const *b)
{
    nn_unpack_codes(p, b[0], b[1], b[2]);
}
