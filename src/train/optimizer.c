#include "optimizer.h"
#include <math.h>
#include <string.h>

// Adam's constants as its authors give them (Kingma, Ba 2015); the share of a batch in the running
// statistics; how far back the average of the weights reaches: 1 / (1 - AVERAGE) steps, about three epochs of
// HAPT.
#define BETA1 0.9f
#define BETA2 0.999f
#define EPSILON 1e-8f
#define STAT_SHARE 0.05f
#define AVERAGE 0.995f

void optimizer_init(struct optimizer *o, const struct params *p, float *w, struct arena *a)
{
    size_t n = (size_t)p->n;
    o->params = p;
    o->w = w;
    o->mean = arena_new_n(a, n, float);
    o->square = arena_new_n(a, n, float);
    o->average = arena_copy(a, w, n * sizeof *w);
}

float rate_at(const struct optimizer *o, int64_t step)
{
    double warm = 0.05 * (double)o->steps, t = (double)step + 1;
    if (t < warm) return o->rate * (float)(t / warm);
    double done = (t - warm) / ((double)o->steps - warm + 1);
    return o->rate * (float)(0.01 + 0.99 * 0.5 * (1 + cos(3.14159265358979323846 * (done < 1 ? done : 1))));
}

static void adam(float *restrict w, float *restrict m, float *restrict v, const float *restrict g, int n,
                 float rate, float shrink, float correct1, float correct2)
{
    for (int i = 0; i < n; i++) {
        m[i] = BETA1 * m[i] + (1 - BETA1) * g[i];
        v[i] = BETA2 * v[i] + (1 - BETA2) * g[i] * g[i];
        w[i] = w[i] * shrink - rate * (m[i] * correct1) / (sqrtf(v[i] * correct2) + EPSILON);
    }
}

static void approach(float *restrict w, const float *restrict to, int n, float share)
{
    for (int i = 0; i < n; i++) w[i] += share * (to[i] - w[i]);
}

void optimizer_step(struct optimizer *o, const float *dw)
{
    float rate = rate_at(o, o->step);
    double t = (double)++o->step;
    float correct1 = (float)(1 / (1 - pow((double)BETA1, t))),
          correct2 = (float)(1 / (1 - pow((double)BETA2, t)));
    for (int i = 0; i < o->params->nslot; i++) {
        const struct slot *s = &o->params->slot[i];
        float shrink = s->kind == PARAM_WEIGHT ? 1 - rate * o->weight_decay : 1;
        // The first batches are averaged evenly, so that nothing remains of the statistics it started with.
        float share = t < 1 / (double)STAT_SHARE ? (float)(1 / t) : STAT_SHARE;
        if (s->kind == PARAM_STAT)
            approach(o->w + s->at, dw + s->at, s->n, share);
        else
            adam(o->w + s->at, o->mean + s->at, o->square + s->at, dw + s->at, s->n, rate, shrink, correct1,
                 correct2);
    }
    double share = 1 - (double)AVERAGE, warm = 10 / (10 + t); // young averages forget faster
    approach(o->average, o->w, o->params->n, (float)(share > warm ? share : warm));
}
