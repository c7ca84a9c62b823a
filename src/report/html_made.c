// How each figure was made, from what, with which programs.
#include "html.h"
#include <math.h>
#include <string.h>

static void put_fact(const char *what, const json_t *fact, struct buf *out)
{
    char v[SHOW_MAX], l[SHOW_MAX], h[SHOW_MAX];
    if (!isfinite(figure(fact, "value"))) {
        buf_printf(out,
                   "<li>%s: not known; no document that we could read gives it, so nothing is computed from "
                   "it.</li>\n",
                   what);
        return;
    }
    buf_printf(out, "<li>%s: %s mW (%s to %s), from ", what, show_short(v, figure(fact, "value")),
               show_short(l, figure(fact, "low")), show_short(h, figure(fact, "high")));
    put_text_of(out, fact, "source");
    buf_puts(out, ".</li>\n");
}

// Compiler and emulator: those of the first measurement on the target.
static void put_versions(const json_t *results, const char *target, struct buf *out)
{
    const json_t *m = figure_find(figure_list(results, "measurements"), "target", target, NULL);
    buf_puts(out, "<li>Built and run by: ");
    put_text_of(out, m, "versions");
    buf_puts(out, ".</li>\n");
}

static void put_target(const json_t *results, const json_t *t, struct buf *out)
{
    char v[SHOW_MAX], e[SHOW_MAX];
    buf_puts(out, "<h3>");
    put_text_of(out, t, "name");
    buf_puts(out, "</h3>\n<ul>\n<li>Chip: ");
    put_text_of(out, t, "chip");
    buf_puts(out, ". ");
    put_text_of(out, t, "about");
    buf_puts(out, ".</li>\n");
    put_versions(results, figure_text(t, "name"), out);
    buf_printf(
        out,
        "<li>Latency: instructions counted one by one on the emulated chip over the first windows compared, "
        "times an estimated cycle cost of each class, at %s MHz; interval \xc2\xb1 %s %%. Cycle costs from: ",
        show_short(v, figure(t, "clock_hz") / 1e6), show_fixed(e, 100 * figure(t, "cycle_error"), 0));
    put_text_of(out, t, "cycle_source");
    buf_puts(out, ".</li>\n");
    put_fact("Power while computing", json_object_get(t, "active_mw"), out);
    put_fact("Power while asleep", json_object_get(t, "sleep_mw"), out);
    buf_puts(out, "</ul>\n");
}

static void put_people(const json_t *results, struct buf *out)
{
    const json_t *data = json_object_get(results, "data"), *p = json_object_get(data, "persons");
    bool by_person = figure_true(data, "by_person");
    buf_printf(out,
               "<li><b>Accuracy</b>: over all windows of the %zu test %s, whom neither training nor "
               "calibration saw. ",
               json_array_size(figure_list(p, "test")), by_person ? "persons" : "recordings");
    buf_puts(out, by_person ? "The split is by person: no one is on both sides. "
                            : "The set names no persons, so the split is by recording and may have one "
                              "person on both sides. ");
    buf_puts(out, "Computed on this machine with the same C kernels that run on the chip.</li>\n"
                  "<li><b>Change</b>: the difference of accuracy to the uncompressed model is taken for each "
                  "test person (mean over seeds), then averaged over persons, each counting the same; the "
                  "interval is Student's t over these differences. It tells how far the finding carries to "
                  "other people, not to other data sets.</li>\n");
}

// A link to a file of the study, below its folder; anything else stays text.
static void put_link(const char *path, struct buf *out)
{
    bool below =
        path && (!strncmp(path, "models/", 7) || !strncmp(path, "projects/", 9)) && !strstr(path, "..");
    if (below) {
        buf_puts(out, "<a href=\"");
        put_text(out, path);
        buf_puts(out, "\">");
    }
    put_text(out, path ? path : "not known");
    buf_puts(out, below ? "</a>" : "");
}

static void put_files(const json_t *results, struct buf *out)
{
    size_t i;
    const json_t *c;
    buf_puts(out, "<h3>Files</h3>\n<ul>\n<li><a href=\"results.json\">results.json</a>: every figure on this "
                  "page</li>\n");
    json_array_foreach (figure_list(results, "cells"), i, c) {
        if (!figure_text(c, "project")) continue;
        buf_puts(out, "<li>");
        html_technique(results, figure_text(c, "technique"), out);
        buf_puts(out, ", ");
        put_text_of(out, c, "model");
        buf_puts(out, " on ");
        put_text_of(out, c, "target");
        buf_puts(out, ": ");
        put_link(figure_text(c, "model_file"), out);
        buf_puts(out, ", C project ");
        put_link(figure_text(c, "project"), out);
        buf_puts(out, "</li>\n");
    }
    buf_puts(out, "</ul>\n");
}

void html_made(const json_t *results, struct buf *out)
{
    const json_t *opt = json_object_get(results, "options"), *ver = json_object_get(results, "versions"), *t;
    char a[SHOW_MAX], b[SHOW_MAX];
    size_t i;
    buf_puts(out, "<section>\n<h2>How each figure was made</h2>\n<ul>\n");
    put_people(results, out);
    buf_puts(out, "<li><b>Techniques</b>: ");
    json_array_foreach (figure_list(results, "techniques"), i, t) {
        buf_puts(out, i ? "; " : "");
        html_technique(results, figure_text(t, "name"), out);
        buf_puts(out, " (");
        put_text_of(out, t, "about");
        buf_puts(out, ")");
    }
    buf_puts(out, ". Calibration of full-integer: ");
    buf_printf(out, "%s windows of training %s, ranges by ",
               show_count(a, figure(opt, "calibration_windows")),
               figure_true(json_object_get(results, "data"), "by_person") ? "persons" : "recordings");
    put_text_of(out, opt, "calibration_ranges");
    buf_printf(out,
               ".</li>\n<li><b>Device = host</b>: the emitted C is compiled for the chip, run on its "
               "emulator over %s test windows, and every output byte compared with this machine's. Where one "
               "differs, no cost is given.</li>\n",
               show_count(a, figure(opt, "windows_compared")));
    buf_puts(out,
             "<li><b>Flash</b>: code and constants of the network and its kernels, without start-up and test "
             "harness. <b>RAM</b>: arena, static data and the deepest stack seen.</li>\n<li><b>Costs and "
             "seeds</b>: costs depend on the structure of the network, hardly on its trained values, so they "
             "are measured on the first seed unless asked otherwise.</li>\n"
             "<li><b>Energy</b>: power while computing times latency, for one inference. <b>Energy "
             "saved</b>: both models run on the same chip at the same power, so what is uncertain is the "
             "cost of an instruction of each class; the range is over all costs within the error.</li>\n");
    buf_printf(out,
               "<li><b>Battery</b>: %s mAh at %s V, one inference a hop, asleep between; sensor, radio and "
               "losses of the regulator are not in it.</li>\n</ul>\n",
               show_count(a, figure(opt, "battery_mah")), show_fixed(b, figure(opt, "battery_v"), 1));
    json_array_foreach (figure_list(results, "targets"), i, t) put_target(results, t, out);
    put_files(results, out);
    buf_puts(out, "<h3>To repeat it</h3>\n<pre><code>");
    put_text_of(out, results, "command");
    buf_puts(out, "</code></pre>\n<p class=\"note\">wearlite ");
    put_text_of(out, ver, "wearlite");
    buf_puts(out, ", built by ");
    put_text_of(out, ver, "host_compiler");
    buf_puts(out, "; program SHA-256 <code>");
    put_text_of(out, ver, "program_sha256");
    buf_puts(out, "</code>; data SHA-256 <code>");
    put_text_of(out, json_object_get(results, "data"), "sha256");
    buf_puts(out, "</code>.</p>\n</section>\n");
}
