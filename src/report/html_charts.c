// Canvases that page.js fills from the JSON in the page, and the same figures as tables for those without
// script.
#include "html.h"
#include "../emit/emit.h"
#include <math.h>

static void put_canvas(const char *kind, const char *model, const char *target, const char *title,
                       struct buf *out)
{
    buf_printf(out, "<figure><figcaption>%s", title);
    if (model) {
        buf_puts(out, ": ");
        put_text(out, model);
    }
    buf_puts(out, " on ");
    put_text(out, target);
    buf_printf(out,
               "</figcaption><div class=\"canvas %s\"><canvas role=\"img\" data-chart=\"%s\" data-target=\"",
               kind, kind);
    put_text(out, target);
    buf_puts(out, "\" data-model=\"");
    put_text(out, model ? model : "");
    buf_printf(out, "\" aria-label=\"%s; the figures stand in the tables\"></canvas></div></figure>\n",
               title);
}

static bool has_energy(const json_t *table, const char *target)
{
    size_t i;
    const json_t *row;
    json_array_foreach (table, i, row)
        if (figure_is(row, "target", target) && isfinite(figure(row, "energy_uj"))) return true;
    return false;
}

static bool has_layers(const json_t *results, const char *model, const char *target)
{
    return figure_find(figure_list(results, "measurements"), "model", model, "target", target, NULL);
}

void html_charts(const json_t *results, const json_t *table, struct buf *out)
{
    size_t i, j;
    const json_t *t, *m;
    buf_puts(out, "<section>\n<h2>Accuracy against energy</h2>\n");
    if (!embedded_find("chart.min.js"))
        buf_puts(out, "<p class=\"banner\">This wearlite was built without Chart.js (Debian package "
                      "libjs-chart.js), so the charts are missing; the tables hold the same figures.</p>\n");
    else
        buf_puts(out, "<noscript><p class=\"banner\">Charts need JavaScript; the tables hold the same "
                      "figures.</p></noscript>\n");
    buf_puts(out, "<div class=\"figures\">\n");
    json_array_foreach (figure_list(results, "targets"), i, t) {
        const char *target = figure_text(t, "name");
        if (!target) continue;
        if (has_energy(table, target))
            put_canvas("tradeoff", NULL, target, "Accuracy against energy of an inference", out);
        else
            put_canvas("tradeoff-time", NULL, target, "Accuracy against latency (energy is not known)", out);
    }
    buf_puts(out, "</div>\n<p class=\"note\">Bars: spread over seeds (up and down), interval of the estimate "
                  "(left and right). Up and to the left is better.</p>\n</section>\n<section>\n<h2>Where the "
                  "time goes</h2>\n<div class=\"figures\">\n");
    json_array_foreach (figure_list(results, "models"), j, m)
        json_array_foreach (figure_list(results, "targets"), i, t) {
            const char *model = figure_text(m, "name"), *target = figure_text(t, "name");
            if (!model || !target || !has_layers(results, model, target)) continue;
            put_canvas("layers", model, target, "Estimated cycles, by layer", out);
            put_canvas("classes", model, target, "Instructions, by class", out);
        }
    buf_puts(out, "</div>\n");
}

static void put_layer_table(const json_t *m, struct buf *out)
{
    char a[SHOW_MAX], b[SHOW_MAX], c[SHOW_MAX], d[SHOW_MAX];
    size_t i;
    const json_t *l;
    buf_puts(out, "<div class=\"scroll "
                  "fit\"><table><thead><tr><th>layer</th><th>op</th><th>MAC</th><th>instructions</"
                  "th><th>cycles<small>estimated</small></th><th>instructions<small>per "
                  "MAC</small></th></tr></thead><tbody>\n");
    json_array_foreach (figure_list(m, "layers"), i, l) {
        double macs = figure(l, "macs"), n = figure(l, "instructions");
        buf_puts(out, "<tr><th scope=\"row\">");
        put_text_of(out, l, "name");
        buf_puts(out, "</th><td class=\"word\">");
        put_text_of(out, l, "op");
        buf_printf(out, "</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n", show_count(a, macs),
                   show_count(b, n), show_count(c, figure(l, "cycles")),
                   macs > 0 ? show_short(d, n / macs) : "");
    }
    buf_puts(out, "</tbody></table></div>\n");
}

static void put_memory(const json_t *m, struct buf *out)
{
    static const char *const part[][2] = {{"code_bytes", "code"},
                                          {"weight_bytes", "constants"},
                                          {"arena_bytes", "arena"},
                                          {"static_bytes", "static"},
                                          {"stack_bytes", "stack"}};
    char s[SHOW_MAX];
    buf_puts(out, "<p class=\"note\">Bytes: ");
    for (int i = 0; i < 5; i++)
        buf_printf(out, "%s%s %s", i ? ", " : "", part[i][1], show_count(s, figure(m, part[i][0])));
    buf_puts(out, ".</p>\n");
}

// Closes the section that html_charts opened.
void html_layers(const json_t *results, struct buf *out)
{
    size_t i;
    const json_t *m, *all = figure_list(results, "measurements");
    if (json_array_size(all))
        buf_puts(out, "<details><summary>The same as tables, with the bytes of each part</summary>\n"
                      "<div class=\"figures\">\n");
    json_array_foreach (all, i, m) {
        if (!json_array_size(figure_list(m, "layers"))) continue;
        buf_puts(out, "<figure><figcaption>");
        html_technique(results, figure_text(m, "technique"), out);
        buf_puts(out, ", ");
        put_text_of(out, m, "model");
        buf_puts(out, " on ");
        put_text_of(out, m, "target");
        buf_puts(out, "</figcaption>\n");
        put_layer_table(m, out);
        put_memory(m, out);
        buf_puts(out, "</figure>\n");
    }
    if (json_array_size(all)) buf_puts(out, "</div></details>\n");
    buf_puts(out, "</section>\n");
}
