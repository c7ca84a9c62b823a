// The result in sentences: one a technique, for every model and chip; and what was asked for.
#include "html.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// "loses 1.30 points of accuracy (0.63 to 2.01)": the interval decides the verb.
static void put_accuracy(const json_t *row, const char *person, struct buf *out)
{
    char v[SHOW_MAX], l[SHOW_MAX], h[SHOW_MAX];
    double change = figure(row, "change_points"), low = figure(row, "change_points_low"),
           high = figure(row, "change_points_high");
    if (!isfinite(change)) {
        buf_puts(out, "its change in accuracy is not known");
    } else if (!isfinite(low)) {
        buf_printf(out, "accuracy changes by %s points (too few %ss for an interval)",
                   show_signed(v, change, 2), person);
    } else if (low == 0 && high == 0) {
        buf_printf(out, "every test %s keeps exactly the same accuracy", person);
    } else if (high < 0) {
        buf_printf(out, "loses <b>%s points</b> of accuracy (%s to %s)", show_fixed(v, -change, 2),
                   show_fixed(l, -high, 2), show_fixed(h, -low, 2));
    } else if (low > 0) {
        buf_printf(out, "gains <b>%s points</b> of accuracy (%s to %s)", show_fixed(v, change, 2),
                   show_fixed(l, low, 2), show_fixed(h, high, 2));
    } else {
        buf_printf(out, "no loss of accuracy shown: <b>%s points</b> (%s to %s)", show_signed(v, change, 2),
                   show_signed(l, low, 2), show_signed(h, high, 2));
    }
}

static void put_costs(const json_t *row, struct buf *out)
{
    char v[SHOW_MAX], l[SHOW_MAX], h[SHOW_MAX];
    double energy = figure(row, "energy_saved"), time = figure(row, "latency_saved"),
           flash = figure(row, "flash_saved");
    if (json_is_false(json_object_get(row, "device_equals_host"))) {
        buf_puts(out, "; <b>the chip computed something else than the host</b>, so no costs are given");
        return;
    }
    double saved = isfinite(energy) ? energy : time;
    const char *what = isfinite(energy) ? "energy" : "time";
    if (!isfinite(saved)) {
        buf_puts(out, "; costs not known");
        return;
    }
    buf_printf(out, "; %s <b>%s&nbsp;%%</b> %s %s", saved >= 0 ? "saves" : "costs",
               show_fixed(v, 100 * fabs(saved), 0), saved >= 0 ? "of the" : "more", what);
    double low = figure(row, "latency_saved_low"),
           high = figure(row, "latency_saved_high"); // energy's are the same
    if (isfinite(low) && isfinite(high))
        buf_printf(out, " (%s to %s %%)", show_fixed(l, 100 * (saved < 0 ? -high : low), 0),
                   show_fixed(h, 100 * (saved < 0 ? -low : high), 0));
    if (isfinite(flash))
        buf_printf(out, "%s %s&nbsp;%% %s flash",
                   saved >= 0 && flash >= 0 ? " and"
                   : flash >= 0             ? ", saves"
                                            : ", costs",
                   show_fixed(v, 100 * fabs(flash), 0), flash >= 0 ? "of the" : "more");
}

// The row of one model and chip with the least of key, among those that fit and compute what the host
// computes.
static const json_t *least(const json_t *table, const char *model, const char *target, const char *key)
{
    size_t i;
    const json_t *row, *best = NULL;
    json_array_foreach (table, i, row) {
        double v = figure(row, key);
        if (!figure_is(row, "model", model) || !figure_is(row, "target", target) ||
            figure_text(row, "refusal"))
            continue;
        if (isfinite(v) && (!best || v < figure(best, key))) best = row;
    }
    return best;
}

static void put_best(const json_t *results, const json_t *table, const char *model, const char *target,
                     struct buf *out)
{
    char s[SHOW_MAX];
    const json_t *time = least(table, model, target, "latency_us"),
                 *flash = least(table, model, target, "flash_bytes"),
                 *ram = least(table, model, target, "ram_bytes");
    if (!time || !flash || !ram) return;
    bool energy = isfinite(figure(time, "energy_uj")); // power is the same, so the fastest needs the least
    buf_printf(out, "<li class=\"best\">%s: ", energy ? "Least time and energy" : "Least time");
    html_technique(results, figure_text(time, "technique"), out);
    buf_printf(out, " (%s ms). Least flash: ", show_short(s, figure(time, "latency_us") / 1000));
    html_technique(results, figure_text(flash, "technique"), out);
    buf_printf(out, " (%s KiB). Least RAM: ", show_fixed(s, figure(flash, "flash_bytes") / 1024, 1));
    html_technique(results, figure_text(ram, "technique"), out);
    buf_printf(out, " (%s KiB).</li>\n", show_fixed(s, figure(ram, "ram_bytes") / 1024, 1));
}

void html_findings(const json_t *results, const json_t *table, struct buf *out)
{
    size_t i;
    const json_t *row;
    const char *model = "", *target = "";
    bool open = false;
    json_array_foreach (table, i, row) {
        const char *m = figure_text(row, "model"), *t = figure_text(row, "target");
        if (!m || !t || figure_is(row, "technique", "none")) continue;
        if (strcmp(m, model) || strcmp(t, target)) {
            buf_puts(out,
                     open ? "</ul></div>\n" : "<section>\n<h2>In short</h2>\n<div class=\"findings\">\n");
            buf_puts(out, "<div><h3>");
            put_text(out, m);
            buf_puts(out, " on ");
            put_text(out, t);
            buf_puts(out, " <small>against its uncompressed self</small></h3>\n<ul>\n");
            model = m, target = t, open = true;
        }
        buf_puts(out, "<li>");
        html_technique(results, figure_text(row, "technique"), out);
        buf_puts(out, ": ");
        put_accuracy(row, person_word(results), out);
        put_costs(row, out);
        if (figure_text(row, "refusal")) {
            buf_puts(out, "; <b>does not fit</b>: ");
            put_text_of(out, row, "refusal");
        }
        buf_puts(out, ".</li>\n");
        const json_t *next = json_array_get(table, i + 1);
        if (!figure_is(next, "model", m) || !figure_is(next, "target", t))
            put_best(results, table, m, t, out);
    }
    if (open)
        buf_printf(out,
                   "</ul></div>\n</div>\n<p class=\"note\">In brackets: 95 %% interval over test %ss for "
                   "accuracy; for energy and time, "
                   "what the uncertain cycle costs allow.</p>\n</section>\n",
                   person_word(results));
}

static void put_names(const json_t *list, struct buf *out)
{
    size_t i;
    const json_t *v;
    json_array_foreach (list, i, v) {
        if (i) buf_puts(out, ", ");
        put_text(out, json_is_string(v) ? json_string_value(v) : "?");
    }
    if (!json_array_size(list)) buf_puts(out, "not known");
}

static void put_channels(const json_t *data, struct buf *out)
{
    const json_t *channel = figure_list(data, "channels"), *unit = figure_list(data, "units"), *v;
    size_t i;
    json_array_foreach (channel, i, v) {
        if (i) buf_puts(out, ", ");
        put_text(out, json_string_value(v));
        const char *u = json_string_value(json_array_get(unit, i));
        if (u) {
            buf_puts(out, " (");
            put_text(out, u);
            buf_puts(out, ")");
        }
    }
}

static void put_split(const json_t *data, const char *split, const char *name, struct buf *out)
{
    char s[SHOW_MAX];
    const json_t *list = figure_list(json_object_get(data, "persons"), split);
    bool by_person = figure_true(data, "by_person");
    buf_printf(out, "<dt>%s</dt><dd>%s windows of %zu %s: ", name,
               show_count(s, figure(json_object_get(data, "windows"), split)), json_array_size(list),
               by_person ? "persons" : "recordings");
    put_names(list, out);
    buf_puts(out, "</dd>\n");
}

void html_asked(const json_t *results, struct buf *out)
{
    const json_t *data = json_object_get(results, "data"), *opt = json_object_get(results, "options"), *m;
    char a[SHOW_MAX], b[SHOW_MAX], c[SHOW_MAX], d[SHOW_MAX];
    double rate = figure(data, "rate_hz"), window = figure(data, "window"), hop = figure(data, "hop");
    buf_puts(out, "<section>\n<h2>What was asked</h2>\n<dl>\n<dt>Data</dt><dd><b>");
    put_text_of(out, data, "name");
    buf_puts(out, "</b>: ");
    put_text_of(out, data, "about");
    buf_puts(out, figure_true(data, "synthetic") ? " (simulated)" : "");
    buf_puts(out, "</dd>\n<dt>Read from</dt><dd>");
    put_text_of(out, data, "origin");
    buf_puts(out, "</dd>\n<dt>Licence</dt><dd>");
    put_text_of(out, data, "licence");
    buf_printf(out, "</dd>\n<dt>Windows</dt><dd>%s samples at %s Hz (%s s), a new one every %s s</dd>\n",
               show_count(a, window), show_short(b, rate), show_fixed(c, window / rate, 2),
               show_fixed(d, hop / rate, 2));
    buf_puts(out, "<dt>Channels</dt><dd>");
    put_channels(data, out);
    buf_puts(out, "</dd>\n<dt>Activities</dt><dd>");
    put_names(figure_list(data, "labels"), out);
    buf_puts(out, "</dd>\n");
    put_split(data, "train", "Trained on", out);
    put_split(data, "valid", "Validated on", out);
    put_split(data, "test", "Tested on", out);
    buf_puts(out, "<dt>Models</dt><dd>");
    size_t i;
    json_array_foreach (figure_list(results, "models"), i, m) {
        buf_puts(out, i ? "<br><b>" : "<b>");
        put_text_of(out, m, "name");
        buf_puts(out, "</b>: ");
        put_text_of(out, m, "about");
        buf_printf(out, "; %s parameters", show_count(a, figure(m, "params")));
    }
    buf_printf(out, "</dd>\n<dt>Seeds</dt><dd>%s</dd>\n</dl>\n</section>\n",
               show_count(a, figure(opt, "seeds")));
}
