#include "../../src/data/dataset.h"
#include "../test.h"
#include "make.h"
#include <string.h>

static void counts(const struct dataset *d, int *n)
{
    for (int i = 0; i < d->n; i++) n[d->y[i]]++;
}

TEST(data_hapt_published_counts)
{
    static const int want[12] = {1722, 1544, 1407, 1801, 1979, 1958, 70, 33, 107, 85, 139, 84};
    struct arena a = {0};
    struct err e = {""};
    const char *at = test_shared("data/hapt");
    if (!at) {
        test_skip("no ../shared/data/hapt");
        return;
    }
    struct data_opt o = {.from = at};
    struct dataset *d = dataset_load("hapt", &o, &a, &e);
    CHECK_STR("", e.text);
    CHECK(d != NULL);
    if (!d) return;
    CHECK_EQ(10411, d->n);
    CHECK_EQ(6, d->nclass);
    CHECK_EQ(30, d->nperson);
    int n[12] = {0}, split[3] = {0};
    counts(d, n);
    for (int i = 0; i < d->n; i++) split[d->split[i]]++;
    for (int k = 0; k < 6; k++) CHECK_EQ(want[k], n[k]);
    CHECK_EQ(2996, split[SPLIT_TEST]);
    CHECK_EQ(7415, split[SPLIT_TRAIN] + split[SPLIT_VALID]);
    // Standing people: about 1 g along x; the first labelled sample of recording 1 is line 250 of its file.
    CHECK_NEAR(1.0, d->x[0], 0.1);
    CHECK(d->by_person && !d->synthetic && d->rate_hz == 50);
    o.all_classes = true;
    d = dataset_load("hapt", &o, &a, &e);
    CHECK_EQ(10929, d ? d->n : 0);
    memset(n, 0, sizeof n);
    if (d) counts(d, n);
    for (int k = 0; k < 12; k++) CHECK_EQ(want[k], n[k]);
    arena_free(&a);
}

TEST(data_hapt_small)
{
    struct arena a = {0};
    struct err e = {""};
    struct data_opt o = {0};
    const char *at = make_hapt(&a, "hapt-small", 12, 300);
    struct dataset *d = dataset_load(at, &o, &a, &e); // recognised by content
    CHECK_STR("", e.text);
    if (!d) return;
    CHECK_STR("hapt", d->name);
    CHECK_EQ(12 * 3, d->n); // windows begin at 0, 64, 128 of 300
    CHECK_NEAR(0.064, d->x[128 * 6], 1e-6);
    CHECK_NEAR(1.0, d->x[1], 1e-6);
    CHECK_NEAR(2.127, d->x[127 * 6 + 5], 1e-6);
    int persons[3] = {0};
    for (int i = 0; i < d->n; i += 3) {
        persons[d->split[i]]++;
        CHECK(d->split[i] == d->split[i + 1] && d->split[i] == d->split[i + 2]);
        CHECK_EQ(i / 3, d->person[i]);
    }
    CHECK_EQ(5, persons[SPLIT_TEST]); // 2 4 9 10 12
    CHECK_EQ(1, persons[SPLIT_VALID]);
    CHECK_EQ(SPLIT_TEST, d->split[3]);
    CHECK_STR("12", d->person_name[11]);
    // The same seed the same persons; some other seed other ones. The test persons stay.
    struct dataset *again = dataset_load(at, &o, &a, &e);
    CHECK(again && !memcmp(d->split, again->split, (size_t)d->n));
    bool moved = false;
    for (o.seed = 1; o.seed < 8; o.seed++) {
        struct dataset *other = dataset_load(at, &o, &a, &e);
        moved |= memcmp(d->split, other->split, (size_t)d->n) != 0;
        for (int i = 0; i < d->n; i++) CHECK((d->split[i] == SPLIT_TEST) == (other->split[i] == SPLIT_TEST));
    }
    CHECK(moved);
    o = (struct data_opt){.window = 100};
    d = dataset_load(at, &o, &a, &e);
    CHECK_EQ(12 * 5, d ? d->n : 0); // a hop of 50
    arena_free(&a);
}

static void refuse(struct arena *a, const char *file, const char *text, const char *want, int window)
{
    struct err e = {""};
    struct data_opt o = {.window = window, .from = make_hapt(a, "hapt-bad", 4, 200)};
    if (file) make_file(a, arena_printf(a, "hapt-bad/RawData/%s", file), text);
    CHECK(!dataset_load("hapt", &o, a, &e));
    CHECK_STR(want, e.text);
}

TEST(data_hapt_refuses)
{
    struct arena a = {0};
    refuse(&a, "labels.txt", "1 1 5 10 150\n1 1 4 100 5000\n",
           "labels.txt row 2: samples 100 to 5000 lie outside recording 1, which has 200", 0);
    refuse(&a, "labels.txt", "1 1 5 150 10\n",
           "row 1: recording 1, person 1, activity 5, samples 150 to 10 cannot be", 0);
    refuse(&a, "labels.txt", "1 1 13 10 150\n", "activity 13", 0);
    refuse(&a, "labels.txt", "1 1 5 0 150\n", "0 is not a whole number from 1", 0);
    refuse(&a, "labels.txt", "1 1 5 10 150\n1 2 5 10 150\n",
           "recording 1 belongs to person 1 and to person 2", 0);
    refuse(&a, "labels.txt", "9 9 5 10 150\n",
           "RawData/acc_exp09_user09.txt is missing although labels.txt names it", 0);
    refuse(&a, "labels.txt", "", "labels.txt: the file is empty", 0);
    refuse(&a, "gyro_exp02_user02.txt", "1 2 3\n1 2 3\n", "has 200 samples but", 0);
    refuse(&a, "acc_exp03_user03.txt", "1 2 3\n1 2", "acc_exp03_user03.txt: line 2: 2 numbers instead of 3",
           0);
    refuse(&a, "acc_exp03_user03.txt", "1 2 3\n1 two 3\n", "line 2: \"two\" is not a number", 0);
    refuse(&a, NULL, NULL, "recording 1 has 200 samples, less than one window of 256", 256);
    refuse(&a, NULL, NULL, "window of 3 samples; take 4 to 65536", 3);
    refuse(&a, "labels.txt", "1 1 5 10 100\n", "no labelled stretch holds a window of 128 samples", 0);
    struct err e = {""};
    struct data_opt o = {.from = make_file(&a, "notes/readme.txt", "hello\n")};
    CHECK(!dataset_load("hapt", &o, &a, &e));
    CHECK_STR("readme.txt: no RawData/labels.txt; give the HAPT v2.1 archive or its folder", e.text);
    o.from = test_path("nowhere");
    CHECK(!dataset_load("hapt", &o, &a, &e));
    CHECK_STR("nowhere: no such file or folder", e.text);
    CHECK(!dataset_load("hatp", NULL, &a, &e));
    CHECK_STR("hatp: neither a data set (hapt uci-har st-har csv synth) nor a file or folder", e.text);
    arena_free(&a);
}
