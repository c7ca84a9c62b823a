#include "../../src/base/file.h"
#include "../../src/base/log.h"
#include "../../src/compress/compress.h"
#include "../../src/run/run.h"
#include "../../src/train/train.h"
#include "../../src/compress/compress.h"
#include "../test.h"
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WINDOW = 24, CLASSES = 3 };

// Three classes: still, slow and fast waves of random phase, five persons of different strength.
static struct dataset *waves(struct arena *a, int n)
{
    static const char *channel[] = {"acc_x", "acc_y", "acc_z"}, *unit[] = {"g", "g", "g"};
    static const char *label[] = {"still", "slow", "fast"};
    struct dataset *d = arena_new(a, struct dataset);
    struct rng r = rng_new(11);
    *d = (struct dataset){.name = "waves",
                          .rate_hz = 20,
                          .window = WINDOW,
                          .hop = WINDOW,
                          .nchannel = 3,
                          .nclass = CLASSES,
                          .nperson = 5,
                          .channel = channel,
                          .unit = unit,
                          .label = label,
                          .n = n};
    d->x = arena_new_n(a, (size_t)(n * WINDOW * 3), float);
    d->y = arena_new_n(a, (size_t)n, int32_t);
    d->person = arena_new_n(a, (size_t)n, int32_t);
    d->split = arena_new_n(a, (size_t)n, uint8_t);
    for (int i = 0; i < n; i++) {
        int person = i % 5, y = i / 5 % CLASSES;
        float phase = rng_uniform(&r, 0, 6.28f), strength = 0.5f + 0.1f * (float)person;
        d->y[i] = y;
        d->person[i] = person;
        d->split[i] = person == 3 ? SPLIT_VALID : person == 4 ? SPLIT_TEST : SPLIT_TRAIN;
        for (int t = 0; t < WINDOW * 3; t++) {
            float w = y ? strength * sinf(phase + (float)(t / 3) * (y == 1 ? 0.5f : 1.2f)) : 0;
            d->x[i * WINDOW * 3 + t] = (t % 3 == 2 ? 1 : w) + 0.1f * rng_normal(&r);
        }
    }
    return d;
}

static struct graph *small_cnn(const struct dataset *d, uint64_t seed, struct arena *a, struct err *e)
{
    float *mean = arena_new_n(a, 3, float), *std = arena_new_n(a, 3, float);
    dataset_moments(d, mean, std);
    struct arch_shape s = {d->window, d->nchannel, d->nclass, mean, std};
    struct rng r = rng_new(seed);
    return arch_find("cnn-small")->build(&s, &r, a, e);
}

static struct graph *trained(const struct dataset *d, const struct train_opt *o, struct train_result *res,
                             struct arena *a, struct err *e)
{
    enum log_level was = log_level;
    log_level = LOG_WARN;
    struct graph *g = small_cnn(d, o->seed, a, e);
    bool ok = g && train(g, d, o, res, a, e);
    log_level = was;
    return ok ? g : NULL;
}

static bool same_weights(const struct graph *g, const struct graph *h)
{
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nin; i++) {
            const struct tensor *t = g->node[k]->in[i], *u = h->node[k]->in[i];
            if (t && tensor_is_const(t) && memcmp(t->data, u->data, (size_t)tensor_bytes(t))) return false;
        }
    return true;
}

static double accuracy(const struct graph *g, const struct dataset *d, enum split s, struct arena *a)
{
    struct dataset *part = dataset_split(d, s, a);
    struct err e = {""};
    float *y = arena_new_n(a, (size_t)(part->n * CLASSES), float);
    CHECK(train_predict(g, part->x, part->n, y, &e));
    return score_of(y, part->y, part->n, CLASSES, a).accuracy;
}

TEST(train_learns_and_repeats)
{
    struct arena a = {0};
    struct err e = {""};
    struct dataset *d = waves(&a, 300);
    struct train_opt o = {.epochs = 12, .batch = 16, .seed = 4, .rate = 0.01f, .patience = 12};
    struct train_result r;
    struct graph *g = trained(d, &o, &r, &a, &e), *h = trained(d, &o, NULL, &a, &e);
    CHECK_STR("", e.text);
    CHECK(g && h);
    if (!g || !h) return arena_free(&a);
    CHECK(accuracy(g, d, SPLIT_TEST, &a) > 0.9);
    CHECK_EQ(12, r.epochs);
    CHECK(same_weights(g, h));
    o.seed = 5;
    h = trained(d, &o, NULL, &a, &e);
    CHECK(h && !same_weights(g, h));
    CHECK(graph_check(g, &e));
    arena_free(&a);
}

// Distinct magnitudes of weights over their channel's largest, to a thousandth of it.
static int magnitudes(const struct tensor *w)
{
    const float *v = w->data;
    const int64_t each = tensor_count(w) / w->dim[0];
    bool has[1001] = {0};
    int n = 0;
    for (int64_t i = 0; i < tensor_count(w); i++) {
        float top = 0;
        for (int64_t k = i / each * each; k < (i / each + 1) * each; k++) top = fmaxf(top, fabsf(v[k]));
        if (top > 0) has[(int)lroundf(1000 * fabsf(v[i]) / top)] = true;
    }
    for (int i = 0; i <= 1000; i++) n += has[i];
    return n;
}

TEST(train_keeps_clusters)
{
    struct arena a = {0};
    struct err e = {""};
    struct dataset *d = waves(&a, 300);
    struct train_opt o = {.epochs = 12, .batch = 16, .seed = 4, .rate = 0.01f, .patience = 12};
    struct graph *g = trained(d, &o, NULL, &a, &e), *h = g ? graph_copy(g, &a) : NULL;
    const struct clusters *c = h ? clusters_find(h, &a) : NULL;
    struct further f = {d, o};
    const enum log_level was = log_level;
    CHECK(c);
    if (!c) return arena_free(&a);
    log_level = LOG_WARN;
    CHECK(train_further(&f, h, c, &a, &e));
    log_level = was;
    CHECK(!same_weights(g, h));
    CHECK(accuracy(h, d, SPLIT_TEST, &a) > 0.9);
    int layers = 0, held = 0;
    for (int k = 0; k < h->nnode; k++) {
        if (h->node[k]->op != OP_CONV_2D && h->node[k]->op != OP_DENSE) continue;
        const struct tensor *w = h->node[k]->in[1];
        if (!layers++ || tensor_count(w) < 64) continue; // its inputs are scaled apart, or it is too small
        CHECK(magnitudes(g->node[k]->in[1]) > 8);
        CHECK(magnitudes(w) <= 8);
        held++;
    }
    CHECK(held > 0);
    arena_free(&a);
}

// Presses Ctrl-C once the first epoch's checkpoint is there.
static void *press(void *path)
{
    while (!file_exists(path)) usleep(200);
    kill(getpid(), SIGINT);
    return NULL;
}

// A process of its own, since what Ctrl-C set stays set. Exit 0: interrupted, and said so.
static int interrupted_run(const struct dataset *d, const struct train_opt *o)
{
    pid_t child = fork();
    if (child == 0) {
        struct arena a = {0};
        struct err e = {""};
        pthread_t t;
        interrupt_catch();
        pthread_create(&t, NULL, press, (void *)o->checkpoint);
        struct graph *g = trained(d, o, NULL, &a, &e);
        if (g || !strstr(e.text, "the same command goes on from there"))
            printf("said: %s\n", e.text), _exit(1);
        _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Cut off by Ctrl-C and taken up from the checkpoint: the same bytes as a run that nobody disturbed.
TEST(train_resumes_to_the_same_bytes)
{
    struct arena a = {0};
    struct err e = {""};
    struct dataset *d = waves(&a, 120);
    struct train_opt o = {.epochs = 40, .batch = 16, .seed = 2, .patience = 40};
    struct train_result whole, parts;
    struct graph *g = trained(d, &o, &whole, &a, &e);
    o.checkpoint = test_path("resume.checkpoint");
    CHECK_EQ(0, interrupted_run(d, &o));
    struct graph *h = trained(d, &o, &parts, &a, &e);
    CHECK_STR("", e.text);
    CHECK(g && h && same_weights(g, h));
    CHECK_EQ(whole.best_epoch, parts.best_epoch);
    CHECK_NEAR(whole.train_loss, parts.train_loss, 0);
    CHECK_NEAR(whole.valid_loss, parts.valid_loss, 0);
    arena_free(&a);
}

TEST(train_checkpoint_of_another_run)
{
    struct arena a = {0};
    struct err e = {""};
    struct dataset *d = waves(&a, 60);
    struct train_opt o = {.epochs = 2, .batch = 16, .seed = 1, .checkpoint = test_path("other.checkpoint")};
    struct graph *g = trained(d, &o, NULL, &a, &e);
    CHECK(g != NULL);
    enum log_level was = log_level;
    log_level = LOG_QUIET;
    o.seed = 7; // another run: starts anew and writes over it
    struct graph *h = small_cnn(d, 7, &a, &e);
    CHECK(train(h, d, &o, NULL, &a, &e));
    struct span f;
    CHECK(file_read(o.checkpoint, &a, &f, &e));
    ((uint8_t *)f.p)[f.n / 2] ^= 1; // damaged: the same
    CHECK(file_write(o.checkpoint, f, &e));
    struct graph *again = small_cnn(d, 7, &a, &e);
    CHECK(train(again, d, &o, NULL, &a, &e));
    CHECK(same_weights(h, again));
    log_level = was;
    CHECK(file_write(o.checkpoint, (struct span){(const uint8_t *)"my diary, 2026\n", 15}, &e));
    CHECK(!trained(d, &o, NULL, &a, &e)); // somebody else's file is left alone
    CHECK_STR("is not a checkpoint", e.text);
    CHECK_STR("name another file", e.text);
    arena_free(&a);
}

TEST(train_says_what_cannot_be_trained)
{
    struct arena a = {0};
    struct err e = {""};
    struct dataset *d = waves(&a, 60);
    struct train_opt o = {.epochs = 1};
    struct graph *g = small_cnn(d, 1, &a, &e);
    CHECK(!train_arch("cnnn", d, &o, NULL, &a, &e));
    CHECK_STR("unknown model 'cnnn'; there are cnn cnn-small", e.text);
    g->node[3]->op = OP_TANH;
    CHECK(!train(g, d, &o, NULL, &a, &e));
    CHECK_STR("TANH", e.text);
    CHECK_STR("cannot be trained; these can: CONV_2D", e.text);
    g = small_cnn(d, 1, &a, &e);
    d->nclass = 4;
    CHECK(!train(g, d, &o, NULL, &a, &e));
    CHECK_STR("the network takes 1x24x3 and tells 3 classes apart, waves has windows of 24x3 and 4 classes",
              e.text);
    d->nclass = 3;
    g->nnode--;
    CHECK(!train(g, d, &o, NULL, &a, &e));
    CHECK_STR("only a classifier can be trained", e.text);
    g = small_cnn(d, 1, &a, &e);
    o.rate = 1e30f;
    CHECK(!trained(d, &o, NULL, &a, &e));
    CHECK_STR("diverged", e.text);
    memset(d->split, SPLIT_TEST, (size_t)d->n);
    CHECK(!train(g, d, &o, NULL, &a, &e));
    CHECK_STR("waves has no training windows", e.text);
    d->window = 2;
    CHECK(!train_arch("cnn", d, &o, NULL, &a, &e));
    CHECK_STR("window", e.text);
    arena_free(&a);
}

// Between the trainer's forward pass and the device kernels on the lite model.
static double largest_difference(const struct graph *g, const struct dataset *d, struct arena *a)
{
    struct err e = {""};
    struct compress_opt o = {0};
    size_t n = (size_t)d->n * CLASSES;
    float *y = arena_new_n(a, n, float), *z = arena_new_n(a, n, float);
    struct graph *lite = technique_find("lite")->apply(g, &o, a, &e);
    struct plan *p = lite ? plan_lower(lite, &layout_host, a, &e) : NULL;
    double top = 0;
    if (!p || !train_predict(g, d->x, d->n, y, &e) || !run_batch(p, d->x, d->n, z, &e)) {
        test_fail(__FILE__, __LINE__, "%s: %s", g->name, e.text);
        return 1;
    }
    for (size_t i = 0; i < n; i++) top = fmax(top, fabs((double)y[i] - (double)z[i]));
    return top;
}

TEST(train_every_architecture)
{
    struct arena a = {0};
    struct err e = {""};
    float mean[6] = {0}, std[6] = {1, 1, 1, 1, 1, 1};
    struct arch_shape s = {128, 6, 6, mean, std};
    for (int i = 0; archs[i]; i++) {
        struct rng r = rng_new(1);
        struct graph *g = archs[i]->build(&s, &r, &a, &e);
        if (!g || !graph_check(g, &e)) {
            test_fail(__FILE__, __LINE__, "%s: %s", archs[i]->name, e.text);
            continue;
        }
        CHECK(arch_find(archs[i]->name) == archs[i]);
        CHECK_EQ(OP_SOFTMAX, g->node[g->nnode - 1]->op);
        // So that compress can fold the normalisation of raw sensor units into it; where the layer behind sees the
        // channels one by one (tinyhar), it becomes one factor and one summand.
        struct graph *h = graph_copy(g, &a);
        CHECK(fold_batch_norm(h, NULL, &a, &e));
        bool apart = false;
        for (int k = 0; k < g->nnode; k++) apart |= g->node[k]->op == OP_TRANSPOSE;
        for (int k = 0; k < h->nnode; k++) {
            CHECK(h->node[k]->op != OP_BATCH_NORM);
            CHECK(h->node[k]->op != OP_MUL || (apart && k == 0 && h->node[1]->op == OP_ADD));
        }
        struct dataset *d = waves(&a, 30);
        struct train_opt o = {.epochs = 1, .batch = 8};
        struct train_result res;
        log_level = LOG_WARN;
        g = train_arch(archs[i]->name, d, &o, &res, &a, &e);
        log_level = LOG_INFO;
        if (!g) continue; // windows of 24 are too short for some
        CHECK_STR("still,slow,fast", graph_meta(g, META_LABELS));
        CHECK_STR("acc_x,acc_y,acc_z", graph_meta(g, META_CHANNELS));
        CHECK_STR(archs[i]->name, graph_meta(g, META_ARCH));
        CHECK(largest_difference(g, d, &a) < 1e-5);
    }
    arena_free(&a);
}

TEST(train_score)
{
    struct arena a = {0};
    static const float y[] = {.9f, .1f, .2f, .8f, .6f, .4f, .3f, .7f};
    static const int32_t label[] = {0, 1, 1, 1};
    struct score s = score_of(y, label, 4, 2, &a);
    CHECK_NEAR(0.75, s.accuracy, 1e-12);
    CHECK_NEAR((2.0 / 3 + 0.8) / 2, s.macro_f1, 1e-12); // F1 of 0: 2*1/(2+1), of 1: 2*2/(4+1)
    CHECK_EQ(1, s.confusion[2]);
    s = score_of(y, label, 0, 2, &a);
    CHECK_NEAR(0, s.accuracy, 0);
    arena_free(&a);
}
