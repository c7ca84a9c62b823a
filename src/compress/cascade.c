// Cascades: prune or cluster and fine-tune, then another technique. The start is the network as training left it, since
// what lite folds away is trained further.
#include "compress.h"

static bool trainable(const struct graph *g, const struct compress_opt *o, const char *what, struct err *e)
{
    const char *as = quantised_as(g);
    if (as) return fail(e, "the model is %s already; %s the float model as training left it", as, what);
    return o->fine_tune || fail(e, "it must be trained further; data with labels are needed");
}

static struct graph *prune_first(const struct graph *g, const struct compress_opt *o, struct arena *a,
                                 struct err *e)
{
    if (!trainable(g, o, "prune", e)) return NULL;
    struct graph *h = prune(g, o->keep > 0 ? o->keep : 0.4, a, e);
    return h && o->fine_tune(o->who, h, NULL, a, e) ? h : NULL;
}

static struct graph *cluster_first(const struct graph *g, const struct compress_opt *o, struct arena *a,
                                   struct err *e)
{
    if (!trainable(g, o, "cluster", e)) return NULL;
    struct graph *h = graph_copy(g, a);
    const struct clusters *c = clusters_find(h, a);
    if (!c) return FAIL_NULL(e, "no convolution or dense layer has weights to cluster");
    if (!o->fine_tune(o->who, h, c, a, e)) return NULL;
    clusters_finish(c, a);
    return h;
}

static struct graph *then(const char *name, const char *second, struct graph *h, const struct compress_opt *o,
                          struct arena *a, struct err *e)
{
    h = h ? technique_find(second)->apply(h, o, a, e) : NULL;
    if (h) graph_meta_set(h, a, META_TECHNIQUE, name);
    return h;
}

#define CASCADE(id, text, first, second)                                                                     \
    static struct graph *apply_##id(const struct graph *g, const struct compress_opt *o, struct arena *a,    \
                                    struct err *e)                                                           \
    {                                                                                                        \
        return then(text, second, first(g, o, a, e), o, a, e);                                               \
    }
CASCADE(pruned, "pruned", prune_first, "lite")
CASCADE(pruned_dynamic, "pruned-dynamic", prune_first, "dynamic")
CASCADE(pruned_full_integer, "pruned-full-integer", prune_first, "full-integer")
CASCADE(clustered, "clustered", cluster_first, "lite")
CASCADE(clustered_dynamic, "clustered-dynamic", cluster_first, "dynamic")
CASCADE(clustered_full_integer, "clustered-full-integer", cluster_first, "full-integer")

const struct technique cascades[] = {
    {.name = "pruned",
     .about = "channels and units removed to 0.4 of the work, trained further; then as lite",
     .needs_training = true,
     .apply = apply_pruned},
    {.name = "pruned-dynamic",
     .about = "pruned, then dynamic",
     .needs_training = true,
     .apply = apply_pruned_dynamic},
    {.name = "pruned-full-integer",
     .about = "pruned, then full-integer",
     .needs_calibration = true,
     .needs_training = true,
     .apply = apply_pruned_full_integer},
    {.name = "clustered",
     .about = "weights of a layer share 15 values, trained further; then as lite",
     .needs_training = true,
     .apply = apply_clustered},
    {.name = "clustered-dynamic",
     .about = "clustered, then dynamic: 4-bit codes with emit --pack",
     .needs_training = true,
     .apply = apply_clustered_dynamic},
    {.name = "clustered-full-integer",
     .about = "clustered, then full-integer: 4-bit codes with emit --pack",
     .needs_calibration = true,
     .needs_training = true,
     .apply = apply_clustered_full_integer}};
