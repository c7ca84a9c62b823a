#include "../base/file.h"
#include "../report/report.h"
#include "cmd.h"
#include <stdio.h>
#include <string.h>

// The results of a study: DIR, or the file itself.
static json_t *results_load(const char *path, const char **dir, struct arena *a, struct err *e)
{
    const char *file = path;
    if (file_is_dir(path)) {
        *dir = path;
        file = arena_printf(a, "%s/results.json", path);
        if (!file_exists(file))
            return FAIL_NULL(
                e, "%s: no results.json in it; give the folder of a study ('wearlite study -o %s' makes one)",
                path, path);
    } else {
        const char *slash = strrchr(path, '/');
        *dir = slash ? arena_strndup(a, path, (size_t)(slash - path)) : ".";
    }
    struct span s;
    if (!file_read(file, a, &s, e)) return NULL;
    json_error_t je;
    json_t *r = json_loadb((const char *)s.p, s.n, JSON_REJECT_DUPLICATES, &je);
    if (!r) fail(e, "%s: line %d: %s; run the study again, it writes the file anew", file, je.line, je.text);
    return r;
}

int cmd_report(int argc, char **argv)
{
    static const char *output;
    static const struct opt opts[] = {
        {"output", 'o', OPT_TEXT, "FILE.html", "where the page goes (STUDY_DIR/index.html)", &output},
        {NULL, 0, 0, NULL, NULL, NULL}};
    static const struct usage u = {
        "report", "STUDY_DIR", "Makes the page of a study again and prints its table.", NULL, opts, 1, 1};
    int n, rc = opt_parse(&u, argc, argv, &n);
    if (rc >= 0) return rc;
    struct arena a = {0};
    struct err e = {""};
    struct buf page = {0}, text = {0};
    const char *dir = NULL;
    json_t *results = results_load(argv[0], &dir, &a, &e);
    const char *file = output ? output : arena_printf(&a, "%s/index.html", dir ? dir : ".");
    if (results && report_html(results, &page, &e) && file_write(file, buf_span(&page), &e)) {
        report_text(results, &text);
        fwrite(text.p, 1, text.n, stdout);
        printf("\npage: %s\n", file);
        rc = EXIT_DONE;
    } else {
        rc = report_error(&e);
    }
    json_decref(results);
    buf_free(&page);
    buf_free(&text);
    arena_free(&a);
    return rc;
}
