// Cascades: prune and fine-tune, then another technique. The start is the network as training left it, since
// what lite folds away is trained further.
#include "compress.h"

static struct graph *pruned(const struct graph *g, const struct compress_opt *o, struct arena *a,
                            struct err *e)
{
    const char *as = quantised_as(g);
    if (as) return FAIL_NULL(e, "the model is %s already; prune the float model as training left it", as);
    if (!o->fine_tune)
        return FAIL_NULL(e, "a pruned network must be trained further; data with labels are needed");
    struct graph *h = prune(g, o->keep > 0 ? o->keep : 0.4, a, e);
    return h && o->fine_tune(o->who, h, a, e) ? h : NULL;
}

static struct graph *then(const char *name, const char *second, const struct graph *g,
                          const struct compress_opt *o, struct arena *a, struct err *e)
{
    struct graph *h = pruned(g, o, a, e);
    h = h ? technique_find(second)->apply(h, o, a, e) : NULL;
    if (h) graph_meta_set(h, a, META_TECHNIQUE, name);
    return h;
}

static struct graph *apply_lite(const struct graph *g, const struct compress_opt *o, struct arena *a,
                                struct err *e)
{
    return then("pruned", "lite", g, o, a, e);
}

static struct graph *apply_dynamic(const struct graph *g, const struct compress_opt *o, struct arena *a,
                                   struct err *e)
{
    return then("pruned-dynamic", "dynamic", g, o, a, e);
}

static struct graph *apply_full_integer(const struct graph *g, const struct compress_opt *o, struct arena *a,
                                        struct err *e)
{
    return then("pruned-full-integer", "full-integer", g, o, a, e);
}

const struct technique technique_pruned = {
    .name = "pruned",
    .about = "channels and units removed to 0.4 of the work, trained further; then as lite",
    .needs_training = true,
    .apply = apply_lite};
const struct technique technique_pruned_dynamic = {.name = "pruned-dynamic",
                                                   .about = "pruned, then dynamic",
                                                   .needs_training = true,
                                                   .apply = apply_dynamic};
const struct technique technique_pruned_full_integer = {.name = "pruned-full-integer",
                                                        .about = "pruned, then full-integer",
                                                        .needs_calibration = true,
                                                        .needs_training = true,
                                                        .apply = apply_full_integer};
