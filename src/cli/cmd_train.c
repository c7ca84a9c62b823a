#include "../format/format.h"
#include "../train/train.h"
#include "cmd.h"
#include <stdio.h>
#include <string.h>

static const char more[] =
    "The network takes raw sensor units; its normalisation is its first layer. Epochs and learning rate "
    "default\n"
    "to the model's own. The weights kept are those of the epoch, among the last third, that does best on "
    "the\n"
    "validation persons; the test persons are looked at once, at the end. Same data, options and seed give "
    "the\n"
    "same file. Ctrl-C leaves MODEL.checkpoint beside the model, and the same command goes on from there.";

// "2 4 9": the persons of a split; of recordings, which may be hundreds, only how many.
static const char *persons(const struct dataset *d, enum split s, struct arena *a)
{
    bool *has = arena_new_n(a, (size_t)d->nperson + 1, bool);
    const char *text = "";
    int count = 0;
    for (int i = 0; i < d->n; i++)
        if (d->split[i] == s) has[d->person[i]] = true;
    for (int p = 0; p < d->nperson; p++) {
        if (!has[p]) continue;
        text = arena_printf(a, "%s%s%s", text, count ? " " : "", d->person_name[p]);
        count++;
    }
    return d->by_person || count <= 5 ? text : arena_printf(a, "%d", count);
}

static bool print_scores(const struct graph *g, const struct dataset *d, struct arena *a, struct err *e)
{
    printf("%-6s %8s %9s %9s  %s\n", "split", "windows", "accuracy", "macro-F1",
           d->by_person ? "persons" : "recordings");
    for (int s = 0; s < SPLIT_COUNT; s++) {
        struct dataset *part = dataset_split(d, (enum split)s, a);
        float *y = arena_array(a, (size_t)part->n, (size_t)d->nclass * sizeof *y);
        if (!part->n) continue;
        if (!train_predict(g, part->x, part->n, y, e)) return false;
        struct score sc = score_of(y, part->y, part->n, d->nclass, a);
        printf("%-6s %8d %7.2f %% %7.2f %%  %s\n", split_name((enum split)s), part->n, 100 * sc.accuracy,
               100 * sc.macro_f1, persons(d, (enum split)s, a));
    }
    return true;
}

static bool run(const char *data, const char *model, const struct data_opt *dopt, struct train_opt *o,
                const char *out, struct arena *a, struct err *e)
{
    struct train_result r;
    struct dataset *d = dataset_load(data, dopt, a, e);
    if (!d) return false;
    o->checkpoint = arena_printf(a, "%s.checkpoint", out);
    struct graph *g = train_arch(model, d, o, &r, a, e);
    if (!g || !model_save(g, out, e)) return false;
    remove(o->checkpoint);
    printf("%s on %s%s: %lld parameters, %lld multiply-accumulates a window\n", model, d->name,
           d->synthetic ? " (synthetic)" : "", (long long)graph_params(g), (long long)graph_macs(g));
    printf("kept epoch %d of %d, validation loss %.4f, %.1f s of training\n", r.best_epoch, r.epochs,
           (double)r.valid_loss, r.seconds);
    if (!print_scores(g, d, a, e)) return false;
    printf("wrote %s\n", out);
    return true;
}

int cmd_train(int argc, char **argv)
{
    const char *data = NULL, *model = "cnn", *out = NULL;
    int epochs = 0, seed = 1, batch = 0, nargs;
    float rate = 0;
    bool plain = false, all = false;
    const struct opt opts[] = {
        {"data", 0, OPT_TEXT, "NAME", "data set, folder or archive (wearlite data list)", &data},
        {"model", 0, OPT_TEXT, "ARCH", "architecture (wearlite models); default cnn", &model},
        {"epochs", 0, OPT_INT, "N", "passes over the training windows", &epochs},
        {"seed", 0, OPT_INT, "N", "of weights, order and augmentation; default 1", &seed},
        {"batch", 0, OPT_INT, "N", "windows a step; default 64", &batch},
        {"rate", 0, OPT_FLOAT, "F", "peak learning rate", &rate},
        {"no-augment", 0, OPT_FLAG, NULL, "train on the windows as they are", &plain},
        {"all-classes", 0, OPT_FLAG, NULL, "hapt: all 12 activities instead of 6", &all},
        {"output", 'o', OPT_TEXT, "MODEL.onnx", "file to write", &out},
        {NULL, 0, OPT_FLAG, NULL, NULL, NULL},
    };
    const struct usage u = {
        "train", "--data NAME --model ARCH -o MODEL.onnx", "Trains a network.", more, opts, 0, 0};
    int rc = opt_parse(&u, argc, argv, &nargs);
    if (rc >= 0) return rc;
    if (!data) return usage_error(&u, "--data is missing: which data set?");
    if (!out) return usage_error(&u, "-o is missing: where should the model go?");
    if (epochs < 0 || batch < 0 || rate < 0 || seed < 0 || batch == 1 || batch > 1024)
        return usage_error(&u, "--epochs, --rate and --seed must not be negative, --batch is 2 to 1024");
    if (!arch_find(model)) {
        fprintf(stderr, "wearlite train: unknown model '%s'; there are", model);
        for (int i = 0; archs[i]; i++) fprintf(stderr, " %s", archs[i]->name);
        fprintf(stderr, "\n");
        return EXIT_USAGE;
    }
    const char *dot = strrchr(out, '.');
    if (!dot || strcmp(dot, ".onnx"))
        return usage_error(&u, "-o %s: the model is an ONNX file, name it so", out);
    struct arena a = {0};
    struct err e = {""};
    struct data_opt dopt = {.all_classes = all};
    struct train_opt o = {
        .epochs = epochs, .batch = batch, .rate = rate, .seed = (uint64_t)seed, .no_augment = plain};
    rc = run(data, model, &dopt, &o, out, &a, &e) ? EXIT_DONE : report_error(&e);
    arena_free(&a);
    return rc;
}
