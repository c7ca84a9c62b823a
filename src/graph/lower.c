#include "lower.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void quantize_multiplier(double real, int32_t *mult, int32_t *shift)
{
    int exponent = 0;
    int64_t q = llround(frexp(real, &exponent) * (double)(1ll << 31));
    if (q == 1ll << 31) {
        q /= 2;
        exponent++;
    }
    if (exponent < -31) exponent = 0, q = 0;
    *mult = (int32_t)q;
    *shift = exponent;
}

void act_range(enum act act, const struct tensor *y, int32_t *min, int32_t *max)
{
    const int32_t zero = y->q.zero[0];
    const int32_t lo = y->type == I16 ? -32768 : -128, hi = -1 - lo;
    const float six = roundf(6.0f / y->q.scale[0]);
    *min = act == ACT_NONE || zero < lo ? lo : zero;
    *max = act != ACT_RELU6 || six > (float)(hi - lo) || zero + (int32_t)six > hi ? hi : zero + (int32_t)six;
}

int32_t float_bits(float v)
{
    int32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

bool is_f32(const struct tensor *t)
{
    return t && t->type == F32;
}

bool is_s8(const struct tensor *t)
{
    return t && t->type == I8;
}

bool is_s16(const struct tensor *t)
{
    return t && t->type == I16;
}

bool want_scale(const struct tensor *t, struct err *e)
{
    if (t->q.n != 1) return fail(e, "%s has %d scales, want one", t->name, t->q.n);
    const float s = t->q.scale[0];
    if (!(s > 1e-30f && s < 1e30f)) return fail(e, "%s has the scale %g", t->name, (double)s);
    if (t->type == I16 && t->q.zero[0] != 0)
        return fail(e, "%s is int16 with the zero point %d; it must be 0", t->name, t->q.zero[0]);
    if (t->q.zero[0] < -128 || t->q.zero[0] > 127)
        return fail(e, "%s has the zero point %d, outside int8", t->name, t->q.zero[0]);
    return true;
}

static bool all_of(const struct node *n, enum dtype type, struct err *e)
{
    for (int i = 0; i < n->nin + n->nout; i++) {
        const struct tensor *t = i < n->nin ? n->in[i] : n->out[i - n->nin];
        if (!t) continue;
        if (t->type != type)
            return fail(e, "%s is %s and %s is %s; a quantize or dequantize is missing between them",
                        n->in[0]->name, dtype_name(type), t->name, dtype_name(t->type));
        if (type != F32 && !want_scale(t, e)) return false;
    }
    return true;
}

bool want_types(const struct node *n, struct err *e)
{
    const enum dtype type = n->in[0]->type;
    if (type == I16) return fail(e, "it has no int16 form yet; a dequantize is missing in front of it");
    if (type != F32 && type != I8)
        return fail(e, "%s is %s; float32 and int8 can be executed", n->in[0]->name, dtype_name(type));
    return all_of(n, type, e);
}

bool want_s16(const struct node *n, struct err *e)
{
    return all_of(n, I16, e);
}

struct tensor *lower_table(struct plan *p, const char *name, enum dtype type, int64_t count)
{
    assert(count > 0 && count <= INT32_MAX);
    struct tensor *t = tensor_new(p->arena, name, type, 1, (int32_t[]){(int32_t)count});
    t->data = arena_array(&p->fresh, (size_t)count, (size_t)dtype_size(type));
    p->table = arena_grow(p->arena, p->table, p->ntable, &p->table_cap, sizeof *p->table);
    return p->table[p->ntable++] = t;
}

void plan_keep_tables(struct plan *p)
{
    for (int i = 0; i < p->ntable; i++)
        p->table[i]->data = arena_once(p->arena, p->table[i]->data, (size_t)tensor_bytes(p->table[i]));
    p->ntable = 0;
    arena_free(&p->fresh);
}

void lower_in_place(struct plan *p, const struct tensor *out, const struct tensor *in)
{
    if (tensor_is_const(in) || tensor_is_state(p->g, in) || tensor_bytes(in) != tensor_bytes(out)) return;
    for (const struct tensor *t = in; t;) {
        const struct tensor *next = NULL;
        if (graph_uses(p->g, t) != 1) return;
        for (int i = 0; i < p->nalias; i++)
            if (p->alias[i].out == t) next = p->alias[i].in;
        t = next;
    }
    plan_alias(p, out, in);
}

static bool layer_kind(const struct node *n, enum layer_kind *kind, struct err *e)
{
    const struct tensor *x = n->in[0], *w = n->in[1], *b = n->nin > 2 ? n->in[2] : NULL, *y = n->out[0];
    if (is_f32(x) && is_f32(w) && is_f32(y))
        *kind = LAYER_F32;
    else if (is_s8(x) && is_s8(w) && is_s8(y))
        *kind = LAYER_S8;
    else if (is_s16(x) && is_s8(w) && is_s16(y))
        *kind = LAYER_S16;
    else if (is_f32(x) && is_s8(w) && is_f32(y))
        *kind = LAYER_DYN;
    else
        return fail(
            e,
            "input %s, weights %s, output %s; float32, int8, or float32 or int16 with int8 weights can "
            "be executed",
            dtype_name(x->type), dtype_name(w->type), dtype_name(y->type));
    if (!tensor_is_const(w) || (b && !tensor_is_const(b)))
        return fail(e, "its weights are computed at run time; only constant ones can be executed");
    const enum dtype want = *kind == LAYER_S8 ? I32 : *kind == LAYER_S16 ? I64 : F32;
    if (b && b->type != want)
        return fail(e, "its bias is %s, want %s", dtype_name(b->type), dtype_name(want));
    return true;
}

static bool weight_scales(const struct tensor *w, int32_t out, struct err *e)
{
    if (w->q.n != 1 && w->q.n != out)
        return fail(e, "weights %s have %d scales for %d channels", w->name, w->q.n, out);
    for (int i = 0; i < w->q.n; i++) {
        if (!(w->q.scale[i] >= 0.0f && w->q.scale[i] < 1e30f))
            return fail(e, "weights %s have the scale %g", w->name, (double)w->q.scale[i]);
        if (w->q.zero[i] != 0)
            return fail(e, "weights %s have the zero point %d; int8 weights must be symmetric", w->name,
                        w->q.zero[i]);
    }
    return true;
}

static bool layer_s8(const struct node *n, struct plan *p, const struct layer_shape *s, struct layer *l,
                     int64_t filled, struct err *e)
{
    const struct tensor *x = n->in[0], *w = n->in[1], *b = n->nin > 2 ? n->in[2] : NULL, *y = n->out[0];
    if (!want_scale(x, e) || !want_scale(y, e)) return false;
    l->x_zero = x->q.zero[0];
    l->y_zero = y->q.zero[0];
    act_range(s->act, y, &l->min, &l->max);
    struct tensor *bias = lower_table(p, b ? b->name : "bias", I32, filled),
                  *mult = lower_table(p, "mult", I32, filled), *shift = lower_table(p, "shift", I32, filled);
    int32_t *bv = (int32_t *)(uintptr_t)bias->data, *mv = (int32_t *)(uintptr_t)mult->data,
            *sv = (int32_t *)(uintptr_t)shift->data;
    const struct weight_sums *sums = weight_sums_of(p, w, s);
    for (int32_t o = 0; o < s->out; o++) {
        const float ws = w->q.scale[w->q.n > 1 ? o : 0];
        // one scale for all of a dense layer: TensorFlow Lite multiplies in float there
        const double product = n->op == OP_DENSE && w->q.n == 1 ? (double)(x->q.scale[0] * ws)
                                                                : (double)x->q.scale[0] * (double)ws;
        const double real = product / (double)y->q.scale[0];
        quantize_multiplier(real, &mv[o], &sv[o]);
        if (sv[o] > 30)
            return fail(e, "channel %d: the factor %g from its sum to its output is not possible", o, real);
        int64_t value = b ? ((const int32_t *)b->data)[o] : 0;
        if (s->blocked) value -= sums->sum[o] * l->x_zero;
        if ((value < 0 ? -value : value) + 255 * sums->absolute[o] >= 1 << 30)
            return fail(e, "channel %d: weights and bias overflow a sum of 31 bits", o);
        bv[o] = (int32_t)value;
    }
    l->bias = bias;
    l->mult = mult;
    l->shift = shift;
    return true;
}

static void layer_dyn(const struct node *n, struct plan *p, const struct layer_shape *s, struct layer *l,
                      int64_t filled)
{
    const struct tensor *x = n->in[0], *w = n->in[1];
    struct tensor *scale = lower_table(p, "w_scale", F32, filled),
                  *sum = lower_table(p, "w_sum", I32, filled);
    const struct weight_sums *sums = weight_sums_of(p, w, s);
    for (int32_t o = 0; o < s->out; o++) {
        ((float *)(uintptr_t)scale->data)[o] = w->q.scale[w->q.n > 1 ? o : 0];
        ((int32_t *)(uintptr_t)sum->data)[o] = (int32_t)sums->sum[o];
    }
    l->w_scale = scale;
    l->w_sum = sum;
    struct tensor *xq = tensor_new(p->arena, x->name, I8, x->rank, x->dim);
    l->scale = tensor_new(p->arena, "x_scale", F32, 1, (int32_t[]){s->rows});
    l->zero = tensor_new(p->arena, "x_zero", I32, 1, (int32_t[]){s->rows});
    l->x = xq;
    const int32_t each = (int32_t)(tensor_count(x) / s->rows);
    plan_rows(p, xq, x, s->rows, false);
    plan_step(p, n, &kernel_nn_quantize_dynamic, (int32_t[]){s->rows, each, s->asymmetric},
              (struct ref[]){ref_in(x), ref_out(l->scale), ref_out(l->zero), ref_out(xq)});
}

bool lower_layer(const struct node *n, struct plan *p, const struct layer_shape *s, struct layer *l,
                 struct err *e)
{
    const struct tensor *w = n->in[1], *b = n->nin > 2 ? n->in[2] : NULL;
    *l = (struct layer){.out = s->out, .taps = s->taps, .x = n->in[0]};
    if (!layer_kind(n, &l->kind, e)) return false;
    if (l->kind != LAYER_F32 && s->taps > 1 << 16)
        return fail(e, "%d weights an output; at most 65536 keep an int32 sum from overflowing", s->taps);
    if (l->kind != LAYER_F32 && !weight_scales(w, s->out, e)) return false;
    lower_weights(n, p, s, l);
    const int64_t filled = ((int64_t)s->out + l->block - 1) / l->block * l->block;
    if (l->kind == LAYER_S8) return layer_s8(n, p, s, l, filled, e);
    if (l->kind == LAYER_S16) return lower_layer_s16(n, p, s, l, filled, e);
    struct tensor *bias = lower_table(p, b ? b->name : "bias", F32, filled);
    if (b) memcpy((void *)(uintptr_t)bias->data, b->data, (size_t)s->out * sizeof(float));
    l->bias = bias;
    if (l->kind == LAYER_DYN) layer_dyn(n, p, s, l, filled);
    return true;
}

void layer_step(struct plan *p, const struct node *n, const struct kernel *const k[4], const void *params,
                const struct layer *l)
{
    struct ref r[KERNEL_MAX_BUF];
    int i = 0;
    r[i++] = ref_in(l->x);
    if (l->kind == LAYER_DYN) {
        r[i++] = ref_in(l->scale);
        r[i++] = ref_in(l->zero);
    }
    r[i++] = ref_in(l->w);
    if (l->kind == LAYER_DYN) {
        r[i++] = ref_in(l->w_scale);
        if (n->op != OP_DEPTHWISE_CONV_2D) r[i++] = ref_in(l->w_sum);
    }
    r[i++] = ref_in(l->bias);
    if (l->kind == LAYER_S8 || l->kind == LAYER_S16) {
        r[i++] = ref_in(l->mult);
        r[i++] = ref_in(l->shift);
    }
    r[i++] = ref_out(n->out[0]);
    if ((l->kind == LAYER_S8 || l->kind == LAYER_DYN) && n->op != OP_DEPTHWISE_CONV_2D)
        r[i++] = l->scratch_bytes ? ref_scratch(l->scratch_bytes) : ref_in(NULL);
    assert(i == k[l->kind]->nbuf);
    plan_step(p, n, k[l->kind], params, r);
}
