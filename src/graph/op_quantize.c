// QUANTIZE (float to integer, or integer to integer of another scale) and DEQUANTIZE.
#include "lower.h"
#include "../../device/nn.h"

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

static bool lower_quantize(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    if ((!is_s8(y) && !is_s16(y)) || !(is_f32(x) || x->type == y->type))
        return fail(e, "from %s to %s; float32, int8 to int8 and int16 to int16 can be executed",
                    dtype_name(x->type), dtype_name(y->type));
    if (!want_scale(y, e) || (!is_f32(x) && !want_scale(x, e))) return false;
    if (!is_f32(x))
        return (is_s16(x) ? lower_rescale_s16 : lower_requantize)(
            n, p, (double)x->q.scale[0] / (double)y->q.scale[0], ACT_NONE, e);
    const nn_quantize q = {(int32_t)tensor_count(x), float_bits(y->q.scale[0]), y->q.zero[0]};
    plan_step(p, n, is_s16(y) ? &kernel_nn_quantize_s16 : &kernel_nn_quantize_s8, &q,
              (struct ref[]){ref_in(x), ref_out(y)});
    return true;
}

static bool lower_dequantize(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    if ((!is_s8(x) && !is_s16(x)) || !is_f32(y))
        return fail(e, "from %s to %s; int8 or int16 to float32 can be executed", dtype_name(x->type),
                    dtype_name(y->type));
    if (!want_scale(x, e)) return false;
    const nn_quantize q = {(int32_t)tensor_count(x), float_bits(x->q.scale[0]), x->q.zero[0]};
    plan_step(p, n, is_s16(x) ? &kernel_nn_dequantize_s16 : &kernel_nn_dequantize_s8, &q,
              (struct ref[]){ref_in(x), ref_out(y)});
    return true;
}

const struct opdef op_QUANTIZE = {"QUANTIZE", infer_quantize, lower_quantize, NULL};
const struct opdef op_DEQUANTIZE = {"DEQUANTIZE", infer_dequantize, lower_dequantize, NULL};
