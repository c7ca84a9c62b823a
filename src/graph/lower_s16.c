// int16 activations with int8 weights: constants of the s16 kernels. Formulas are TensorFlow Lite's (the Prepare
// functions of its kernels), in the precision that they have there.
#include "lower.h"
#include "../../device/nn.h"
#include <math.h>
#include <string.h>

// The 15 bits of a multiplier that sums of 64 bits are multiplied with, and the whole shift.
static bool wide_multiplier(double real, int32_t *mult, int32_t *shift, struct err *e)
{
    int32_t m, s;
    quantize_multiplier(real, &m, &s);
    if (s > 7) return fail(e, "the factor %g from its sum to its output is not possible", real);
    *mult = m < 0x7fff0000 ? (m + (1 << 15)) >> 16 : 0x7fff;
    *shift = 15 - s;
    return true;
}

bool lower_layer_s16(const struct node *n, struct plan *p, const struct layer_shape *s, struct layer *l,
                     int64_t filled, struct err *e)
{
    const struct tensor *x = n->in[0], *w = n->in[1], *b = n->nin > 2 ? n->in[2] : NULL, *y = n->out[0];
    if (!want_scale(x, e) || !want_scale(y, e)) return false;
    act_range(s->act, y, &l->min, &l->max);
    struct tensor *bias = lower_table(p, b ? b->name : "bias", I64, filled),
                  *mult = lower_table(p, "mult", I32, filled), *shift = lower_table(p, "shift", I32, filled);
    for (int32_t o = 0; o < filled; o++)
        ((int32_t *)(uintptr_t)shift->data)[o] = 1; // of channels that fill a block
    for (int32_t o = 0; o < s->out; o++) {
        const float ws = w->q.scale[w->q.n > 1 ? o : 0];
        // one scale for all of a dense layer: TensorFlow Lite multiplies in float there
        const double product = n->op == OP_DENSE && w->q.n == 1 ? (double)(x->q.scale[0] * ws)
                                                                : (double)x->q.scale[0] * (double)ws;
        const int64_t v = b ? ((const int64_t *)b->data)[o] : 0;
        if (v >= 1ll << 46 || v <= -(1ll << 46)) // at most 65536 products of 2^22 are added
            return fail(e, "channel %d: its bias %lld overflows a sum of 48 bits", o, (long long)v);
        if (!wide_multiplier(product / (double)y->q.scale[0], (int32_t *)(uintptr_t)mult->data + o,
                             (int32_t *)(uintptr_t)shift->data + o, e))
            return false;
        ((int64_t *)(uintptr_t)bias->data)[o] = v;
    }
    l->bias = bias;
    l->mult = mult;
    l->shift = shift;
    return true;
}

bool lower_binary_s16(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *a = n->in[0], *b = n->in[1], *y = n->out[0];
    const struct tensor *in[2];
    int32_t d[12];
    if (!want_s16(n, e) || !lower_operands(n, p, 2, in, d, e)) return false;
    if (n->op == OP_DIV) return fail(e, "int16 has no division; multiply by the reciprocal");
    nn_binary_s8 q = {0};
    memcpy(&q, d, 12 * sizeof *d); // d0 .. d3, a0 .. a3, b0 .. b3 come first
    const double sa = (double)a->q.scale[0], sb = (double)b->q.scale[0], sy = (double)y->q.scale[0];
    act_range(n->as.binary.act, y, &q.min, &q.max);
    if (n->op == OP_MUL) {
        quantize_multiplier(sa * sb / sy, &q.out_mult, &q.out_shift);
    } else {
        const double twice = 2 * (sa > sb ? sa : sb);
        q.left = 15;
        q.negate_b = n->op == OP_SUB;
        quantize_multiplier(sa / twice, &q.a_mult, &q.a_shift);
        quantize_multiplier(sb / twice, &q.b_mult, &q.b_shift);
        quantize_multiplier(twice / ((1 << 15) * sy), &q.out_mult, &q.out_shift);
    }
    if (q.out_shift > 0) return fail(e, "its output scale %g is too small for its inputs", sy);
    lower_in_place_any(n, p, 0);
    plan_step(p, n, n->op == OP_MUL ? &kernel_nn_mul_s16 : &kernel_nn_add_s16, &q,
              (struct ref[]){ref_in(in[0]), ref_in(in[1]), ref_out(y)});
    return true;
}

static bool rescale(const struct node *n, struct plan *p, double real, double below, enum act act,
                    struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    nn_rescale q = {.n = (int32_t)tensor_count(x), .negate_below = below < 0};
    if (!want_s16(n, e)) return false;
    quantize_multiplier(real, &q.mult, &q.shift);
    quantize_multiplier(fabs(below), &q.mult_below, &q.shift_below);
    if (q.shift > 14 || q.shift_below > 14 || !isfinite(below))
        return fail(e, "the factors between its scales, %g and %g, are too large", real, below);
    act_range(act, y, &q.min, &q.max);
    lower_in_place(p, y, x);
    plan_step(p, n, &kernel_nn_rescale_s16, &q, (struct ref[]){ref_in(x), ref_out(y)});
    return true;
}

bool lower_rescale_s16(const struct node *n, struct plan *p, double real, enum act act, struct err *e)
{
    return rescale(n, p, real, real, act, e);
}

// TensorFlow Lite's table of logistic(i / 24) * 65536, less 32768. Some of its values are not the nearest.
static const int16_t curve[256] = {
    0,     683,   1365,  2045,  2725,  3401,  4075,  4745,  5412,  6073,  6730,  7381,  8026,  8664,  9296,
    9920,  10536, 11144, 11743, 12334, 12915, 13487, 14049, 14601, 15143, 15675, 16196, 16707, 17207, 17696,
    18174, 18641, 19097, 19543, 19977, 20401, 20813, 21215, 21606, 21987, 22357, 22717, 23066, 23406, 23735,
    24055, 24365, 24665, 24956, 25239, 25512, 25776, 26032, 26280, 26520, 26751, 26975, 27191, 27400, 27602,
    27797, 27985, 28167, 28342, 28511, 28673, 28831, 28982, 29128, 29268, 29404, 29534, 29660, 29781, 29898,
    30010, 30118, 30222, 30322, 30418, 30511, 30600, 30686, 30768, 30847, 30923, 30997, 31067, 31135, 31200,
    31262, 31322, 31380, 31436, 31489, 31540, 31589, 31637, 31682, 31726, 31768, 31808, 31846, 31884, 31919,
    31953, 31986, 32018, 32048, 32077, 32105, 32132, 32158, 32182, 32206, 32229, 32251, 32271, 32292, 32311,
    32329, 32347, 32364, 32381, 32396, 32411, 32426, 32440, 32453, 32466, 32478, 32490, 32501, 32512, 32523,
    32533, 32542, 32551, 32560, 32569, 32577, 32584, 32592, 32599, 32606, 32613, 32619, 32625, 32631, 32636,
    32642, 32647, 32652, 32657, 32661, 32665, 32670, 32674, 32677, 32681, 32685, 32688, 32691, 32694, 32697,
    32700, 32703, 32706, 32708, 32711, 32713, 32715, 32717, 32720, 32721, 32723, 32725, 32727, 32729, 32730,
    32732, 32733, 32735, 32736, 32737, 32739, 32740, 32741, 32742, 32743, 32744, 32745, 32746, 32747, 32748,
    32749, 32749, 32750, 32751, 32752, 32752, 32753, 32754, 32754, 32755, 32755, 32756, 32756, 32757, 32757,
    32758, 32758, 32758, 32759, 32759, 32760, 32760, 32760, 32761, 32761, 32761, 32761, 32762, 32762, 32762,
    32762, 32763, 32763, 32763, 32763, 32763, 32764, 32764, 32764, 32764, 32764, 32764, 32765, 32765, 32765,
    32765, 32765, 32765, 32765, 32765, 32766, 32766, 32766, 32766, 32766, 32766, 32766, 32766, 32766, 32766,
    32767};

static bool want_output(const struct tensor *y, struct err *e)
{
    return y->q.scale[0] == 1.0f / 32768 || fail(e, "its output wants the scale 1/32768");
}

// LOGISTIC, TANH: the input becomes steps of 1 / 12288 by a multiplier of at most 15 bits.
static bool lower_curve(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    if (!want_output(y, e)) return false;
    double real = (double)x->q.scale[0] * 4096.0 * 3.0;
    nn_curve q = {.n = (int32_t)tensor_count(x)};
    if (real == 3 || (real == 6 && n->op == OP_TANH)) {
        q.mult = (int32_t)real;
    } else {
        if (real >= 32768) return fail(e, "its input scale %g is not possible", (double)x->q.scale[0]);
        while (real <= 32767.0 / 2.0 && q.shift <= 30) q.shift++, real *= 2;
        q.mult = (int32_t)real;
    }
    struct tensor *table = lower_table(p, "logistic", I16, 256);
    for (int i = 0; i < 256; i++) ((int16_t *)(uintptr_t)table->data)[i] = curve[i];
    lower_in_place(p, y, x);
    plan_step(p, n, n->op == OP_TANH ? &kernel_nn_tanh_s16 : &kernel_nn_logistic_s16, &q,
              (struct ref[]){ref_in(x), ref_in(table), ref_out(y)});
    return true;
}

bool lower_unary_s16(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    if (!want_s16(n, e)) return false;
    // quotients and products in float, as TensorFlow Lite has them
    const float real = x->q.scale[0] / y->q.scale[0];
    switch (n->op) {
    case OP_LOGISTIC:
    case OP_TANH:
        return lower_curve(n, p, e);
    case OP_RELU:
        return lower_rescale_s16(n, p, (double)real, ACT_RELU, e);
    case OP_RELU6:
        return lower_rescale_s16(n, p, (double)real, ACT_RELU6, e);
    case OP_LEAKY_RELU:
        return rescale(n, p, (double)real, (double)(x->q.scale[0] * n->as.alpha.alpha / y->q.scale[0]),
                       ACT_NONE, e);
    default:
        return fail(e, "it has no int16 form; a dequantize is missing in front of it");
    }
}

static float exponential(float v)
{
    return (float)exp((double)v);
}

static float inverse(float v)
{
    return 1.0f / (1.0f + v);
}

// f over 512 steps from `from` to `to`, values in steps of 1 / 32768; each entry is moved by half of the error in the
// middle of its step (TensorFlow Lite's LUTPopulate, in float as there).
static struct tensor *table_new(struct plan *p, const char *name, float (*f)(float), float from, float to)
{
    const float step = (to - from) / 512, unit = 65536.0f / (2.0f / 65535 * 32767 - 2.0f / 65535 * -32768);
    struct tensor *t = lower_table(p, name, I16, 513);
    int16_t *v = (int16_t *)(uintptr_t)t->data;
    for (int i = 0; i < 512; i++) {
        const float at = from + (float)i * step, here = roundf(f(at) * unit);
        const float line = roundf((f(from + (float)(i + 1) * step) * unit + here) / 2);
        const float bias = roundf((line - roundf(f(at + step / 2) * unit)) / 2);
        v[i] = (int16_t)fminf(fmaxf(here - bias, -32768), 32767);
    }
    v[512] = (int16_t)fminf(fmaxf(roundf(f(to) * unit), -32768), 32767);
    return t;
}

bool lower_softmax_s16(const struct node *n, struct plan *p, struct err *e)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    const int32_t c = x->rank ? x->dim[x->rank - 1] : 1;
    if (!want_s16(n, e) || !want_output(y, e)) return false;
    if (c < 1 || c > 1 << 15) return fail(e, "%d classes; the int16 softmax takes 1 to 32768", c);
    nn_softmax q = {.rows = (int32_t)(tensor_count(x) / c), .c = c};
    // differences to the maximum: 65535 steps for 10
    const double real = (double)x->q.scale[0] * (double)n->as.softmax.beta / (10.0 / 65535.0);
    if (!(real > 0)) return fail(e, "beta %g is not possible", (double)n->as.softmax.beta);
    quantize_multiplier(real, &q.mult, &q.shift);
    if (q.shift > 14)
        return fail(e, "beta %g and the scale %g are too large", (double)n->as.softmax.beta,
                    (double)x->q.scale[0]);
    const float range = 65535;
    struct tensor *e_table = table_new(p, "exp", exponential, 10.0f / range * -65535, 10.0f / range * 0);
    struct tensor *i_table = table_new(p, "inverse", inverse, 1.0f / range * 0, 1.0f / range * 65535);
    lower_in_place(p, y, x);
    plan_step(p, n, &kernel_nn_softmax_s16, &q,
              (struct ref[]){ref_in(x), ref_in(e_table), ref_in(i_table), ref_out(y)});
    return true;
}
