#include "report.h"
#include "html.h"
#include "../emit/emit.h"
#include "../study/table.h"
#include <string.h>

const char *person_word(const json_t *results)
{
    return figure_true(json_object_get(results, "data"), "by_person") ? "person" : "recording";
}

int technique_index(const json_t *results, const char *name)
{
    size_t i;
    const json_t *t;
    json_array_foreach (figure_list(results, "techniques"), i, t)
        if (figure_is(t, "name", name)) return (int)(i % 8);
    return 0;
}

void html_technique(const json_t *results, const char *name, struct buf *out)
{
    buf_printf(out, "<span class=\"mark t%d\"></span>", technique_index(results, name));
    put_text(out, name ? name : "not known");
}

static void put_embedded(struct buf *out, const char *path)
{
    const struct embedded *f = embedded_find(path);
    if (f) buf_put(out, f->bytes, f->n);
}

static void put_head(const json_t *results, struct buf *out)
{
    const json_t *data = json_object_get(results, "data");
    buf_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  // Nothing is fetched, whatever a hostile label may say.
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                  "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>wearlite study: ");
    put_text_of(out, data, "name");
    buf_puts(out, "</title>\n<style>\n");
    put_embedded(out, "src/report/files/page.css");
    buf_puts(out, "</style>\n</head>\n<body>\n<header>\n<p class=\"brand\">wearlite study</p>\n<h1>What "
                  "compression costs and saves</h1>\n<p class=\"lead\">Human activity recognition on ");
    size_t i, n = json_array_size(figure_list(results, "targets"));
    const json_t *t;
    json_array_foreach (figure_list(results, "targets"), i, t) {
        buf_puts(out, !i ? "" : i + 1 < n ? ", " : " and ");
        put_text_of(out, t, "name");
    }
    buf_puts(out, ", data set ");
    put_text_of(out, data, "name");
    buf_puts(out, ".</p>\n</header>\n<main>\n");
}

static void put_banners(const json_t *results, struct buf *out)
{
    if (figure_true(json_object_get(results, "data"), "synthetic"))
        buf_puts(out, "<p class=\"banner warn\"><strong>Simulated data.</strong> These recordings were "
                      "computed by a program, no person wore a sensor. Sizes, times and energy are those of "
                      "the real networks; the accuracies say nothing about people.</p>\n");
    if (!figure_true(results, "complete"))
        buf_puts(out, "<p class=\"banner\"><strong>Not finished.</strong> The study is still running or was "
                      "stopped; run the same command again and it goes on from here.</p>\n");
    const json_t *problems = figure_list(results, "problems"), *p;
    if (!json_array_size(problems)) return;
    buf_puts(out, "<div class=\"banner warn\"><strong>What could not be done</strong><ul>");
    size_t i;
    json_array_foreach (problems, i, p) {
        buf_puts(out, "<li>");
        put_text(out, json_string_value(p));
        buf_puts(out, "</li>");
    }
    buf_puts(out, "</ul></div>\n");
}

// JSON inside a script element: no '<' may stand there, and it stands only in texts, where \u003c is the
// same.
static void put_json(struct buf *out, const json_t *j)
{
    char *s = json_dumps(j, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9));
    for (const char *p = s ? s : "null"; *p; p++) {
        if (*p == '<')
            buf_puts(out, "\\u003c");
        else
            buf_put(out, p, 1);
    }
    free(s);
}

static void put_scripts(const json_t *results, const json_t *table, struct buf *out)
{
    if (!embedded_find("chart.min.js")) return;
    json_t *j = json_object();
    static const char *const keys[] = {"models", "techniques", "targets", "measurements"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (figure_list(results, keys[i]))
            json_object_set(j, keys[i], (json_t *)figure_list(results, keys[i]));
    json_object_set(j, "table", (json_t *)table);
    buf_puts(out, "<script type=\"application/json\" id=\"figures\">");
    put_json(out, j);
    json_decref(j);
    buf_puts(out, "</script>\n<script>");
    put_embedded(out, "chart.min.js");
    buf_puts(out, "</script>\n<script>\n");
    put_embedded(out, "src/report/files/page.js");
    buf_puts(out, "</script>\n");
}

bool report_html(const json_t *results, struct buf *out, struct err *e)
{
    if (!json_is_object(results) || !json_is_array(json_object_get(results, "cells")))
        return fail(e, "the results hold no list of cells; give the results.json of a study");
    json_t *table = table_of(results);
    put_head(results, out);
    put_banners(results, out);
    html_findings(results, table, out);
    html_table(results, table, out);
    html_settings(results, table, out);
    html_charts(results, table, out);
    html_layers(results, out);
    html_asked(results, out);
    html_persons(results, out);
    html_confusion(results, out);
    html_made(results, out);
    buf_puts(out, "</main>\n");
    put_scripts(results, table, out);
    buf_puts(out, "</body>\n</html>\n");
    json_decref(table);
    return true;
}
