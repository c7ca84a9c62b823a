// The main table for the terminal.
#include "report.h"
#include "show.h"
#include "../study/table.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 10 };

// Characters, not bytes: continuation bytes of UTF-8 do not count.
static int width_of(const char *s)
{
    int n = 0;
    for (; *s; s++) n += (*s & 0xc0) != 0x80;
    return n;
}

// A foreign text on a terminal: no control characters.
static void put_plain(struct buf *out, const char *s)
{
    for (; s && *s; s++) buf_put(out, (unsigned char)*s < 32 || *s == 127 ? "?" : s, 1);
}

static void put_cell(struct buf *out, const char *s, int width, bool left)
{
    int pad = width - width_of(s);
    if (left) put_plain(out, s);
    for (int i = 0; i < pad; i++) buf_puts(out, " ");
    if (!left) put_plain(out, s);
    buf_puts(out, "  ");
}

static void with_spread(char s[SHOW_MAX * 3], double v, double spread, int decimals)
{
    char a[SHOW_MAX], b[SHOW_MAX];
    if (isfinite(v) && isfinite(spread))
        snprintf(s, SHOW_MAX * 3, "%s \xc2\xb1 %s", show_fixed(a, v, decimals),
                 show_fixed(b, spread, decimals));
    else
        snprintf(s, SHOW_MAX * 3, "%s", isfinite(v) ? show_fixed(a, v, decimals) : "-");
}

static void short_or_dash(char s[SHOW_MAX * 3], double v, int decimals)
{
    char a[SHOW_MAX];
    snprintf(s, SHOW_MAX * 3, "%s",
             !isfinite(v)   ? "-"
             : decimals < 0 ? show_short(a, v)
                            : show_fixed(a, v, decimals));
}

static void row_text(const json_t *row, double energy_scale, bool energy, char cell[COLUMNS][SHOW_MAX * 3])
{
    char v[SHOW_MAX], l[SHOW_MAX], h[SHOW_MAX];
    bool base = figure_is(row, "technique", "none");
    const char *t = figure_text(row, "technique");
    snprintf(cell[0], sizeof *cell, "%s", t ? t : "?");
    with_spread(cell[1], 100 * figure(row, "accuracy"), 100 * figure(row, "accuracy_spread"), 2);
    if (base)
        snprintf(cell[2], sizeof *cell, "baseline");
    else if (isfinite(figure(row, "change_points_low")))
        snprintf(cell[2], sizeof *cell, "%s (%s \xe2\x80\xa6 %s)",
                 show_signed(v, figure(row, "change_points"), 2),
                 show_signed(l, figure(row, "change_points_low"), 2),
                 show_signed(h, figure(row, "change_points_high"), 2));
    else
        short_or_dash(cell[2], figure(row, "change_points"), 2);
    short_or_dash(cell[3], figure(row, "file_bytes") / 1024, 1);
    short_or_dash(cell[4], figure(row, "flash_bytes") / 1024, 1);
    short_or_dash(cell[5], figure(row, "ram_bytes") / 1024, 1);
    short_or_dash(cell[6], figure(row, "latency_us") / 1000, -1);
    short_or_dash(cell[7], figure(row, "energy_uj") * energy_scale, -1);
    short_or_dash(cell[8], 100 * figure(row, energy ? "energy_saved" : "latency_saved"), 1);
    const json_t *equal = json_object_get(row, "device_equals_host");
    snprintf(cell[9], sizeof *cell, "%s", json_is_true(equal) ? "yes" : json_is_false(equal) ? "NO" : "-");
}

static void put_block(const json_t *table, size_t from, size_t to, struct buf *out)
{
    static char cell[64][COLUMNS][SHOW_MAX * 3];
    double largest = 0, scale;
    size_t rows = to - from > 63 ? 63 : to - from;
    for (size_t i = 0; i < rows; i++) {
        double v = figure(json_array_get(table, from + i), "energy_uj_high");
        if (v > largest) largest = v;
    }
    const char *unit = show_energy_unit(largest, &scale);
    static const char *const head[COLUMNS] = {"technique", "accuracy %",   "change, points", "file KiB",
                                              "flash KiB", "RAM KiB",      "latency ms",     "energy ",
                                              "saved %",   "device = host"};
    for (int c = 0; c < COLUMNS; c++)
        snprintf(cell[0][c], sizeof cell[0][c], "%s%s", head[c],
                 c == 7                     ? unit
                 : c == 8 && !(largest > 0) ? " of time"
                                            : "");
    for (size_t i = 0; i < rows; i++)
        row_text(json_array_get(table, from + i), scale, largest > 0, cell[i + 1]);
    int width[COLUMNS] = {0};
    for (size_t i = 0; i <= rows; i++)
        for (int c = 0; c < COLUMNS; c++)
            if (width_of(cell[i][c]) > width[c]) width[c] = width_of(cell[i][c]);
    buf_puts(out, "\n");
    put_plain(out, figure_text(json_array_get(table, from), "model"));
    buf_puts(out, " on ");
    put_plain(out, figure_text(json_array_get(table, from), "target"));
    buf_puts(out, "\n");
    for (size_t i = 0; i <= rows; i++) {
        buf_puts(out, "  ");
        for (int c = 0; c < COLUMNS; c++) put_cell(out, cell[i][c], width[c], c == 0);
        while (out->n && out->p[out->n - 1] == ' ') out->p[--out->n] = 0;
        buf_puts(out, "\n");
    }
    for (size_t i = from; i < from + rows; i++) {
        const json_t *row = json_array_get(table, i);
        const char *say[2] = {figure_text(row, "refusal"), figure_text(row, "why")};
        for (int k = 0; k < 2; k++) {
            if (!say[k]) continue;
            buf_puts(out, "  ");
            put_plain(out, figure_text(row, "technique"));
            buf_puts(out, ": ");
            put_plain(out, say[k]);
            buf_puts(out, "\n");
        }
    }
}

void report_text(const json_t *results, struct buf *out)
{
    json_t *table = table_of(results);
    size_t n = json_array_size(table), from = 0;
    if (figure_true(json_object_get(results, "data"), "synthetic"))
        buf_puts(out, "Simulated data: the accuracies say nothing about people.\n");
    for (size_t i = 1; i <= n && n; i++) {
        const json_t *a = json_array_get(table, from), *b = json_array_get(table, i);
        if (i < n && figure_is(b, "model", figure_text(a, "model")) &&
            figure_is(b, "target", figure_text(a, "target")))
            continue;
        put_block(table, from, i, out);
        from = i;
    }
    json_decref(table);
}
