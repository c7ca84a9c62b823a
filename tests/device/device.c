#include "device.h"
#include "folder.h"
#include "../../src/graph/kernel_grouped.h"
#include "../../src/graph/kernels.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// conv_f32, conv_s8, dense_f32, dense_s8, widen, fma, group, ahead, patch, gates, curve, tile
const struct layout device_layouts[] = {
    {1, 1, 1, 1, 0, false, 0, false, 0, GATES_FOURS, false, false},
    {4, 4, 4, 4, 0, false, 0, false, 0, GATES_FOURS, false, false},
    {3, 3, 3, 3, 0, false, 0, false, 0, GATES_ROWS, false, false},
    {16, 8, 32, 8, 0, true, 0, false, 0, GATES_FOURS, false, false},
    {4, 4, 4, 4, 2, true, 0, false, 0, GATES_WIDE, true, false},
    {16, 4, 16, 4, 0, false, 4, false, 0, GATES_PAIRS, false, false},
    {16, 4, 16, 4, 0, true, 4, false, 0, GATES_GROUPS, false, false},
    {16, 16, 16, 16, 0, false, 0, false, 0, GATES_WIDE, false, false},
    {4, 2, 4, 2, 0, true, 2, false, 3, GATES_PAIRS, false, false},   // cortex_m4/
    {4, 2, 4, 2, 0, true, 0, false, 3, GATES_PAIRS, false, false},   // cortex_m4/
    {4, 4, 4, 4, 0, true, 16, false, 0, GATES_GROUPS, false, false}, // cortex_m55/
    {4, 4, 4, 4, 0, true, 3, false, 0, GATES_WORDS, true, false}};   // rv32/
const int device_nlayout = sizeof device_layouts / sizeof *device_layouts;

enum { GUARD = 32 };
struct place {
    const struct tensor *t;
    uint8_t *block, *bytes;
    size_t n;
};

static void place_fill(struct place *p, size_t n, int skew)
{
    p->n = n;
    p->block = malloc(n + 2 * GUARD + (size_t)skew);
    memset(p->block, 0xA5, n + 2 * GUARD + (size_t)skew);
    p->bytes = p->block + GUARD + skew;
}

static void place_check(const struct place *p, const char *kernel, int skew)
{
    for (const uint8_t *q = p->block; q < p->bytes; q++)
        if (*q != 0xA5)
            test_fail(__FILE__, __LINE__, "%s wrote %d bytes before a buffer", kernel, (int)(p->bytes - q));
    for (int i = 0; i < GUARD; i++)
        if (p->bytes[p->n + (size_t)i] != 0xA5)
            test_fail(__FILE__, __LINE__, "%s wrote %d bytes behind a buffer of %zu (skew %d)", kernel, i,
                      p->n, skew);
}

static const struct tensor *root(const struct plan *p, const struct tensor *t)
{
    for (int i = p->nalias - 1; i >= 0; i--)
        if (p->alias[i].out == t) return root(p, p->alias[i].in);
    return t;
}

static struct place *find(struct place *v, int *n, const struct plan *p, const struct tensor *t)
{
    t = root(p, t);
    for (int i = 0; i < *n; i++)
        if (v[i].t == t) return &v[i];
    struct place *k = &v[(*n)++];
    // int8 buffers start at odd addresses
    place_fill(k, (size_t)tensor_bytes(t), dtype_size(t->type) == 1 ? 1 + *n % 3 : 0);
    k->t = t;
    if (tensor_is_const(t)) memcpy(k->bytes, t->data, k->n);
    return k;
}

// The host's layout has two kernels: what the call took on this machine must equal the portable one.
static void check_portable(const struct step *t, const int32_t *params, void *const *buf)
{
    const nn_conv2d *p = (const void *)params;
    if (t->k != &kernel_nn_conv2d_s8 || p->group != GROUP || p->batch != 1) return;
    const size_t n = (size_t)p->out_h * (size_t)p->out_w * (size_t)p->out_c;
    int8_t *y = malloc(n);
    grouped_conv2d(p, buf[0], p->x_zero, buf[1], buf[2], 1,
                   &(struct grouped_put){.mult = buf[3], .shift = buf[4], .y = y});
    CHECK(!memcmp(y, buf[5], n));
    free(y);
}

// The same of float layers: what this machine did not take must give the same bits where it can be executed.
static void check_avx2(const struct step *t, bool fma, const int32_t *params, void *const *buf)
{
    const nn_conv2d *p = (const void *)params;
    if (t->k != &kernel_nn_conv2d_f32 || p->block != GROUP_BLOCK || !avx2_kernels()) return;
    const size_t n = (size_t)p->batch * (size_t)p->out_h * (size_t)p->out_w * (size_t)p->out_c;
    float *y = malloc(n * sizeof *y);
    avx2_conv2d_f32(p, fma, buf[0], buf[1], buf[2], y);
    CHECK(!memcmp(y, buf[3], n * sizeof *y));
    free(y);
}

static const struct tensor *scratch(const struct ref *r, struct arena *a)
{
    return tensor_new(a, "scratch", I16, 1, (int32_t[]){r->bytes / 2});
}

static void run_steps(const struct plan *p, const struct layout *l, struct place *v, int *n, struct arena *a)
{
    for (int s = 0; s < p->nstep; s++) {
        const struct step *t = &p->step[s];
        void *buf[KERNEL_MAX_BUF];
        int32_t *params = malloc((size_t)t->k->nfield * sizeof *params); // ASan sees a read past its end
        memcpy(params, t->params, (size_t)t->k->nfield * sizeof *params);
        for (int i = 0; i < t->k->nbuf; i++)
            buf[i] = t->buf[i].offset == REF_ABSENT
                         ? NULL
                         : find(v, n, p, t->buf[i].t ? t->buf[i].t : scratch(&t->buf[i], a))->bytes;
        folder_call(l, t->k)(params, buf);
        check_portable(t, params, buf);
        check_avx2(t, l->fma, params, buf);
        free(params);
        for (int i = 0; i < *n; i++) {
            place_check(&v[i], t->k->name, 0);
            if (v[i].t && tensor_is_const(v[i].t) && memcmp(v[i].bytes, v[i].t->data, v[i].n))
                test_fail(__FILE__, __LINE__, "%s wrote to a constant", t->k->name);
        }
    }
}

void *device_windows(const struct graph *g, const struct layout *l, const void *const *in, int windows,
                     struct arena *a, struct err *e)
{
    const struct plan *p = plan_lower(g, l, a, e);
    if (!p) return NULL;
    struct place v[64];
    int n = 0;
    uint8_t *out = arena_array(a, (size_t)windows, (size_t)tensor_bytes(g->out[0]));
    for (int i = 0; i < p->nkept; i++) {
        struct place *k = find(v, &n, p, p->kept[i].t);
        memset(k->bytes, 0, k->n);
    }
    for (int w = 0; w < windows; w++) {
        for (int i = 0; i < g->nin; i++) {
            struct place *k = find(v, &n, p, g->in[i]);
            memcpy(k->bytes, (const uint8_t *)in[i] + (size_t)w * k->n, k->n);
        }
        const int before = n;
        run_steps(p, l, v, &n, a);
        const struct place *y = find(v, &n, p, g->out[0]);
        memcpy(out + (size_t)w * y->n, y->bytes, y->n);
        for (int i = before; i < n && w + 1 < windows; i++) free(v[i].block); // nothing else may be kept
        if (w + 1 < windows) n = before;
    }
    for (int i = 0; i < n; i++) free(v[i].block);
    return out;
}

void *device_run(const struct graph *g, const struct layout *l, const void *const *in, struct arena *a,
                 struct err *e)
{
    return device_windows(g, l, in, 1, a, e);
}

void set_scale(struct arena *a, struct tensor *t, float scale, int zero)
{
    float *s = arena_new(a, float);
    int32_t *z = arena_new(a, int32_t);
    *s = scale;
    *z = zero;
    t->q = (struct quant){1, 0, s, z};
}

void set_scales(struct arena *a, struct rng *r, struct tensor *t, int n, int axis, float about)
{
    float *s = arena_new_n(a, (size_t)n, float);
    for (int i = 0; i < n; i++) s[i] = about * rng_uniform(r, 0.5f, 1.5f);
    t->q = (struct quant){n, axis, s, arena_new_n(a, (size_t)n, int32_t)};
}

struct tensor *random_input(struct graph *g, struct arena *a, enum dtype type, int rank, const int32_t *dim,
                            float scale, int zero)
{
    struct tensor *t = tensor_new(a, arena_printf(a, "x%d", g->nin), type, rank, dim);
    struct tensor **in = arena_new_n(a, (size_t)g->nin + 1, struct tensor *);
    if (g->nin) memcpy(in, g->in, (size_t)g->nin * sizeof *in);
    in[g->nin++] = t;
    g->in = in;
    if (type == I8 || type == I16) set_scale(a, t, scale, zero);
    return t;
}

void *random_bytes(struct arena *a, struct rng *r, const struct tensor *t)
{
    const int64_t n = tensor_count(t);
    uint8_t *v = arena_array(a, (size_t)n, (size_t)dtype_size(t->type));
    for (int64_t i = 0; i < n; i++) {
        if (t->type == F32) ((float *)(void *)v)[i] = rng_normal(r);
        if (t->type == I8) v[i] = (uint8_t)rng_below(r, 256);
        if (t->type == I16) ((int16_t *)(void *)v)[i] = (int16_t)((int)rng_below(r, 65536) - 32768);
        if (t->type == I64) ((int64_t *)(void *)v)[i] = ((int64_t)rng_below(r, 4001) - 2000) * 4096;
        if (t->type == BOOL) v[i] = (uint8_t)rng_below(r, 2);
        if (t->type == I32) ((int32_t *)(void *)v)[i] = (int32_t)rng_below(r, 4001) - 2000;
    }
    return v;
}

struct tensor *random_const(struct arena *a, struct rng *r, enum dtype type, int rank, const int32_t *dim)
{
    struct tensor *t = tensor_new(a, "const", type, rank, dim);
    int8_t *v = random_bytes(a, r, t);
    for (int64_t i = 0; type == I8 && i < tensor_count(t); i++)
        if (v[i] == -128) v[i] = -127; // weights are symmetric
    t->data = v;
    return t;
}

// gemmlowp: SaturatingRoundingDoublingHighMul, then RoundingDivideByPOT.
static int32_t high_mul(int32_t a, int32_t b)
{
    const int64_t ab = (int64_t)a * b;
    return (int32_t)((ab + (ab >= 0 ? 1 << 30 : 1 - (1 << 30))) / (1ll << 31));
}

int32_t spec_multiply(int32_t x, double real)
{
    int shift = 0;
    int64_t mult = llround(frexp(real, &shift) * (double)(1ll << 31));
    if (mult == 1ll << 31) mult /= 2, shift++;
    const int32_t y = high_mul((int32_t)(x * (1ll << (shift > 0 ? shift : 0))), (int32_t)mult);
    if (shift >= 0) return y;
    const int64_t half = 1ll << (-shift - 1), big = y < 0 ? -(int64_t)y : y; // half away from zero
    const int64_t q = (big + half) >> -shift;
    return (int32_t)(y < 0 ? -q : q);
}

int spec_clamp(int v, int lo, int hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

void check_same(const char *what, const struct tensor *t, const void *want, const void *got)
{
    const int size = dtype_size(t->type);
    for (int64_t i = 0; i < tensor_count(t); i++) {
        const uint8_t *p = (const uint8_t *)want + i * size, *q = (const uint8_t *)got + i * size;
        if (!memcmp(p, q, (size_t)size)) continue;
        char at[96] = "";
        int64_t rest = i;
        for (int d = t->rank - 1; d >= 0; d--) {
            char tail[96];
            memcpy(tail, at, sizeof tail);
            snprintf(at, sizeof at, "[%d]%.60s", (int)(rest % t->dim[d]), tail);
            rest /= t->dim[d];
        }
        float f[2] = {0};
        if (size == 4) memcpy(&f[0], p, 4), memcpy(&f[1], q, 4);
        test_fail(__FILE__, __LINE__, "%s: at %s want %.9g, got %.9g", what, at,
                  size == 1   ? (double)*(const int8_t *)p
                  : size == 2 ? (double)*(const int16_t *)p
                              : (double)f[0],
                  size == 1   ? (double)*(const int8_t *)q
                  : size == 2 ? (double)*(const int16_t *)q
                              : (double)f[1]);
        return;
    }
}
