#include "../data/dataset.h"
#include "../format/format.h"
#include "../run/run.h"
#include "../train/train.h"
#include "cmd.h"
#include "input_scale.h"
#include "windows.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static bool fits(const char *model, const struct graph *g, const struct dataset *d, struct err *e)
{
    char s[64];
    if (g->nin != 1 || tensor_count(g->in[0]) != (int64_t)d->window * d->nchannel)
        return fail(e,
                    "%s: the model's input is %s, windows of %s are %dx%d; make its windows as it was "
                    "trained on and give them to run --input X.npy",
                    model, tensor_shape(g->in[0], s, sizeof s), d->name, d->window, d->nchannel);
    if (tensor_count(g->out[0]) != d->nclass && !graph_gives_class(g))
        return fail(e,
                    "%s: the model tells %lld classes apart, %s has %d; give recordings of its own classes "
                    "(--data DIR), or windows to run --input X.npy",
                    model, (long long)tensor_count(g->out[0]), d->name, d->nclass);
    return rate_fits(g, d, e) || fail_in(e, "%s", model);
}

// A layer that keeps its state goes on from window to window of a recording, and begins with zeros at the next.
static bool in_order(const char *model, const struct graph *g, const struct dataset *d, struct err *e)
{
    const char *layer = graph_stateful(g)->name;
    if (!d->follows || d->hop != d->window)
        return fail(e,
                    "%s: layer %s keeps its state from one window to the next, and windows of %s overlap or "
                    "do not tell "
                    "what they follow; give recordings",
                    model, layer, d->name);
    int begins = 0;
    for (int i = 0; i < d->n; i++) begins += !d->follows[i];
    fprintf(stderr,
            "layer %s keeps its state: windows without overlap, in order; it begins with zeros at each of %d "
            "stretches "
            "of recording\n",
            layer, begins);
    return true;
}

static void print_text(const struct dataset *d, const struct score *s, const char *split)
{
    printf("%s, %s: %d windows, accuracy %.2f %%, macro-F1 %.4f\n\n%-20s", d->name, split, s->n,
           100 * s->accuracy, s->macro_f1, "true \\ predicted");
    for (int c = 0; c < s->nclass; c++) printf(" %10.10s", d->label[c]);
    printf("\n");
    for (int r = 0; r < s->nclass; r++) {
        printf("%-20.20s", d->label[r]);
        for (int c = 0; c < s->nclass; c++) printf(" %10d", s->confusion[r * s->nclass + c]);
        printf("\n");
    }
}

static void print_json(const char *model, const struct dataset *d, const struct score *s, const char *split)
{
    json_t *rows = json_array(), *labels = json_array();
    for (int r = 0; r < s->nclass; r++) {
        json_t *row = json_array();
        for (int c = 0; c < s->nclass; c++)
            json_array_append_new(row, json_integer(s->confusion[r * s->nclass + c]));
        json_array_append_new(rows, row);
        json_array_append_new(labels, json_string(d->label[r]));
    }
    json_t *j = json_pack("{s:s, s:s, s:s, s:b, s:i, s:f, s:f, s:o, s:o}", "model", model, "data", d->name,
                          "split", split, "synthetic", d->synthetic, "windows", s->n, "accuracy", s->accuracy,
                          "macro_f1", s->macro_f1, "labels", labels, "confusion", rows);
    json_dumpf(j, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    printf("\n");
    json_decref(j);
}

// A score of 1 for the class that the model gives; a number of no class counts as the first.
static float *scores_of_classes(const float *class, const struct dataset *d, struct arena *a)
{
    float *y = arena_new_n(a, (size_t)d->n * (size_t)d->nclass, float);
    for (int i = 0; i < d->n; i++)
        if (class[i] >= 0 && class[i] < (float)d -> nclass)
            y[(size_t)i * (size_t)d->nclass + (size_t) class[i]] = 1;
    return y;
}

int cmd_eval(int argc, char **argv)
{
    const char *data = NULL, *split_text = "test";
    bool json = false, all = false;
    struct input_scale scale = {NULL, NULL};
    int seed = 0;
    const struct opt opts[] = {
        {"data", 'd', OPT_TEXT, "NAME|DIR", "a data set of 'wearlite data list', or a folder of recordings",
         &data},
        {"split", 0, OPT_TEXT, "SPLIT", "train, valid, test or all (test)", &split_text},
        {"all-classes", 0, OPT_FLAG, NULL, "all classes of the set, the rare ones too", &all},
        {"seed", 0, OPT_INT, "N", "of synth, and of the choice of validation persons (0, as train has it)",
         &seed},
        INPUT_SCALE_OPTIONS(scale),
        {"json", 0, OPT_FLAG, NULL, "one JSON object", &json},
        {NULL, 0, 0, NULL, NULL, NULL},
    };
    const struct usage u = {
        "eval", "MODEL --data NAME", "Scores a model on people it never saw.", NULL, opts, 1, 1};
    int n, rc = opt_parse(&u, argc, argv, &n);
    if (rc >= 0) return rc;
    enum split split = SPLIT_COUNT;
    if (!data) return usage_error(&u, "--data NAME is needed");
    if (strcmp(split_text, "all") && !split_find(split_text, &split))
        return usage_error(&u, "unknown split '%s'; there are train, valid, test, all", split_text);
    struct arena a = {0};
    struct err e = {""};
    struct data_opt want = {.all_classes = all, .seed = (uint64_t)seed};
    struct graph *g = model_load(argv[0], &a, &e);
    struct plan *p = g ? plan_lower(g, &layout_host, &a, &e) : NULL;
    if (g && !p) fail_in(&e, "%s", argv[0]);
    if (p && g->in[0]->rank == 3) want.window = g->in[0]->dim[1];
    const bool stateful = p && graph_stateful(g); // each sample is given once, in the order of the recording
    if (stateful) want.hop = want.window;
    struct dataset *d = p ? dataset_load(data, &want, &a, &e) : NULL;
    if (!d || !fits(argv[0], g, d, &e)) return arena_free(&a), report_error(&e);
    const struct dataset *whole = d;
    if (split != SPLIT_COUNT) d = dataset_split(d, split, &a);
    if (!input_scale_apply(&scale, d, &a, &e)) return arena_free(&a), report_error(&e);
    float *y = arena_new_n(&a, (size_t)d->n * (size_t)d->nclass, float);
    if (stateful && !in_order(argv[0], g, d, &e)) return arena_free(&a), report_error(&e);
    if (!run_stretches(p, d->x, d->n, stateful ? d->follows : NULL, y, &e))
        return arena_free(&a), report_error(&e);
    if (graph_gives_class(g)) y = scores_of_classes(y, d, &a);
    struct score s = score_of(y, d->y, d->n, d->nclass, &a);
    if (!input_scale_given(&scale)) input_hint(g, whole, s.accuracy < 0.5);
    if (json)
        print_json(argv[0], d, &s, split_text);
    else
        print_text(d, &s, split_text);
    arena_free(&a);
    return EXIT_DONE;
}
