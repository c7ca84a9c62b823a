// Ops whose output is true or false: comparisons, and what combines them.
#include "lower.h"
#include "../../device/nn.h"

static bool infer_compare(struct node *n, struct err *e)
{
    return infer_broadcast(n, BOOL, e);
}

static bool infer_not(struct node *n, struct err *e)
{
    return want_inputs(n, 1, 1, e) && infer_like(n, n->in[0], e);
}

static bool want_bool(const struct node *n, struct err *e)
{
    for (int i = 0; i < n->nin + n->nout; i++) {
        const struct tensor *t = i < n->nin ? n->in[i] : n->out[i - n->nin];
        if (t->type != BOOL) return fail(e, "%s is %s, want bool", t->name, dtype_name(t->type));
    }
    return true;
}

// As LiteRT compares: by the scales themselves, to 1/256. Values nearer than that count as equal.
static bool lower_scales(const struct node *n, nn_compare_scaled *q, struct err *e)
{
    for (int k = 0; k < 2; k++) {
        const struct tensor *t = n->in[k];
        if (!want_scale(t, e)) return false;
        if (t->q.scale[0] >= 1)
            return fail(e, "%s has the scale %g, want below 1", t->name, (double)t->q.scale[0]);
        quantize_multiplier((double)t->q.scale[0], k ? &q->b_mult : &q->a_mult,
                            k ? &q->b_shift : &q->a_shift);
    }
    q->a_zero = n->in[0]->q.zero[0];
    q->b_zero = n->in[1]->q.zero[0];
    return true;
}

static bool lower_compare(const struct node *n, struct plan *p, struct err *e)
{
    static const int32_t function[OP_COUNT] = {
        [OP_EQUAL] = NN_EQUAL,     [OP_NOT_EQUAL] = NN_NOT_EQUAL,
        [OP_LESS] = NN_LESS,       [OP_LESS_EQUAL] = NN_LESS_EQUAL,
        [OP_GREATER] = NN_GREATER, [OP_GREATER_EQUAL] = NN_GREATER_EQUAL};
    const struct tensor *in[2], *a = n->in[0], *b = n->in[1], *y = n->out[0];
    nn_map2 q = {.function = function[n->op]};
    if (a->type != b->type || y->type != BOOL)
        return fail(e, "it compares %s with %s to %s", dtype_name(a->type), dtype_name(b->type),
                    dtype_name(y->type));
    if (is_f32(a)) {
        if (!lower_operands(n, p, 2, in, (int32_t *)&q, e)) return false;
        plan_step(p, n, &kernel_nn_compare_f32, &q, (struct ref[]){ref_in(in[0]), ref_in(in[1]), ref_out(y)});
        return true;
    }
    if (dtype_size(a->type) != 1)
        return fail(e, "%s is %s; float32, int8 and bool can be compared", a->name, dtype_name(a->type));
    nn_compare_scaled s = {
        .function = q.function, .a_mult = 1 << 30, .a_shift = 1, .b_mult = 1 << 30, .b_shift = 1};
    if (!lower_operands(n, p, 2, in, (int32_t *)&s, e) || (is_s8(a) && !lower_scales(n, &s, e))) return false;
    plan_step(p, n, &kernel_nn_compare_s8, &s, (struct ref[]){ref_in(in[0]), ref_in(in[1]), ref_out(y)});
    return true;
}

// Of 0 and 1 the lesser is "and", the greater "or".
static bool lower_logical(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *in[2];
    nn_map2 q = {.function = n->op == OP_LOGICAL_AND ? NN_MINIMUM : NN_MAXIMUM};
    if (!want_bool(n, e) || !lower_operands(n, p, 2, in, (int32_t *)&q, e)) return false;
    lower_in_place_any(n, p, 0);
    plan_step(p, n, &kernel_nn_map2_s8, &q, (struct ref[]){ref_in(in[0]), ref_in(in[1]), ref_out(n->out[0])});
    return true;
}

static bool lower_not(const struct node *n, struct plan *p, struct err *e)
{
    if (!want_bool(n, e)) return false;
    lower_lookup(n, p)[128] = 1;
    return true;
}

const struct opdef op_EQUAL = {"EQUAL", infer_compare, lower_compare, NULL};
const struct opdef op_NOT_EQUAL = {"NOT_EQUAL", infer_compare, lower_compare, NULL};
const struct opdef op_LESS = {"LESS", infer_compare, lower_compare, NULL};
const struct opdef op_LESS_EQUAL = {"LESS_EQUAL", infer_compare, lower_compare, NULL};
const struct opdef op_GREATER = {"GREATER", infer_compare, lower_compare, NULL};
const struct opdef op_GREATER_EQUAL = {"GREATER_EQUAL", infer_compare, lower_compare, NULL};
const struct opdef op_LOGICAL_AND = {"LOGICAL_AND", infer_compare, lower_logical, NULL};
const struct opdef op_LOGICAL_OR = {"LOGICAL_OR", infer_compare, lower_logical, NULL};
const struct opdef op_LOGICAL_NOT = {"LOGICAL_NOT", infer_not, lower_not, NULL};
