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

bool starts_float(const struct graph *g, const char *technique, struct err *e)
{
    const char *as = quantised_as(g);
    if (!as || !strcmp(technique, "none")) return true;
    if (!strcmp(as, technique))
        return fail(e, "the model is %s already; use it as it is, or add --dequantize to do it anew", as);
    return fail(
        e,
        "the model is quantised already (%s) and %s starts from float; add --dequantize to make it float "
        "first, or give the float model",
        as, technique);
}

static struct graph *lite_named(const struct graph *g, const char *technique,
                                const char *(*lacks)(const struct node *n), struct arena *a, struct err *e)
{
    if (!starts_float(g, technique, e)) return NULL;
    struct graph *h = copy_with_name(g, technique, a);
    float32_weights(h);
    drop_dropout(h);
    if (!fold_batch_norm(h, lacks, a, e)) return NULL;
    graph_fuse_activations(h);
    graph_drop_dead(h);
    return h;
}

static struct graph *apply_lite(const struct graph *g, const struct compress_opt *o, struct arena *a,
                                struct err *e)
{
    (void)o;
    return lite_named(g, "lite", NULL, a, e);
}

static struct graph *apply_float16(const struct graph *g, const struct compress_opt *o, struct arena *a,
                                   struct err *e)
{
    (void)o;
    struct graph *h = lite_named(g, "float16", NULL, a, e);
    if (h) float16_weights(h, a);
    return h;
}

static struct graph *apply_dynamic(const struct graph *g, const struct compress_opt *o, struct arena *a,
                                   struct err *e)
{
    (void)o;
    struct graph *h = lite_named(g, "dynamic", recurrent_lacks_dynamic, a, e);
    if (h) quantize_weights(h, a);
    return h;
}

static struct graph *apply_full_integer(const struct graph *g, const struct compress_opt *o, struct arena *a,
                                        struct err *e)
{
    struct graph *h = lite_named(g, "full-integer", recurrent_lacks_integer, a, e);
    struct ranges *r = h ? calibrate(h, o, I8, a, e) : NULL;
    return r ? full_integer(h, r, I8, a, e) : NULL;
}

static struct graph *apply_int16x8(const struct graph *g, const struct compress_opt *o, struct arena *a,
                                   struct err *e)
{
    struct graph *h = lite_named(g, "int16x8", NULL, a, e);
    struct ranges *r = h ? calibrate(h, o, I16, a, e) : NULL;
    return r ? full_integer(h, r, I16, a, e) : NULL;
}

static const struct technique none = {
    .name = "none", .about = "the model as it is: the uncompressed baseline", .apply = apply_none};
static const struct technique lite = {.name = "lite",
                                      .about =
                                          "float32; normalisation and batch-norm folded, activations fused",
                                      .apply = apply_lite};
static const struct technique float16 = {
    .name = "float16",
    .about = "float16 weights in the file, executed as float32: half the file, the same flash and time",
    .apply = apply_float16};
static const struct technique dynamic = {
    .name = "dynamic", .about = "int8 weights, activations quantised on the fly", .apply = apply_dynamic};
static const struct technique full = {.name = "full-integer",
                                      .about = "everything int8, ranges from calibration windows",
                                      .needs_calibration = true,
                                      .apply = apply_full_integer};
static const struct technique int16x8 = {
    .name = "int16x8",
    .about = "int8 weights, int16 activations, ranges from calibration windows",
    .needs_calibration = true,
    .apply = apply_int16x8};
extern const struct technique cascades[6]; // cascade.c
const struct technique *const techniques[] = {
    &none,        &lite,        &dynamic,     &full,        &float16,     &int16x8, &cascades[0],
    &cascades[1], &cascades[2], &cascades[3], &cascades[4], &cascades[5], NULL};

const struct technique *technique_find(const char *name)
{
    for (int i = 0; techniques[i]; i++)
        if (!strcmp(techniques[i]->name, name)) return techniques[i];
    return NULL;
}

static const char *const range_names[] = {[RANGE_AUTO] = "auto",
                                          [RANGE_PERCENTILE] = "percentile",
                                          [RANGE_MSE] = "mse",
                                          [RANGE_MIN_MAX] = "min-max"};

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
