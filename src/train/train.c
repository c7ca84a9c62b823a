#include "train.h"
#include "../base/log.h"
#include "augment.h"
#include "checkpoint.h"
#include "gemm.h"
#include "loss.h"
#include "parts.h"
#include "predict.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

struct trainer {
    const struct train_opt *opt;
    const struct dataset *train, *valid;
    struct augment augment;
    struct loss loss, plain; // plain: as validation counts, without smoothing or weights
    struct params params;
    struct run_state run;
    struct part { // of a batch
        struct net *net;
        float *dw; // (params.n)
        double loss;
    } part[PARTS];
    struct predictor *average; // with the averaged weights
    int32_t *order;            // (train->n) the epoch's order
    int epoch, first, last;    // the batch at work: order[first .. last)
    float *score;              // (valid->n, nclass)
};

// An own stream for everything that is random: what, counted within the epoch.
static struct rng stream(const struct trainer *t, int64_t what)
{
    return rng_new((t->opt->seed + 1) * 0xd1342543de82ef95u + ((uint64_t)t->epoch << 40) + (uint64_t)what);
}

static void train_part(void *who, int p)
{
    struct trainer *t = who;
    struct part *part = &t->part[p];
    int first = part_start(t->first, t->last, p), n = part_start(t->first, t->last, p + 1) - first;
    int count = part->net->in.n, y[512];
    part->loss = 0;
    if (!n) return;
    for (int i = 0; i < n; i++) {
        int w = t->order[first + i];
        const float *x = t->train->x + (int64_t)w * count;
        struct rng r = stream(t, 1 + first + i);
        y[i] = t->train->y[w];
        if (t->opt->no_augment)
            memcpy(part->net->in.x + i * count, x, (size_t)count * sizeof *x);
        else
            augment_window(&t->augment, x, part->net->in.x + i * count, &r);
    }
    struct rng r = stream(t, ((int64_t)1 << 32) + first);
    net_forward(part->net, n, true, &r);
    part->loss = loss_sum(&t->loss, part->net->out.x, y, n, t->last - t->first, part->net->logits.dx);
    net_backward(part->net);
}

// Shortens the gradient to `longest`; running statistics are none.
static void clip(const struct params *p, float *dw, float longest)
{
    double square = 0;
    for (int i = 0; i < p->nslot; i++)
        for (int k = p->slot[i].at; p->slot[i].kind != PARAM_STAT && k < p->slot[i].at + p->slot[i].n; k++)
            square += (double)dw[k] * (double)dw[k];
    const float shrink = longest / (float)sqrt(square);
    if (!(shrink < 1)) return;
    for (int i = 0; i < p->nslot; i++)
        for (int k = p->slot[i].at; p->slot[i].kind != PARAM_STAT && k < p->slot[i].at + p->slot[i].n; k++)
            dw[k] *= shrink;
}

static void hold(const struct trainer *t, float *w)
{
    for (int i = 0; t->opt->clusters && i < t->params.nslot; i++)
        clusters_hold(t->opt->clusters, t->params.slot[i].t, w + t->params.slot[i].at);
}

// Sum of the parts' gradients, mean of their batch statistics, into the first's.
static void gather(struct trainer *t)
{
    float *restrict to = t->part[0].dw;
    int n = t->last - t->first, used = n < PARTS ? 1 : PARTS;
    if (n < PARTS) to = t->part[PARTS - 1].dw; // a batch of one lies in the last part
    for (int p = 1; p < used; p++) {
        const float *restrict from = t->part[p].dw;
        for (int i = 0; i < t->params.n; i++) to[i] += from[i];
    }
    for (int i = 0; i < t->params.nslot; i++) {
        const struct slot *s = &t->params.slot[i];
        for (int k = s->at; k < s->at + s->n && s->kind == PARAM_STAT; k++) to[k] /= (float)used;
    }
    if (t->opt->clip > 0) clip(&t->params, to, t->opt->clip);
    optimizer_step(&t->run.opt, to);
    hold(t, t->run.opt.w);
}

// Validates the averaged weights. Kept are those of the best epoch of the last third: before that the
// learning rate is still high, and a validation loss that happens to be low there misleads. Seven-fold
// cross-validation over the training persons of HAPT (cnn, 30 epochs): the best of all epochs 93.3 %, of the
// last third 93.7 %, the last epoch 93.7 %.
static void validate(struct trainer *t, struct arena *scratch)
{
    struct train_result *r = &t->run.result;
    int n = t->valid->n;
    hold(t, t->run.opt.average);
    predictor_run(t->average, t->valid->x, n, t->score);
    float loss = n ? (float)(loss_sum(&t->plain, t->score, t->valid->y, n, n, NULL) / n) : 0;
    float accuracy = (float)score_of(t->score, t->valid->y, n, t->plain.nclass, scratch).accuracy;
    log_debug("epoch %d: loss %.4f, validation loss %.4f, accuracy %.2f %%", r->epochs, (double)r->train_loss,
              (double)loss, 100 * (double)accuracy);
    if (n && r->epochs > t->opt->epochs - t->opt->epochs / 3 && !(loss < r->valid_loss)) return;
    r->best_epoch = r->epochs;
    r->valid_loss = loss;
    r->valid_accuracy = accuracy;
    memcpy(t->run.best, t->run.opt.average, (size_t)t->params.n * sizeof(float));
}

static bool train_epoch(struct trainer *t, struct progress *p, struct err *e)
{
    struct train_result *r = &t->run.result;
    int n = t->train->n, nbatch = (n + t->opt->batch - 1) / t->opt->batch;
    double loss = 0;
    t->epoch = r->epochs;
    struct rng order = stream(t, 0);
    for (int i = 0; i < n; i++) t->order[i] = i;
    rng_shuffle(&order, t->order, n);
    for (int b = 0; b < nbatch; b++) {
        if (interrupted()) return fail(e, "interrupted in epoch %d of %d", r->epochs + 1, t->opt->epochs);
        t->first = (int)((int64_t)n * b / nbatch);
        t->last = (int)((int64_t)n * (b + 1) / nbatch);
        parts_run(train_part, t);
        for (int k = 0; k < PARTS; k++) loss += t->part[k].loss;
        gather(t);
        progress_step(p, r->epochs + (double)(b + 1) / nbatch, "epoch %d, loss %.3f, validation %.1f %%",
                      r->epochs + 1, loss / t->last, 100 * (double)r->valid_accuracy);
    }
    r->train_loss = (float)(loss / n);
    r->epochs++;
    float top = 0; // an infinite weight hides behind relu and batch-norm: look at the weights too
    for (int i = 0; i < t->params.n; i++) top = fabsf(t->run.opt.w[i]) <= top ? top : fabsf(t->run.opt.w[i]);
    if (!isfinite(r->train_loss) || !(top < 1e6f))
        return fail(e, "the training diverged in epoch %d; try a smaller --rate than %g", r->epochs,
                    (double)t->opt->rate);
    return true;
}

static bool data_check(const struct graph *g, const struct dataset *d, const struct trainer *t, struct err *e)
{
    const struct tensor *in = g->in[0], *out = g->out[0];
    if (tensor_count(in) != (int64_t)d->window * d->nchannel || out->dim[1] != d->nclass) {
        char s[64];
        return fail(e,
                    "the network takes %s and tells %d classes apart, %s has windows of %dx%d and %d classes",
                    tensor_shape(in, s, sizeof s), out->dim[1], d->name, d->window, d->nchannel, d->nclass);
    }
    if (!t->train->n) return fail(e, "%s has no training windows", d->name);
    return true;
}

static struct train_opt with_defaults(const struct train_opt *o)
{
    struct train_opt w = *o;
    if (w.epochs <= 0) w.epochs = 30;
    if (w.batch <= 0) w.batch = 64;
    if (w.batch > 1024) w.batch = 1024;
    if (w.patience <= 0) w.patience = w.epochs;
    if (w.rate <= 0) w.rate = 2e-3f;
    if (w.weight_decay <= 0) w.weight_decay = 0.05f;
    if (w.label_smoothing <= 0) w.label_smoothing = 0.1f;
    return w;
}

static void trainer_init(struct trainer *t, struct graph *g, const struct dataset *d, struct arena *a)
{
    size_t n = (size_t)t->params.n;
    float *mean = arena_new_n(a, (size_t)d->nchannel, float),
          *std = arena_new_n(a, (size_t)d->nchannel, float);
    float *w = arena_new_n(a, n, float);
    dataset_moments(d, mean, std);
    t->augment = augment_new(d, std, a);
    t->loss = (struct loss){d->nclass, t->opt->label_smoothing,
                            class_weights(t->train, t->opt->no_class_weights, a)};
    t->plain = (struct loss){d->nclass, 0, class_weights(t->train, true, a)};
    params_read(&t->params, w);
    hold(t, w);
    optimizer_init(&t->run.opt, &t->params, w, a);
    t->run.opt.rate = t->opt->rate;
    t->run.opt.weight_decay = t->opt->weight_decay;
    t->run.opt.steps = (int64_t)t->opt->epochs * ((t->train->n + t->opt->batch - 1) / t->opt->batch);
    t->run.best = arena_copy(a, w, n * sizeof *w);
    t->order = arena_new_n(a, (size_t)t->train->n, int32_t);
    t->score = arena_new_n(a, (size_t)t->valid->n * (size_t)d->nclass + 1, float);
    t->average = predictor_new(g, &t->params, t->run.opt.average, a);
    for (int p = 0; p < PARTS; p++) {
        t->part[p].dw = arena_new_n(a, n, float);
        t->part[p].net = net_new(g, &t->params, w, t->part[p].dw, (t->opt->batch + PARTS - 1) / PARTS, a);
    }
}

static bool run(struct trainer *t, const char *what, const char *key, struct err *e)
{
    struct train_result *r = &t->run.result;
    struct progress p = progress_start(what, t->opt->epochs);
    double before = r->seconds, started = seconds_now();
    struct arena scratch = {0};
    bool ok = true;
    while (ok && r->epochs < t->opt->epochs &&
           (!t->valid->n || r->epochs - r->best_epoch < t->opt->patience)) {
        ok = train_epoch(t, &p, e);
        if (!ok) break;
        validate(t, &scratch);
        r->seconds = before + seconds_now() - started;
        if (t->opt->checkpoint) ok = checkpoint_write(t->opt->checkpoint, key, &t->run, e);
    }
    arena_free(&scratch);
    if (ok)
        progress_end(&p, "%.1f %% of validation windows right (epoch %d of %d), %.0f s",
                     100 * (double)r->valid_accuracy, r->best_epoch, r->epochs, r->seconds);
    else if (interrupted() && t->opt->checkpoint && r->epochs)
        fail_in(e, "%s holds %d epochs, the same command goes on from there", t->opt->checkpoint, r->epochs);
    return ok;
}

bool train(struct graph *g, const struct dataset *d, const struct train_opt *o, struct train_result *r,
           struct arena *a, struct err *e)
{
    struct train_opt opt = with_defaults(o);
    struct arena own = {0};
    struct trainer t = {.opt = &opt};
    bool found = false;
    const char *key = NULL;
    t.train = dataset_split(d, SPLIT_TRAIN, &own);
    t.valid = dataset_split(d, SPLIT_VALID, &own);
    gemm_init();
    bool ok = params_find(g, &t.params, &own, e) && data_check(g, d, &t, e);
    if (ok) {
        trainer_init(&t, g, d, &own);
        key = run_key(g, d, &opt, t.run.opt.w, t.params.n, &own);
        ok = !opt.checkpoint || checkpoint_read(opt.checkpoint, key, &t.run, &found, &own, e);
    }
    if (ok && found) log_info("going on after epoch %d from %s", t.run.result.epochs, opt.checkpoint);
    ok = ok && run(&t, arena_printf(&own, "train %s", g->name), key, e);
    if (ok) {
        params_write(&t.params, t.run.best, a);
        if (r) *r = t.run.result;
    }
    arena_free(&own);
    return ok;
}
