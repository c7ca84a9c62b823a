#include "run.h"
#include "../../device/nn_math.h"
#include "../graph/kernels.h"
#include "../base/log.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct runner *runner_new(const struct plan *p, struct arena *a)
{
    struct runner *r = arena_new(a, struct runner);
    if (p->host) p = p->host;
    r->plan = p;
    r->memory = arena_alloc(a, (size_t)p->arena_bytes);
    if (p->scores_outside) r->scores = arena_alloc(a, (size_t)tensor_bytes(p->g->out[0]));
    return r;
}

void runner_reset(struct runner *r)
{
    memset(r->memory, 0, (size_t)r->plan->arena_bytes);
}

static void *ref_bytes(struct runner *r, const struct ref *f)
{
    if (f->offset >= 0) return r->memory + f->offset;
    return f->offset == REF_WINDOW   ? (void *)(uintptr_t)r->window
           : f->offset == REF_SCORES ? r->scores
           : f->offset == REF_CONST  ? (void *)(uintptr_t)f->t->data
                                     : NULL;
}

static void call(struct runner *r, const struct step *t, void **buf, int32_t first)
{
    int32_t params[STEP_MAX_FIELD], moved;
    for (int i = 0; i < t->k->nbuf; i++) buf[i] = ref_bytes(r, &t->buf[i]);
    void (*const kernel)(const void *, void *const *) =
        r->plan->layout->fma && t->k->call_fma ? t->k->call_fma : t->k->call;
    if (!t->turns) {
        kernel(t->params, buf);
        return;
    }
    step_turn(t, first, params, &moved);
    if (t->turns->buf >= 0) buf[t->turns->buf] = (uint8_t *)buf[t->turns->buf] + moved;
    kernel(params, buf);
}

static void take_turns(struct runner *r, const struct step *first)
{
    void *buf[KERNEL_MAX_BUF];
    for (int k = 0; k < first->turns->n; k++)
        for (int i = 0; i < first[k].turns->nzero; i++) {
            const struct ref *z = &first[k].buf[first[k].turns->zero + i];
            memset(ref_bytes(r, z), 0, (size_t)tensor_bytes(z->t));
        }
    for (int32_t i = 0; i < first->turns->total; i += first->turns->rows)
        for (int k = 0; k < first->turns->n; k++) call(r, &first[k], buf, i);
}

static void steps(struct runner *r, run_observer *observe, void *who)
{
    const struct plan *p = r->plan;
    for (int s = 0; s < p->nstep; s++) {
        const struct step *t = &p->step[s];
        void *buf[KERNEL_MAX_BUF];
        if (t->turns) { // their outputs as a whole are not there to be observed
            take_turns(r, t);
            s += t->turns->n - 1;
            continue;
        }
        call(r, t, buf, 0);
        for (int i = 0; observe && i < t->k->nbuf; i++)
            if (t->buf[i].written && t->buf[i].t) observe(who, t, t->buf[i].t, buf[i]);
    }
}

void run_invoke(struct runner *r, const void *const *in, void *const *out, run_observer *observe, void *who)
{
    const struct plan *p = r->plan;
    r->window = in[0];
    for (int i = 0; i < p->g->nin && !p->window_outside; i++)
        memcpy(ref_bytes(r, &p->in[i]), in[i], (size_t)tensor_bytes(p->g->in[i]));
    steps(r, observe, who);
    for (int i = 0; i < p->g->nout; i++)
        memcpy(out[i], ref_bytes(r, &p->out[i]), (size_t)tensor_bytes(p->g->out[i]));
}

// round(x / scale) + zero, saturated: what LiteRT's QUANTIZE does and what the emitted program does at its
// border (nn_border.h). NaN becomes the smallest.
static int32_t quantize(float x, float scale, int32_t zero, int32_t lo, int32_t hi)
{
    float v = x / scale;
    v = !(v > -65536.0f) ? -65536.0f : v > 65536.0f ? 65536.0f : v;
    return nn_clamp(nn_round(v) + zero, lo, hi);
}

static void put(struct runner *r, const float *x)
{
    const struct tensor *t = r->plan->g->in[0];
    int64_t n = tensor_count(t);
    r->window = x;
    if (r->plan->window_outside) return;
    uint8_t *to = ref_bytes(r, &r->plan->in[0]);
    if (t->type == F32) {
        memcpy(to, x, (size_t)n * sizeof *x);
        return;
    }
    float scale = t->q.n ? t->q.scale[0] : 1;
    int32_t zero = t->q.n ? t->q.zero[0] : 0;
    if (t->type == I8) { // vectorised
        nn_quantize q = {.n = (int32_t)n, .zero = zero};
        memcpy(&q.scale_bits, &scale, sizeof scale);
        nn_quantize_s8_call(&q, (void *const[]){(void *)(uintptr_t)x, to});
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        if (t->type == U8)
            to[i] = (uint8_t)quantize(x[i], scale, zero, 0, 255);
        else if (t->type == I16)
            ((int16_t *)to)[i] = (int16_t)quantize(x[i], scale, zero, -32768, 32767);
        else if (t->type == I32)
            ((int32_t *)to)[i] = quantize(x[i], 1, 0, -65536, 65536);
        else if (t->type == I64)
            ((int64_t *)to)[i] = quantize(x[i], 1, 0, -65536, 65536);
        else if (t->type == BOOL)
            to[i] = x[i] != 0;
    }
}

static void get(const struct tensor *t, const uint8_t *from, float *y)
{
    int64_t n = tensor_count(t);
    if (t->type == F32) {
        memcpy(y, from, (size_t)n * sizeof *y);
        return;
    }
    float scale = t->q.n ? t->q.scale[0] : 1;
    int32_t zero = t->q.n ? t->q.zero[0] : 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t q = t->type == I8                      ? ((const int8_t *)from)[i]
                    : t->type == U8 || t->type == BOOL ? from[i]
                    : t->type == I16                   ? ((const int16_t *)from)[i]
                    : t->type == I32                   ? ((const int32_t *)from)[i]
                                                       : (int32_t)((const int64_t *)from)[i];
        y[i] = (float)(q - zero) * scale;
    }
}

void run_float(struct runner *r, const float *x, float *y)
{
    const struct plan *p = r->plan;
    put(r, x);
    steps(r, NULL, NULL);
    get(p->g->out[0], ref_bytes(r, &p->out[0]), y);
}

struct batch {
    const struct plan *plan;
    const float *x;
    float *y;
    int n;
    const uint8_t *follows; // NULL: each window follows the one before
    run_observer *observe;  // NULL: scores are wanted
    void *const *who;
    atomic_int next, joined;
};

static void batch_one(struct batch *b, struct runner *r, const float *x, float *y, void *who)
{
    const struct graph *g = b->plan->g;
    if (!b->observe) {
        run_float(r, x, y);
        return;
    }
    b->observe(who, NULL, g->in[0], x);
    put(r, x);
    steps(r, b->observe, who);
}

static void *batch_part(void *arg)
{
    struct batch *b = arg;
    const int chunk = b->plan->nkept ? b->n : 16;
    struct arena a = {0};
    struct runner *r = runner_new(b->plan, &a);
    void *who = b->observe ? b->who[atomic_fetch_add(&b->joined, 1)] : NULL;
    int64_t nx = tensor_count(b->plan->g->in[0]), ny = b->y ? tensor_count(b->plan->g->out[0]) : 0;
    for (int i; (i = atomic_fetch_add(&b->next, chunk)) < b->n && !interrupted();)
        for (int k = i; k < b->n && k < i + chunk; k++) {
            if (b->follows && !b->follows[k]) runner_reset(r);
            batch_one(b, r, b->x + k * nx, b->y + k * ny, who);
        }
    arena_free(&a);
    return NULL;
}

int run_threads(const struct plan *p, int n)
{
    const char *want = getenv("WEARLITE_THREADS");
    long most = want ? atol(want) : sysconf(_SC_NPROCESSORS_ONLN);
    if (n <= 64 || p->nkept || most < 1) return 1;
    return most > RUN_MOST_THREADS ? RUN_MOST_THREADS : (int)most;
}

static bool batch_run(struct batch *b, struct err *e)
{
    pthread_t thread[RUN_MOST_THREADS];
    int extra = run_threads(b->plan, b->n) - 1, started = 0;
    if (b->plan->g->nin != 1)
        return fail(e, "the model has %d inputs; one is supported: a window of samples", b->plan->g->nin);
    while (started < extra && !pthread_create(&thread[started], NULL, batch_part, b)) started++;
    batch_part(b);
    while (started) pthread_join(thread[--started], NULL);
    return !interrupted() || fail(e, "interrupted");
}

bool run_batch(const struct plan *p, const float *x, int n, float *y, struct err *e)
{
    struct batch b = {.plan = p, .x = x, .y = y, .n = n};
    return batch_run(&b, e);
}

bool run_stretches(const struct plan *p, const float *x, int n, const uint8_t *follows, float *y,
                   struct err *e)
{
    struct batch b = {.plan = p, .x = x, .y = y, .n = n, .follows = follows};
    return batch_run(&b, e);
}

bool run_watch(const struct plan *p, const float *x, int n, run_observer *observe, void *const *who,
               struct err *e)
{
    struct batch b = {.plan = p, .x = x, .n = n, .observe = observe, .who = who};
    return batch_run(&b, e);
}
