#include "../../src/data/dataset.h"
#include "../test.h"
#include <stdlib.h>
#include <string.h>

TEST(data_split_names)
{
    enum split s;
    CHECK(split_find("valid", &s) && s == SPLIT_VALID);
    CHECK(!split_find("dev", &s));
    CHECK_STR("test", split_name(SPLIT_TEST));
}

TEST(data_synth_repeats)
{
    struct arena a = {0};
    struct err e = {""};
    struct data_opt o = {.seed = 5};
    struct dataset *d = dataset_load("synth", &o, &a, &e), *same = dataset_load("synth", &o, &a, &e);
    o.seed = 6;
    struct dataset *other = dataset_load("synth", &o, &a, &e);
    CHECK(d && same && other);
    if (!d || !same || !other) return;
    size_t bytes = (size_t)d->n * 128 * 6 * sizeof(float);
    CHECK(!memcmp(d->x, same->x, bytes) && !memcmp(d->split, same->split, (size_t)d->n));
    CHECK(memcmp(d->x, other->x, bytes));
    CHECK(d->synthetic && d->by_person);
    CHECK_STR("simulated, seed 5", d->origin);
    CHECK_STR("SIMULATED", d->about);
    CHECK_EQ(6, d->nclass);
    CHECK_EQ(30, d->nperson);
    for (size_t i = 0; i < bytes / sizeof(float); i++)
        if (!(d->x[i] > -20 && d->x[i] < 20))
            test_fail(__FILE__, __LINE__, "x[%zu] = %g", i, (double)d->x[i]);
    // Nobody is on two sides, and every side has every class.
    int side[30], seen[3][6] = {{0}};
    memset(side, -1, sizeof side);
    for (int i = 0; i < d->n; i++) {
        CHECK(side[d->person[i]] < 0 || side[d->person[i]] == d->split[i]);
        side[d->person[i]] = d->split[i];
        seen[d->split[i]][d->y[i]]++;
    }
    for (int s = 0; s < 3; s++)
        for (int k = 0; k < 6; k++) CHECK(seen[s][k] > 0);
    arena_free(&a);
}

TEST(data_split_copies)
{
    struct arena a = {0};
    struct err e = {""};
    struct dataset *d = dataset_load("synth", NULL, &a, &e);
    int total = 0;
    for (int s = 0; s < SPLIT_COUNT; s++) {
        struct dataset *part = dataset_split(d, (enum split)s, &a);
        int at = 0;
        for (int i = 0; i < d->n; i++) {
            if (d->split[i] != s) continue;
            CHECK(part->y[at] == d->y[i] && part->person[at] == d->person[i]);
            CHECK(!memcmp(part->x + (size_t)at * 768, d->x + (size_t)i * 768, 768 * sizeof(float)));
            at++;
        }
        CHECK_EQ(at, part->n);
        total += part->n;
    }
    CHECK_EQ(d->n, total);
    arena_free(&a);
}

// The window of d that equals x; -1 when none does.
static int whose(const struct dataset *d, const float *x)
{
    for (int i = 0; i < d->n; i++)
        if (!memcmp(d->x + (size_t)i * 768, x, 768 * sizeof *x)) return i;
    return -1;
}

TEST(data_sample_is_of_one_split_and_even)
{
    struct arena a = {0};
    struct err e = {""};
    struct dataset *d = dataset_load("synth", NULL, &a, &e);
    int got, classes[6] = {0}, persons[30] = {0}, distinct = 0;
    const float *x = dataset_sample(d, SPLIT_TRAIN, 120, 3, &got, &a);
    char *taken = calloc(1, (size_t)d->n);
    CHECK_EQ(120, got);
    for (int i = 0; i < got; i++) {
        int w = whose(d, x + (size_t)i * 768);
        CHECK(w >= 0 && d->split[w] == SPLIT_TRAIN && !taken[w]);
        if (w < 0) break;
        taken[w] = 1;
        classes[d->y[w]]++;
        persons[d->person[w]]++;
    }
    free(taken);
    for (int k = 0; k < 6; k++) CHECK_EQ(20, classes[k]);
    int most = 0, least = 1000;
    for (int p = 0; p < 30; p++) {
        if (!persons[p]) continue;
        distinct++;
        most = persons[p] > most ? persons[p] : most;
        least = persons[p] < least ? persons[p] : least;
    }
    CHECK_EQ(17, distinct); // 30 less 9 test and 4 validation persons
    CHECK(most <= 10 && least >= 4);
    // Repeatable; another seed draws others.
    const float *again = dataset_sample(d, SPLIT_TRAIN, 120, 3, &got, &a);
    CHECK(!memcmp(x, again, 120 * 768 * sizeof *x));
    const float *other = dataset_sample(d, SPLIT_TRAIN, 120, 4, &got, &a);
    CHECK(memcmp(x, other, 120 * 768 * sizeof *x));
    // More than there are: all of them. None asked: none.
    dataset_sample(d, SPLIT_VALID, 1 << 20, 0, &got, &a);
    CHECK_EQ(dataset_split(d, SPLIT_VALID, &a)->n, got);
    dataset_sample(d, SPLIT_VALID, 0, 0, &got, &a);
    CHECK_EQ(0, got);
    arena_free(&a);
}

TEST(data_moments_of_training_windows)
{
    float x[4 * 2 * 2] = {1, 5, 3, 5, 5, 5, 7, 5, 900, 900, 900, 900, 900, 900, 900, 900}, mean[2], std[2];
    int32_t y[4] = {0}, person[4] = {0};
    uint8_t split[4] = {SPLIT_TRAIN, SPLIT_TRAIN, SPLIT_VALID, SPLIT_TEST};
    struct dataset d = {.n = 4,
                        .window = 2,
                        .nchannel = 2,
                        .nclass = 1,
                        .nperson = 1,
                        .x = x,
                        .y = y,
                        .person = person,
                        .split = split};
    dataset_moments(&d, mean, std);
    CHECK_NEAR(4, mean[0], 1e-6);
    CHECK_NEAR(2.2360680, std[0], 1e-6); // values 1 3 5 7
    CHECK_NEAR(5, mean[1], 1e-6);
    CHECK_NEAR(1, std[1], 0); // a channel that never moves
}
