// A MUL, an ADD or SUB of floats by constants that repeat, and a QUANTIZE behind them, as one step (nn_affine): one pass
// over the values instead of three, with constants in registers. It is how a normalisation comes that stays in front of
// an integer layer. What is in between must have no other reader; each of the three is rounded as it was.
#include "lower.h"
#include <string.h>

enum { MOST_C = 256 };

struct period { // constants by place in a run of c values
    float v[MOST_C];
    int32_t c;
};

// The constant operand k of a step, as it repeats over the output.
static bool period_of(const struct step *s, int k, struct period *to)
{
    const int32_t *d = s->params, *stride = s->params + 4 + 4 * k;
    int first = 0;
    while (first < 4 && (!stride[first] || d[first] == 1)) first++;
    int64_t c = 1;
    for (int j = first; j < 4; j++) c *= d[j];
    if (c > MOST_C) return false;
    for (int32_t i = 0; i < c; i++) {
        int32_t at = 0, rest = i;
        for (int j = 3; j >= first; rest /= d[j], j--) at += rest % d[j] * stride[j];
        to->v[i] = ((const float *)s->buf[k].t->data)[at];
    }
    to->c = (int32_t)c;
    for (int32_t m = 1; m < c; m++) // samples side by side in a row
        if (c % m == 0 && !memcmp(to->v, to->v + m, (size_t)(c - m) * sizeof *to->v)) {
            to->c = m;
            break;
        }
    return true;
}

// Takes the step's constants; which of its inputs they are applied to, -1: it is nothing of that kind.
static int take(const struct step *s, bool product, struct period *to)
{
    const bool minus = s->k == &kernel_nn_sub_f32;
    if (product ? s->k != &kernel_nn_mul_f32 : s->k != &kernel_nn_add_f32 && !minus) return -1;
    const int k = tensor_is_const(s->buf[0].t) ? 0 : 1, x = !k; // the constants, the values
    if (!tensor_is_const(s->buf[k].t) || tensor_is_const(s->buf[x].t) || (minus && k == 0)) return -1;
    if (s->params[12] != NN_ACT_NONE || tensor_count(s->buf[x].t) != tensor_count(s->buf[2].t)) return -1;
    if (!period_of(s, k, to)) return -1;
    for (int32_t i = 0; minus && i < to->c; i++) to->v[i] = -to->v[i];
    return x;
}

// Whether step i + 1 reads, as input x, what step i wrote, perhaps in another shape, and nobody else does.
static bool follows(const struct plan *p, int i, int x)
{
    const struct tensor *t = p->step[i].buf[p->step[i].k->nbuf - 1].t, *u = p->step[i + 1].buf[x].t;
    while (u) {
        const struct tensor *next = NULL;
        if (graph_uses(p->g, u) != 1) return false;
        if (u == t) return true;
        for (int k = 0; k < p->nalias; k++)
            if (p->alias[k].out == u) next = p->alias[k].in;
        u = next;
    }
    return false;
}

static const struct tensor *table(struct plan *p, const struct period *v, int32_t c, const char *name)
{
    struct tensor *t = lower_table(p, name, F32, c);
    for (int32_t i = 0; i < c; i++) ((float *)(uintptr_t)t->data)[i] = v->v[i % v->c];
    return t;
}

// How many steps from i on are one, which *out then is; 0: none.
static int join(struct plan *p, int i, struct step *out)
{
    struct period factor = {{1.0f}, 1}, term = {{-0.0f}, 1}; // neither changes a bit
    const struct step *s = &p->step[i];
    const int end = i < p->front ? p->front : p->nstep;
    int n = 0, input = take(s, true, &factor);
    n += input >= 0;
    if (i + n < end) {
        const int x = take(s + n, false, &term);
        if (x >= 0 && !n) input = x;
        n += x >= 0 && (!n || follows(p, i, x));
    }
    const bool s8 = n && i + n < end && s[n].k == &kernel_nn_quantize_s8 && follows(p, i + n - 1, 0);
    if (n + s8 < 2) return 0;
    int32_t c = factor.c;
    while (c % term.c) c += factor.c;
    if (c > MOST_C) return 0;
    const struct ref *y = &s[n + s8 - 1].buf[s8 ? 1 : 2];
    const nn_affine a = {(int32_t)(tensor_count(y->t) / c), c, s8 ? s[n].params[1] : 0,
                         s8 ? s[n].params[2] : 0};
    const struct ref buf[] = {s->buf[input], ref_in(table(p, &factor, c, "factor")),
                              ref_in(table(p, &term, c, "term")), *y};
    *out = (struct step){.k = s8 ? &kernel_nn_affine_s8 : &kernel_nn_affine_f32,
                         .node = s[n + s8 - 1].node,
                         .params = arena_copy(p->arena, &a, sizeof a),
                         .buf = arena_copy(p->arena, buf, sizeof buf)};
    return n + s8;
}

void plan_affine(struct plan *p)
{
    struct step to;
    int n = 0, front = 0;
    for (int i = 0, k; i < p->nstep; i += k ? k : 1, n++) {
        if (i < p->front) front = n + 1;
        k = join(p, i, &to);
        p->step[n] = k ? to : p->step[i];
    }
    p->nstep = n;
    p->front = front;
    plan_keep_tables(p);
}
