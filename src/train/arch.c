#include "train.h"
#include <stdio.h>
#include <string.h>

extern const struct arch arch_cnn, arch_cnn_small, arch_ds_cnn, arch_resnet, arch_lstm, arch_gru, arch_bilstm,
    arch_cnn_lstm, arch_deepconvlstm, arch_tinyhar, arch_cnn_stream;
const struct arch *const archs[] = {&arch_cnn,          &arch_cnn_small, &arch_ds_cnn,     &arch_resnet,
                                    &arch_lstm,         &arch_gru,       &arch_bilstm,     &arch_cnn_lstm,
                                    &arch_deepconvlstm, &arch_tinyhar,   &arch_cnn_stream, NULL};

const struct arch *arch_find(const char *name)
{
    for (int i = 0; archs[i]; i++)
        if (!strcmp(archs[i]->name, name)) return archs[i];
    return NULL;
}

static const char *joined(const char *const *word, int n, struct arena *a)
{
    const char *s = "";
    for (int i = 0; i < n; i++) s = arena_printf(a, "%s%s%s", s, i ? "," : "", word[i]);
    return s;
}

static const char *numbers(const float *v, int n, struct arena *a)
{
    const char *s = "";
    for (int i = 0; i < n; i++) s = arena_printf(a, "%s%s%.9g", s, i ? "," : "", (double)v[i]);
    return s;
}

// What somebody with only the file needs in order to use it.
static void describe(struct graph *g, const struct arch *arch, const struct dataset *d,
                     const struct arch_shape *s, struct arena *a)
{
    graph_meta_set(g, a, META_LABELS, joined(d->label, d->nclass, a));
    graph_meta_set(g, a, META_CHANNELS, joined(d->channel, d->nchannel, a));
    graph_meta_set(g, a, META_UNITS, joined(d->unit, d->nchannel, a));
    graph_meta_set(g, a, META_RATE, arena_printf(a, "%g", (double)d->rate_hz));
    graph_meta_set(g, a, META_HOP, arena_printf(a, "%d", d->hop));
    graph_meta_set(g, a, META_DATA, d->name);
    graph_meta_set(g, a, META_ARCH, arch->name);
    graph_meta_set(g, a, META_TECHNIQUE, "none");
    graph_meta_set(g, a, META_MEAN, numbers(s->mean, s->nchannel, a));
    graph_meta_set(g, a, META_STD, numbers(s->std, s->nchannel, a));
}

static struct train_opt options_of(const struct arch *arch, const struct train_opt *o)
{
    struct train_opt opt = *o;
    if (opt.epochs <= 0) opt.epochs = arch->epochs;
    if (opt.rate <= 0) opt.rate = arch->rate;
    if (opt.clip <= 0) opt.clip = arch->clip;
    return opt;
}

bool train_further(void *who, struct graph *g, const struct clusters *c, struct arena *a, struct err *e)
{
    const struct further *f = who;
    const char *name = graph_meta(g, META_ARCH);
    const struct arch *arch = name ? arch_find(name) : NULL;
    struct train_opt opt = arch ? options_of(arch, &f->opt) : f->opt;
    if (f->opt.rate <= 0 && arch) opt.rate /= 2;
    if (c && opt.epochs > 0) opt.epochs = (opt.epochs + 2) / 3;
    opt.clusters = c;
    return train(g, f->data, &opt, NULL, a, e);
}

struct graph *train_arch(const char *name, const struct dataset *d, const struct train_opt *o,
                         struct train_result *r, struct arena *a, struct err *e)
{
    const struct arch *arch = arch_find(name);
    if (!arch) {
        const char *known = "";
        for (int i = 0; archs[i]; i++) known = arena_printf(a, "%s %s", known, archs[i]->name);
        return FAIL_NULL(e, "unknown model '%s'; there are%s", name, known);
    }
    float *mean = arena_new_n(a, (size_t)d->nchannel, float),
          *std = arena_new_n(a, (size_t)d->nchannel, float);
    dataset_moments(d, mean, std);
    struct arch_shape s = {d->window, d->nchannel, d->nclass, mean, std};
    struct rng rng = rng_new(o->seed);
    struct graph *g = arch->build(&s, &rng, a, e);
    if (!g) return fail_in(e, "model %s with windows of %d samples", name, d->window), NULL;
    const struct train_opt opt = options_of(arch, o);
    if (!train(g, d, &opt, r, a, e)) return NULL;
    describe(g, arch, d, &s, a);
    return g;
}
