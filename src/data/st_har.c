// ST human activities dataset v1.0.1: CLASS/CLASS_NN_26Hz_4g_mg.csv, three whole numbers a line, x y z in mg.
// The set names no persons, so whole recordings are kept apart: windows of one overlap by nine tenths.
#include "cut.h"
#include "source.h"
#include "split.h"
#include "text.h"
#include <string.h>

enum { CLASSES = 3, CHANNELS = 3 };
static const char *labels[CLASSES] = {"stationary", "walking", "running"}; // ST's order
static const char *channels[CHANNELS] = {"acc_x", "acc_y", "acc_z"};
static const char *units[CHANNELS] = {"mg", "mg", "mg"};

// The class of a file of the set; -1 for any other file.
static int class_of(const char *name)
{
    const char *base = strrchr(name, '/');
    base = base ? base + 1 : name;
    for (int i = 0; i < CLASSES; i++) {
        size_t n = strlen(labels[i]);
        if (!strncmp(base, labels[i], n) && base[n] == '_' && has_suffix(base, "_26hz_4g_mg.csv")) return i;
    }
    return -1;
}

static bool st_probe(const char *path)
{
    struct arena a = {0};
    struct source s;
    struct err e;
    bool is = false;
    if (source_open(&s, path, &a, &e))
        for (int i = 0; i < s.n && !is; i++) is = class_of(s.entry[i].name) >= 0;
    source_close(&s);
    arena_free(&a);
    return is;
}

static bool st_fill(struct dataset *d, const struct source *s, const struct data_opt *o,
                    struct arena *scratch, struct arena *a, struct err *e)
{
    struct cutter c;
    int seen[CLASSES] = {0};
    int *class_at = arena_new_n(scratch, (size_t)s->n, int);
    bool *test = arena_new_n(scratch, (size_t)s->n, bool);
    d->person_name = arena_new_n(a, (size_t)s->n, const char *);
    if (!cut_start(&c, o, 260, 26, CHANNELS, scratch, e)) return false;
    for (int i = 0; i < s->n; i++) {
        int y = class_of(s->entry[i].name), rows;
        float *x;
        struct span text;
        if (y < 0) continue;
        const char *where = source_where(s, i, scratch), *base = strrchr(s->entry[i].name, '/');
        if (!source_read(s, i, scratch, &text, e) ||
            !table_read(text, where, CHANNELS, scratch, &x, &rows, e))
            return false;
        if (rows < c.window)
            return fail(e, "%s: %d samples, less than one window of %d; take a shorter window", where, rows,
                        c.window);
        cut_stretch(&c, x, rows, y, d->nperson);
        class_at[d->nperson] = y;
        test[d->nperson] = seen[y]++ % 4 == 3; // one in four of each class, always the same
        d->person_name[d->nperson++] = arena_strdup(a, base ? base + 1 : s->entry[i].name);
    }
    if (!d->nperson)
        return fail(e, "%s: no CLASS_NN_26Hz_4g_mg.csv in it; give ST's dataset.zip or its folder", s->path);
    if (!cut_finish(&c, d, a, e)) return fail_in(e, "%s", s->path);
    split_persons(d, test, class_at, o->seed);
    return true;
}

static struct dataset *st_read(const char *path, const struct data_opt *o, struct arena *a, struct err *e)
{
    struct arena scratch = {0};
    struct source s;
    struct dataset *d = arena_new(a, struct dataset);
    *d = (struct dataset){.rate_hz = 26,
                          .nclass = CLASSES,
                          .channel = channels,
                          .unit = units,
                          .label = labels,
                          .by_person = false};
    bool ok = source_open(&s, path, &scratch, e) && st_fill(d, &s, o, &scratch, a, e);
    source_close(&s);
    arena_free(&scratch);
    return ok ? d : NULL;
}

const struct dataset_def data_st_har = {
    .name = "st-har",
    .about = "ST human activities v1.0.1: 92 recordings, board in hand, on wrist, arm or in pocket, 26 Hz, 3 "
             "classes",
    .licence = "BSD-3-Clause, STMicroelectronics AIS team, 2020",
    .url = "https://github.com/STMicroelectronics/stm32ai/raw/master/AI_resources/HAR/dataset.zip",
    .sha256 = "54dd162d06d24d05520843cf818d65e68583281af8269f05a969847e4fc0249d",
    .archive = "st-har.zip",
    .probe = st_probe,
    .read = st_read,
};
