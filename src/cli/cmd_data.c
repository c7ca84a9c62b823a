#include "../data/dataset.h"
#include "cmd.h"
#include <stdio.h>
#include <string.h>

static int data_list(struct arena *a)
{
    for (int i = 0; dataset_defs[i]; i++) {
        const struct dataset_def *d = dataset_defs[i];
        const char *at = dataset_locate(d, a);
        printf("%-8s %s\n", d->name, d->about);
        if (at)
            printf("%-8s here: %s\n", "", at);
        else if (d->url)
            printf("%-8s not here; get it with: wearlite data get %s\n", "", d->name);
        else if (d->probe)
            printf("%-8s not here\n", "");
    }
    return EXIT_DONE;
}

static void print_split(const struct dataset *d, enum split s, const int *count)
{
    int persons = 0, windows = 0, first = 0;
    for (int p = 0; p < d->nperson; p++) persons += count[p] > 0, windows += count[p];
    printf("%-6s %6d windows", split_name(s), windows);
    if (windows && d->nperson > 1) {
        printf(", %d %s%s", persons, d->by_person ? "person" : "recording", persons == 1 ? "" : "s");
        for (int p = 0; d->by_person && persons <= 40 && p < d->nperson; p++)
            if (count[p]) printf("%s %s (%d)", first++ ? "," : ":", d->person_name[p], count[p]);
    }
    printf("\n");
}

static void print_info(const struct dataset *d, struct arena *a)
{
    printf("%s%s: %s\n", d->synthetic ? "SIMULATED, not people: " : "", d->name, d->about);
    printf("licence:  %s\nread from: %s\n", d->licence, d->origin);
    printf("windows:  %d of %d samples (%.3g s) at %g Hz, a new one every %d\n", d->n, d->window,
           d->window / (double)d->rate_hz, (double)d->rate_hz, d->hop);
    float *mean = arena_new_n(a, (size_t)d->nchannel, float),
          *std = arena_new_n(a, (size_t)d->nchannel, float);
    dataset_moments(d, mean, std);
    printf("\n%-14s %-8s %12s %12s\n", "channel", "unit", "mean", "deviation");
    for (int c = 0; c < d->nchannel; c++)
        printf("%-14s %-8s %12.4g %12.4g\n", d->channel[c], *d->unit[c] ? d->unit[c] : "?", (double)mean[c],
               (double)std[c]);
    int(*class_count)[SPLIT_COUNT] = arena_array(a, (size_t)d->nclass, sizeof *class_count);
    for (int i = 0; i < d->n; i++) class_count[d->y[i]][d->split[i]]++;
    printf("\n%-18s %7s %7s %7s %7s\n", "class", "train", "valid", "test", "all");
    for (int k = 0; k < d->nclass; k++) {
        const int *n = class_count[k];
        printf("%-18s %7d %7d %7d %7d\n", d->label[k], n[0], n[1], n[2], n[0] + n[1] + n[2]);
    }
    printf("\nsplit %s\n",
           d->by_person ? "by person: nobody is on two sides"
           : d->nperson > 1
               ? "by recording: the set names no persons"
               : "by the authors; which persons is not told, so validation may share one with training");
    for (int s = 0; s < SPLIT_COUNT; s++) {
        int *count = arena_new_n(a, (size_t)d->nperson, int);
        for (int i = 0; i < d->n; i++) count[d->person[i]] += d->split[i] == s;
        print_split(d, (enum split)s, count);
    }
}

int cmd_data(int argc, char **argv)
{
    const char *from = NULL;
    struct data_opt o = {0};
    int seed = 0;
    const struct opt opts[] = {
        {"from", 0, OPT_TEXT, "FILE|DIR|URL", "where to get or read the set from", &from},
        {"all-classes", 0, OPT_FLAG, NULL, "info hapt: with the six postural transitions", &o.all_classes},
        {"window", 0, OPT_INT, "N", "info: samples in a window", &o.window},
        {"hop", 0, OPT_INT, "N", "info: samples from one window to the next", &o.hop},
        {"seed", 0, OPT_INT, "N", "info: choice of the validation persons; synth: the simulation", &seed},
        {NULL, 0, 0, NULL, NULL, NULL}};
    const struct usage u = {
        "data",
        "list | info NAME|DIR | get NAME",
        "Lists the data sets, describes one, or gets one.",
        "Sets are looked for in $WEARLITE_DATA, ~/.local/share/wearlite and ../shared/data.\n"
        "Your own recordings: a folder of CSV files, see docs/data.md.",
        opts,
        1,
        2};
    int n, rc = opt_parse(&u, argc, argv, &n);
    if (rc >= 0) return rc;
    bool list = !strcmp(argv[0], "list"), info = !strcmp(argv[0], "info"), get = !strcmp(argv[0], "get");
    if (!list && !info && !get)
        return usage_error(&u, "unknown verb '%s'; they are list, info and get", argv[0]);
    if (list && n > 1) return usage_error(&u, "'%s' is one argument too many", argv[1]);
    if (!list && n < 2) return usage_error(&u, "%s wants the name of a set", argv[0]);
    if (seed < 0) return usage_error(&u, "--seed wants 0 or more");
    struct arena a = {0};
    struct err e = {""};
    o.from = from;
    o.seed = (uint64_t)seed;
    bool ok = true;
    if (list) {
        data_list(&a);
    } else if (info) {
        struct dataset *d = dataset_load(argv[1], &o, &a, &e);
        ok = d != NULL;
        if (ok) print_info(d, &a);
    } else {
        ok = dataset_get(argv[1], from, &a, &e);
    }
    rc = ok ? EXIT_DONE : report_error(&e);
    arena_free(&a);
    return rc;
}
