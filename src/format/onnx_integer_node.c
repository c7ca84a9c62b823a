// One float node between DEQUANTIZE and QUANTIZE as an integer one: weights, constants, scales.
#include "onnx_integer.h"
#include <math.h>
#include <string.h>

// ---- constants ----

// Index of the scale of element k.
static int scale_at(const struct tensor *t, int64_t k)
{
    int64_t inner = 1;
    for (int i = t->q.axis + 1; t->q.n > 1 && i < t->rank; i++) inner *= t->dim[i];
    return t->q.n > 1 ? (int)(k / inner % t->q.n) : 0;
}

struct tensor *integer_const(struct arena *a, const struct tensor *t, bool symmetric, const char **why)
{
    const int64_t count = tensor_count(t);
    const float *v = t->data;
    double lo = 0, hi = 0;
    if (!t->q.n) return *why = arena_printf(a, "its constant %s is not quantised", t->name), NULL;
    for (int64_t k = 0; k < count; k++) {
        const double real = (double)v[k] / (double)t->q.scale[scale_at(t, k)], q = round(real);
        if (!(fabs(q) <= 255) || fabs(real - q) > 0.01)
            return *why = arena_printf(a, "its constant %s is no multiple of its scale", t->name), NULL;
        lo = fmin(lo, q);
        hi = fmax(hi, q);
    }
    if (hi - lo > 255 || (symmetric && (lo < -128 || hi > 127)))
        return *why = arena_printf(
                   a,
                   "%s has a zero point that is not the middle, so that its values reach from %g to "
                   "%g steps; int8 weights are symmetric, quantize them so",
                   t->name, lo, hi),
               NULL;
    const int32_t zero = lo < -128 ? (int32_t)(-128 - lo) : hi > 127 ? (int32_t)(127 - hi) : 0;
    int8_t *to = arena_new_n(a, (size_t)count, int8_t);
    for (int64_t k = 0; k < count; k++)
        to[k] = (int8_t)(round((double)v[k] / (double)t->q.scale[scale_at(t, k)]) + zero);
    struct tensor *c = tensor_const(a, t->name, I8, t->rank, t->dim, to);
    int32_t *zeros = arena_new_n(a, (size_t)t->q.n, int32_t);
    for (int i = 0; i < t->q.n; i++) zeros[i] = zero;
    c->q = (struct quant){t->q.n, t->q.axis, t->q.scale, zeros};
    return c;
}

// An operand: integers as the file has them, or one number, which any scale has.
static struct tensor *operand(struct integer *z, const struct tensor *t, const char **why)
{
    struct tensor one = *t;
    const float magnitude = tensor_count(t) == 1 ? fabsf(((const float *)t->data)[0]) : 0;
    static const int32_t zero[1];
    if (!t->q.n && magnitude > 1e-30f && magnitude < 1e30f)
        one.q = (struct quant){1, 0, arena_copy(z->r->a, &magnitude, sizeof magnitude), zero};
    return integer_const(z->r->a, &one, false, why);
}

// A constant rounded to the scale q: what comes of choosing between it and values of that scale.
static struct tensor *rounded(struct integer *z, const struct tensor *t, const struct quant *q)
{
    const int64_t count = tensor_count(t);
    int8_t *to = arena_new_n(z->r->a, (size_t)count, int8_t);
    for (int64_t k = 0; k < count; k++) {
        const double v = nearbyint((double)((const float *)t->data)[k] / (double)q->scale[0]) + q->zero[0];
        to[k] = (int8_t)(v >= 127 ? 127 : v > -128 ? v : -128);
    }
    struct tensor *c = tensor_const(z->r->a, t->name, I8, t->rank, t->dim, to);
    c->q = *q;
    return c;
}

static bool layer_consts(struct integer *z, struct node *m, const char **why)
{
    struct arena *a = z->r->a;
    const struct tensor *x = m->in[0], *b = m->nin > 2 ? m->in[2] : NULL;
    if (!tensor_is_const(m->in[1]) || m->in[1]->type != F32) return *why = "its weights are computed", false;
    struct tensor *w = integer_const(a, m->in[1], true, why);
    if (!w) return false;
    m->in[1] = w;
    if (!b) return true;
    if (!tensor_is_const(b) || b->type != F32) return *why = "its bias is computed", false;
    const int64_t count = tensor_count(b);
    int32_t *to = arena_new_n(a, (size_t)count, int32_t);
    float *scale = arena_new_n(a, (size_t)count, float);
    for (int64_t k = 0; k < count; k++) {
        const double s = (double)x->q.scale[0] * (double)w->q.scale[w->q.n > 1 && k < w->q.n ? k : 0];
        const double q = round((double)((const float *)b->data)[k] / s);
        scale[k] = (float)s;
        if (!(fabs(q) <= 0x1p30)) return *why = "its bias is too large for its scales", false;
        to[k] = (int32_t)q;
    }
    m->in[2] = tensor_const(a, b->name, I32, b->rank, b->dim, to);
    m->in[2]->q = (struct quant){(int)count, 0, scale, arena_new_n(a, (size_t)count, int32_t)};
    return true;
}

// ---- moves ----

static bool moves_several(enum op op)
{
    return op == OP_CONCATENATION || op == OP_MAXIMUM || op == OP_MINIMUM || op == OP_SELECT;
}

bool integer_moves(enum op op)
{
    return moves_several(op) || op == OP_RESHAPE || op == OP_TRANSPOSE || op == OP_PAD ||
           op == OP_STRIDED_SLICE || op == OP_TILE || op == OP_GATHER || op == OP_MAX_POOL_2D ||
           op == OP_REDUCE_MAX || op == OP_REDUCE_MIN;
}

// Several inputs come to the scale of the output: where it is quantised next, else theirs, if that is one.
static const struct quant *scale_moved(struct integer *z, const struct node *n, const char **why)
{
    const struct quant *q = flow_quant(z, n->out[0]);
    if (q) return q;
    for (int i = n->op == OP_SELECT; i < n->nin; i++) {
        const struct tensor *x = tensor_is_const(n->in[i]) ? NULL : flow_of(z, n->in[i])->integer;
        if (!x) return *why = "not all of its inputs are quantised", NULL;
        if (q && !quant_same(q, &x->q))
            return *why = "its inputs have several scales, its output has none", NULL;
        q = &x->q;
    }
    return q;
}

static bool move(struct integer *z, struct node *n, const char **why)
{
    const bool several = moves_several(n->op);
    const int first = n->op == OP_SELECT, last = several ? n->nin : 1;
    const struct quant *q = NULL;
    if (several && !(q = scale_moved(z, n, why))) return false;
    struct tensor **in = arena_new_n(z->r->scratch, (size_t)n->nin, struct tensor *);
    memcpy(in, n->in, (size_t)n->nin * sizeof *in);
    for (int i = first; i < last; i++) {
        const bool constant = tensor_is_const(n->in[i]);
        struct tensor *x = constant ? NULL : flow_of(z, n->in[i])->integer;
        if (!x && !(constant && several && n->in[i]->type == F32))
            return *why = arena_printf(z->r->a, "its input %s is not quantised", n->in[i]->name), false;
        in[i] = constant ? rounded(z, n->in[i], q) : q ? integer_rescaled(z, x, q) : x;
    }
    struct node *m = integer_node(z, n);
    memcpy(m->in, in, (size_t)n->nin * sizeof *in);
    struct tensor *y = integer_tensor(z, n->out[0], "", q ? q : &in[0]->q);
    m->out[0] = y;
    if (!integer_done(z, m, why)) return false;
    integer_stands_for(z, y, n->out[0]);
    return true;
}

// ---- arithmetic ----

static bool is_layer(enum op op)
{
    return op == OP_CONV_2D || op == OP_DEPTHWISE_CONV_2D || op == OP_DENSE;
}

// What TensorFlow Lite fixes for an op's output; NULL: nothing.
static const struct quant *fixed_scale(enum op op)
{
    static const float s256[] = {1.0f / 256}, s128[] = {1.0f / 128}, s16[] = {1.0f / 16};
    static const int32_t low[] = {-128}, middle[] = {0}, high[] = {127};
    static const struct quant unit = {1, 0, s256, low}, both = {1, 0, s128, middle},
                              logarithm = {1, 0, s16, high};
    return op == OP_LOGISTIC || op == OP_SOFTMAX ? &unit
           : op == OP_TANH                       ? &both
           : op == OP_LOG_SOFTMAX                ? &logarithm
                                                 : NULL;
}

// The float value that is quantised behind n: its output, or that of the activation behind it, which is fused.
static struct tensor *end_of(struct integer *z, struct node *n, enum act *act, const struct quant **q)
{
    const struct flow *f = flow_of(z, n->out[0]);
    *act = ACT_NONE;
    if ((*q = flow_quant(z, n->out[0]))) return n->out[0];
    if (!node_act(n) || *node_act(n) != ACT_NONE || f->uses != 1 || !f->user) return NULL;
    if (f->user->op != OP_RELU && f->user->op != OP_RELU6) return NULL;
    *act = f->user->op == OP_RELU ? ACT_RELU : ACT_RELU6;
    return (*q = flow_quant(z, f->user->out[0])) ? f->user->out[0] : NULL;
}

static bool compute(struct integer *z, struct node *n, const char **why)
{
    enum act act = ACT_NONE;
    const struct quant *q = NULL, *fixed = fixed_scale(n->op);
    const bool index = n->op == OP_ARG_MAX || n->op == OP_ARG_MIN;
    struct tensor *end = index ? n->out[0] : end_of(z, n, &act, &q);
    struct tensor **in = arena_new_n(z->r->scratch, (size_t)n->nin, struct tensor *);
    for (int i = 0; i < n->nin; i++) {
        in[i] = n->in[i];
        if (!in[i] || tensor_is_const(in[i])) continue;
        if (!(in[i] = flow_of(z, n->in[i])->integer))
            return *why = arena_printf(z->r->a, "its input %s is not quantised", n->in[i]->name), false;
    }
    if (!end) return *why = "its output is not quantised, or also used as floats", false;
    struct node *m = integer_node(z, n);
    memcpy(m->in, in, (size_t)n->nin * sizeof *in);
    if (index) return integer_done(z, m, why);
    if (is_layer(n->op)) {
        if (!layer_consts(z, m, why)) return false;
    } else {
        for (int i = 0; i < m->nin; i++)
            if (m->in[i] && tensor_is_const(m->in[i]) && m->in[i]->type == F32 &&
                !(m->in[i] = operand(z, m->in[i], why)))
                return false;
    }
    const struct quant *made = fixed ? fixed : q;
    if (n->op == OP_AVERAGE_POOL_2D && !integer_average(z, m, q)) made = &m->in[0]->q;
    if (act != ACT_NONE) *node_act(m) = act;
    struct tensor *y = m->out[0] = integer_tensor(z, end, "", made);
    if (!integer_done(z, m, why)) return false;
    integer_stands_for(z, integer_rescaled(z, y, q), end);
    return true;
}

static bool computes(enum op op)
{
    static const enum op ops[] = {OP_CONV_2D,    OP_DEPTHWISE_CONV_2D,
                                  OP_DENSE,      OP_AVERAGE_POOL_2D,
                                  OP_MEAN,       OP_SUM,
                                  OP_ADD,        OP_SUB,
                                  OP_MUL,        OP_SQUARED_DIFFERENCE,
                                  OP_PRELU,      OP_BATCH_MATMUL,
                                  OP_RELU,       OP_RELU6,
                                  OP_LEAKY_RELU, OP_ELU,
                                  OP_LOGISTIC,   OP_TANH,
                                  OP_SOFTMAX,    OP_LOG_SOFTMAX,
                                  OP_ABS,        OP_SQRT,
                                  OP_RSQRT,      OP_EXP,
                                  OP_LOG,        OP_GELU,
                                  OP_HARD_SWISH, OP_RELU_N1_TO_1,
                                  OP_ARG_MAX,    OP_ARG_MIN};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (ops[i] == op) return true;
    return false;
}

bool integer_convert(struct integer *z, struct node *n, const char **why)
{
    const int before = z->to->nnode;
    bool ok = false;
    *why = n->op == OP_RECURRENT ? "the file rounds what goes into it and comes out of it, not its state; "
                                   "`convert --dequantize -t full-integer` makes an int8 one"
                                 : "it has no int8 form";
    if (integer_moves(n->op)) ok = move(z, n, why);
    if (computes(n->op)) ok = compute(z, n, why);
    if (n->op == OP_BATCH_NORM) ok = integer_normalise(z, n, why);
    if (!ok && n->op == OP_RELU) { // it goes on in the scale of its input
        struct tensor *x = flow_of(z, n->in[0])->integer;
        z->to->nnode = before;
        struct node *m = integer_node(z, n);
        m->in[0] = x;
        m->out[0] = integer_tensor(z, n->out[0], "", &x->q);
        if ((ok = integer_done(z, m, why))) integer_stands_for(z, m->out[0], n->out[0]);
    }
    z->done += ok;
    return ok;
}
