// Absurd parameters of ops that compare, choose and reduce: refused, with the node's name and the reason.
#include "indices.h"
#include "one.h"

static void infer_refused(struct one *o, const char *part)
{
    o->n->out[0] = tensor_new(&o->a, "y", F32, 0, NULL);
    if (op_def(o->n->op)->infer(o->n, &o->e)) test_fail(__FILE__, __LINE__, "not refused: %s", part);
    CHECK_STR(part, o->e.text);
    arena_free(&o->a);
}

TEST(device_refuses_shapes)
{
    struct one o = one_new(OP_BATCH_MATMUL, 2, 1);
    one_in(&o, 0, F32, 2, (int32_t[]){3, 4}, 0, 0);
    one_in(&o, 1, F32, 2, (int32_t[]){5, 6}, 0, 0);
    infer_refused(&o, "rows of 4 by columns of 5");
    o = one_new(OP_BATCH_MATMUL, 2, 1);
    one_in(&o, 0, F32, 1, (int32_t[]){3}, 0, 0);
    one_in(&o, 1, F32, 2, (int32_t[]){3, 6}, 0, 0);
    infer_refused(&o, "a matrix has two");
    o = one_new(OP_TILE, 1, 1);
    one_in(&o, 0, F32, 1, (int32_t[]){3}, 0, 0);
    o.n->as.tile.times[0] = 0;
    infer_refused(&o, "repeats dimension 0 0 times");
    o = one_new(OP_TILE, 1, 1);
    one_in(&o, 0, F32, 1, (int32_t[]){3}, 0, 0);
    o.n->as.tile.times[0] = INT32_MAX;
    infer_refused(&o, "repeats dimension 0 2147483647 times");
    o = one_new(OP_TILE, 1, 1);
    one_in(&o, 0, F32, 2, (int32_t[]){3, 3}, 0, 0);
    o.n->as.tile.times[0] = o.n->as.tile.times[1] = 1 << 20;
    infer_refused(&o, "larger than 2 GiB");
    o = one_new(OP_ARG_MAX, 1, 1);
    one_in(&o, 0, F32, 1, (int32_t[]){3}, 0, 0);
    o.n->as.axis.axis = -1;
    infer_refused(&o, "axis -1 of 1");
    o = one_new(OP_GATHER, 2, 1);
    one_in(&o, 0, F32, 1, (int32_t[]){3}, 0, 0);
    one_in(&o, 1, F32, 1, (int32_t[]){3}, 0, 0);
    infer_refused(&o, "want int32");
    o = one_new(OP_SUM, 1, 1);
    one_in(&o, 0, F32, 1, (int32_t[]){3}, 0, 0);
    o.n->as.reduce.naxis = 1;
    o.n->as.reduce.axis[0] = 7;
    infer_refused(&o, "axis 7 of 1");
    o = one_new(OP_SELECT, 3, 1);
    for (int k = 0; k < 3; k++) one_in(&o, k, F32, 1, (int32_t[]){3}, 0, 0);
    infer_refused(&o, "is not boolean");
    o = one_new(OP_PRELU, 2, 1);
    one_in(&o, 0, F32, 1, (int32_t[]){3}, 0, 0);
    one_in(&o, 1, F32, 1, (int32_t[]){4}, 0, 0);
    infer_refused(&o, "slopes do not fit");
}

TEST(device_refuses_types_and_scales)
{
    struct one o = one_new(OP_BATCH_MATMUL, 2, 1);
    one_in(&o, 0, I8, 2, (int32_t[]){1, 20000}, 0.1f, 0);
    one_in(&o, 1, I8, 2, (int32_t[]){20000, 1}, 0.1f, 0);
    one_out(&o, I8, 0.1f, 0);
    one_refused(&o, "node 0 BATCH_MATMUL one (int8 1x20000): 20000 products a sum; at most 16384");
    arena_free(&o.a);
    o = one_new(OP_MEAN, 1, 1);
    one_in(&o, 0, I8, 2, (int32_t[]){1, 5000000}, 0.1f, 0);
    o.n->as.reduce.naxis = 1;
    o.n->as.reduce.axis[0] = 1;
    one_out(&o, I8, 0.1f, 0);
    one_refused(&o, "5000000 elements to a mean; at most 4194304");
    arena_free(&o.a);
    o = one_new(OP_SUM, 1, 1);
    one_in(&o, 0, I8, 2, (int32_t[]){1, 5000000}, 0.1f, 0);
    o.n->as.reduce.naxis = 1;
    o.n->as.reduce.axis[0] = 1;
    one_out(&o, I8, 0.1f, 0);
    one_refused(&o, "5000000 elements to a sum; at most 4194304");
    arena_free(&o.a);
    o = one_new(OP_REDUCE_MAX, 1, 1);
    one_in(&o, 0, I8, 1, (int32_t[]){4}, 0.1f, 0);
    o.n->as.reduce.naxis = 1;
    one_out(&o, I8, 0.2f, 0);
    one_refused(&o, "differ in scale or zero point");
    arena_free(&o.a);
    o = one_new(OP_MAXIMUM, 2, 1);
    one_in(&o, 0, I8, 1, (int32_t[]){4}, 0.1f, 0);
    one_in(&o, 1, I8, 1, (int32_t[]){4}, 0.2f, 0);
    one_out(&o, I8, 0.1f, 0);
    one_refused(&o, "differ in scale or zero point");
    arena_free(&o.a);
    o = one_new(OP_SQUARE, 1, 1);
    one_in(&o, 0, I8, 1, (int32_t[]){4}, 0.1f, 0);
    one_out(&o, I8, 0.1f, 0);
    one_refused(&o, "node 0 SQUARE one (int8 4): it has no int8 form");
    arena_free(&o.a);
    o = one_new(OP_LOG_SOFTMAX, 1, 1);
    one_in(&o, 0, I8, 1, (int32_t[]){4}, 0.1f, 0);
    one_out(&o, I8, 0.1f, 0);
    one_refused(&o, "wants the scale 1/16 and the zero point 127");
    arena_free(&o.a);
    o = one_new(OP_HARD_SWISH, 1, 1);
    one_in(&o, 0, I8, 1, (int32_t[]){4}, 10.0f, 0);
    one_out(&o, I8, 0.01f, 0);
    one_refused(&o, "the factor between their scales is too large");
    arena_free(&o.a);
    o = one_new(OP_RSQRT, 1, 1);
    one_in(&o, 0, I8, 1, (int32_t[]){4}, 1e29f, 0);
    one_out(&o, I8, 1e-2f, 0);
    one_run(&o, false);
    arena_free(&o.a);
    o = one_new(OP_RSQRT, 1, 1);
    one_in(&o, 0, I8, 1, (int32_t[]){4}, 1e-29f, 0);
    one_out(&o, I8, 1e-29f, 0);
    one_refused(&o, "the factor between their scales is too large");
    arena_free(&o.a);
    o = one_new(OP_GREATER, 2, 1);
    one_in(&o, 0, I8, 1, (int32_t[]){4}, 2.0f, 0);
    one_in(&o, 1, I8, 1, (int32_t[]){4}, 0.1f, 0);
    one_out(&o, BOOL, 0, 0);
    one_refused(&o, "has the scale 2, want below 1");
    arena_free(&o.a);
    o = one_new(OP_LOGICAL_AND, 2, 1);
    one_in(&o, 0, F32, 1, (int32_t[]){4}, 0, 0);
    one_in(&o, 1, BOOL, 1, (int32_t[]){4}, 0, 0);
    one_out(&o, BOOL, 0, 0);
    one_refused(&o, "is float32, want bool");
    arena_free(&o.a);
    o = one_new(OP_CAST, 1, 1);
    one_in(&o, 0, F16, 1, (int32_t[]){4}, 0, 0);
    one_out(&o, F32, 0, 0);
    one_refused(&o, "from float16 to float32");
    arena_free(&o.a);
}
