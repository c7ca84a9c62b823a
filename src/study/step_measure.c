#include "settings.h"
#include "work.h"
#include "../base/log.h"
#include "../emit/emit.h"
#include "../graph/plan.h"
#include "../measure/measure.h"
#include <math.h>
#include <string.h>

// The keys of a cell that measuring fills, in one place: with m NULL all are null, and why says why.
static json_t *costs_of(const struct measurement *m, const char *why)
{
    struct interval none = {NAN, NAN, NAN};
    bool known = m && m->device_equals_host;
    json_t *r = json_object();
    figure_put(r, "flash_bytes", known ? (double)m->flash_bytes : NAN);
    figure_put(r, "ram_bytes", known && m->ram_bytes >= 0 ? (double)m->ram_bytes : NAN);
    figure_put(r, "instructions", known ? m->instructions : NAN);
    figure_put(r, "cycles", known ? m->cycles.value : NAN);
    figure_put_interval(r, "latency_us", known ? m->latency_us : none);
    figure_put_interval(r, "energy_uj", known ? m->energy_uj : none);
    figure_put_text(r, "energy_origin", known ? m->energy_origin : NULL);
    figure_put_text(r, "energy_why", known ? m->energy_missing : NULL);
    figure_put_text(r, "note", m ? m->note : NULL);
    json_object_set_new(r, "device_equals_host", m ? json_boolean(m->device_equals_host) : json_null());
    figure_put(r, "windows_compared", m ? m->windows_compared : NAN);
    json_object_set_new(r, "fits", m ? json_boolean(m->fits) : json_null());
    figure_put_text(r, "refusal", m ? m->refusal : NULL);
    figure_put_text(r, "why", why);
    return r;
}

json_t *costs_unknown(const char *why)
{
    return costs_of(NULL, why);
}

static json_t *layers_of(const struct measurement *m)
{
    json_t *list = json_array();
    for (int i = 0; i < m->nlayer; i++) {
        json_t *l = json_object();
        figure_put_text(l, "name", m->layer[i].name);
        figure_put_text(l, "op", m->layer[i].op);
        figure_put(l, "instructions", m->layer[i].instructions);
        figure_put(l, "cycles", m->layer[i].cycles);
        figure_put(l, "macs", (double)m->layer[i].macs);
        json_array_append_new(list, l);
    }
    return list;
}

// A hop of `hop` samples when what windows share is kept: costs of a hop, or why they are not known.
static json_t *streaming_at(const struct study *s, const struct graph *g, const struct target *target,
                            int hop, struct arena *a)
{
    enum { HOPS = 40 }; // compared; the first windows' samples one behind the other are a recording
    const int most = s->nsample * s->data->window / hop, n = most < HOPS ? most : HOPS;
    struct err e = {""};
    struct measurement m = {0};
    struct graph *h = stream_graph(g, hop, a, NULL, &e);
    struct plan *p = h ? plan_lower(h, target->layout, a, &e) : NULL;
    const bool good = p && measure_emulated(p, target, s->sample, n, NULL, a, &m, &e);
    json_t *r = costs_of(good ? &m : NULL, good ? m.difference : e.text);
    figure_put(r, "hop", hop);
    figure_put(r, "macs", h ? (double)graph_macs(h) : NAN);
    return r;
}

// The data's own hop, half and a quarter of it.
static json_t *streaming_of(const struct study *s, const struct graph *g, const struct target *target,
                            struct arena *a)
{
    json_t *list = json_array();
    for (int hop = s->data->hop, k = 0; k < 3 && hop > 0; hop /= 2, k++) {
        json_t *r = streaming_at(s, g, target, hop, a);
        json_array_append_new(list, r);
        if (k == 0 && isnan(figure(r, "macs"))) break; // nothing can be kept: the reason once
    }
    return list;
}

static json_t *details_of(const struct study *s, const struct measurement *m)
{
    json_t *r = json_object(), *classes = json_object();
    for (int i = 0; i < m->nclass; i++) figure_put(classes, m->class_[i].name, m->class_[i].n);
    const double mah = s->opt->battery_mah > 0 ? (double)s->opt->battery_mah : 300;
    const struct energy_setting from = {.hop_s = s->data->hop / (double)s->data->rate_hz,
                                        .battery_j = mah * 3.6 * 3.7};
    json_object_set_new(r, "settings", settings_json(m, &from));
    json_object_set_new(r, "layers", layers_of(m));
    json_object_set_new(r, "classes", classes);
    figure_put(r, "code_bytes", (double)m->code_bytes);
    figure_put(r, "weight_bytes", (double)m->weight_bytes);
    figure_put(r, "arena_bytes", (double)m->arena_bytes);
    figure_put(r, "static_bytes", (double)m->static_bytes);
    figure_put(r, "stack_bytes", m->stack_bytes >= 0 ? (double)m->stack_bytes : NAN);
    figure_put(r, "taken_branches", m->taken_branches);
    figure_put(r, "cache_misses", m->cache_misses);
    figure_put(r, "code_misses", m->code_misses);
    figure_put_text(r, "versions", m->versions);
    figure_put_text(r, "difference", m->difference);
    return r;
}

static json_t *measure(const struct study *s, const json_t *model, const char *base,
                       const struct technique *t, const struct target *target, struct arena *a, struct err *e)
{
    enum { GOLDEN = 8 };
    struct graph *g = model_of(s, model, t, a, e);
    struct plan *p = g ? plan_lower(g, target->layout, a, e) : NULL;
    if (!p) return NULL;
    const char *project = arena_printf(a, "projects/%s-%s-%s", base, t->name, target->name);
    struct emit_opt o = {
        .name = "har", .ngolden = s->nsample < GOLDEN ? s->nsample : GOLDEN, .golden = s->sample};
    if (!emit_project(p, target, &o, arena_printf(a, "%s/%s", s->dir, project), e)) return NULL;
    struct measurement m = {0};
    if (!measure_emulated(p, target, s->sample, s->nsample, NULL, a, &m, e)) return NULL;
    json_t *r = costs_of(&m, m.device_equals_host ? NULL
                             : m.difference       ? m.difference
                                                  : "device and host differ");
    figure_put_text(r, "project", project);
    json_t *details = details_of(s, &m);
    if (m.device_equals_host) json_object_set_new(details, "streaming", streaming_of(s, g, target, a));
    json_object_set_new(r, "measurement", details);
    return r;
}

static void say(struct study *s, const json_t *r, const char *base, const struct technique *t,
                const struct target *target, double seconds)
{
    if (json_is_false(json_object_get(r, "device_equals_host")))
        step_say(s, "%s, %s on %s: DIFFERS from the host: %s", base, t->name, target->name,
                 figure_text(r, "why"));
    else
        step_say(s, "%s, %s on %s: %.2f ms, %.0f windows equal to the host, byte for byte%s%s (%.0f s)", base,
                 t->name, target->name, figure(r, "latency_us") / 1000, figure(r, "windows_compared"),
                 figure_text(r, "refusal") ? "; does not fit: " : "",
                 figure_text(r, "refusal") ? figure_text(r, "refusal") : "", seconds);
}

json_t *step_measure(struct study *s, const json_t *model, const char *base, const struct technique *t,
                     const struct target *target, struct err *e)
{
    struct arena a = {0};
    const char *name = arena_printf(&a, "%s-%s-%s", base, t->name, target->name);
    struct sha256 h = step_hash(s, "measure");
    step_depends(&h, "program %s", s->program_hash);
    step_depends(&h, "model %s technique %s target %s windows %d", figure_text(model, "model_sha256"),
                 t->name, target->name, s->nsample);
    s->done++;
    json_t *r = step_take(s, name, h);
    if (!r) {
        double began = seconds_now();
        r = measure(s, model, base, t, target, &a, e);
        if (r && !step_keep(s, name, h, r, e)) {
            json_decref(r);
            r = NULL;
        }
        if (!r)
            fail_in(e, "%s, %s on %s", base, t->name, target->name);
        else
            say(s, r, base, t, target, seconds_now() - began);
    }
    arena_free(&a);
    return r;
}
