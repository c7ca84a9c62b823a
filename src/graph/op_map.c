// Functions of one value that have no parameters but GELU's form: output like input.
#include "lower.h"
#include "../../device/nn.h"

static bool infer(struct node *n, struct err *e)
{
    return want_inputs(n, 1, 1, e) && infer_like(n, n->in[0], e);
}

static int32_t function_of(const struct node *n)
{
    static const int32_t function[OP_COUNT] = {
        [OP_NEG] = NN_NEG,
        [OP_ABS] = NN_ABS,
        [OP_SIGN] = NN_SIGN,
        [OP_SQRT] = NN_SQRT,
        [OP_RSQRT] = NN_RSQRT,
        [OP_SQUARE] = NN_SQUARE,
        [OP_EXP] = NN_EXP,
        [OP_LOG] = NN_LOG,
        [OP_SIN] = NN_SIN,
        [OP_COS] = NN_COS,
        [OP_FLOOR] = NN_FLOOR,
        [OP_CEIL] = NN_CEIL,
        [OP_ROUND] = NN_ROUND,
        [OP_RELU_N1_TO_1] = NN_RELU_N1_TO_1,
        [OP_HARD_SWISH] = NN_HARD_SWISH,
        [OP_GELU] = NN_GELU,
    };
    return n->op == OP_GELU && n->as.gelu.approximate ? NN_GELU_TANH : function[n->op];
}

void step_map(struct plan *p, const struct node *n, int32_t function)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    lower_in_place(p, y, x);
    plan_step(p, n, &kernel_nn_map_f32, &(nn_map){(int32_t)tensor_count(x), function},
              (struct ref[]){ref_in(x), ref_out(y)});
}

static bool lower(const struct node *n, struct plan *p, struct err *e)
{
    if (!want_types(n, e)) return false;
    if (is_s8(n->in[0])) return lower_map_s8(n, p, e);
    step_map(p, n, function_of(n));
    return true;
}

const struct opdef op_NEG = {"NEG", infer, lower, NULL};
const struct opdef op_ABS = {"ABS", infer, lower, NULL};
const struct opdef op_SIGN = {"SIGN", infer, lower, NULL};
const struct opdef op_SQRT = {"SQRT", infer, lower, NULL};
const struct opdef op_RSQRT = {"RSQRT", infer, lower, NULL};
const struct opdef op_SQUARE = {"SQUARE", infer, lower, NULL};
const struct opdef op_EXP = {"EXP", infer, lower, NULL};
const struct opdef op_LOG = {"LOG", infer, lower, NULL};
const struct opdef op_SIN = {"SIN", infer, lower, NULL};
const struct opdef op_COS = {"COS", infer, lower, NULL};
const struct opdef op_FLOOR = {"FLOOR", infer, lower, NULL};
const struct opdef op_CEIL = {"CEIL", infer, lower, NULL};
const struct opdef op_ROUND = {"ROUND", infer, lower, NULL};
const struct opdef op_RELU_N1_TO_1 = {"RELU_N1_TO_1", infer, lower, NULL};
const struct opdef op_HARD_SWISH = {"HARD_SWISH", infer, lower, NULL};
const struct opdef op_GELU = {"GELU", infer, lower, NULL};
