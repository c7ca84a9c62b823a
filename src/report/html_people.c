// Who was recognised how well: accuracy of each test person, confusion of the activities.
#include "html.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_CLASSES = 64, MAX_PERSONS = 512 };

// Sums over the seeds of one model and technique on its first target; false when there is nothing.
static int person_means(const json_t *results, const char *model, const char *technique, double *mean)
{
    size_t i, k;
    const json_t *c, *v;
    const char *target = NULL;
    int n = 0, seeds = 0;
    json_array_foreach (figure_list(results, "cells"), i, c) {
        const json_t *list = figure_list(c, "accuracy_by_person");
        int here = (int)json_array_size(list);
        if (!figure_is(c, "model", model) || !figure_is(c, "technique", technique) || !here ||
            here > MAX_PERSONS)
            continue;
        if (!target) target = figure_text(c, "target"), n = here;
        if (!figure_is(c, "target", target) || here != n) continue;
        json_array_foreach (list, k, v) mean[k] = (seeds ? mean[k] : 0) + json_number_value(v);
        seeds++;
    }
    for (int p = 0; p < n; p++) mean[p] /= seeds;
    return n;
}

static void put_person_table(const json_t *results, const char *model, struct buf *out)
{
    static double mean[8][MAX_PERSONS];
    char s[SHOW_MAX];
    const json_t *techniques = figure_list(results, "techniques"), *t;
    const json_t *persons = figure_list(json_object_get(json_object_get(results, "data"), "persons"), "test");
    int n[8] = {0}, np = 0;
    size_t i;
    json_array_foreach (techniques, i, t) {
        if (i >= 8) break;
        n[i] = person_means(results, model, figure_text(t, "name"), mean[i]);
        if (n[i] > np) np = n[i];
    }
    if (!np) return;
    buf_puts(out, "<figure><figcaption>");
    put_text(out, model);
    buf_puts(out, "</figcaption>\n<div class=\"scroll fit\"><table><thead><tr><th>person</th>");
    json_array_foreach (techniques, i, t) {
        if (i >= 8) break;
        buf_puts(out, "<th>");
        html_technique(results, figure_text(t, "name"), out);
        buf_puts(out, "<small>%</small></th>");
    }
    buf_puts(out, "</tr></thead><tbody>\n");
    for (int p = 0; p < np; p++) {
        const json_t *id = json_array_get(persons, (size_t)p);
        buf_puts(out, "<tr><th scope=\"row\">");
        if (json_is_string(id))
            put_text(out, json_string_value(id));
        else
            buf_printf(out, "no. %d", p + 1);
        buf_puts(out, "</th>");
        for (i = 0; i < json_array_size(techniques) && i < 8; i++) {
            double base = n[0] > p ? mean[0][p] : NAN, v = n[i] > p ? mean[i][p] : NAN;
            bool lower = v < base - 0.005;
            buf_printf(out, lower ? "<td class=\"low\">%s</td>" : "<td>%s</td>", show_fixed(s, 100 * v, 2));
        }
        buf_puts(out, "</tr>\n");
    }
    buf_puts(out, "</tbody></table></div></figure>\n");
}

void html_persons(const json_t *results, struct buf *out)
{
    size_t i;
    const json_t *m;
    bool by_person = figure_true(json_object_get(results, "data"), "by_person");
    buf_printf(out, "<section>\n<h2>Accuracy of each test %s</h2>\n<div class=\"figures\">\n",
               by_person ? "person" : "recording");
    json_array_foreach (figure_list(results, "models"), i, m)
        if (figure_text(m, "name")) put_person_table(results, figure_text(m, "name"), out);
    buf_puts(out, "</div>\n<p class=\"note\">Mean over seeds. Underlined: more than half a point below the "
                  "uncompressed model.</p>\n</section>\n");
}

// Adds the confusion counts of all seeds of a model and technique; returns the number of classes, 0: none.
static int confusion_sum(const json_t *results, const char *model, const char *technique, double *sum)
{
    size_t i;
    const json_t *v;
    int nclass = 0;
    const json_t *fma = NULL; // one arithmetic only, else the seeds would count twice
    json_array_foreach (figure_list(results, "evaluations"), i, v) {
        const json_t *rows = figure_list(v, "confusion");
        int n = (int)json_array_size(rows);
        if (!figure_is(v, "model", model) || !figure_is(v, "technique", technique) || n < 1 ||
            n > MAX_CLASSES)
            continue;
        if (!nclass) {
            nclass = n;
            fma = json_object_get(v, "fma");
            memset(sum, 0, sizeof *sum * (size_t)n * (size_t)n);
        }
        if (n != nclass || (fma && json_is_true(json_object_get(v, "fma")) != json_is_true(fma))) continue;
        for (int r = 0; r < n; r++)
            for (int c = 0; c < n; c++)
                sum[r * n + c] +=
                    json_number_value(json_array_get(json_array_get(rows, (size_t)r), (size_t)c));
    }
    return nclass;
}

static void put_label(const json_t *results, int i, struct buf *out)
{
    const char *s =
        json_string_value(json_array_get(figure_list(json_object_get(results, "data"), "labels"), (size_t)i));
    if (s)
        put_text(out, s);
    else
        buf_printf(out, "class %d", i);
}

static void put_matrix(const json_t *results, const double *sum, int n, struct buf *out)
{
    char s[SHOW_MAX], count[SHOW_MAX];
    buf_puts(out, "<div class=\"scroll fit\"><table class=\"confusion\"><thead><tr><th><small>true "
                  "\xe2\x86\x93 predicted \xe2\x86\x92</small></th>");
    for (int c = 0; c < n; c++) {
        buf_puts(out, "<th scope=\"col\"><span>");
        put_label(results, c, out);
        buf_puts(out, "</span></th>");
    }
    buf_puts(out, "</tr></thead><tbody>\n");
    for (int r = 0; r < n; r++) {
        double total = 0;
        for (int c = 0; c < n; c++) total += sum[r * n + c];
        buf_puts(out, "<tr><th scope=\"row\">");
        put_label(results, r, out);
        buf_puts(out, "</th>");
        for (int c = 0; c < n; c++) {
            double v = total > 0 ? sum[r * n + c] / total : 0;
            buf_printf(out, "<td class=\"%s%s\" style=\"--v:%.3f\" title=\"%s windows\">%s</td>",
                       r == c ? "hit" : "miss", v > 0.55 ? " deep" : "",
                       r == c  ? v
                       : v > 0 ? 0.12 + 0.88 * sqrt(v)
                               : 0,
                       show_count(count, sum[r * n + c]),
                       sum[r * n + c] > 0 ? show_fixed(s, 100 * v, 1) : "");
        }
        buf_puts(out, "</tr>\n");
    }
    buf_puts(out, "</tbody></table></div>\n");
}

void html_confusion(const json_t *results, struct buf *out)
{
    static double sum[MAX_CLASSES * MAX_CLASSES];
    size_t i, j;
    const json_t *m, *t;
    buf_puts(out, "<section>\n<h2>What is taken for what</h2>\n");
    json_array_foreach (figure_list(results, "models"), i, m) {
        const char *model = figure_text(m, "name");
        buf_puts(out, "<div class=\"figures\">\n");
        json_array_foreach (figure_list(results, "techniques"), j, t) {
            const char *technique = figure_text(t, "name");
            int n = model && technique ? confusion_sum(results, model, technique, sum) : 0;
            if (!n) continue;
            buf_puts(out, "<figure><figcaption>");
            put_text(out, model);
            buf_puts(out, ", ");
            html_technique(results, technique, out);
            buf_puts(out, "</figcaption>\n");
            put_matrix(results, sum, n, out);
            buf_puts(out, "</figure>\n");
        }
        buf_puts(out, "</div>\n");
    }
    buf_puts(out, "<p class=\"note\">Percent of the test windows of each true activity, all seeds together; "
                  "the count shows when the pointer rests on a cell.</p>\n</section>\n");
}
