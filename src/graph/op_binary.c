// Ops of two values with NumPy's broadcasting.
#include "lower.h"
#include "../../device/nn.h"
#include <string.h>

bool infer_broadcast(struct node *n, enum dtype type, struct err *e)
{
    if (!want_inputs(n, 2, 2, e)) return false;
    const struct tensor *a = n->in[0], *b = n->in[1];
    int rank = a->rank > b->rank ? a->rank : b->rank;
    int32_t dim[GRAPH_MAX_RANK];
    for (int i = 0; i < rank; i++) {
        int32_t p = i < rank - a->rank ? 1 : a->dim[i - (rank - a->rank)];
        int32_t q = i < rank - b->rank ? 1 : b->dim[i - (rank - b->rank)];
        if (p != q && p != 1 && q != 1) {
            char s[64], t[64];
            return fail(e, "shapes %s and %s do not fit each other", tensor_shape(a, s, sizeof s),
                        tensor_shape(b, t, sizeof t));
        }
        dim[i] = p > q ? p : q;
    }
    return infer_out(n, type, rank, dim, e);
}

static bool infer(struct node *n, struct err *e)
{
    return infer_broadcast(n, n->nin && n->in[0] ? n->in[0]->type : F32, e);
}

static bool lower_s8(const struct node *n, const int32_t d[12], nn_binary_s8 *q, struct err *e)
{
    const struct quant *a = &n->in[0]->q, *b = &n->in[1]->q, *y = &n->out[0]->q;
    memset(q, 0, sizeof *q);
    memcpy(q, d, 12 * sizeof *d); // d0 .. d3, a0 .. a3, b0 .. b3 come first
    q->a_zero = a->zero[0];
    q->b_zero = b->zero[0];
    q->y_zero = y->zero[0];
    act_range(n->as.binary.act, n->out[0], &q->min, &q->max);
    const double sa = (double)a->scale[0], sb = (double)b->scale[0], sy = (double)y->scale[0];
    if (n->op == OP_MUL) {
        quantize_multiplier(sa * sb / sy, &q->out_mult, &q->out_shift);
        if (q->out_shift > 14) return fail(e, "its output scale %g is too small for its inputs", sy);
        return true;
    }
    const double twice = 2 * (sa > sb ? sa : sb), out = twice / ((1 << 20) * sy);
    q->left = 20;
    q->negate_b = n->op == OP_SUB;
    quantize_multiplier(sa / twice, &q->a_mult, &q->a_shift);
    quantize_multiplier(sb / twice, &q->b_mult, &q->b_shift);
    quantize_multiplier(out, &q->out_mult, &q->out_shift);
    if (q->out_shift > 0) return fail(e, "its output scale %g is too small for its inputs", sy);
    return true;
}

static bool lower(const struct node *n, struct plan *p, struct err *e)
{
    static const struct kernel *const f32[OP_COUNT] = {[OP_ADD] = &kernel_nn_add_f32,
                                                       [OP_SUB] = &kernel_nn_sub_f32,
                                                       [OP_MUL] = &kernel_nn_mul_f32,
                                                       [OP_DIV] = &kernel_nn_div_f32};
    static const struct kernel *const s8[OP_COUNT] = {
        [OP_ADD] = &kernel_nn_add_s8, [OP_SUB] = &kernel_nn_add_s8, [OP_MUL] = &kernel_nn_mul_s8};
    const struct tensor *in[2], *a = n->in[0], *y = n->out[0];
    int32_t d[12];
    nn_binary_s8 q;
    if (is_s16(a)) return lower_binary_s16(n, p, e);
    if (!want_types(n, e) || !lower_operands(n, p, 2, in, d, e)) return false;
    if (is_s8(a) && !s8[n->op]) return fail(e, "int8 has no division; multiply by the reciprocal");
    if (is_s8(a) && !lower_s8(n, d, &q, e)) return false;
    lower_in_place_any(n, p, 0);
    const nn_binary f = {
        d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], (int32_t)n->as.binary.act};
    plan_step(p, n, is_s8(a) ? s8[n->op] : f32[n->op], is_s8(a) ? (const void *)&q : &f,
              (struct ref[]){ref_in(in[0]), ref_in(in[1]), ref_out(y)});
    return true;
}

// A constant exponent of 2, 1/2 or -1/2 has a function of its own, which costs a hundredth of a power.
static bool lower_simple_power(const struct node *n, struct plan *p)
{
    const struct tensor *b = n->in[1];
    if (n->op != OP_POW || !tensor_is_const(b) || tensor_count(b) != 1) return false;
    if (tensor_count(n->in[0]) != tensor_count(n->out[0])) return false;
    const float v = *(const float *)b->data;
    if (v != 2.0f && v != 0.5f && v != -0.5f) return false;
    step_map(p, n, v == 2.0f ? NN_SQUARE : v == 0.5f ? NN_SQRT : NN_RSQRT);
    return true;
}

// Both inputs to the scale of twice the greater one, in 7 bits more; the square's scale is that one's square.
static bool squared_difference_s8(const struct node *n, nn_binary_s8 *q, struct err *e)
{
    const double sa = (double)n->in[0]->q.scale[0], sb = (double)n->in[1]->q.scale[0],
                 sy = (double)n->out[0]->q.scale[0], twice = 2 * (sa > sb ? sa : sb);
    quantize_multiplier(sa / twice, &q->a_mult, &q->a_shift);
    quantize_multiplier(sb / twice, &q->b_mult, &q->b_shift);
    quantize_multiplier(twice * twice / ((1 << 14) * sy), &q->out_mult, &q->out_shift);
    return q->out_shift <= 0 || fail(e, "its output scale %g is too small for its inputs", sy);
}

// Products and quotients in float, as LiteRT has them.
static bool prelu_s8(const struct node *n, nn_binary_s8 *q, struct err *e)
{
    const float sa = n->in[0]->q.scale[0], sb = n->in[1]->q.scale[0], sy = n->out[0]->q.scale[0];
    quantize_multiplier((double)(sa / sy), &q->a_mult, &q->a_shift);
    quantize_multiplier((double)(sa * sb / sy), &q->out_mult, &q->out_shift);
    return (q->a_shift <= 14 && q->out_shift <= 14) ||
           fail(e, "its output scale %g is too small for its inputs", (double)sy);
}

static bool lower_pair_s8(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *in[2], *a = n->in[0], *b = n->in[1], *y = n->out[0];
    const bool prelu = n->op == OP_PRELU;
    if (n->op == OP_POW) return fail(e, "it has no int8 form; a dequantize is missing in front of it");
    if (n->op == OP_MAXIMUM || n->op == OP_MINIMUM) {
        nn_map2 q = {.function = n->op == OP_MAXIMUM ? NN_MAXIMUM : NN_MINIMUM};
        if (!want_moved(n, 0, e) || !lower_operands(n, p, 2, in, (int32_t *)&q, e)) return false;
        lower_in_place_any(n, p, 0);
        plan_step(p, n, &kernel_nn_map2_s8, &q, (struct ref[]){ref_in(in[0]), ref_in(in[1]), ref_out(y)});
        return true;
    }
    nn_binary_s8 q = {
        .a_zero = a->q.zero[0], .b_zero = b->q.zero[0], .y_zero = y->q.zero[0], .min = -128, .max = 127};
    if (!lower_operands(n, p, 2, in, (int32_t *)&q, e)) return false;
    if (!(prelu ? prelu_s8 : squared_difference_s8)(n, &q, e)) return false;
    lower_in_place_any(n, p, 0);
    plan_step(p, n, prelu ? &kernel_nn_prelu_s8 : &kernel_nn_squared_difference_s8, &q,
              (struct ref[]){ref_in(in[0]), ref_in(in[1]), ref_out(y)});
    return true;
}

static bool lower_pair(const struct node *n, struct plan *p, struct err *e)
{
    static const int32_t function[OP_COUNT] = {[OP_MAXIMUM] = NN_MAXIMUM,
                                               [OP_MINIMUM] = NN_MINIMUM,
                                               [OP_SQUARED_DIFFERENCE] = NN_SQUARED_DIFFERENCE,
                                               [OP_POW] = NN_POW,
                                               [OP_PRELU] = NN_PRELU};
    const struct tensor *in[2];
    nn_map2 q = {.function = function[n->op]};
    if (!want_types(n, e)) return false;
    if (is_s8(n->in[0])) return lower_pair_s8(n, p, e);
    if (lower_simple_power(n, p)) return true;
    if (!lower_operands(n, p, 2, in, (int32_t *)&q, e)) return false;
    lower_in_place_any(n, p, 0);
    plan_step(p, n, &kernel_nn_map2_f32, &q,
              (struct ref[]){ref_in(in[0]), ref_in(in[1]), ref_out(n->out[0])});
    return true;
}

// x, slopes that broadcast against x.
static bool infer_prelu(struct node *n, struct err *e)
{
    if (!want_inputs(n, 2, 2, e)) return false;
    const struct tensor *x = n->in[0], *s = n->in[1];
    for (int i = 0; i < s->rank; i++) {
        const int32_t d = s->dim[s->rank - 1 - i];
        if (d != 1 && (i >= x->rank || d != x->dim[x->rank - 1 - i]))
            return fail(e, "its slopes do not fit its input");
    }
    return infer_like(n, x, e);
}

const struct opdef op_ADD = {"ADD", infer, lower, NULL};
const struct opdef op_SUB = {"SUB", infer, lower, NULL};
const struct opdef op_MUL = {"MUL", infer, lower, NULL};
const struct opdef op_DIV = {"DIV", infer, lower, NULL};
const struct opdef op_MAXIMUM = {"MAXIMUM", infer, lower_pair, NULL};
const struct opdef op_MINIMUM = {"MINIMUM", infer, lower_pair, NULL};
const struct opdef op_POW = {"POW", infer, lower_pair, NULL};
const struct opdef op_SQUARED_DIFFERENCE = {"SQUARED_DIFFERENCE", infer, lower_pair, NULL};
const struct opdef op_PRELU = {"PRELU", infer_prelu, lower_pair, NULL};
