// Elementwise ops of one input, and softmax over the last dimension: output like input.
#include "op.h"

static bool infer(struct node *n, struct err *e)
{
    return want_inputs(n, 1, 1, e) && infer_like(n, n->in[0], e);
}

const struct opdef op_RELU = {"RELU", infer, NULL, NULL};
const struct opdef op_RELU6 = {"RELU6", infer, NULL, NULL};
const struct opdef op_LEAKY_RELU = {"LEAKY_RELU", infer, NULL, NULL};
const struct opdef op_ELU = {"ELU", infer, NULL, NULL};
const struct opdef op_LOGISTIC = {"LOGISTIC", infer, NULL, NULL};
const struct opdef op_TANH = {"TANH", infer, NULL, NULL};
const struct opdef op_SOFTMAX = {"SOFTMAX", infer, NULL, NULL};
const struct opdef op_DROPOUT = {"DROPOUT", infer, NULL, NULL};
