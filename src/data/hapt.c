// HAPT v2.1: the raw recordings behind UCI HAR, with the six postural transitions.
// RawData/acc_expEE_userUU.txt and gyro_expEE_userUU.txt: one sample a line, x y z in g and rad/s.
// RawData/labels.txt: recording, person, activity, first and last sample, both counted from 1 and included.
#include "har_labels.h"
#include "cut.h"
#include "source.h"
#include "split.h"
#include "text.h"
#include <string.h>

enum { CHANNELS = 6, PERSON_MAX = 30, RECORDING_MAX = 1000, SAMPLES_MAX = 1 << 24 };
static const int test_person[] = {2, 4, 9, 10, 12, 13, 18, 20, 24}; // Test/subject_id_test.txt

struct label {
    int32_t recording, person, activity, first, last;
};

static bool is_test(int person)
{
    for (size_t i = 0; i < sizeof test_person / sizeof *test_person; i++)
        if (test_person[i] == person) return true;
    return false;
}

static bool hapt_probe(const char *path)
{
    struct arena a = {0};
    struct source s;
    struct err e;
    bool is = source_open(&s, path, &a, &e) && source_find(&s, "RawData/labels.txt") >= 0;
    source_close(&s);
    arena_free(&a);
    return is;
}

static bool labels_read(const struct source *s, struct arena *a, struct label **label, int *n, struct err *e)
{
    int at = source_find(s, "RawData/labels.txt");
    struct span text;
    int32_t *v;
    if (at < 0)
        return fail(e, "%s: no RawData/labels.txt; give the HAPT v2.1 archive or its folder", s->path);
    const char *where = source_where(s, at, a);
    if (!source_read(s, at, a, &text, e)) return false;
    if (!table_read_int(text, where, 5, 1, SAMPLES_MAX, a, &v, n, e)) return false;
    *label = (struct label *)v;
    for (int i = 0; i < *n; i++) {
        const struct label *l = &(*label)[i];
        if (l->recording > RECORDING_MAX || l->person > PERSON_MAX || l->activity > HAR_ALL ||
            l->first > l->last)
            return fail(e,
                        "%s: row %d: recording %d, person %d, activity %d, samples %d to %d cannot be; "
                        "activities are 1 to 12; get the set again",
                        where, i + 1, l->recording, l->person, l->activity, l->first, l->last);
    }
    return true;
}

static bool sensor_read(const struct source *s, const char *sensor, const struct label *l, struct arena *a,
                        float **v, int *rows, const char **where, struct err *e)
{
    const char *name = arena_printf(a, "RawData/%s_exp%02d_user%02d.txt", sensor, l->recording, l->person);
    int at = source_find(s, name);
    struct span text;
    if (at < 0)
        return fail(e, "%s: %s is missing although labels.txt names it; get the set again", s->path, name);
    *where = source_where(s, at, a);
    return source_read(s, at, a, &text, e) && table_read(text, *where, 3, a, v, rows, e);
}

// Samples of one recording: (n, 6).
static bool recording_read(const struct source *s, const struct label *l, struct arena *a, float **x, int *n,
                           struct err *e)
{
    struct arena scratch = {0};
    float *acc, *gyro;
    int ngyro;
    const char *acc_file, *gyro_file;
    bool ok = sensor_read(s, "acc", l, &scratch, &acc, n, &acc_file, e) &&
              sensor_read(s, "gyro", l, &scratch, &gyro, &ngyro, &gyro_file, e);
    if (ok && *n != ngyro)
        ok = fail(e, "%s has %d samples but %s has %d; they belong together, get the set again", acc_file, *n,
                  gyro_file, ngyro);
    if (ok) {
        float *v = *x = arena_array(a, (size_t)*n, CHANNELS * sizeof *v);
        for (int i = 0; i < *n; i++, v += CHANNELS) {
            memcpy(v, acc + 3 * i, 3 * sizeof *v);
            memcpy(v + 3, gyro + 3 * i, 3 * sizeof *v);
        }
    }
    arena_free(&scratch);
    return ok;
}

static bool recordings_cut(const struct source *s, const struct label *label, int n, int nclass,
                           const int *person_index, struct cutter *c, struct err *e)
{
    bool done[RECORDING_MAX + 1] = {false};
    for (int i = 0; i < n; i++) {
        int recording = label[i].recording, samples;
        float *x;
        if (done[recording]) continue;
        done[recording] = true;
        if (!recording_read(s, &label[i], c->scratch, &x, &samples, e)) return false;
        if (samples < c->window)
            return fail(e,
                        "%s: recording %d has %d samples, less than one window of %d; take a shorter window",
                        s->path, recording, samples, c->window);
        for (int k = i; k < n; k++) {
            const struct label *l = &label[k];
            if (l->recording != recording) continue;
            if (l->person != label[i].person)
                return fail(e,
                            "%s: labels.txt row %d: recording %d belongs to person %d and to person %d; get "
                            "the set again",
                            s->path, k + 1, recording, label[i].person, l->person);
            if (l->last > samples)
                return fail(e,
                            "%s: labels.txt row %d: samples %d to %d lie outside recording %d, which has %d; "
                            "the files do not belong together, get the set again",
                            s->path, k + 1, l->first, l->last, recording, samples);
            if (l->activity <= nclass)
                cut_stretch(c, x + (size_t)CHANNELS * (size_t)(l->first - 1), l->last - l->first + 1,
                            l->activity - 1, person_index[l->person]);
        }
    }
    return true;
}

static bool hapt_fill(struct dataset *d, const struct source *s, const struct data_opt *o,
                      struct arena *scratch, struct arena *a, struct err *e)
{
    struct label *label = NULL;
    struct cutter c;
    int n, index[PERSON_MAX + 1] = {0};
    bool test[PERSON_MAX];
    d->nclass = o->all_classes ? HAR_ALL : HAR_BASIC;
    if (!cut_start(&c, o, 128, 64, CHANNELS, scratch, e) || !labels_read(s, scratch, &label, &n, e))
        return false;
    for (int i = 0; i < n; i++) index[label[i].person] = 1;
    d->person_name = arena_new_n(a, PERSON_MAX, const char *);
    for (int p = 1; p <= PERSON_MAX; p++) {
        if (!index[p]) continue;
        test[d->nperson] = is_test(p);
        d->person_name[d->nperson] = arena_printf(a, "%d", p);
        index[p] = d->nperson++;
    }
    if (!recordings_cut(s, label, n, d->nclass, index, &c, e)) return false;
    if (!cut_finish(&c, d, a, e)) return fail_in(e, "%s", s->path);
    split_persons(d, test, NULL, o->seed);
    return true;
}

static struct dataset *hapt_read(const char *path, const struct data_opt *o, struct arena *a, struct err *e)
{
    struct arena scratch = {0};
    struct source s;
    struct dataset *d = arena_new(a, struct dataset);
    *d = (struct dataset){
        .rate_hz = 50, .channel = har_channels, .unit = har_units, .label = har_labels, .by_person = true};
    bool ok = source_open(&s, path, &scratch, e) && hapt_fill(d, &s, o, &scratch, a, e);
    source_close(&s);
    arena_free(&scratch);
    return ok ? d : NULL;
}

const struct dataset_def data_hapt = {
    .name = "hapt",
    .about =
        "HAPT v2.1: 30 people, phone at the waist, 50 Hz, raw acceleration and rotation, 6 or 12 classes",
    .licence =
        "cite Reyes-Ortiz, Oneto, Sama, Parra, Anguita: Transition-Aware Human Activity Recognition Using "
        "Smartphones, Neurocomputing, 2015; no commercial use (README of the set)",
    .url = "https://archive.ics.uci.edu/static/public/341/"
           "smartphone+based+recognition+of+human+activities+and+postural+transitions.zip",
    .archive = "hapt.zip",
    .probe = hapt_probe,
    .read = hapt_read,
};
