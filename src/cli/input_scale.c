#include "../base/log.h"
#include "input_scale.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool input_scale_given(const struct input_scale *s)
{
    return s->scale || s->offset;
}

// "0.001", or "1/4000".
static bool number(const char *from, char **end, float *v)
{
    double x = strtod(from, end);
    if (*end == from) return false;
    if (**end == '/') {
        const char *rest = *end + 1;
        const double y = strtod(rest, end);
        if (*end == rest) return false;
        x /= y;
    }
    *v = (float)x;
    return isfinite(x) && isfinite(*v);
}

static bool numbers(const char *text, const char *option, int channels, float otherwise, float *v,
                    struct err *e)
{
    int n = 0;
    for (int c = 0; c < channels; c++) v[c] = otherwise;
    if (!text) return true;
    for (const char *p = text;; p++) {
        char *end;
        float x;
        if (!number(p, &end, &x) || (*end && *end != ','))
            return fail(e, "%s: '%s' is not a list of numbers; write 0.001, 1/4000 or 1,1,1,0.1,0.1,0.1",
                        option, text);
        if (n < channels) v[n] = x;
        n++;
        p = end;
        if (!*p) break;
    }
    if (n != 1 && n != channels)
        return fail(e, "%s: %d numbers for %d channels; give one, or one for each", option, n, channels);
    for (int c = 1; n == 1 && c < channels; c++) v[c] = v[0];
    return true;
}

bool input_scale_read(const struct input_scale *s, int channels, float **scale, float **offset,
                      struct arena *a, struct err *e)
{
    *scale = arena_new_n(a, (size_t)channels, float);
    *offset = arena_new_n(a, (size_t)channels, float);
    if (!numbers(s->scale, "--input-scale", channels, 1, *scale, e) ||
        !numbers(s->offset, "--input-offset", channels, 0, *offset, e))
        return false;
    for (int c = 0; c < channels; c++)
        if ((*scale)[c] == 0) return fail(e, "--input-scale: 0 leaves nothing of a channel");
    return true;
}

bool input_scale_apply(const struct input_scale *s, struct dataset *d, struct arena *a, struct err *e)
{
    float *scale, *offset;
    if (!input_scale_given(s)) return true;
    if (!input_scale_read(s, d->nchannel, &scale, &offset, a, e)) return false;
    const int64_t n = (int64_t)d->n * d->window;
    for (int64_t i = 0; i < n; i++)
        for (int c = 0; c < d->nchannel; c++) {
            float *x = &d->x[i * d->nchannel + c];
            *x = (*x - offset[c]) * scale[c];
        }
    return true;
}

// The model's list of units is not that of the set.
static bool other_units(const char *units, const struct dataset *d)
{
    for (int c = 0; c < d->nchannel; c++) {
        const size_t n = strcspn(units, ",");
        if (strlen(d->unit[c]) != n || strncmp(units, d->unit[c], n)) return true;
        units += n + (units[n] == ',');
    }
    return false;
}

// Its first layer scales, or it is quantised for such samples.
static bool scales_itself(const struct graph *g, float most)
{
    const struct tensor *x = g->in[0];
    for (int k = 0; k < g->nnode; k++)
        if (g->node[k]->nin && g->node[k]->in[0] == x &&
            (g->node[k]->op == OP_BATCH_NORM || g->node[k]->op == OP_MUL))
            return true;
    return x->type == I8 && x->q.n == 1 && x->q.scale[0] * 255 > most;
}

void input_hint(const struct graph *g, const struct dataset *d, bool wrong)
{
    enum { MOST = 64 };
    const char *units = graph_meta(g, META_UNITS);
    float mean[MOST], std[MOST], most = 0;
    if (g->nin != 1 || d->nchannel > MOST || !d->unit) return;
    if (units) {
        if (other_units(units, d))
            log_warn(
                "the model takes %s, the first channel of %s is in %s: add --input-scale to convert them",
                units, d->name, d->unit[0]);
        return;
    }
    if (!wrong) return;
    dataset_moments(d, mean, std);
    for (int c = 0; c < d->nchannel; c++) most = fmaxf(most, fmaxf(fabsf(mean[c]), std[c]));
    // g, m/s^2, rad/s and normalised samples are below, mg, degrees a second and a sensor's digits above
    if (most > 50 && !scales_itself(g, most))
        log_warn("samples of %s reach %.0f %s and more, the model does not say what it takes; when it was "
                 "trained on "
                 "scaled samples, add --input-scale (1/4000) and --input-offset",
                 d->name, (double)most, d->unit[0]);
}
