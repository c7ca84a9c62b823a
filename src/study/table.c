#include "table.h"
#include "figure.h"
#include "saving.h"
#include "stats.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_SEEDS = 64, MAX_PERSONS = 512 };

// The cells of one row, in the order of the list.
struct group {
    const json_t *cell[MAX_SEEDS];
    int n;
};

static struct group group_of(const json_t *cells, const char *model, const char *technique,
                             const char *target)
{
    struct group g = {.n = 0};
    size_t i;
    const json_t *c;
    json_array_foreach (cells, i, c)
        if (g.n < MAX_SEEDS && figure_is(c, "model", model) && figure_is(c, "technique", technique) &&
            figure_is(c, "target", target))
            g.cell[g.n++] = c;
    return g;
}

// The cell whose costs stand for the row: one whose device differs from the host, so that it is seen; else
// the first that has costs; else the first.
static const json_t *cost_cell(const struct group *g)
{
    for (int i = 0; i < g->n; i++)
        if (json_is_false(json_object_get(g->cell[i], "device_equals_host"))) return g->cell[i];
    for (int i = 0; i < g->n; i++)
        if (isfinite(figure(g->cell[i], "instructions"))) return g->cell[i];
    return g->n ? g->cell[0] : NULL;
}

static void put_mean(json_t *row, const struct group *g, const char *key, const char *spread_key)
{
    double v[MAX_SEEDS];
    int n = 0;
    for (int i = 0; i < g->n; i++)
        if (isfinite(figure(g->cell[i], key))) v[n++] = figure(g->cell[i], key);
    figure_put(row, key, mean_of(v, n));
    figure_put(row, spread_key, deviation_of(v, n));
}

// Paired over test persons: persons differ far more from each other than techniques do on one person, so the
// difference is taken within each person (mean over the seeds both have), then averaged over persons.
static void put_change(json_t *row, const struct group *g, const struct group *base)
{
    double sum[MAX_PERSONS] = {0};
    int np = -1, nseed = 0;
    for (int i = 0; i < g->n; i++)
        for (int j = 0; j < base->n; j++) {
            if (figure(g->cell[i], "seed") != figure(base->cell[j], "seed")) continue;
            const json_t *a = figure_list(g->cell[i], "accuracy_by_person");
            const json_t *b = figure_list(base->cell[j], "accuracy_by_person");
            int n = (int)json_array_size(a);
            if (!n || n > MAX_PERSONS || json_array_size(b) != (size_t)n || (np >= 0 && n != np)) continue;
            np = n;
            nseed++;
            for (int k = 0; k < n; k++)
                sum[k] += json_number_value(json_array_get(a, (size_t)k)) -
                          json_number_value(json_array_get(b, (size_t)k));
        }
    double mean = NAN, half = NAN;
    if (np > 0) {
        for (int k = 0; k < np; k++) sum[k] *= 100.0 / nseed;
        mean = mean_of(sum, np);
        half = t_half_width(sum, np, 0.95);
    }
    figure_put(row, "change_points", mean);
    figure_put(row, "change_points_low", mean - half);
    figure_put(row, "change_points_high", mean + half);
    figure_put(row, "persons", np > 0 ? np : NAN);
}

static void put_saved(json_t *row, const json_t *cost, const json_t *base, const char *from, const char *to)
{
    figure_put(row, to, 1 - figure(cost, from) / figure(base, from));
}

// Both run on the same chip at the same power, so the power's spread cancels; what is left is that of the
// cycles.
static void put_savings(json_t *row, const json_t *cost, const json_t *base, const json_t *results)
{
    put_saved(row, cost, base, "energy_uj", "energy_saved");
    put_saved(row, cost, base, "latency_us", "latency_saved");
    put_saved(row, cost, base, "flash_bytes", "flash_saved");
    put_saved(row, cost, base, "ram_bytes", "ram_saved");
    put_saved(row, cost, base, "file_bytes", "file_saved");
    const char *model = figure_text(cost, "model"), *target = figure_text(cost, "target");
    const json_t *all = figure_list(results, "measurements");
    struct saving s = {NAN, NAN, NAN};
    if (base && isfinite(figure(row, "latency_saved")))
        s = saving_measured(figure_find(all, "model", model, "technique", figure_text(cost, "technique"),
                                        "target", target, NULL),
                            figure_find(all, "model", model, "technique", "none", "target", target, NULL),
                            figure_find(figure_list(results, "targets"), "name", target, NULL));
    bool energy = isfinite(figure(row, "energy_saved"));
    figure_put(row, "latency_saved_low", s.low);
    figure_put(row, "latency_saved_high", s.high);
    figure_put(row, "energy_saved_low", energy ? s.low : NAN);
    figure_put(row, "energy_saved_high", energy ? s.high : NAN);
}

// The measurement whose costs are the row's.
static const json_t *measured(const json_t *results, const json_t *cost, const char *technique)
{
    return figure_find(figure_list(results, "measurements"), "model", figure_text(cost, "model"), "technique",
                       technique, "target", figure_text(cost, "target"), NULL);
}

// As the measurement's first setting has it, the chip's own clock with constants in flash, which the row's energy is of:
// with waking (measure/energy.c), so that the page has one figure.
static void put_battery(json_t *row, const json_t *m, const json_t *cost)
{
    static const char *const same[] = {"battery_days", "battery_days_low", "battery_days_high"};
    const json_t *s = json_array_get(figure_list(m, "settings"), 0);
    for (int i = 0; i < 3; i++) figure_put(row, same[i], figure(s, same[i]));
    const char *why = figure_text(s, "why");
    if (!why && !s && isfinite(figure(cost, "energy_uj")))
        why = "measured without settings; run the study again";
    else if (!why && !isfinite(figure(s, "battery_days")))
        why = "energy per inference is not known";
    figure_put_text(row, "battery_why", why);
}

static const json_t *cheapest_of(const json_t *m)
{
    size_t i;
    const json_t *s;
    json_array_foreach (figure_list(m, "settings"), i, s)
        if (figure_true(s, "cheapest")) return s;
    return NULL;
}

// Each at its own cheapest setting (study/settings.c): what the technique saves when both are at their best.
static void put_cheapest(json_t *row, const json_t *m, const json_t *base)
{
    const json_t *s = cheapest_of(m), *none = cheapest_of(base);
    figure_put(row, "cheapest_clock_hz", figure(s, "clock_hz"));
    figure_put_text(row, "cheapest_constants", figure_text(s, "constants"));
    figure_put(row, "cheapest_energy_uj", figure(s, "energy_uj"));
    figure_put(row, "cheapest_energy_uj_low", figure(s, "energy_uj_low"));
    figure_put(row, "cheapest_energy_uj_high", figure(s, "energy_uj_high"));
    figure_put(row, "cheapest_energy_saved",
               m == base ? NAN : 1 - figure(s, "energy_uj") / figure(none, "energy_uj"));
}

static json_t *row_of(const json_t *results, const char *model, const char *technique, const char *target)
{
    static const char *const same[] = {
        "file_bytes",         "flash_bytes", "ram_bytes",     "macs",
        "instructions",       "cycles",      "latency_us",    "latency_us_low",
        "latency_us_high",    "energy_uj",   "energy_uj_low", "energy_uj_high",
        "energy_origin",      "energy_why",  "note",          "windows_compared",
        "device_equals_host", "fits",        "refusal",       "why"};
    const json_t *cells = figure_list(results, "cells");
    struct group g = group_of(cells, model, technique, target), base = group_of(cells, model, "none", target);
    const json_t *cost = cost_cell(&g), *base_cost = cost_cell(&base);
    if (!cost) return NULL;
    json_t *row = json_object(), *seeds = json_array();
    figure_put_text(row, "model", model);
    figure_put_text(row, "technique", technique);
    figure_put_text(row, "target", target);
    for (int i = 0; i < g.n; i++) json_array_append(seeds, json_object_get(g.cell[i], "seed"));
    json_object_set_new(row, "seeds", seeds);
    put_mean(row, &g, "accuracy", "accuracy_spread");
    put_mean(row, &g, "macro_f1", "macro_f1_spread");
    if (strcmp(technique, "none")) {
        put_change(row, &g, &base);
    } else {
        figure_put(row, "change_points", NAN);
        figure_put(row, "change_points_low", NAN);
        figure_put(row, "change_points_high", NAN);
        figure_put(row, "persons", NAN);
    }
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        json_t *v = json_object_get(cost, same[i]);
        json_object_set(row, same[i], v ? v : json_null());
    }
    put_savings(row, cost, strcmp(technique, "none") ? base_cost : NULL, results);
    const json_t *m = measured(results, cost, technique);
    put_battery(row, m, cost);
    put_cheapest(row, m, measured(results, cost, "none"));
    return row;
}

json_t *table_of(const json_t *results)
{
    json_t *table = json_array();
    size_t i, j, k;
    const json_t *m, *q, *t;
    json_array_foreach (figure_list(results, "models"), i, m)
        json_array_foreach (figure_list(results, "targets"), j, t)
            json_array_foreach (figure_list(results, "techniques"), k, q) {
                json_t *row =
                    row_of(results, figure_text(m, "name"), figure_text(q, "name"), figure_text(t, "name"));
                if (row) json_array_append_new(table, row);
            }
    return table;
}
