#include "windows.h"
#include "../base/file.h"
#include "../base/rng.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool rate_fits(const struct graph *g, const struct dataset *d, struct err *e)
{
    const char *text = graph_meta(g, META_RATE);
    const double rate = text ? atof(text) : 0, got = (double)d->rate_hz;
    if (!(rate > 0) || !(got > 0) || fabs(got / rate - 1) <= 0.02) return true;
    return fail(
        e,
        "the model was trained on %g samples a second, %s has %g: its windows would last %.3g times as "
        "long; resample the recordings to %g Hz, or train a model on them",
        rate, d->name, got, rate / got, rate);
}

static const float *noise(const struct graph *g, int n, struct arena *a)
{
    const struct tensor *t = g->in[0];
    struct rng r = rng_new(1);
    int64_t count = n * tensor_count(t);
    float *x = arena_new_n(a, (size_t)count, float);
    for (int64_t i = 0; i < count; i++) {
        if (t->q.n && t->type != F32) // every value of a quantised input alike
            x[i] = t->q.scale[0] *
                   (float)((int32_t)rng_below(&r, 256) - 128 - (t->type == U8 ? -128 : 0) - t->q.zero[0]);
        else
            x[i] = rng_normal(&r);
    }
    return x;
}

bool windows_npy(const char *path, const struct tensor *x, struct npy *v, int *n, struct arena *a,
                 struct err *e)
{
    struct span bytes;
    if (!file_read(path, a, &bytes, e)) return false;
    if (!npy_read(bytes, a, v, e)) return fail_in(e, "%s", path);
    struct tensor all = {.rank = v->rank};
    memcpy(all.dim, v->dim, sizeof all.dim);
    const int64_t count = tensor_count(&all), one = tensor_count(x);
    char have[64], want[64];
    if (count < one || count % one || count / one > INT32_MAX)
        return fail(e,
                    "%s: an array of %s does not hold windows of the model's input, %s: one behind the other",
                    path, tensor_shape(&all, have, sizeof have), tensor_shape(x, want, sizeof want));
    *n = (int)(count / one);
    return true;
}

const float *windows_for(const struct graph *g, const char *data, int n, const char **what, struct arena *a,
                         struct err *e)
{
    if (g->nin != 1)
        return FAIL_NULL(e, "the model has %d inputs; one is supported: a window of samples", g->nin);
    const struct tensor *in = g->in[0];
    const char *name = data ? data : graph_meta(g, META_DATA);
    const struct dataset_def *def = name ? dataset_find(name) : NULL;
    struct data_opt o = {.window = in->rank == 3 ? in->dim[1] : 0};
    bool here = data || (def && (!strcmp(name, "synth") || dataset_locate(def, a)));
    struct err ignored = {""};
    struct dataset *d = here ? dataset_load(name, &o, a, data ? e : &ignored) : NULL;
    if (data && (!d || !rate_fits(g, d, e))) return NULL;
    if (d && (int64_t)d->window * d->nchannel == tensor_count(in)) {
        int got = 0;
        const float *x = dataset_sample(d, SPLIT_TEST, n, 1, &got, a);
        if (got > 0 && got < n) { // a small set: round and round
            float *more = arena_new_n(a, (size_t)(n * tensor_count(in)), float);
            for (int i = 0; i < n; i++)
                memcpy(more + i * tensor_count(in), x + (i % got) * tensor_count(in),
                       (size_t)tensor_count(in) * sizeof *x);
            x = more;
        }
        if (got > 0) return *what = arena_printf(a, "%s, test persons", d->name), x;
    }
    char shape[64];
    if (data)
        return FAIL_NULL(e, "windows of %s are %dx%d, the model's input is %s", data, d->window, d->nchannel,
                         tensor_shape(in, shape, sizeof shape));
    *what = "noise";
    return noise(g, n, a);
}
