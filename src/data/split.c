#include "split.h"
#include "../base/rng.h"
#include <math.h>
#include <string.h>

static const char *const names[SPLIT_COUNT] = {"train", "valid", "test"};

const char *split_name(enum split s)
{
    return names[s];
}

bool split_find(const char *name, enum split *s)
{
    for (int i = 0; i < SPLIT_COUNT; i++)
        if (!strcmp(name, names[i])) return *s = (enum split)i, true;
    return false;
}

void split_persons(struct dataset *d, const bool *is_test, const int *class_of, uint64_t seed)
{
    struct arena a = {0};
    struct rng r = rng_new(seed);
    int32_t *other = arena_new_n(&a, (size_t)d->nperson, int32_t);
    uint8_t *of = arena_new_n(&a, (size_t)d->nperson, uint8_t);
    for (int c = 0; c < (class_of ? d->nclass : 1); c++) {
        int n = 0;
        for (int i = 0; i < d->nperson; i++) {
            if (class_of && class_of[i] != c) continue;
            of[i] = is_test[i] ? SPLIT_TEST : SPLIT_TRAIN;
            if (!is_test[i]) other[n++] = i;
        }
        rng_shuffle(&r, other, n);
        int valid = n < 2 ? 0 : n < 8 ? 1 : (n + 2) / 5;
        for (int i = 0; i < valid; i++) of[other[i]] = SPLIT_VALID;
    }
    for (int i = 0; i < d->n; i++) d->split[i] = of[d->person[i]];
    arena_free(&a);
}

static void window_copy(const struct dataset *d, int from, struct dataset *out, int to)
{
    size_t values = (size_t)d->window * (size_t)d->nchannel;
    memcpy(out->x + (size_t)to * values, d->x + (size_t)from * values, values * sizeof(float));
    out->y[to] = d->y[from];
    out->person[to] = d->person[from];
    out->split[to] = d->split[from];
    if (d->follows) out->follows[to] = d->follows[from] && d->split[from - 1] == d->split[from];
}

struct dataset *dataset_split(const struct dataset *d, enum split s, struct arena *a)
{
    struct dataset *out = arena_copy(a, d, sizeof *d);
    out->n = 0;
    for (int i = 0; i < d->n; i++) out->n += d->split[i] == s;
    size_t n = (size_t)out->n;
    out->x = arena_array(a, n * (size_t)d->window, (size_t)d->nchannel * sizeof(float));
    out->y = arena_array(a, n, sizeof *out->y);
    out->person = arena_array(a, n, sizeof *out->person);
    out->split = arena_array(a, n, sizeof *out->split);
    if (d->follows) out->follows = arena_array(a, n, sizeof *out->follows);
    for (int i = 0, to = 0; i < d->n; i++)
        if (d->split[i] == s) window_copy(d, i, out, to++);
    return out;
}

// Windows in a shuffled order, dealt out in rounds: one of every (class, person) in turn. The first count of
// them are as even over classes and persons as the set allows.
const float *dataset_sample(const struct dataset *d, enum split s, int count, uint64_t seed, int *got,
                            struct arena *a)
{
    struct arena scratch = {0};
    struct rng r = rng_new(seed);
    int groups = d->nclass * (d->nperson > 0 ? d->nperson : 1), n = 0;
    int32_t *order = arena_new_n(&scratch, (size_t)d->n, int32_t);
    for (int i = 0; i < d->n; i++)
        if (d->split[i] == s) order[n++] = i;
    rng_shuffle(&r, order, n);
    // next[] chains the windows of a group; group g is class g % nclass, so a round alternates classes.
    int32_t *first = arena_new_n(&scratch, (size_t)groups, int32_t);
    int32_t *next = arena_new_n(&scratch, (size_t)d->n, int32_t);
    int32_t *person = arena_new_n(&scratch, (size_t)groups, int32_t);
    memset(first, -1, (size_t)groups * sizeof *first);
    for (int i = 0; i < n; i++) {
        int g = d->y[order[i]] + d->nclass * d->person[order[i]];
        next[order[i]] = first[g];
        first[g] = order[i];
    }
    // Persons in an order of their own for each class: few windows then still come from many persons.
    int persons = groups / d->nclass;
    for (int c = 0; c < d->nclass; c++) {
        for (int i = 0; i < persons; i++) person[c * persons + i] = i;
        rng_shuffle(&r, person + c * persons, persons);
    }
    if (count > n) count = n;
    if (count < 0) count = 0;
    *got = count;
    size_t values = (size_t)d->window * (size_t)d->nchannel;
    float *x = arena_array(a, (size_t)count, values * sizeof *x);
    int32_t *at = arena_new_n(&scratch, (size_t)d->nclass, int32_t); // place in person[] of the class
    for (int done = 0, c = 0; done < count; c = (c + 1) % d->nclass)
        for (int tries = 0; tries < persons; tries++) {
            int32_t *g = &first[c + d->nclass * person[c * persons + at[c]++ % persons]];
            if (*g < 0) continue;
            memcpy(x + (size_t)done++ * values, d->x + (size_t)*g * values, values * sizeof *x);
            *g = next[*g];
            break;
        }
    arena_free(&scratch);
    return x;
}

void dataset_moments(const struct dataset *d, float *mean, float *std)
{
    for (int c = 0; c < d->nchannel; c++) {
        double sum = 0, square = 0, n = 0, around = 0;
        bool any = false;
        for (int i = 0; i < d->n; i++) {
            if (d->split[i] != SPLIT_TRAIN) continue;
            const float *x = d->x + (size_t)i * (size_t)d->window * (size_t)d->nchannel + c;
            if (!any) around = x[0], any = true; // sums about a sample keep their digits
            for (int t = 0; t < d->window; t++) {
                double v = x[(size_t)t * (size_t)d->nchannel] - around;
                sum += v;
                square += v * v;
            }
            n += d->window;
        }
        double var = n > 0 ? (square - sum * sum / n) / n : 1;
        mean[c] = n > 0 ? (float)(around + sum / n) : 0;
        std[c] = var > 1e-12 ? (float)sqrt(var) : 1; // a channel that never moves is left as it is
    }
}
