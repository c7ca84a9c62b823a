#include "compress.h"
#include <string.h>

static struct graph *copy_with_name(const struct graph *g, const char *technique, struct arena *a)
{
    struct graph *h = graph_copy(g, a);
    graph_meta_set(h, a, META_TECHNIQUE, technique);
    return h;
}

static struct graph *apply_none(const struct graph *g, const struct compress_opt *o, struct arena *a,
                                struct err *e)
{
    (void)o, (void)e;
    struct graph *h = copy_with_name(g, "none", a);
    drop_dropout(h);
    return h;
}

static bool is_float(const struct graph *g, struct err *e)
{
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nin; i++) {
            const struct tensor *t = g->node[k]->in[i];
            if (t && t->q.n)
                return fail(e, "%s: %s is quantised already; techniques start from a float model",
                            g->node[k]->name, t->name);
        }
    return true;
}

static struct graph *apply_lite(const struct graph *g, const struct compress_opt *o, struct arena *a,
                                struct err *e)
{
    (void)o;
    if (!is_float(g, e)) return NULL;
    struct graph *h = copy_with_name(g, "lite", a);
    drop_dropout(h);
    if (!fold_batch_norm(h, a, e)) return NULL;
    fuse_activation(h);
    graph_drop_dead(h);
    return h;
}

static struct graph *apply_dynamic(const struct graph *g, const struct compress_opt *o, struct arena *a,
                                   struct err *e)
{
    struct graph *h = apply_lite(g, o, a, e);
    if (!h) return NULL;
    graph_meta_set(h, a, META_TECHNIQUE, "dynamic");
    quantize_weights(h, a);
    return h;
}

static struct graph *apply_full_integer(const struct graph *g, const struct compress_opt *o, struct arena *a,
                                        struct err *e)
{
    struct graph *lite = apply_lite(g, o, a, e);
    struct ranges *r = lite ? calibrate(lite, o, I8, a, e) : NULL;
    struct graph *h = r ? full_integer(lite, r, I8, a, e) : NULL;
    if (h) graph_meta_set(h, a, META_TECHNIQUE, "full-integer");
    return h;
}

static const struct technique none = {"none", "the model as it is: the uncompressed baseline", false,
                                      apply_none};
static const struct technique lite = {
    "lite", "float32; normalisation and batch-norm folded, activations fused", false, apply_lite};
static const struct technique dynamic = {"dynamic", "int8 weights, activations quantised on the fly", false,
                                         apply_dynamic};
static const struct technique full = {"full-integer", "everything int8, ranges from calibration windows",
                                      true, apply_full_integer};
const struct technique *const techniques[] = {&none, &lite, &dynamic, &full, NULL};

const struct technique *technique_find(const char *name)
{
    for (int i = 0; techniques[i]; i++)
        if (!strcmp(techniques[i]->name, name)) return techniques[i];
    return NULL;
}

static const char *const range_names[] = {
    [RANGE_MSE] = "mse", [RANGE_PERCENTILE] = "percentile", [RANGE_MIN_MAX] = "min-max"};

const char *range_method_name(enum range_method m)
{
    return range_names[m];
}

bool range_method_find(const char *name, enum range_method *m)
{
    for (unsigned i = 0; i < sizeof range_names / sizeof *range_names; i++)
        if (!strcmp(range_names[i], name)) return *m = (enum range_method)i, true;
    return false;
}
