#include "../base/file.h"
#include "../base/log.h"
#include "../compress/compress.h"
#include "../data/dataset.h"
#include "../format/format.h"
#include "../train/train.h"
#include "cmd.h"
#include "input_scale.h"
#include "windows.h"
#include <math.h>
#include <string.h>

struct convert {
    const char *model, *technique, *data, *calibrate, *range, *output;
    int windows, seed;
    double keep;
    bool dequantize;
    struct input_scale scale;
};

static bool calibration_npy(const char *path, const struct tensor *x, struct compress_opt *o, struct arena *a,
                            struct err *e)
{
    struct npy v;
    int n;
    if (!windows_npy(path, x, &v, &n, a, e)) return false;
    if (v.type != F32)
        return fail(e, "%s: holds %s; calibration wants float32 (.astype('float32'))", path,
                    dtype_name(v.type));
    const int64_t one = tensor_count(x);
    for (int64_t i = 0; i < n * one; i++)
        if (!isfinite(((const float *)v.data)[i]))
            return fail(e, "%s: window %lld holds %g; leave windows with gaps out", path,
                        (long long)(i / one), (double)((const float *)v.data)[i]);
    o->calibration = v.data;
    o->ncalibration = n;
    return true;
}

// Windows of training persons only: test persons never take part in compression.
static bool calibration_data(const struct convert *c, const struct graph *g, struct compress_opt *o,
                             struct arena *a, struct err *e)
{
    const struct tensor *x = g->in[0];
    struct data_opt want = {.window = x->rank == 3 ? x->dim[1] : 0};
    struct dataset *d = dataset_load(c->calibrate, &want, a, e);
    if (!d || !rate_fits(g, d, e)) return false;
    if ((int64_t)d->window * d->nchannel != tensor_count(x)) {
        char s[64];
        return fail(e, "%s: the model's input is %s, windows of %s are %dx%d", c->model,
                    tensor_shape(x, s, sizeof s), d->name, d->window, d->nchannel);
    }
    if (!input_scale_given(&c->scale)) input_hint(g, d, true);
    o->calibration = dataset_sample(d, SPLIT_TRAIN, c->windows, (uint64_t)c->seed, &o->ncalibration, a);
    log_info("calibration: %d windows of %s, training persons only", o->ncalibration, d->name);
    return true;
}

// The result takes samples as they are, and scales them itself.
static bool scale_to_samples(const struct convert *c, struct graph *g, struct arena *a, struct err *e)
{
    const struct tensor *x = g->nin ? g->in[0] : NULL;
    float *scale, *offset;
    if (!x || !x->rank) return fail(e, "it has no input with channels");
    const int channels = x->dim[x->rank - 1];
    return input_scale_read(&c->scale, channels, &scale, &offset, a, e) &&
           scale_input(g, channels, scale, offset, a, e);
}

// What another format holds already in the form that is asked for, is written as it is.
static bool as_it_is(const struct convert *c, const struct graph *g, const struct technique *t,
                     struct arena *a)
{
    struct span bytes;
    struct err e;
    const char *as = quantised_as(g);
    return as && !strcmp(as, t->name) && file_read(c->model, a, &bytes, &e) && !format_tflite.probe(bytes);
}

static bool convert(const struct convert *c, const struct technique *t, enum range_method range,
                    struct arena *a, struct err *e)
{
    struct graph *g = model_load(c->model, a, e);
    if (!g) return false;
    if (c->dequantize && !(g = dequantize(g, a, e))) return fail_in(e, "%s", c->model);
    if (as_it_is(c, g, t, a) && !input_scale_given(&c->scale)) {
        graph_meta_set(g, a, META_TECHNIQUE, t->name);
        if (!model_save(g, c->output, e)) return false;
        log_info("%s: %s is %s already; written as it is", c->output, c->model, t->name);
        return true;
    }
    if (!starts_float(g, t->name, e)) return fail_in(e, "%s", c->model);
    if (input_scale_given(&c->scale) && !scale_to_samples(c, g, a, e)) return fail_in(e, "%s", c->model);
    struct compress_opt o = {.range = range};
    if (t->needs_calibration && !c->calibrate)
        return fail(e, "%s: %s needs calibration windows; add --calibrate DATA or --calibrate x.npy",
                    c->model, t->name);
    size_t n = c->calibrate ? strlen(c->calibrate) : 0;
    bool npy = n > 4 && !strcmp(c->calibrate + n - 4, ".npy");
    if (t->needs_calibration &&
        !(npy ? calibration_npy(c->calibrate, g->in[0], &o, a, e) : calibration_data(c, g, &o, a, e)))
        return false;
    struct further f = {.opt = {.seed = (uint64_t)c->seed}};
    const char *data = c->data ? c->data : graph_meta(g, META_DATA);
    if (t->needs_training && !data)
        return fail(e, "%s: %s trains further; add --data NAME", c->model, t->name);
    if (t->needs_training && !(f.data = dataset_load(data, &(struct data_opt){0}, a, e))) return false;
    o.keep = c->keep;
    o.fine_tune = f.data ? train_further : NULL;
    o.who = &f;
    struct graph *h = t->apply(g, &o, a, e);
    if (!h) return fail_in(e, "%s", c->model);
    if (!model_save(h, c->output, e)) return false;
    log_info("%s: %s, %lld parameters, %lld MACs", c->output, t->name, (long long)graph_params(h),
             (long long)graph_macs(h));
    return true;
}

int cmd_convert(int argc, char **argv)
{
    struct convert c = {.windows = 256, .seed = 1, .range = "auto"};
    float keep = 0;
    const struct opt opts[] = {
        {"technique", 't', OPT_TEXT, "T",
         "lite, dynamic, full-integer ...; 'wearlite techniques' lists and explains them", &c.technique},
        {"calibrate", 'c', OPT_TEXT, "DATA|X.npy",
         "windows for full-integer and int16x8: training persons of a data set, or a file", &c.calibrate},
        {"data", 'd', OPT_TEXT, "NAME|DIR", "what pruned and clustered train further on (the model's own)",
         &c.data},
        {"keep", 0, OPT_FLOAT, "F", "pruned: share of the multiply-accumulates that stay (0.4)", &keep},
        {"windows", 0, OPT_INT, "N", "calibration windows taken from a data set (256)", &c.windows},
        {"range", 0, OPT_TEXT, "METHOD",
         "ranges of activations: percentile, mse, min-max, or auto: the first at 8 bits, mse at 16 (auto)",
         &c.range},
        {"seed", 0, OPT_INT, "N", "which windows are taken (1)", &c.seed},
        INPUT_SCALE_OPTIONS(c.scale),
        {"dequantize", 0, OPT_FLAG, NULL, "make a quantised model float first", &c.dequantize},
        {"output", 'o', OPT_TEXT, "OUT.tflite", "the compressed model", &c.output},
        {NULL, 0, 0, NULL, NULL, NULL},
    };
    const struct usage u = {
        "convert", "MODEL --technique T -o OUT.tflite", "Compresses a float model.", NULL, opts, 1, 1};
    int n, rc = opt_parse(&u, argc, argv, &n);
    if (rc >= 0) return rc;
    enum range_method range;
    c.model = argv[0];
    if (!c.technique || !c.output) return usage_error(&u, "--technique T and -o OUT.tflite are needed");
    const struct technique *t = technique_find(c.technique);
    if (!t) return usage_error(&u, "unknown technique '%s'; 'wearlite techniques' lists them", c.technique);
    if (!range_method_find(c.range, &range))
        return usage_error(&u, "unknown range method '%s'; there are auto, percentile, mse, min-max",
                           c.range);
    c.keep = (double)keep;
    if (keep < 0 || keep >= 1) return usage_error(&u, "--keep takes a share between 0 and 1");
    if (c.windows < 1) return usage_error(&u, "--windows wants at least 1");
    struct arena a = {0};
    struct err e = {""};
    bool ok = convert(&c, t, range, &a, &e);
    arena_free(&a);
    return ok ? EXIT_DONE : report_error(&e);
}
