#include "../../src/data/dataset.h"
#include "../test.h"
#include "make.h"
#include <string.h>

static const char *const signals[] = {"body_acc_x",  "body_acc_y",  "body_acc_z",
                                      "body_gyro_x", "body_gyro_y", "body_gyro_z",
                                      "total_acc_x", "total_acc_y", "total_acc_z"};

// A made-up UCI HAR: ntrain and 2 windows, the numbers as its authors print them; persons where asked.
static const char *make_uci(struct arena *a, const char *name, int ntrain, bool persons)
{
    for (int part = 0; part < 2; part++) {
        const char *p = part ? "test" : "train", *row = "", *y = "", *who = "";
        int n = part ? 2 : ntrain;
        for (int t = 0; t < 128; t++) row = arena_printf(a, "%s  %.7fe-00%d", row, 1 + 0.001 * t, part);
        for (int i = 0; i < n; i++) {
            y = arena_printf(a, "%s%d\n", y, i % 6 + 1);
            who = arena_printf(a, "%s%d\n", who, part ? 2 : 1 + 2 * (i / 4));
        }
        for (int c = 0; c < 9; c++) {
            const char *text = "";
            for (int i = 0; i < n; i++) text = arena_printf(a, "%s%s\n", text, row);
            make_file(a, arena_printf(a, "%s/%s/Inertial Signals/%s_%s.txt", name, p, signals[c], p), text);
        }
        make_file(a, arena_printf(a, "%s/%s/y_%s.txt", name, p, p), y);
        if (persons) make_file(a, arena_printf(a, "%s/%s/subject_%s.txt", name, p, p), who);
    }
    return arena_printf(a, "%s/%s", test_dir(), name);
}

TEST(data_uci_har_original_layout)
{
    struct arena a = {0};
    struct err e = {""};
    struct dataset *d = dataset_load(make_uci(&a, "uci", 12, true), NULL, &a, &e);
    CHECK_STR("", e.text);
    if (!d) return;
    CHECK_STR("uci-har", d->name);
    CHECK_EQ(14, d->n);
    CHECK_EQ(9, d->nchannel);
    CHECK_EQ(4, d->nperson); // 1 2 3 5
    CHECK(d->by_person);
    CHECK_NEAR(1.001, d->x[9], 1e-6);
    CHECK_NEAR(0.1001, d->x[(12 * 128 + 1) * 9 + 4], 1e-7); // e-001
    CHECK_EQ(SPLIT_TEST, d->split[13]);
    CHECK_STR("2", d->person_name[d->person[13]]);
    int valid = 0;
    for (int i = 0; i < 12; i++) valid += d->split[i] == SPLIT_VALID;
    CHECK_EQ(4, valid); // one of the three training persons
    arena_free(&a);
}

TEST(data_uci_har_excerpt)
{
    struct arena a = {0};
    struct err e = {""};
    struct data_opt o = {.from = test_shared("data/uci-har-excerpt")};
    if (!o.from) {
        test_skip("no ../shared/data/uci-har-excerpt");
        return;
    }
    struct dataset *d = dataset_load("uci-har", &o, &a, &e);
    CHECK_STR("", e.text);
    if (!d) return;
    CHECK_EQ(3350, d->n);
    CHECK(!d->by_person);
    int n[3] = {0};
    for (int i = 0; i < d->n; i++) n[d->split[i]]++;
    CHECK_EQ(1920, n[SPLIT_TRAIN]);
    CHECK_EQ(480, n[SPLIT_VALID]);
    CHECK_EQ(950, n[SPLIT_TEST]);
    CHECK_NEAR(0.000452, d->x[(size_t)2400 * 128 * 9], 1e-9); // first number of body_acc_x_test.txt
    CHECK_EQ(4, d->y[2400]);
    arena_free(&a);
}

static void refuse(struct arena *a, const char *file, const char *text, const char *want)
{
    struct err e = {""};
    struct data_opt o = {.from = make_uci(a, "uci-bad", 6, true)};
    make_file(a, arena_printf(a, "uci-bad/%s", file), text);
    CHECK(!dataset_load("uci-har", &o, a, &e));
    CHECK_STR(want, e.text);
}

TEST(data_uci_har_refuses)
{
    struct arena a = {0};
    refuse(&a, "train/y_train.txt", "1\n2\n3\n",
           "subject_train.txt: 6 lines but train/y_train.txt has 3; they belong together");
    refuse(&a, "train/y_train.txt", "1\n2\n7\n", "7 is not a whole number from 1 to 6");
    refuse(&a, "test/Inertial Signals/body_acc_x_test.txt", make_rows(&a, 1, 128, " "),
           "body_acc_x_test.txt: 1 windows but y_test.txt has 2");
    refuse(&a, "test/Inertial Signals/body_acc_x_test.txt", make_rows(&a, 2, 127, " "),
           "line 1: 127 numbers instead of 128");
    struct err e = {""};
    struct data_opt o = {.from = make_uci(&a, "uci-bad", 6, true), .window = 64};
    CHECK(!dataset_load("uci-har", &o, &a, &e));
    CHECK_STR("uci-har is cut already, windows of 128 with a hop of 64; use hapt", e.text);
    arena_free(&a);
}

TEST(data_st_har)
{
    struct arena a = {0};
    struct err e = {""};
    struct data_opt o = {.from = test_shared("data/st-har")};
    if (!o.from) {
        test_skip("no ../shared/data/st-har");
        return;
    }
    struct dataset *d = dataset_load("st-har", &o, &a, &e);
    CHECK_STR("", e.text);
    if (!d) return;
    CHECK_EQ(2668, d->n);
    CHECK_EQ(92, d->nperson);
    CHECK(!d->by_person);
    CHECK_STR("mg", d->unit[0]);
    o.window = 260; // the set's own, so its hop stays
    struct dataset *same = dataset_load("st-har", &o, &a, &e);
    CHECK_EQ(2668, same ? same->n : 0);
    int side[92], classes[3][3] = {{0}};
    memset(side, -1, sizeof side);
    for (int i = 0; i < d->n; i++) {
        CHECK(side[d->person[i]] < 0 || side[d->person[i]] == d->split[i]);
        side[d->person[i]] = d->split[i];
        classes[d->split[i]][d->y[i]]++;
    }
    for (int s = 0; s < 3; s++)
        for (int k = 0; k < 3; k++) CHECK(classes[s][k] > 0);
    arena_free(&a);
}

TEST(data_st_har_refuses)
{
    struct arena a = {0};
    struct err e = {""};
    const char *file = "st/walking/walking_01_26Hz_4g_mg.csv";
    make_file(&a, file, make_rows(&a, 100, 3, ", "));
    struct data_opt o = {.from = test_path("st")};
    CHECK(!dataset_load("st-har", &o, &a, &e));
    CHECK_STR("walking_01_26Hz_4g_mg.csv: 100 samples, less than one window of 260", e.text);
    make_file(&a, file, "1, 2, 3\n4, 5, six\n");
    CHECK(!dataset_load("st-har", &o, &a, &e));
    CHECK_STR("line 2: \"six\" is not a number", e.text);
    o.from = make_file(&a, "st-none/a.txt", "");
    CHECK(!dataset_load("st-har", &o, &a, &e));
    CHECK_STR("no CLASS_NN_26Hz_4g_mg.csv in it", e.text);
    arena_free(&a);
}
