#include "gemm.h"
#include "net.h"
#include "parts.h"
#include "predict.h"
#include "train.h"
#include <string.h>

enum { BATCH = 64 };

struct predictor {
    struct net *net[PARTS];
    const float *x;
    float *y;
    int n;
};

static void predict_part(void *who, int p)
{
    struct predictor *w = who;
    struct net *net = w->net[p];
    int to = part_start(0, w->n, p + 1);
    for (int i = part_start(0, w->n, p); i < to; i += BATCH) {
        int n = to - i < BATCH ? to - i : BATCH;
        memcpy(net->in.x, w->x + (int64_t)i * net->in.n, (size_t)n * (size_t)net->in.n * sizeof(float));
        net_forward(net, n, false, NULL);
        memcpy(w->y + (int64_t)i * net->out.n, net->out.x, (size_t)n * (size_t)net->out.n * sizeof(float));
    }
}

struct predictor *predictor_new(const struct graph *g, const struct params *p, float *w, struct arena *a)
{
    struct predictor *r = arena_new(a, struct predictor);
    for (int i = 0; i < PARTS; i++) r->net[i] = net_new(g, p, w, NULL, BATCH, a);
    return r;
}

void predictor_run(struct predictor *r, const float *x, int n, float *y)
{
    r->x = x;
    r->y = y;
    r->n = n;
    parts_run(predict_part, r);
}

bool train_predict(const struct graph *g, const float *x, int n, float *y, struct err *e)
{
    struct arena a = {0};
    struct params p;
    gemm_init();
    bool ok = params_find(g, &p, &a, e);
    if (ok) {
        float *w = arena_new_n(&a, (size_t)p.n, float);
        params_read(&p, w);
        predictor_run(predictor_new(g, &p, w, &a), x, n, y);
    }
    arena_free(&a);
    return ok;
}
