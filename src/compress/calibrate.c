// Ranges of activations from calibration windows: the float graph runs over them, a histogram is kept of
// every value, and the range is its extremes, a percentile of them, or the one with the least squared error
// of the integer type. A histogram wants the extremes first: the values are kept in between or, when they are too
// many, computed twice. Threads share the windows; counts are whole numbers, so who counted what does not matter.
#include "../base/buf.h"
#include "../run/run.h"
#include "compress.h"
#include <math.h>
#include <string.h>

enum { BINS = 2048, KEEP_MOST = 128 << 20 }; // bytes of values that are kept

#define TAIL 1e-3 // share of the values that a percentile range leaves out at either end

struct stat {
    const struct tensor *t;
    float lo, hi;
    double count, bin[BINS]; // over lo .. hi
    struct buf kept;         // the values of all windows
    struct range range;
};
struct ranges {
    struct stat *stat;
    int n;
    bool filling;           // second pass: extremes are known, bins are filled
    bool keeping;           // values are kept for it
    size_t kept, keep_most; // bytes
    double steps;           // of the integer type over a range
};

static struct stat *stat_of(const struct ranges *r, const struct tensor *t)
{
    for (int i = 0; i < r->n; i++)
        if (r->stat[i].t == t) return &r->stat[i];
    return NULL;
}

static void fill(struct stat *st, const float *v, int64_t n)
{
    const float per = st->hi > st->lo ? (float)BINS / (st->hi - st->lo) : 0;
    for (int64_t i = 0; i < n; i++) {
        int b = (int)((v[i] - st->lo) * per);
        st->bin[b < 0 ? 0 : b >= BINS ? BINS - 1 : b]++;
    }
    st->count += (double)n;
}

static void kept_free(struct ranges *r)
{
    for (int i = 0; i < r->n; i++) buf_free(&r->stat[i].kept);
    r->keeping = false;
}

static void observe(void *who, const struct step *s, const struct tensor *t, const void *bytes)
{
    (void)s;
    struct ranges *r = who;
    struct stat *st = stat_of(r, t);
    if (!st || t->type != F32) return;
    const float *v = bytes;
    int64_t n = tensor_count(t);
    if (r->filling) {
        fill(st, v, n);
        return;
    }
    float lo = st->lo, hi = st->hi;
    for (int64_t i = 0; i < n; i++) {
        if (v[i] < lo) lo = v[i];
        if (v[i] > hi) hi = v[i];
    }
    st->lo = lo, st->hi = hi;
    if (!r->keeping) return;
    r->kept += (size_t)n * sizeof *v;
    if (r->kept <= r->keep_most)
        buf_put(&st->kept, v, (size_t)n * sizeof *v);
    else
        kept_free(r);
}

static float bin_value(const struct stat *s, double b)
{
    return (float)((double)s->lo + ((double)s->hi - (double)s->lo) * b / BINS);
}

// Cuts the tails that hold less than `tail` of the values on each side.
static struct range range_percentile(const struct stat *s, double tail)
{
    double below = 0, above = 0;
    int lo = 0, hi = BINS;
    while (lo < BINS - 1 && below + s->bin[lo] <= tail * s->count) below += s->bin[lo++];
    while (hi > lo + 1 && above + s->bin[hi - 1] <= tail * s->count) above += s->bin[--hi];
    return (struct range){bin_value(s, lo), bin_value(s, hi)};
}

// The integers over lo .. hi have the expected squared error step^2 / 12 inside and the squared distance to the
// edge outside: the sum over values below lo (above hi), and how many they are.
static double tail_error(const struct stat *s, double edge, bool above, double *count)
{
    double err = 0;
    *count = 0;
    for (int i = 0; i < BINS; i++) {
        const int b = above ? BINS - 1 - i : i;
        const double v = (double)bin_value(s, b + 0.5), d = above ? v - edge : edge - v;
        if (d <= 0) break;
        err += s->bin[b] * d * d;
        *count += s->bin[b];
    }
    return err;
}

static struct range range_mse(const struct stat *s, double steps)
{
    enum { STEPS = 64 };
    struct range best = {s->lo, s->hi};
    double low[STEPS], high[STEPS], nlow[STEPS], nhigh[STEPS], least = INFINITY;
    for (int i = 0; i < STEPS; i++) {
        low[i] = tail_error(s, (double)(s->lo * (float)(STEPS - i) / STEPS), false, &nlow[i]);
        high[i] = tail_error(s, (double)(s->hi * (float)(STEPS - i) / STEPS), true, &nhigh[i]);
    }
    for (int i = 0; i < STEPS; i++)
        for (int j = 0; j < STEPS; j++) { // each side shrinks on its own towards zero
            float lo = s->lo * (float)(STEPS - i) / STEPS, hi = s->hi * (float)(STEPS - j) / STEPS;
            if (s->lo >= 0 && i) break;
            if (hi - lo <= 0) continue;
            const double step = ((double)hi - (double)lo) / steps,
                         err = low[i] + high[j] + (s->count - nlow[i] - nhigh[j]) * step * step / 12;
            if (err < least) least = err, best = (struct range){lo, hi};
        }
    return best;
}

static void add_stat(struct ranges *r, const struct tensor *t)
{
    if (!stat_of(r, t)) r->stat[r->n++].t = t;
}

static struct ranges *ranges_new(const struct graph *g, struct arena *a)
{
    struct ranges *r = arena_new(a, struct ranges);
    int most = g->nin;
    for (int k = 0; k < g->nnode; k++) most += g->node[k]->nout;
    r->stat = arena_new_n(a, (size_t)most, struct stat);
    for (int i = 0; i < g->nin; i++) add_stat(r, g->in[i]);
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nout; i++) add_stat(r, g->node[k]->out[i]);
    return r;
}

// The extremes that any of the parts met become those of all.
static void share_extremes(struct ranges *const *part, int n)
{
    for (int i = 0; i < part[0]->n; i++) {
        float lo = 0, hi = 0;
        for (int k = 0; k < n; k++) {
            const struct stat *s = &part[k]->stat[i];
            if (s->lo < lo) lo = s->lo;
            if (s->hi > hi) hi = s->hi;
        }
        for (int k = 0; k < n; k++) part[k]->stat[i].lo = lo, part[k]->stat[i].hi = hi;
    }
}

static void add_counts(struct stat *to, const struct stat *from)
{
    for (int i = 0; i < BINS; i++) to->bin[i] += from->bin[i];
    to->count += from->count;
}

// The statistics of all windows, in part[0].
static bool collect(const struct plan *p, const struct compress_opt *o, struct ranges *const *part, int n,
                    struct err *e)
{
    bool kept = o->range != RANGE_MIN_MAX;
    void *who[RUN_MOST_THREADS];
    for (int k = 0; k < n; k++) {
        who[k] = part[k];
        part[k]->keeping = kept;
        part[k]->keep_most = (size_t)KEEP_MOST / (size_t)n;
    }
    bool ok = run_watch(p, o->calibration, o->ncalibration, observe, who, e);
    share_extremes(part, n);
    for (int k = 0; k < n; k++) kept &= part[k]->keeping, part[k]->filling = true;
    if (ok && !kept && o->range != RANGE_MIN_MAX)
        ok = run_watch(p, o->calibration, o->ncalibration, observe, who, e);
    for (int k = 0; k < n; k++) {
        for (int i = 0; i < part[k]->n; i++) {
            const struct buf *values = &part[k]->stat[i].kept;
            if (kept)
                fill(&part[0]->stat[i], (const float *)(const void *)values->p,
                     (int64_t)(values->n / sizeof(float)));
            else if (k)
                add_counts(&part[0]->stat[i], &part[k]->stat[i]);
        }
        kept_free(part[k]);
    }
    return ok;
}

struct ranges *calibrate(const struct graph *g, const struct compress_opt *o, enum dtype type,
                         struct arena *a, struct err *e)
{
    if (!o->calibration || o->ncalibration < 1)
        return FAIL_NULL(e,
                         "integer activations: it needs calibration windows; give --calibrate DATA or X.npy");
    if (g->nin != 1) return FAIL_NULL(e, "the model has %d inputs, calibration knows one", g->nin);
    const struct plan *p = plan_lower(g, &layout_host, a, e);
    if (!p) return NULL;
    struct ranges *part[RUN_MOST_THREADS] = {NULL}, *r;
    const int n = run_threads(p, o->ncalibration);
    for (int k = 0; k < n; k++) part[k] = ranges_new(g, a);
    r = part[0];
    r->steps = type == I16 ? 65535 : 255;
    if (!collect(p, o, part, n, e)) return NULL;
    const enum range_method method = o->range != RANGE_AUTO ? o->range
                                     : type == I8           ? RANGE_PERCENTILE
                                                            : RANGE_MSE;
    for (int i = 0; i < r->n; i++) {
        struct stat *s = &r->stat[i];
        if (!isfinite(s->lo) || !isfinite(s->hi))
            return FAIL_NULL(e, "calibration: %s takes values that are not finite; look at the windows given",
                             s->t->name);
        s->range = (struct range){s->lo, s->hi};
        if (s->count > 0 && s->hi > s->lo && method == RANGE_PERCENTILE) s->range = range_percentile(s, TAIL);
        if (s->count > 0 && s->hi > s->lo && method == RANGE_MSE) s->range = range_mse(s, r->steps);
        s->range.lo = fminf(s->range.lo, 0);
        s->range.hi = fmaxf(s->range.hi, 0);
    }
    return r;
}

struct range range_of(const struct ranges *r, const struct tensor *t)
{
    const struct stat *s = stat_of(r, t);
    return s ? s->range : (struct range){0, 0};
}

struct quant quant_of(struct range r, enum dtype type, struct arena *a)
{
    float *scale = arena_new(a, float);
    int32_t *zero = arena_new(a, int32_t);
    if (type == I16) {
        const float most = fmaxf(-r.lo, r.hi);
        *scale = most > 0 ? most / 32767 : 1;
        return (struct quant){1, 0, scale, zero};
    }
    double s = ((double)r.hi - (double)r.lo) / 255;
    *scale = s > 0 ? (float)s : 1;
    double z = -128 - (double)r.lo / (s > 0 ? s : 1);
    *zero = (int32_t)fmax(-128, fmin(127, round(z)));
    return (struct quant){1, 0, scale, zero};
}
