#include "../base/file.h"
#include "../report/report.h"
#include "../study/study.h"
#include "cmd.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool publish(const json_t *results, const char *dir, struct err *e)
{
    struct arena a = {0};
    struct buf page = {0};
    bool ok = report_html(results, &page, e) &&
              file_write(arena_printf(&a, "%s/index.html", dir), buf_span(&page), e);
    buf_free(&page);
    arena_free(&a);
    return ok;
}

// The command as it was given, words with blanks or shell characters in quotes.
static const char *command_of(int argc, char **argv, struct arena *a)
{
    const char *s = "wearlite";
    for (int i = 0; i < argc; i++) {
        bool plain = *argv[i] && !argv[i][strcspn(argv[i], " \t\n\"'\\$&|;<>()*?`#~[]{}!")];
        s = arena_printf(a, plain ? "%s %s" : "%s '%s'", s, argv[i]);
    }
    return s;
}

static int finish(const struct study_opt *o, int problems, struct arena *a)
{
    const char *path = arena_printf(a, "%s/results.json", o->dir);
    json_t *results = json_load_file(path, 0, NULL);
    struct buf text = {0};
    report_text(results, &text);
    if (text.n) fwrite(text.p, 1, text.n, stdout);
    printf("\npage: %s/index.html\n", o->dir);
    buf_free(&text);
    json_decref(results);
    if (!problems) return EXIT_DONE;
    fprintf(stderr, "wearlite: %d %s, see above and the page; the rest is complete\n", problems,
            problems == 1 ? "thing could not be done" : "things could not be done");
    return EXIT_FAILED;
}

int cmd_study(int argc, char **argv)
{
    static struct study_opt o = {.dir = "wearlite-study"};
    static const struct opt opts[] = {
        {"data", 0, OPT_TEXT, "NAME|DIR", "data set or folder (hapt where it can be had, else simulated)",
         &o.data},
        {"models", 0, OPT_TEXT, "A,B",
         "networks to train (cnn,lstm,cnn-lstm; with --quick cnn); 'wearlite models' lists them", &o.models},
        {"techniques", 0, OPT_TEXT, "A,B",
         "lite,dynamic,full-integer (the default), pruned-full-integer ...; none is always measured, too",
         &o.techniques},
        {"targets", 0, OPT_TEXT, "A,B", "chips; 'wearlite targets' lists them", &o.targets},
        {"seeds", 0, OPT_INT, "N", "trainings of each network (5)", &o.seeds},
        {"epochs", 0, OPT_INT, "N", "longest training (the network's own)", &o.epochs},
        {"windows", 0, OPT_INT, "N", "test windows compared and counted on each chip (100)", &o.windows},
        {"ranges", 0, OPT_TEXT, "METHOD", "ranges of activations: auto, percentile, mse or min-max (auto)",
         &o.ranges},
        {"battery", 0, OPT_FLOAT, "MAH", "battery for the days, at 3.7 V (300)", &o.battery_mah},
        {"quick", 0, OPT_FLAG, NULL, "one seed and few epochs: minutes", &o.quick},
        {"measure-all", 0, OPT_FLAG, NULL, "measure every seed, not the first only", &o.measure_all},
        {"output", 'o', OPT_TEXT, "DIR", "where everything goes (wearlite-study)", &o.dir},
        {NULL, 0, 0, NULL, NULL, NULL}};
    static const struct usage u = {
        "study",
        "",
        "Trains, compresses, deploys and measures; leaves a page that says what each technique costs and "
        "saves.",
        "Ctrl-C leaves what is finished; the same command goes on from there and does nothing twice.",
        opts,
        0,
        0};
    int n;
    struct arena a = {0};
    struct err e = {""};
    o.command = command_of(argc, argv, &a); // before the parser reorders the words
    o.publish = publish;
    int rc = opt_parse(&u, argc, argv, &n), problems = 0;
    if (rc < 0 && !study_check(&o, &e)) rc = usage_error(&u, "%s", e.text);
    if (rc < 0) rc = study_run(&o, &problems, &e) ? finish(&o, problems, &a) : report_error(&e);
    arena_free(&a);
    return rc;
}
