// Clock and place of the constants: what each technique costs at each setting of a chip, and the cheapest that
// keeps the accuracy.
#include "html.h"
#include <math.h>
#include <string.h>

static const double kept_points = -1; // a technique that loses no more keeps the accuracy

static const json_t *cheapest_of(const json_t *measured)
{
    size_t i;
    const json_t *s;
    json_array_foreach (figure_list(measured, "settings"), i, s)
        if (figure_true(s, "cheapest")) return s;
    return NULL;
}

static const char *place_of(const json_t *s)
{
    return figure_is(s, "constants", "ram")       ? "RAM"
           : figure_is(s, "constants", "planned") ? "both, planned"
                                                  : "flash";
}

static void put_number(const json_t *s, const char *key, double by, int digits, struct buf *out)
{
    char v[SHOW_MAX], l[SHOW_MAX], h[SHOW_MAX], low[64], high[64];
    snprintf(low, sizeof low, "%s_low", key), snprintf(high, sizeof high, "%s_high", key);
    if (!isfinite(figure(s, key))) {
        buf_puts(out, "<td>not known</td>");
        return;
    }
    buf_printf(out, "<td>%s<i>%s … %s</i></td>", show_fixed(v, by * figure(s, key), digits),
               show_fixed(l, by * figure(s, low), digits), show_fixed(h, by * figure(s, high), digits));
}

static void put_setting(const json_t *results, const json_t *measured, const json_t *s, const json_t *base,
                        struct buf *out)
{
    char v[SHOW_MAX];
    const bool best = figure_true(s, "cheapest");
    buf_printf(out, "<tr%s><th scope=\"row\">", best ? " class=\"base\"" : "");
    html_technique(results, figure_text(measured, "technique"), out);
    buf_printf(out, "</th><td>%s</td><td>%s</td><td>%s</td>", show_fixed(v, figure(s, "clock_hz") / 1e6, 0),
               place_of(s), figure_is(s, "between", "awake") ? "awake" : "light sleep");
    put_number(s, "latency_us", 1e-3, 2, out);
    put_number(s, "energy_uj", 1, 0, out);
    const double saved = base ? 1 - figure(s, "energy_uj") / figure(base, "energy_uj") : NAN;
    buf_printf(out, "<td>%s</td>", isfinite(saved) && s != base ? show_fixed(v, 100 * saved, 0) : "-");
    put_number(s, "hour_j", 1, 2, out);
    put_number(s, "battery_days", 1, 1, out);
    buf_puts(out, "</tr>\n");
}

// The least energy an hour among the techniques that keep the accuracy.
static void put_choice(const json_t *results, const json_t *table, const char *model, const char *target,
                       struct buf *out)
{
    size_t i;
    const json_t *row, *best = NULL, *choice = NULL;
    char v[SHOW_MAX];
    json_array_foreach (table, i, row) {
        if (!figure_is(row, "model", model) || !figure_is(row, "target", target) ||
            figure_text(row, "refusal") || figure(row, "change_points") < kept_points)
            continue;
        const json_t *m = figure_find(figure_list(results, "measurements"), "model", model, "target", target,
                                      "technique", figure_text(row, "technique"), NULL);
        const json_t *s = m ? cheapest_of(m) : NULL;
        if (s && (!best || figure(s, "hour_j") < figure(best, "hour_j"))) best = s, choice = row;
    }
    if (!best) return;
    buf_puts(out, "<p>Cheapest that loses no more than a point: ");
    html_technique(results, figure_text(choice, "technique"), out);
    buf_printf(out, " at %s MHz, constants in %s", show_fixed(v, figure(best, "clock_hz") / 1e6, 0),
               place_of(best));
    buf_printf(out, ": %s J an hour", show_fixed(v, figure(best, "hour_j"), 2));
    buf_printf(out, ", %s days of the battery.</p>\n", show_fixed(v, figure(best, "battery_days"), 1));
}

// What a hop costs when the columns that windows share are kept, beside the whole window.
static void put_streaming(const json_t *results, const json_t *list, const char *model, const char *target,
                          struct buf *out)
{
    size_t i, k;
    const json_t *m, *s;
    char v[SHOW_MAX];
    bool open = false;
    json_array_foreach (list, i, m) {
        if (!figure_is(m, "model", model) || !figure_is(m, "target", target)) continue;
        const json_t *whole = json_array_get(figure_list(m, "settings"), 0);
        json_array_foreach (figure_list(m, "streaming"), k, s) {
            if (!open)
                buf_puts(
                    out,
                    "<p>Windows that overlap, computing only what is new (<code>--stream</code>), own clock, "
                    "constants in flash:</p>\n<div class=\"scroll\"><table><thead><tr><th>technique</th>"
                    "<th>hop<small>samples</small></th><th>multiply-accumulates</th><th>RAM<small>bytes"
                    "</small></th><th>a hop<small>µJ</small></th><th>saved<small>% of whole windows</small>"
                    "</th></tr></thead><tbody>\n");
            open = true;
            buf_puts(out, "<tr><th scope=\"row\">");
            html_technique(results, figure_text(m, "technique"), out);
            buf_printf(out, "</th><td>%s</td>", show_count(v, figure(s, "hop")));
            if (!isfinite(figure(s, "instructions"))) {
                buf_puts(out, "<td colspan=\"4\">whole windows: ");
                put_text(out, figure_text(s, "why") ? figure_text(s, "why") : "not known");
                buf_puts(out, "</td></tr>\n");
                continue;
            }
            buf_printf(out, "<td>%s</td>", show_count(v, figure(s, "macs")));
            buf_printf(out, "<td>%s</td>", show_count(v, figure(s, "ram_bytes")));
            put_number(s, "energy_uj", 1, 0, out);
            const double saved = 1 - figure(s, "energy_uj") / figure(whole, "energy_uj");
            buf_printf(out, "<td>%s</td></tr>\n", isfinite(saved) ? show_fixed(v, 100 * saved, 0) : "-");
        }
    }
    if (open) buf_puts(out, "</tbody></table></div>\n");
}

static void put_block(const json_t *results, const json_t *table, const char *model, const char *target,
                      struct buf *out)
{
    size_t i, k;
    const json_t *m, *s, *list = figure_list(results, "measurements");
    const json_t *none = figure_find(list, "model", model, "target", target, "technique", "none", NULL);
    const json_t *base = none ? cheapest_of(none) : NULL;
    buf_puts(out, "<h3>");
    put_text(out, model);
    buf_puts(out, " on ");
    put_text(out, target);
    buf_puts(out, "</h3>\n");
    put_choice(results, table, model, target, out);
    buf_puts(out,
             "<div class=\"scroll\"><table><thead><tr><th>technique</th><th>clock<small>MHz</small></th>"
             "<th>constants "
             "in</th><th>between</th><th>latency<small>ms</small></th><th>inference<small>µJ</small></th>"
             "<th>saved<small>% of none at its cheapest</small></th><th>an hour<small>J</small></th>"
             "<th>battery<small>days</small></th></tr></thead><tbody>\n");
    json_array_foreach (list, i, m) {
        if (!figure_is(m, "model", model) || !figure_is(m, "target", target)) continue;
        json_array_foreach (figure_list(m, "settings"), k, s) put_setting(results, m, s, base, out);
    }
    buf_puts(out, "</tbody></table></div>\n");
    put_streaming(results, list, model, target, out);
}

void html_settings(const json_t *results, const json_t *table, struct buf *out)
{
    size_t i;
    const json_t *m;
    bool open = false;
    json_array_foreach (figure_list(results, "measurements"), i, m) {
        if (!figure_is(m, "technique", "none") || json_array_size(figure_list(m, "settings")) < 2) continue;
        if (!open) buf_puts(out, "<section>\n<h2>Clock, and where the constants lie</h2>\n");
        open = true;
        put_block(results, table, figure_text(m, "model"), figure_text(m, "target"), out);
    }
    if (open)
        buf_puts(out, "<p class=\"note\">A window each hop, no sensor, no radio. With "
                      "constants in RAM "
                      "only code waits for the flash; they are copied once, at start. Planned: those whose "
                      "cache misses are "
                      "worth their RAM are copied, as many as there is RAM for. <code>wearlite bench MODEL "
                      "--target T --explain</code> shows the whole sum with its sources.</p>\n</section>\n");
}
