#include "work.h"
#include "../base/file.h"
#include "../base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

// ---- what is asked ----

static int compare_ints(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static void find_test_persons(struct study *s)
{
    int32_t *p = arena_new_n(s->arena, (size_t)s->test->n, int32_t);
    memcpy(p, s->test->person, (size_t)s->test->n * sizeof *p);
    qsort(p, (size_t)s->test->n, sizeof *p, compare_ints);
    int n = 0;
    for (int i = 0; i < s->test->n; i++)
        if (!n || p[n - 1] != p[i]) p[n++] = p[i];
    s->test_person = p;
    s->ntest_person = n;
}

static void hash_data(struct study *s)
{
    const struct dataset *d = s->data;
    struct sha256 h;
    sha256_init(&h);
    step_depends(&h, "%s rate %g window %d hop %d channels %d classes %d", d->name, (double)d->rate_hz,
                 d->window, d->hop, d->nchannel, d->nclass);
    for (int i = 0; i < d->nclass; i++) step_depends(&h, "label %s", d->label[i]);
    for (int i = 0; i < d->nchannel; i++) step_depends(&h, "channel %s %s", d->channel[i], d->unit[i]);
    size_t n = (size_t)d->n;
    sha256_add(&h, d->x, n * (size_t)d->window * (size_t)d->nchannel * sizeof *d->x);
    sha256_add(&h, d->y, n * sizeof *d->y);
    sha256_add(&h, d->person, n * sizeof *d->person);
    sha256_add(&h, d->split, n * sizeof *d->split);
    sha256_hex(&h, s->data_hash);
}

static bool load_data(struct study *s, struct err *e)
{
    enum { CALIBRATION_WINDOWS = 256 };
    const char *name = s->opt->data;
    s->data = name ? dataset_load(name, NULL, s->arena, e) : dataset_load_or_synth("hapt", NULL, s->arena, e);
    if (!s->data) return false;
    s->test = dataset_split(s->data, SPLIT_TEST, s->arena);
    if (!s->test->n)
        return fail(e, "%s: no test windows; nothing can be said about people the model never saw",
                    s->data->name);
    find_test_persons(s);
    hash_data(s);
    s->calibration = dataset_sample(s->data, SPLIT_TRAIN, CALIBRATION_WINDOWS, 1, &s->ncalibration, s->arena);
    s->sample = dataset_sample(s->data, SPLIT_TEST, s->windows, 1, &s->nsample, s->arena);
    return true;
}

// The ESP32 class that this machine can build for: the ESP32 itself needs a compiler that no package has.
static const char *default_targets(struct arena *a)
{
    struct err e;
    const struct target *esp32 = target_find("esp32");
    return esp32 && target_cc(esp32, a, &e) ? "esp32,cortex-m4f" : "rv32imc,cortex-m4f";
}

static int choose_targets(struct study *s, const char *list, struct err *e)
{
    // Aliases ("esp32c3") are names, too: each is looked up before the list is split by the table's names.
    const char *names = "";
    for (const char *p = list; *p; p += strcspn(p, ","), p += *p == ',') {
        const char *one = arena_strndup(s->arena, p, strcspn(p, ","));
        const struct target *t = target_find(one);
        names = arena_printf(s->arena, "%s%s%s", names, *names ? "," : "", t ? t->name : one);
    }
    return study_choose(names, "target", (const void *const *)targets, (const void **)s->target, MAX_CHOICE,
                        e);
}

static bool choose(struct study *s, struct err *e)
{
    const struct study_opt *o = s->opt;
    const char *list =
        arena_printf(s->arena, "none,%s", o->techniques ? o->techniques : "lite,dynamic,full-integer");
    s->nmodel = study_choose(o->models  ? o->models
                             : o->quick ? "cnn"
                                        : "cnn,lstm,cnn-lstm",
                             "model", (const void *const *)archs, (const void **)s->model, MAX_CHOICE, e);
    if (s->nmodel < 0) return false;
    s->ntechnique = study_choose(list, "technique", (const void *const *)techniques,
                                 (const void **)s->technique, MAX_CHOICE, e);
    if (s->ntechnique < 0) return false;
    s->ntarget = choose_targets(s, o->targets ? o->targets : default_targets(s->arena), e);
    if (s->ntarget < 0) return false;
    if (o->ranges && !range_method_find(o->ranges, &s->ranges))
        return fail(e, "unknown way to find ranges '%s'; there are auto, percentile, mse, min-max",
                    o->ranges);
    if (o->seeds < 0 || o->seeds > 64) return fail(e, "%d seeds; give 1 to 64", o->seeds);
    if (o->windows < 0) return fail(e, "%d windows; give 1 or more", o->windows);
    if (o->epochs < 0) return fail(e, "%d epochs; give 1 or more", o->epochs);
    s->seeds = o->seeds ? o->seeds : o->quick ? 1 : 5;
    s->windows = o->windows ? o->windows : 100;
    return true;
}

// The folder, its parts, and nobody else in it. Returns the lock, -1 with a message.
static int open_folder(struct study *s, struct err *e)
{
    static const char *const part[] = {"", "/models", "/cells", "/projects"};
    for (int i = 0; i < 4; i++)
        if (!dir_make(arena_printf(s->arena, "%s%s", s->dir, part[i]), e)) return -1;
    const char *path = arena_printf(s->arena, "%s/.lock", s->dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        fail(e, "%s: cannot be written: %s; choose another folder with -o", s->dir, strerror(errno));
    } else if (flock(fd, LOCK_EX | LOCK_NB)) {
        fail(e, "%s: another study is running in it; wait for it or choose another folder with -o", s->dir);
        close(fd);
        fd = -1;
    }
    return fd;
}

// ---- the work ----

// What went wrong although the study goes on; the same text once.
static void add_problem(struct study *s, const char *text)
{
    size_t i;
    const json_t *p;
    json_array_foreach (s->problems, i, p)
        if (!strcmp(json_string_value(p), text)) return;
    json_array_append_new(s->problems, json_string(text));
    log_warn("%s", text);
}

static json_t *new_cell(const struct study *s, const struct arch *arch, const struct technique *t,
                        const struct target *target, int seed, const json_t *model, const json_t *score)
{
    json_t *c = json_object();
    figure_put_text(c, "model", arch->name);
    figure_put_text(c, "technique", t->name);
    figure_put_text(c, "target", target->name);
    figure_put(c, "seed", seed);
    figure_put_text(c, "data", s->data->name);
    json_object_set(c, "accuracy", json_object_get(score, "accuracy"));
    json_object_set(c, "macro_f1", json_object_get(score, "macro_f1"));
    json_object_set(c, "accuracy_by_person", json_object_get(score, "accuracy_by_person"));
    json_object_set(c, "macs", json_object_get(model, "macs"));
    json_object_set(c, "file_bytes", json_object_get(model, "file_bytes"));
    json_object_set(c, "model_file", json_object_get(model, "model_file"));
    figure_put_text(c, "project", NULL);
    figure_put(c, "cost_seed", s->opt->measure_all ? seed : 1);
    return c;
}

static void add_measurement(struct study *s, json_t *cell, json_t *costs)
{
    static const char *const same[] = {"model", "technique", "target", "seed"};
    json_t *m = json_object_get(costs, "measurement");
    if (!m) return;
    json_t *entry = json_object();
    for (int i = 0; i < 4; i++) json_object_set(entry, same[i], json_object_get(cell, same[i]));
    json_object_update(entry, m);
    json_array_append_new(s->measurements, entry);
    json_object_del(costs, "measurement");
}

// One cell: costs on one chip beside the scores. A chip that cannot be measured is a problem, not the end.
static bool add_cell(struct study *s, const struct arch *arch, const struct technique *t,
                     const struct target *target, int seed, const char *base, const json_t *model,
                     const json_t *score, struct err *e)
{
    json_t *cell = new_cell(s, arch, t, target, seed, model, score), *costs;
    if (seed == 1 || s->opt->measure_all) {
        costs = step_measure(s, model, base, t, target, e);
        if (!costs && interrupted()) {
            json_decref(cell);
            return false;
        }
        if (!costs) {
            add_problem(s, e->text);
            costs = costs_unknown(e->text);
        } else if (json_is_false(json_object_get(costs, "device_equals_host"))) {
            add_problem(s, arena_printf(s->arena,
                                        "%s, %s on %s: the chip computed something else than the host: %s",
                                        base, t->name, target->name, figure_text(costs, "why")));
        }
        add_measurement(s, cell, costs);
    } else {
        costs = costs_unknown(
            "measured on seed 1: costs depend on the structure of the network, hardly on its weights");
    }
    json_object_update(cell, costs);
    json_decref(costs);
    json_array_append_new(s->cells, cell);
    return true;
}

static void add_evaluation(struct study *s, const struct arch *arch, const struct technique *t, int seed,
                           bool fma, const json_t *score)
{
    json_t *v = json_object();
    figure_put_text(v, "model", arch->name);
    figure_put_text(v, "technique", t->name);
    figure_put(v, "seed", seed);
    json_object_set_new(v, "fma", json_boolean(fma));
    json_object_update(v, (json_t *)score);
    json_object_del(v, "accuracy_by_person"); // stands in the cells
    json_array_append_new(s->evaluations, v);
}

// Compresses, evaluates in the arithmetic of each kind of chip asked for, measures.
static bool run_technique(struct study *s, const struct arch *arch, int seed, const json_t *trained,
                          const struct technique *t, struct err *e)
{
    const char *base = arena_printf(s->arena, "%s-seed%d", arch->name, seed);
    json_t *model = interrupted() ? NULL : step_compress(s, trained, base, t, seed, e),
           *score[2] = {NULL, NULL};
    bool ok = model;
    for (int i = 0; ok && i < s->ntarget; i++) {
        bool fma = s->target[i]->layout->fma;
        if (score[fma]) continue;
        score[fma] = interrupted() ? NULL : step_evaluate(s, model, base, t, fma, e);
        ok = score[fma];
        if (ok) add_evaluation(s, arch, t, seed, fma, score[fma]);
    }
    for (int i = 0; ok && i < s->ntarget; i++)
        ok = !interrupted() &&
             add_cell(s, arch, t, s->target[i], seed, base, model, score[s->target[i]->layout->fma], e);
    json_decref(model);
    json_decref(score[0]);
    json_decref(score[1]);
    return ok;
}

static void add_training(json_t *entry, int seed, const json_t *trained)
{
    static const char *const same[] = {"epochs", "best_epoch", "train_loss", "valid_loss", "valid_accuracy"};
    json_t *list = json_object_get(entry, "trainings"), *t = json_object();
    figure_put(t, "seed", seed);
    for (int i = 0; i < 5; i++) json_object_set(t, same[i], json_object_get(trained, same[i]));
    json_array_append_new(list, t);
    json_object_set(entry, "params", json_object_get(trained, "params"));
}

static bool run_model(struct study *s, const struct arch *arch, struct err *e)
{
    json_t *entry = json_object();
    figure_put_text(entry, "name", arch->name);
    figure_put_text(entry, "about", arch->about);
    figure_put_text(entry, "params", NULL);
    json_object_set_new(entry, "trainings", json_array());
    json_array_append_new(s->models, entry); // the list owns it
    bool ok = true;
    for (int seed = 1; ok && seed <= s->seeds; seed++) {
        json_t *trained = interrupted() ? NULL : step_train(s, arch, seed, e);
        ok = trained;
        if (ok) add_training(entry, seed, trained);
        for (int i = 0; ok && i < s->ntechnique; i++)
            ok = run_technique(s, arch, seed, trained, s->technique[i], e);
        json_decref(trained);
        ok = ok && results_write(s, false, e);
    }
    return ok;
}

static int count_steps(const struct study *s)
{
    bool kind[2] = {false, false};
    for (int i = 0; i < s->ntarget; i++) kind[s->target[i]->layout->fma] = true;
    int a_seed = 1 + s->ntechnique * (1 + kind[0] + kind[1]);
    int measured = s->ntechnique * s->ntarget * (s->opt->measure_all ? s->seeds : 1);
    return s->nmodel * (s->seeds * a_seed + measured);
}

static bool run_all(struct study *s, struct err *e)
{
    bool ok = true;
    for (int i = 0; ok && i < s->nmodel; i++) ok = run_model(s, s->model[i], e);
    if (ok) return results_write(s, true, e);
    if (interrupted()) {
        struct err ignored;
        results_write(s, false, &ignored);
        return fail(e, "stopped; what is finished is kept in %s, the same command goes on from there",
                    s->dir);
    }
    return false;
}

bool study_check(const struct study_opt *opt, struct err *e)
{
    struct arena a = {0};
    struct study s = {.opt = opt, .arena = &a};
    bool ok = choose(&s, e);
    arena_free(&a);
    return ok;
}

bool study_run(const struct study_opt *opt, int *problems, struct err *e)
{
    struct arena a = {0};
    struct study s = {.opt = opt, .arena = &a, .dir = opt->dir ? opt->dir : "wearlite-study"};
    s.ranges = (struct compress_opt){0}.range;
    s.models = json_array();
    s.cells = json_array();
    s.evaluations = json_array();
    s.measurements = json_array();
    s.problems = json_array();
    if (!step_file_hash("/proc/self/exe", s.program_hash)) strcpy(s.program_hash, "not known");
    int lock = -1;
    bool ok = choose(&s, e) && load_data(&s, e) && (lock = open_folder(&s, e)) >= 0;
    s.total = ok ? count_steps(&s) : 0;
    ok = ok && run_all(&s, e);
    *problems = (int)json_array_size(s.problems);
    if (lock >= 0) close(lock);
    json_decref(s.models);
    json_decref(s.cells);
    json_decref(s.evaluations);
    json_decref(s.measurements);
    json_decref(s.problems);
    arena_free(&a);
    return ok;
}
