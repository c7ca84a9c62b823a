#include "work.h"
#include "../base/file.h"
#include "table.h"
#include <stdlib.h>
#include <string.h>

static json_t *texts_of(const char **s, int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++) {
        json_t *t = s && s[i] ? json_string(s[i]) : NULL;
        json_array_append_new(list, t ? t : json_null());
    }
    return list;
}

static json_t *persons_of(const struct dataset *d, enum split split)
{
    json_t *list = json_array();
    for (int p = 0; p < d->nperson; p++) {
        int i = 0;
        while (i < d->n && (d->person[i] != p || d->split[i] != split)) i++;
        if (i < d->n) json_array_append_new(list, json_string(d->person_name[p]));
    }
    return list;
}

static json_t *data_of(const struct study *s)
{
    const struct dataset *d = s->data;
    int count[SPLIT_COUNT] = {0};
    for (int i = 0; i < d->n; i++) count[d->split[i]]++;
    json_t *r = json_object(), *persons = json_object(), *windows = json_object();
    figure_put_text(r, "name", d->name);
    figure_put_text(r, "about", d->about);
    figure_put_text(r, "licence", d->licence);
    figure_put_text(r, "origin", d->origin);
    json_object_set_new(r, "synthetic", json_boolean(d->synthetic));
    figure_put(r, "rate_hz", (double)d->rate_hz);
    figure_put(r, "window", d->window);
    figure_put(r, "hop", d->hop);
    json_object_set_new(r, "channels", texts_of(d->channel, d->nchannel));
    json_object_set_new(r, "units", texts_of(d->unit, d->nchannel));
    json_object_set_new(r, "labels", texts_of(d->label, d->nclass));
    json_object_set_new(r, "by_person", json_boolean(d->by_person));
    for (int k = 0; k < SPLIT_COUNT; k++) {
        json_object_set_new(persons, split_name((enum split)k), persons_of(d, (enum split)k));
        figure_put(windows, split_name((enum split)k), count[k]);
    }
    json_object_set_new(r, "persons", persons);
    json_object_set_new(r, "windows", windows);
    figure_put_text(r, "sha256", s->data_hash);
    return r;
}

static json_t *fact_of(const struct fact *f)
{
    if (!f->source || !(f->value > 0)) return json_null();
    json_t *r = json_object();
    figure_put(r, "value", f->value);
    figure_put(r, "low", f->low);
    figure_put(r, "high", f->high);
    figure_put_text(r, "source", f->source);
    return r;
}

static json_t *cycle_cost_of(const struct cycle_cost *c)
{
    const struct {
        const char *name;
        double v;
    } class_[] = {{"alu", c->alu},   {"mul", c->mul},     {"mac", c->mac},       {"div", c->div},
                  {"load", c->load}, {"store", c->store}, {"branch", c->branch}, {"fpu", c->fpu},
                  {"fmac", c->fmac}, {"simd", c->simd}};
    json_t *r = json_object();
    for (size_t i = 0; i < sizeof class_ / sizeof *class_; i++) figure_put(r, class_[i].name, class_[i].v);
    return r;
}

static json_t *targets_of(const struct study *s)
{
    json_t *list = json_array();
    for (int i = 0; i < s->ntarget; i++) {
        const struct target *t = s->target[i];
        json_t *r = json_object();
        figure_put_text(r, "name", t->name);
        figure_put_text(r, "chip", t->chip);
        figure_put_text(r, "about", t->about);
        figure_put(r, "clock_hz", t->clock_hz);
        figure_put(r, "flash_bytes", t->flash_bytes);
        figure_put(r, "ram_bytes", t->ram_bytes);
        json_object_set_new(r, "fpu", json_boolean(t->fpu));
        json_object_set_new(r, "cycle_cost", cycle_cost_of(&t->cost));
        figure_put_text(r, "cycle_source", t->cost.source);
        figure_put(r, "cycle_error", t->cost.error);
        json_object_set_new(r, "active_mw", fact_of(&t->active_mw));
        json_object_set_new(r, "sleep_mw", fact_of(&t->sleep_mw));
        json_array_append_new(list, r);
    }
    return list;
}

static json_t *techniques_of(const struct study *s)
{
    json_t *list = json_array();
    for (int i = 0; i < s->ntechnique; i++) {
        json_t *r = json_object();
        figure_put_text(r, "name", s->technique[i]->name);
        figure_put_text(r, "about", s->technique[i]->about);
        json_array_append_new(list, r);
    }
    return list;
}

static json_t *options_of(const struct study *s)
{
    json_t *r = json_object(), *models = json_array(), *names = json_array(), *chips = json_array();
    for (int i = 0; i < s->nmodel; i++) json_array_append_new(models, json_string(s->model[i]->name));
    for (int i = 0; i < s->ntechnique; i++) json_array_append_new(names, json_string(s->technique[i]->name));
    for (int i = 0; i < s->ntarget; i++) json_array_append_new(chips, json_string(s->target[i]->name));
    json_object_set_new(r, "models", models);
    json_object_set_new(r, "techniques", names);
    json_object_set_new(r, "targets", chips);
    figure_put(r, "seeds", s->seeds);
    figure_put(r, "windows_compared", s->nsample);
    json_object_set_new(r, "quick", json_boolean(s->opt->quick));
    json_object_set_new(r, "measure_all", json_boolean(s->opt->measure_all));
    figure_put(r, "calibration_windows", s->ncalibration);
    figure_put_text(r, "calibration_ranges", range_method_name(s->ranges));
    figure_put(r, "battery_mah", (double)(s->opt->battery_mah > 0 ? s->opt->battery_mah : 300));
    figure_put(r, "battery_v", 3.7); // nominal voltage of one lithium cell
    return r;
}

json_t *results_of(const struct study *s, bool complete)
{
    json_t *r = json_object(), *versions = json_object();
    figure_put(r, "format", 1);
    figure_put_text(r, "command", s->opt->command);
    json_object_set_new(r, "complete", json_boolean(complete));
    json_object_set(r, "problems", s->problems);
    json_object_set_new(r, "data", data_of(s));
    json_object_set_new(r, "options", options_of(s));
    figure_put_text(versions, "wearlite", WEARLITE_VERSION);
    figure_put_text(versions, "program_sha256", s->program_hash);
    figure_put_text(versions, "host_compiler", "gcc " __VERSION__);
    json_object_set_new(r, "versions", versions);
    json_object_set(r, "models", s->models);
    json_object_set_new(r, "techniques", techniques_of(s));
    json_object_set_new(r, "targets", targets_of(s));
    json_object_set(r, "cells", s->cells);
    json_object_set(r, "evaluations", s->evaluations);
    json_object_set(r, "measurements", s->measurements);
    json_object_set_new(r, "table", table_of(r));
    return r;
}

bool results_write(const struct study *s, bool complete, struct err *e)
{
    struct arena a = {0};
    json_t *r = results_of(s, complete);
    char *text = json_dumps(r, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    bool ok = file_write(arena_printf(&a, "%s/results.json", s->dir),
                         (struct span){(const uint8_t *)text, strlen(text)}, e);
    if (ok && s->opt->publish) ok = s->opt->publish(r, s->dir, e);
    free(text);
    json_decref(r);
    arena_free(&a);
    return ok;
}
