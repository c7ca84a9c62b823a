// Which ops have a form with integer activations: the one explicit place. An op that is absent here stays
// float between DEQUANTIZE and QUANTIZE. A line says that TensorFlow Lite has such a kernel, that we have it
// too, and where the scale of its output comes from.
#include "compress.h"

// What a single node may lack though its op has a form; NULL: nothing.
static const char *layer_lacks(const struct node *n)
{
    for (int i = 1; i < n->nin; i++)
        if (n->in[i] && (!tensor_is_const(n->in[i]) || n->in[i]->type != F32))
            return "its weights are computed at run time";
    return NULL;
}

static const char *compare_lacks(const struct node *n)
{
    (void)n;
    return "LiteRT's int8 comparison takes values nearer than 1/256 as equal";
}

// EXP, LOG and SQRT are absent: LiteRT has int8 forms, which run here when a file brings them, but Micro refuses them.
// clang-format off
static const struct form forms[OP_COUNT] = {
    //                        int8  int16  scale of the output
    [OP_CONV_2D]           = {true, true,  SCALE_OWN, layer_lacks},
    [OP_DEPTHWISE_CONV_2D] = {true, true,  SCALE_OWN, layer_lacks},
    [OP_DENSE]             = {true, true,  SCALE_OWN, layer_lacks},
    [OP_MAX_POOL_2D]       = {true, true,  SCALE_INPUT, NULL},
    [OP_AVERAGE_POOL_2D]   = {true, true,  SCALE_INPUT, NULL},
    [OP_MEAN]              = {true, true,  SCALE_OWN, NULL},
    [OP_ADD]               = {true, true,  SCALE_OWN, NULL},
    [OP_SUB]               = {true, true,  SCALE_OWN, NULL},
    [OP_MUL]               = {true, true,  SCALE_OWN, NULL},
    [OP_RELU]              = {true, true,  SCALE_OWN, NULL},
    [OP_RELU6]             = {true, true,  SCALE_OWN, NULL},
    [OP_LEAKY_RELU]        = {true, true,  SCALE_OWN, NULL},
    [OP_LOGISTIC]          = {true, true,  SCALE_UNIT, NULL},
    [OP_TANH]              = {true, true,  SCALE_SIGNED, NULL},
    [OP_SOFTMAX]           = {true, true,  SCALE_UNIT, NULL},
    [OP_RESHAPE]           = {true, true,  SCALE_INPUT, NULL},
    [OP_TRANSPOSE]         = {true, true,  SCALE_INPUT, NULL},
    [OP_PAD]               = {true, true,  SCALE_INPUT, NULL},
    [OP_CONCATENATION]     = {true, true,  SCALE_INPUT, NULL},
    [OP_STRIDED_SLICE]     = {true, true,  SCALE_INPUT, NULL},
    [OP_ABS]               = {true, false, SCALE_OWN, NULL},
    [OP_RSQRT]             = {true, false, SCALE_OWN, NULL},
    [OP_RELU_N1_TO_1]      = {true, false, SCALE_OWN, NULL},
    [OP_HARD_SWISH]        = {true, false, SCALE_OWN, NULL},
    [OP_GELU]              = {true, false, SCALE_OWN, NULL},
    [OP_PRELU]             = {true, false, SCALE_OWN, NULL},
    [OP_LOG_SOFTMAX]       = {true, false, SCALE_LOG, NULL},
    [OP_MAXIMUM]           = {true, false, SCALE_INPUT, NULL},
    [OP_MINIMUM]           = {true, false, SCALE_INPUT, NULL},
    [OP_SQUARED_DIFFERENCE] = {true, false, SCALE_OWN, NULL},
    [OP_SUM]               = {true, false, SCALE_OWN, NULL},
    [OP_REDUCE_MAX]        = {true, false, SCALE_INPUT, NULL},
    [OP_REDUCE_MIN]        = {true, false, SCALE_INPUT, NULL},
    [OP_BATCH_MATMUL]      = {true, false, SCALE_OWN, NULL},
    [OP_ARG_MAX]           = {true, false, SCALE_OWN, NULL}, // its output is int32
    [OP_ARG_MIN]           = {true, false, SCALE_OWN, NULL},
    [OP_SELECT]            = {true, false, SCALE_INPUT, NULL},
    [OP_GATHER]            = {true, false, SCALE_INPUT, NULL},
    [OP_TILE]              = {true, false, SCALE_INPUT, NULL},
    [OP_EQUAL]             = {true, false, SCALE_OWN, compare_lacks},
    [OP_NOT_EQUAL]         = {true, false, SCALE_OWN, compare_lacks},
    [OP_LESS]              = {true, false, SCALE_OWN, compare_lacks},
    [OP_LESS_EQUAL]        = {true, false, SCALE_OWN, compare_lacks},
    [OP_GREATER]           = {true, false, SCALE_OWN, compare_lacks},
    [OP_GREATER_EQUAL]     = {true, false, SCALE_OWN, compare_lacks},
    [OP_LOGICAL_AND]       = {true, true,  SCALE_OWN, NULL}, // of bool, whatever the activations are
    [OP_LOGICAL_OR]        = {true, true,  SCALE_OWN, NULL},
    [OP_LOGICAL_NOT]       = {true, true,  SCALE_OWN, NULL},
    [OP_RECURRENT]         = {true, false, SCALE_SIGNED, recurrent_lacks_integer},
};
// clang-format on

const struct form *form_of(enum op op)
{
    return &forms[op];
}

const char *why_float(const struct node *n, enum dtype type)
{
    const struct form *f = &forms[n->op];
    if (!(type == I8 ? f->s8 : f->s16)) return type == I8 ? "it has no int8 form" : "it has no int16 form";
    return f->lacks ? f->lacks(n) : NULL;
}
