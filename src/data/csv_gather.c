#include "csv_set.h"
#include "csv_path.h"
#include <string.h>

enum { LABELS_MAX = 256, PEOPLE_MAX = 1000 };

static int name_add(struct csv_names *s, const char *name, struct arena *a)
{
    for (int i = 0; i < s->n; i++)
        if (!strcmp(s->name[i], name)) return i;
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 16;
        const char **more = arena_new_n(a, (size_t)s->cap, const char *);
        if (s->n) memcpy(more, s->name, (size_t)s->n * sizeof *more);
        s->name = more;
    }
    s->name[s->n] = arena_strdup(a, name);
    return s->n++;
}

// Puts the channels into the order of the first file.
static bool channels_match(const struct csv_file *want, struct csv_file *f, const char *where,
                           struct arena *a, struct err *e)
{
    int *at = arena_new_n(a, (size_t)want->nchannel, int);
    bool moved = false;
    for (int i = 0; i < want->nchannel; i++) {
        at[i] = -1;
        for (int k = 0; k < f->nchannel; k++)
            if (!strcmp(want->channel[i], f->channel[k])) at[i] = k;
        if (at[i] < 0)
            return fail(e,
                        "%s: no channel %s, which the other recordings have; all must have the same columns",
                        where, want->channel[i]);
        if (strcmp(want->unit[i], f->unit[at[i]]))
            return fail(e, "%s: %s is in \"%s\" but in \"%s\" elsewhere; convert one", where,
                        want->channel[i], f->unit[at[i]], want->unit[i]);
        moved |= at[i] != i;
    }
    if (f->nchannel != want->nchannel)
        return fail(e, "%s: %d channels but the other recordings have %d; all must have the same columns",
                    where, f->nchannel, want->nchannel);
    if (!(f->rate_hz > 0.98 * want->rate_hz && f->rate_hz < 1.02 * want->rate_hz))
        return fail(e, "%s: %.4g samples a second but %.4g elsewhere; resample it", where, f->rate_hz,
                    want->rate_hz);
    for (int t = 0; moved && t < f->n; t++) {
        float row[256], *x = f->x + (size_t)t * (size_t)f->nchannel;
        memcpy(row, x, (size_t)f->nchannel * sizeof *x);
        for (int i = 0; i < f->nchannel; i++) x[i] = row[at[i]];
    }
    return true;
}

static bool first_keep(struct csv_set *set, const struct csv_file *f, const char *where, struct arena *a,
                       struct err *e)
{
    if (!(f->rate_hz > 0))
        return fail(e,
                    "%s: the sampling rate is not known; add a time column (time_s, time_ms) or a first line "
                    "\"# rate_hz: 50\"",
                    where);
    set->first = *f;
    set->first.channel = arena_new_n(a, (size_t)f->nchannel, const char *);
    set->first.unit = arena_new_n(a, (size_t)f->nchannel, const char *);
    for (int i = 0; i < f->nchannel; i++) {
        set->first.channel[i] = arena_strdup(a, f->channel[i]);
        set->first.unit[i] = arena_strdup(a, f->unit[i]);
    }
    return true;
}

static bool stretches_add(struct csv_set *set, const struct csv_file *f, const char *where,
                          const struct path_words *w, struct err *e)
{
    float *x = arena_copy(set->scratch, f->x, (size_t)f->n * (size_t)f->nchannel * sizeof *x);
    for (int i = 0; i < f->nrun; i++) {
        const struct csv_run *r = &f->run[i];
        const char *label = f->has_label ? r->label : w->label,
                   *person = f->has_person ? r->person : w->person;
        if (f->has_label && !label) continue; // a sample without a label is between activities
        if (!label)
            return fail(
                e,
                "%s: no label: neither a column label nor a folder named after the activity; put it into "
                "one, as walking/%s",
                where, strrchr(where, '/') ? strrchr(where, '/') + 1 : where);
        if (!person) set->nameless = where;
        if (set->nstretch == set->cap) {
            set->cap = set->cap ? 2 * set->cap : 64;
            struct csv_stretch *more = arena_new_n(set->scratch, (size_t)set->cap, struct csv_stretch);
            if (set->nstretch) memcpy(more, set->stretch, (size_t)set->nstretch * sizeof *more);
            set->stretch = more;
        }
        set->stretch[set->nstretch++] = (struct csv_stretch){
            x + (size_t)r->first * (size_t)f->nchannel, r->n, name_add(&set->label, label, set->scratch),
            person ? name_add(&set->person, person, set->scratch) : -1, set->recording.n - 1};
        if (set->label.n > LABELS_MAX || set->person.n > PEOPLE_MAX)
            return fail(e, "%s: more than %d labels or %d persons; is that column what it is called?", where,
                        LABELS_MAX, PEOPLE_MAX);
    }
    return true;
}

static bool recording_add(struct csv_set *set, const struct source *s, int i, struct arena *a, struct err *e)
{
    struct arena text_arena = {0};
    struct span text;
    struct csv_file f;
    const char *where = source_where(s, i, set->scratch);
    struct path_words w = path_read(s->entry[i].name, set->scratch);
    bool ok = source_read(s, i, &text_arena, &text, e) && csv_parse(text, where, &text_arena, &f, e);
    if (ok && !set->first.nchannel) ok = first_keep(set, &f, where, a, e);
    ok = ok && channels_match(&set->first, &f, where, &text_arena, e);
    if (ok) {
        set->split_of[set->recording.n] = w.split;
        set->nsplit += w.split >= 0;
        set->recording.name[set->recording.n++] = arena_strdup(set->scratch, s->entry[i].name);
        if (!set->shortest_name || f.n < set->shortest) set->shortest = f.n, set->shortest_name = where;
        ok = stretches_add(set, &f, where, &w, e);
    }
    arena_free(&text_arena);
    return ok;
}

bool csv_gather(struct csv_set *set, const struct source *s, struct arena *scratch, struct arena *a,
                struct err *e)
{
    *set = (struct csv_set){.scratch = scratch};
    set->split_of = arena_new_n(scratch, (size_t)s->n, int);
    set->recording.name = arena_new_n(scratch, (size_t)s->n, const char *);
    for (int i = 0; i < s->n; i++) {
        const char *name = s->entry[i].name;
        bool is_csv =
            has_suffix(name, ".csv") || has_suffix(name, ".tsv") || (s->n == 1 && !has_suffix(name, ".zip"));
        if (is_csv && !recording_add(set, s, i, a, e)) return false;
    }
    if (!set->recording.n)
        return fail(e, "%s: no .csv file in it; put one recording a file, as walking/person01.csv", s->path);
    return true;
}
