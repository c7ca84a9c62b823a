// The main table: one for every model and chip, a row a technique.
#include "html.h"
#include <math.h>
#include <string.h>

enum { MAX_NOTES = 32 };
struct notes { // what stands under a table about its cells; the same text stands once
    const char *text[MAX_NOTES];
    int n;
};

static void put_note_mark(struct notes *notes, const char *text, struct buf *out)
{
    int i = 0;
    while (i < notes->n && strcmp(notes->text[i], text)) i++;
    if (i == MAX_NOTES) return;
    if (i == notes->n) notes->text[notes->n++] = text;
    buf_printf(out, "<sup>%d</sup>", i + 1);
}

static void put_unknown(struct buf *out)
{
    buf_puts(out, "<td class=\"none\">not known</td>");
}

static void put_mean(const json_t *row, const char *key, const char *spread_key, struct buf *out)
{
    char v[SHOW_MAX], s[SHOW_MAX];
    double mean = figure(row, key), spread = figure(row, spread_key);
    if (!isfinite(mean)) {
        put_unknown(out);
        return;
    }
    buf_printf(out, "<td>%s", show_fixed(v, 100 * mean, 2));
    if (isfinite(spread)) buf_printf(out, "<i>\xc2\xb1 %s</i>", show_fixed(s, 100 * spread, 2));
    buf_puts(out, "</td>");
}

static void put_change(const json_t *row, struct buf *out)
{
    char v[SHOW_MAX], l[SHOW_MAX], h[SHOW_MAX];
    double change = figure(row, "change_points"), low = figure(row, "change_points_low");
    if (figure_is(row, "technique", "none")) {
        buf_puts(out, "<td class=\"none\">baseline</td>");
    } else if (!isfinite(change)) {
        put_unknown(out);
    } else {
        buf_printf(out, "<td>%s", show_signed(v, change, 2));
        if (isfinite(low))
            buf_printf(out, "<i>%s \xe2\x80\xa6 %s</i>", show_signed(l, low, 2),
                       show_signed(h, figure(row, "change_points_high"), 2));
        buf_puts(out, "</td>");
    }
}

static void put_bytes(const json_t *row, const char *key, struct buf *out)
{
    char v[SHOW_MAX];
    double n = figure(row, key);
    if (!isfinite(n))
        put_unknown(out);
    else
        buf_printf(out, "<td>%s</td>", show_fixed(v, n / 1024, 1));
}

static void put_interval(const json_t *row, const char *key, double scale, struct buf *out)
{
    char name[64], v[SHOW_MAX], l[SHOW_MAX], h[SHOW_MAX];
    double value = figure(row, key);
    if (!isfinite(value)) {
        put_unknown(out);
        return;
    }
    buf_printf(out, "<td>%s", show_short(v, value * scale));
    snprintf(name, sizeof name, "%s_low", key);
    double low = figure(row, name);
    snprintf(name, sizeof name, "%s_high", key);
    double high = figure(row, name);
    if (isfinite(low) && isfinite(high))
        buf_printf(out, "<i>%s \xe2\x80\xa6 %s</i>", show_short(l, low * scale), show_short(h, high * scale));
    buf_puts(out, "</td>");
}

// Of the energy or, where no power is known, of the time.
static void put_saved(const json_t *row, bool energy, struct buf *out)
{
    char v[SHOW_MAX], l[SHOW_MAX], h[SHOW_MAX];
    double saved = figure(row, energy ? "energy_saved" : "latency_saved"),
           low = figure(row, energy ? "energy_saved_low" : "latency_saved_low"),
           high = figure(row, energy ? "energy_saved_high" : "latency_saved_high");
    if (figure_is(row, "technique", "none")) {
        buf_puts(out, "<td class=\"none\">baseline</td>");
    } else if (!isfinite(saved)) {
        put_unknown(out);
    } else {
        buf_printf(out, "<td>%s", show_fixed(v, 100 * saved, 1));
        if (isfinite(low) && isfinite(high))
            buf_printf(out, "<i>%s \xe2\x80\xa6 %s</i>", show_fixed(l, 100 * low, 0),
                       show_fixed(h, 100 * high, 0));
        buf_puts(out, "</td>");
    }
}

static void put_energy(const json_t *row, double scale, struct notes *notes, struct buf *out)
{
    if (isfinite(figure(row, "energy_uj"))) {
        put_interval(row, "energy_uj", scale, out);
        return;
    }
    buf_puts(out, "<td class=\"none\">not known");
    if (figure_text(row, "energy_why")) put_note_mark(notes, figure_text(row, "energy_why"), out);
    buf_puts(out, "</td>");
}

static void put_battery(const json_t *row, struct notes *notes, struct buf *out)
{
    if (isfinite(figure(row, "battery_days"))) {
        put_interval(row, "battery_days", 1, out);
        return;
    }
    buf_puts(out, "<td class=\"none\">not known");
    const char *why = figure_text(row, "battery_why");
    if (why && isfinite(figure(row, "energy_uj"))) put_note_mark(notes, why, out);
    buf_puts(out, "</td>");
}

static void put_equal(const json_t *row, struct notes *notes, struct buf *out)
{
    char s[SHOW_MAX];
    const json_t *equal = json_object_get(row, "device_equals_host");
    const char *why = figure_text(row, "why");
    if (json_is_true(equal)) {
        buf_printf(out, "<td class=\"yes\">yes<i>%s windows", show_count(s, figure(row, "windows_compared")));
        if (figure_text(row, "note")) put_note_mark(notes, figure_text(row, "note"), out);
        buf_puts(out, "</i></td>");
        return;
    }
    buf_puts(out, json_is_false(equal) ? "<td class=\"no\">no" : "<td class=\"none\">not known");
    if (why) put_note_mark(notes, why, out);
    buf_puts(out, "</td>");
}

static void put_row(const json_t *results, const json_t *row, double energy_scale, bool energy,
                    struct notes *notes, struct buf *out)
{
    buf_puts(out, figure_is(row, "technique", "none") ? "<tr class=\"base\"><th scope=\"row\">"
                                                      : "<tr><th scope=\"row\">");
    html_technique(results, figure_text(row, "technique"), out);
    if (figure_is(row, "technique", "none")) buf_puts(out, "<i>uncompressed</i>");
    if (figure_text(row, "refusal")) {
        buf_puts(out, "<i class=\"no\">does not fit");
        put_note_mark(notes, figure_text(row, "refusal"), out);
        buf_puts(out, "</i>");
    }
    buf_puts(out, "</th>");
    put_mean(row, "accuracy", "accuracy_spread", out);
    put_mean(row, "macro_f1", "macro_f1_spread", out);
    put_change(row, out);
    put_bytes(row, "file_bytes", out);
    put_bytes(row, "flash_bytes", out);
    put_bytes(row, "ram_bytes", out);
    put_interval(row, "latency_us", 1e-3, out);
    put_energy(row, energy_scale, notes, out);
    put_saved(row, energy, out);
    put_battery(row, notes, out);
    put_equal(row, notes, out);
    buf_puts(out, "</tr>\n");
}

static void put_header(const char *energy_unit, const char *origin, struct buf *out)
{
    buf_puts(out,
             "<thead><tr><th scope=\"col\">technique</th><th scope=\"col\">accuracy<small>% \xc2\xb1 "
             "seeds</small></th><th scope=\"col\">macro-F1<small>% \xc2\xb1 seeds</small></th><th "
             "scope=\"col\">change<small>points, 95 %</small></th><th "
             "scope=\"col\">file<small>KiB</small></th><th scope=\"col\">flash<small>KiB</small></th><th "
             "scope=\"col\">RAM<small>KiB</small></th><th scope=\"col\">latency<small>ms</small></th>");
    buf_printf(out, "<th scope=\"col\">energy<small>%s", energy_unit);
    if (origin) {
        buf_puts(out, ", ");
        put_text(out, origin);
    }
    buf_printf(out, "</small></th><th scope=\"col\">saved<small>%% %s</small></th>",
               origin ? "energy" : "time");
    buf_puts(out,
             "<th scope=\"col\">battery<small>days</small></th><th scope=\"col\">device = host<small>all "
             "bytes</small></th></tr></thead>\n<tbody>\n");
}

static void put_chip(const json_t *results, const char *target, struct buf *out)
{
    char flash[SHOW_MAX], ram[SHOW_MAX];
    const json_t *t = figure_find(figure_list(results, "targets"), "name", target, NULL);
    buf_puts(out, "<p class=\"chip\">");
    put_text_of(out, t, "chip");
    buf_printf(out, "; room for a model: %s KiB flash, %s KiB RAM</p>\n",
               show_count(flash, figure(t, "flash_bytes") / 1024),
               show_count(ram, figure(t, "ram_bytes") / 1024));
}

// The rows of one model on one chip: table[from .. to - 1].
static void put_block(const json_t *results, const json_t *table, size_t from, size_t to, struct buf *out)
{
    const json_t *first = json_array_get(table, from);
    struct notes notes = {.n = 0};
    double largest = 0, scale;
    const char *origin = NULL;
    for (size_t i = from; i < to; i++) {
        const json_t *row = json_array_get(table, i);
        double v = figure(row, "energy_uj_high");
        if (v > largest) largest = v;
        if (figure_text(row, "energy_origin")) origin = figure_text(row, "energy_origin");
    }
    const char *unit = show_energy_unit(largest, &scale);
    buf_puts(out, "<h3>");
    put_text_of(out, first, "model");
    buf_puts(out, " on ");
    put_text_of(out, first, "target");
    buf_puts(out, "</h3>\n");
    put_chip(results, figure_text(first, "target"), out);
    buf_puts(out, "<div class=\"scroll\" tabindex=\"0\"><table class=\"main\">\n");
    put_header(unit, origin, out);
    for (size_t i = from; i < to; i++)
        put_row(results, json_array_get(table, i), scale, largest > 0, &notes, out);
    buf_puts(out, "</tbody></table></div>\n");
    if (notes.n) {
        buf_puts(out, "<ol class=\"notes\">\n");
        for (int i = 0; i < notes.n; i++) {
            buf_puts(out, "<li>");
            put_text(out, notes.text[i]);
            buf_puts(out, "</li>\n");
        }
        buf_puts(out, "</ol>\n");
    }
}

void html_table(const json_t *results, const json_t *table, struct buf *out)
{
    size_t n = json_array_size(table), from = 0;
    buf_puts(out, "<section>\n<h2>The techniques side by side</h2>\n");
    if (!n) buf_puts(out, "<p>Nothing is finished yet.</p>\n");
    for (size_t i = 1; i <= n && n; i++) {
        const json_t *a = json_array_get(table, from), *b = json_array_get(table, i);
        if (i < n && figure_is(b, "model", figure_text(a, "model")) &&
            figure_is(b, "target", figure_text(a, "target")))
            continue;
        put_block(results, table, from, i, out);
        from = i;
    }
    buf_puts(out, "<p class=\"note\">Small figures: spread over seeds (standard deviation), 95 % interval "
                  "over test persons, or the interval of the estimate. Latency and energy are those of one "
                  "inference; battery days are for one inference a hop and sleep between, without sensor and "
                  "radio. How each was made stands at the end.</p>\n</section>\n");
}
