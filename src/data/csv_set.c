// csv: one's own recordings, a folder (or zip) of CSV files, one a recording. docs/data.md describes the
// layout. The label of a sample comes from a column or from the folder's name, the person from a column or
// from a part of the path such as person03, the split from a folder train, valid or test, or is chosen here.
#include "csv_set.h"
#include "../base/log.h"
#include "cut.h"
#include "split.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Sorts names and tells where each went, so that classes do not depend on the order of the files.
static int *names_sort(const struct csv_names *s, const char ***sorted, struct arena *a)
{
    int *to = arena_new_n(a, (size_t)s->n, int);
    const char **v = *sorted = arena_new_n(a, (size_t)s->n, const char *);
    for (int i = 0; i < s->n; i++) v[i] = arena_strdup(a, s->name[i]);
    if (s->n) qsort(v, (size_t)s->n, sizeof *v, by_text);
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < s->n; k++)
            if (!strcmp(s->name[i], v[k])) to[i] = k;
    return to;
}

// One in four, at even places, at least one: always the same ones.
static bool is_test_place(int i, int n)
{
    int t = (n + 2) / 4 > 0 ? (n + 2) / 4 : 1;
    return (i + 1) * t / n > i * t / n;
}

// The class of each recording where each has only one and each class at least 3; else NULL.
static int *classes_of_recordings(const struct csv_set *s, struct arena *a)
{
    int *class_of = arena_new_n(a, (size_t)s->recording.n, int),
        *count = arena_new_n(a, (size_t)s->label.n, int);
    memset(class_of, -1, (size_t)s->recording.n * sizeof *class_of);
    for (int i = 0; i < s->nstretch; i++) {
        int *c = &class_of[s->stretch[i].recording], label = s->stretch[i].label;
        if (*c >= 0 && *c != label) return NULL;
        if (*c < 0) *c = label, count[label]++;
    }
    for (int i = 0; i < s->label.n; i++)
        if (count[i] < 3) return NULL;
    return class_of;
}

static void stretches_cut(const struct csv_set *s, struct cutter *c, bool by_person, const int *class_to,
                          const int *person_to)
{
    for (int i = 0; i < s->nstretch; i++) {
        const struct csv_stretch *t = &s->stretch[i];
        cut_stretch(c, t->x, t->n, class_to[t->label], by_person ? person_to[t->person] : t->recording);
    }
}

static bool split_by_person(const struct csv_set *s, struct cutter *c, struct dataset *d, const int *class_to,
                            uint64_t seed, struct arena *a, struct err *e)
{
    const char **names;
    const int *person_to = names_sort(&s->person, &names, a);
    bool *test = arena_new_n(s->scratch, (size_t)s->person.n, bool);
    d->nperson = s->person.n;
    d->person_name = names;
    d->by_person = true;
    for (int i = 0; i < d->nperson; i++) test[i] = is_test_place(i, d->nperson);
    stretches_cut(s, c, true, class_to, person_to);
    if (!cut_finish(c, d, a, e)) return false;
    split_persons(d, test, NULL, seed);
    return true;
}

static bool split_by_recording(const struct csv_set *s, struct cutter *c, struct dataset *d,
                               const int *class_to, const int *class_of, uint64_t seed, struct arena *a,
                               struct err *e)
{
    bool *test = arena_new_n(s->scratch, (size_t)s->recording.n, bool);
    for (int k = 0; k < s->label.n; k++) {
        int n = 0, at = 0;
        for (int i = 0; i < s->recording.n; i++) n += class_of[i] == k;
        for (int i = 0; i < s->recording.n; i++)
            if (class_of[i] == k) test[i] = is_test_place(at++, n);
    }
    stretches_cut(s, c, false, class_to, NULL);
    if (!cut_finish(c, d, a, e)) return false;
    split_persons(d, test, class_of, seed);
    return true;
}

// Too few to keep whole recordings apart: the first 60 % of each stretch trains, 20 % validate, 20 % test.
// Windows across a border are left out, so that no sample is on two sides.
static bool split_in_time(const struct csv_set *s, struct cutter *c, struct dataset *d, const int *class_to,
                          struct arena *a, struct err *e)
{
    static const int part[SPLIT_COUNT + 1] = {0, 60, 80, 100};
    int least[SPLIT_COUNT] = {0};
    log_warn("csv: fewer than 3 persons and fewer than 3 recordings of an activity: each is split in time; "
             "figures on "
             "people the model never saw will be lower");
    for (int i = 0; i < s->nstretch; i++)
        for (int k = 0; k < SPLIT_COUNT; k++) {
            const struct csv_stretch *t = &s->stretch[i];
            int from = (int)((int64_t)t->n * part[k] / 100), to = (int)((int64_t)t->n * part[k + 1] / 100),
                before = c->n;
            c->split = (uint8_t)k;
            cut_stretch(c, t->x + (size_t)from * (size_t)c->nchannel, to - from, class_to[t->label],
                        t->recording);
            least[k] += c->n - before;
        }
    if (c->n && (!least[SPLIT_VALID] || !least[SPLIT_TEST]))
        return fail(e,
                    "the recordings are too short to test on: a fifth of one holds no window of %d samples; "
                    "record at "
                    "least %.0f s of each activity, better three recordings or three persons",
                    c->window, ceil(5 * c->window / (double)d->rate_hz));
    return cut_finish(c, d, a, e);
}

// Folders train, valid and test decide; without valid, a fifth of the training persons or recordings.
static bool split_by_folder(const struct csv_set *s, struct cutter *c, struct dataset *d, const int *class_to,
                            uint64_t seed, struct arena *a, struct err *e)
{
    int have[SPLIT_COUNT] = {0};
    const char **names = NULL;
    const int *person_to = s->nameless ? NULL : names_sort(&s->person, &names, a);
    for (int i = 0; i < s->recording.n; i++) {
        if (s->split_of[i] < 0)
            return fail(e, "%s is in none of the folders train, valid and test, but others are; move it",
                        s->recording.name[i]);
        have[s->split_of[i]]++;
    }
    if (!have[SPLIT_TRAIN] || !have[SPLIT_TEST])
        return fail(e, "no recording in the folder %s; there must be train and test",
                    have[SPLIT_TEST] ? "train" : "test");
    d->by_person = person_to != NULL;
    if (person_to) d->nperson = s->person.n, d->person_name = names;
    for (int i = 0; i < s->nstretch; i++) {
        const struct csv_stretch *t = &s->stretch[i];
        c->split = (uint8_t)s->split_of[t->recording];
        cut_stretch(c, t->x, t->n, class_to[t->label], person_to ? person_to[t->person] : t->recording);
    }
    if (!cut_finish(c, d, a, e)) return false;
    if (have[SPLIT_VALID]) return true;
    bool *test = arena_new_n(s->scratch, (size_t)d->nperson, bool);
    for (int i = 0; i < d->n; i++) test[d->person[i]] |= d->split[i] == SPLIT_TEST;
    split_persons(d, test, NULL, seed);
    return true;
}

static bool csv_fill(struct dataset *d, const struct source *src, const struct data_opt *o,
                     struct arena *scratch, struct arena *a, struct err *e)
{
    struct csv_set s;
    struct cutter c;
    if (!csv_gather(&s, src, scratch, a, e)) return false;
    d->rate_hz = (float)s.first.rate_hz;
    d->channel = s.first.channel;
    d->unit = s.first.unit;
    d->about = arena_printf(a, "own recordings: %d files", s.recording.n);
    if (s.label.n < 2)
        return fail(e, "%s: %s \"%s\"; a classifier needs two labels, by a column label or by folders",
                    src->path, s.label.n ? "every sample has the label" : "no sample has a label",
                    s.label.n ? s.label.name[0] : "");
    if (s.person.n && s.nameless)
        return fail(e, "%s names no person although others do; name one in each, as person03_%s", s.nameless,
                    strrchr(s.nameless, '/') ? strrchr(s.nameless, '/') + 1 : s.nameless);
    int window = (int)lround(2.56 * s.first.rate_hz); // as long as the windows of UCI HAR
    if (!cut_start(&c, o, window > 4 ? window : 4, window > 4 ? window / 2 : 2, s.first.nchannel, scratch, e))
        return false;
    if (s.shortest < c.window)
        return fail(
            e, "%s: %d samples, less than one window of %d (%.3g s); record longer or take a shorter window",
            s.shortest_name, s.shortest, c.window, c.window / s.first.rate_hz);
    const int *class_to = names_sort(&s.label, &d->label, a), *class_of = classes_of_recordings(&s, scratch);
    d->nclass = s.label.n;
    d->nperson = s.recording.n; // unless persons are named
    d->person_name = arena_new_n(a, (size_t)d->nperson, const char *);
    for (int i = 0; i < d->nperson; i++) d->person_name[i] = arena_strdup(a, s.recording.name[i]);
    bool ok;
    if (s.nsplit)
        ok = split_by_folder(&s, &c, d, class_to, o->seed, a, e);
    else if (s.person.n >= 3)
        ok = split_by_person(&s, &c, d, class_to, o->seed, a, e);
    else if (class_of)
        ok = split_by_recording(&s, &c, d, class_to, class_of, o->seed, a, e);
    else
        ok = split_in_time(&s, &c, d, class_to, a, e);
    return ok || fail_in(e, "%s", src->path);
}

static struct dataset *csv_read(const char *path, const struct data_opt *o, struct arena *a, struct err *e)
{
    struct arena scratch = {0};
    struct source s;
    struct dataset *d = arena_new(a, struct dataset);
    if (!path) return FAIL_NULL(e, "csv: give the folder of the recordings instead, or with --from");
    bool ok = source_open(&s, path, &scratch, e) && csv_fill(d, &s, o, &scratch, a, e);
    source_close(&s);
    arena_free(&scratch);
    return ok ? d : NULL;
}

const struct dataset_def data_csv = {
    .name = "csv",
    .about = "your own recordings: a folder or zip of CSV files with a header line (docs/data.md)",
    .licence = "yours",
    .read = csv_read,
};
