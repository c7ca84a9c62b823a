// QUANTIZE (float to integer, or integer to integer of another scale) and DEQUANTIZE.
#include "op.h"

static bool infer_quantize(struct node *n, struct err *e)
{
    if (!want_inputs(n, 1, 1, e)) return false;
    if (n->out[0]->q.n != 1) return fail(e, "its output has no scale");
    return infer_out(n, n->out[0]->type, n->in[0]->rank, n->in[0]->dim, e);
}

static bool infer_dequantize(struct node *n, struct err *e)
{
    if (!want_inputs(n, 1, 1, e)) return false;
    if (n->in[0]->q.n != 1) return fail(e, "its input has no scale");
    return infer_out(n, F32, n->in[0]->rank, n->in[0]->dim, e);
}

const struct opdef op_QUANTIZE = {"QUANTIZE", infer_quantize, NULL, NULL};
const struct opdef op_DEQUANTIZE = {"DEQUANTIZE", infer_dequantize, NULL, NULL};
