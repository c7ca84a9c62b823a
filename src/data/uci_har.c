// UCI HAR v1.0 in its original layout: windows already cut and filtered, 128 samples of 9 channels at 50 Hz.
// PART/Inertial Signals/SIGNAL_AXIS_PART.txt: one window a line; PART/y_PART.txt: its class, 1 to 6;
// PART/subject_PART.txt: its person. The numbers stand in columns of 16 ("  1.8085150e-004") or are parted by
// one blank; both are read. Without the subject files (an excerpt of the set) the persons are unknown.
#include "cut.h"
#include "har_labels.h"
#include "source.h"
#include "split.h"
#include "text.h"
#include <string.h>

enum { WINDOW = 128, CHANNELS = 9, PERSON_MAX = 30 };
static const char *channels[CHANNELS] = {"body_acc_x",  "body_acc_y",  "body_acc_z",
                                         "body_gyro_x", "body_gyro_y", "body_gyro_z",
                                         "total_acc_x", "total_acc_y", "total_acc_z"};
static const char *units[CHANNELS] = {"g", "g", "g", "rad/s", "rad/s", "rad/s", "g", "g", "g"};
static const char *const parts[2] = {"train", "test"};

struct part {
    int n;
    int32_t *y, *person; // 1 .. ; person NULL: unknown
};

static bool uci_probe(const char *path)
{
    struct arena a = {0};
    struct source s;
    struct err e;
    bool is = source_open(&s, path, &a, &e) && source_find(&s, "Inertial Signals/total_acc_x_train.txt") >= 0;
    source_close(&s);
    arena_free(&a);
    return is;
}

static bool text_open(const struct source *s, const char *name, struct arena *a, struct span *text,
                      const char **where, struct err *e)
{
    int at = source_find(s, name);
    if (at < 0)
        return fail(e, "%s: %s is missing; give the whole UCI HAR Dataset with its Inertial Signals", s->path,
                    name);
    *where = source_where(s, at, a);
    return source_read(s, at, a, text, e);
}

static bool part_read(const struct source *s, const char *part, struct arena *a, struct part *p,
                      struct err *e)
{
    struct span text;
    const char *where, *y_name = arena_printf(a, "%s/y_%s.txt", part, part);
    const char *who = arena_printf(a, "%s/subject_%s.txt", part, part);
    int n;
    if (!text_open(s, y_name, a, &text, &where, e) ||
        !table_read_int(text, where, 1, 1, HAR_BASIC, a, &p->y, &p->n, e))
        return false;
    if (source_find(s, who) < 0) return true;
    if (!text_open(s, who, a, &text, &where, e) ||
        !table_read_int(text, where, 1, 1, PERSON_MAX, a, &p->person, &n, e))
        return false;
    if (n != p->n)
        return fail(e, "%s: %d lines but %s has %d; they belong together, get the set again", where, n,
                    y_name, p->n);
    return true;
}

// The nine files of one part into x (n, 128, 9).
static bool signals_read(const struct source *s, const char *part, int n, float *x, struct err *e)
{
    for (int c = 0; c < CHANNELS; c++) {
        struct arena scratch = {0};
        struct span text;
        const char *where;
        float *v;
        int rows;
        const char *name = arena_printf(&scratch, "%s/Inertial Signals/%s_%s.txt", part, channels[c], part);
        bool ok = text_open(s, name, &scratch, &text, &where, e) &&
                  table_read(text, where, WINDOW, &scratch, &v, &rows, e);
        if (ok && rows != n)
            ok = fail(e, "%s: %d windows but y_%s.txt has %d; they belong together, get the set again", where,
                      rows, part, n);
        for (size_t i = 0; ok && i < (size_t)n * WINDOW; i++) x[i * CHANNELS + (size_t)c] = v[i];
        arena_free(&scratch);
        if (!ok) return false;
    }
    return true;
}

// Persons unknown: the order of the set is by person, so the last fifth of the training part validates.
static void split_tail(struct dataset *d, int ntrain)
{
    d->by_person = false;
    d->nperson = 1;
    d->person_name[0] = "unknown";
    for (int i = 0; i < d->n; i++)
        d->split[i] = i >= ntrain ? SPLIT_TEST : i >= ntrain - ntrain / 5 ? SPLIT_VALID : SPLIT_TRAIN;
}

static void split_known(struct dataset *d, const struct part *p, uint64_t seed, struct arena *a)
{
    bool present[PERSON_MAX + 1] = {false}, test[PERSON_MAX + 1] = {false}, is_test[PERSON_MAX];
    int index[PERSON_MAX + 1];
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < p[k].n; i++) present[p[k].person[i]] = true, test[p[k].person[i]] |= k == 1;
    for (int i = 1; i <= PERSON_MAX; i++) {
        if (!present[i]) continue;
        is_test[d->nperson] = test[i];
        d->person_name[d->nperson] = arena_printf(a, "%d", i);
        index[i] = d->nperson++;
    }
    for (int k = 0, at = 0; k < 2; k++)
        for (int i = 0; i < p[k].n; i++) d->person[at++] = index[p[k].person[i]];
    split_persons(d, is_test, NULL, seed);
}

static bool uci_fill(struct dataset *d, const struct source *s, const struct data_opt *o,
                     struct arena *scratch, struct arena *a, struct err *e)
{
    struct part p[2] = {{0}};
    if ((o->window && o->window != WINDOW) || (o->hop && o->hop != d->hop))
        return fail(
            e, "uci-har is cut already, windows of 128 with a hop of 64; use hapt, the same people's raw "
               "recordings, for other windows");
    for (int k = 0; k < 2; k++)
        if (!part_read(s, parts[k], scratch, &p[k], e)) return false;
    d->n = p[0].n + p[1].n;
    size_t n = (size_t)d->n;
    d->x = arena_array(a, n, WINDOW * CHANNELS * sizeof *d->x);
    d->y = arena_array(a, n, sizeof *d->y);
    d->person = arena_array(a, n, sizeof *d->person);
    d->split = arena_array(a, n, sizeof *d->split);
    d->person_name = arena_new_n(a, PERSON_MAX, const char *);
    for (int k = 0, at = 0; k < 2; at += p[k++].n) {
        if (!signals_read(s, parts[k], p[k].n, d->x + (size_t)at * WINDOW * CHANNELS, e)) return false;
        for (int i = 0; i < p[k].n; i++) d->y[at + i] = p[k].y[i] - 1;
    }
    if (p[0].person && p[1].person)
        split_known(d, p, o->seed, a);
    else
        split_tail(d, p[0].n);
    return true;
}

static struct dataset *uci_read(const char *path, const struct data_opt *o, struct arena *a, struct err *e)
{
    struct arena scratch = {0};
    struct source s;
    struct dataset *d = arena_new(a, struct dataset);
    *d = (struct dataset){.rate_hz = 50,
                          .window = WINDOW,
                          .hop = 64,
                          .nchannel = CHANNELS,
                          .nclass = HAR_BASIC,
                          .channel = channels,
                          .unit = units,
                          .label = har_labels,
                          .by_person = true};
    bool ok = source_open(&s, path, &scratch, e) && uci_fill(d, &s, o, &scratch, a, e);
    source_close(&s);
    arena_free(&scratch);
    return ok ? d : NULL;
}

const struct dataset_def data_uci_har = {
    .name = "uci-har",
    .about = "UCI HAR v1.0: 30 people, phone at the waist, 50 Hz, 9 filtered channels, 6 classes",
    .licence = "cite Anguita, Ghio, Oneto, Parra, Reyes-Ortiz: A Public Domain Dataset for Human Activity "
               "Recognition Using Smartphones, ESANN 2013; no commercial use (README of the set)",
    .url = "https://archive.ics.uci.edu/static/public/240/human+activity+recognition+using+smartphones.zip",
    .archive = "uci-har.zip",
    .probe = uci_probe,
    .read = uci_read,
};
