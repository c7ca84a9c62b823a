#include "work.h"
#include "../graph/plan.h"
#include "../run/run.h"
#include <string.h>

static int best_class(const float *y, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (y[i] > y[best]) best = i;
    return best;
}

static json_t *accuracy_by_person(const struct study *s, const float *y)
{
    json_t *list = json_array();
    const struct dataset *d = s->test;
    for (int p = 0; p < s->ntest_person; p++) {
        int n = 0, right = 0;
        for (int i = 0; i < d->n; i++) {
            if (d->person[i] != s->test_person[p]) continue;
            n++;
            right += best_class(y + (size_t)i * (size_t)d->nclass, d->nclass) == d->y[i];
        }
        json_array_append_new(list, n ? json_real((double)right / n) : json_null());
    }
    return list;
}

static json_t *confusion_of(const struct score *sc)
{
    json_t *rows = json_array();
    for (int r = 0; r < sc->nclass; r++) {
        json_t *row = json_array();
        for (int c = 0; c < sc->nclass; c++)
            json_array_append_new(row, json_integer(sc->confusion[r * sc->nclass + c]));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *evaluate(const struct study *s, const json_t *model, const struct technique *t, bool fma,
                        struct arena *a, struct err *e)
{
    const struct dataset *d = s->test;
    struct layout layout = layout_host; // its blocks give the same bits as any other
    layout.fma = fma;
    struct graph *g = model_of(s, model, t, a, e);
    struct plan *p = g ? plan_lower(g, &layout, a, e) : NULL;
    if (!p) return NULL;
    if (tensor_count(g->in[0]) != (int64_t)d->window * d->nchannel || tensor_count(g->out[0]) != d->nclass)
        return FAIL_NULL(e,
                         "the model wants %lld numbers and gives %lld; the data have %d x %d and %d classes",
                         (long long)tensor_count(g->in[0]), (long long)tensor_count(g->out[0]), d->window,
                         d->nchannel, d->nclass);
    float *y = arena_array(a, (size_t)d->n, sizeof *y * (size_t)d->nclass);
    if (!run_batch(p, d->x, d->n, y, e)) return NULL;
    struct score sc = score_of(y, d->y, d->n, d->nclass, a);
    json_t *r = json_object();
    figure_put(r, "accuracy", sc.accuracy);
    figure_put(r, "macro_f1", sc.macro_f1);
    json_object_set_new(r, "accuracy_by_person", accuracy_by_person(s, y));
    json_object_set_new(r, "confusion", confusion_of(&sc));
    return r;
}

json_t *step_evaluate(struct study *s, const json_t *model, const char *base, const struct technique *t,
                      bool fma, struct err *e)
{
    struct arena a = {0};
    const char *name = arena_printf(&a, "%s-%s-accuracy%s", base, t->name, fma ? "-fma" : "");
    struct sha256 h = step_hash(s, "evaluate");
    step_depends(&h, "program %s", s->program_hash);
    step_depends(&h, "model %s technique %s fma %d", figure_text(model, "model_sha256"), t->name, fma);
    s->done++;
    json_t *r = step_take(s, name, h);
    if (!r) {
        r = evaluate(s, model, t, fma, &a, e);
        if (r && !step_keep(s, name, h, r, e)) {
            json_decref(r);
            r = NULL;
        }
        if (!r)
            fail_in(e, "%s, %s", base, t->name);
        else
            step_say(s, "%s, %s: accuracy %.2f %% over %d test windows%s", base, t->name,
                     100 * figure(r, "accuracy"), s->test->n, fma ? " (fused multiply-add)" : "");
    }
    arena_free(&a);
    return r;
}
