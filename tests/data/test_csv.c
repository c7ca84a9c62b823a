#include "../../src/base/log.h"
#include "../../src/data/csv.h"
#include "../../src/data/dataset.h"
#include "../test.h"
#include "make.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// "time_ms,acc_x [g],acc_y [g]" and n samples at 50 Hz, the second channel is level.
static const char *recording(struct arena *a, int n, double level)
{
    const char *s = "time_ms,acc_x [g],acc_y [g]\n";
    char *text = arena_alloc(a, 64 + (size_t)n * 40);
    size_t at = (size_t)sprintf(text, "%s", s);
    for (int i = 0; i < n; i++) at += (size_t)sprintf(text + at, "%d,%.3f,%.3f\n", 20 * i, 0.001 * i, level);
    return text;
}

static bool parse(const char *text, struct csv_file *f, struct arena *a, struct err *e)
{
    return csv_parse((struct span){(const uint8_t *)text, strlen(text)}, "f.csv", a, f, e);
}

TEST(data_csv_file)
{
    struct arena a = {0};
    struct err e = {""};
    struct csv_file f;
    CHECK(parse(
        "\xef\xbb\xbf# a remark\r\n\"time [ms]\"; acc_x (g) ;gyro_z [rad/s];Label;index\r\n"
        "1000;1.5;-2;walking;0\r\n1020;1.25;-3;walking;1\r\n\r\n1040;1;4;;2\r\n1060;1;4;\"sitting\";3\r\n"
        "1200;1;4;sitting;4\r\n",
        &f, &a, &e));
    CHECK_STR("", e.text);
    CHECK_EQ(2, f.nchannel);
    CHECK_EQ(5, f.n);
    CHECK_NEAR(50, f.rate_hz, 1e-9);
    CHECK(!strcmp(f.channel[0], "acc_x") && !strcmp(f.unit[0], "g") && !strcmp(f.unit[1], "rad/s"));
    CHECK(f.x[3] == -3);
    CHECK_EQ(4, f.nrun); // walking, none, sitting, and sitting again after the gap in time
    CHECK(f.run[0].n == 2 && f.run[1].label == NULL && f.run[2].first == 3 && f.run[3].first == 4);
    CHECK(f.has_label && !f.has_person);
    CHECK(parse("# rate_hz: 26\nx\ty\n1\t2\n3\t4", &f, &a, &e));
    CHECK(f.n == 2 && f.rate_hz == 26 && f.x[3] == 4);
    CHECK(parse("# rate_hz: 26\n,x\n0,1\n1,3\n", &f, &a, &e)); // pandas' index has no name
    CHECK(f.nchannel == 1 && f.x[1] == 3);
    arena_free(&a);
}

TEST(data_csv_file_refuses)
{
    static const struct {
        const char *text, *want;
    } bad[] = {
        {"", "f.csv: empty; want a header line such as"},
        {"# rate_hz: 50\n", "f.csv: empty"},
        {"1,2,3\n4,5,6\n", "line 1: a number where the names of the columns should be"},
        {"time_s,label\n0,a\n", "the header names no sensor channel"},
        {"a,b,a\n", "two columns are called a"},
        {"a,label,activity\n", "more than one column for the label"},
        {"a,b\n", "a header but no samples"},
        {"a,b\n1,2\n3\n", "line 3: fewer fields than the 2 of the header; is the file truncated?"},
        {"a,b\n1,2\n3,4,5\n", "line 3: more fields than the 2"},
        {"a,b\n1,\n", "line 2: b is empty"},
        {"a,b\n1,nan\n", "line 2: b is \"nan\", not a number"},
        {"a;b\n1,5;2\n", "line 2: a is \"1,5\"; write numbers with a decimal point"},
        {"time_s,a\n0,1\n0,1\n", "sample 2: the time does not go on"},
        {"time_s,a\n0,1\nx,1\n", "line 3: the time is \"x\", not a number"},
        {"time,a\n0,1\n20,1\n40,1\n", "the time column gives 0.05 samples a second; name its unit"},
        {"# rate_hz: fast\na\n1\n", "line 1: want \"# rate_hz: 50\""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct csv_file f;
        CHECK(!parse(bad[i].text, &f, &a, &e));
        CHECK_STR(bad[i].want, e.text);
        arena_free(&a);
    }
}

TEST(data_csv_refuses_utf16)
{
    struct arena a = {0};
    struct err e = {""};
    struct csv_file f;
    CHECK(!csv_parse((struct span){(const uint8_t *)"\xff\xfe"
                                                    "a\0,\0b\0",
                                   8},
                     "f.csv", &a, &f, &e));
    CHECK_STR("f.csv: holds zero bytes; save it as plain text", e.text);
    arena_free(&a);
}

TEST(data_csv_by_person)
{
    struct arena a = {0};
    struct err e = {""};
    for (int p = 1; p <= 5; p++) {
        make_file(&a, arena_printf(&a, "own/walking/person%02d.csv", p), recording(&a, 320, p));
        make_file(&a, arena_printf(&a, "own/sitting/left_user_%d-evening.csv", p), recording(&a, 256, -p));
    }
    struct dataset *d = dataset_load(test_path("own"), NULL, &a, &e);
    CHECK_STR("", e.text);
    if (!d) return;
    CHECK_STR("csv", d->name);
    CHECK(d->by_person && d->nperson == 10 && d->nclass == 2); // person01 and user_1 are two names
    CHECK_STR("sitting", d->label[0]);
    CHECK_EQ(5 * (4 + 3), d->n);
    CHECK_EQ(128, d->window);
    for (int i = 0; i < d->n; i++) CHECK_EQ(d->x[(size_t)i * 256 + 1] > 0, d->y[i]);
    arena_free(&a);
}

TEST(data_csv_by_columns_and_folders)
{
    struct arena a = {0};
    struct err e = {""};
    for (int p = 0; p < 4; p++) {
        const char *s = "# rate_hz: 10\nax,label,person\n";
        for (int i = 0; i < 300; i++)
            s = arena_printf(&a, "%s%d,%s,%c\n", s, i, i < 100 ? "up" : i < 200 ? "" : "down", 'A' + p);
        make_file(&a, arena_printf(&a, "cols/%s/rec%d.csv", p == 2 ? "test" : "train", p), s);
    }
    struct data_opt o = {.window = 50, .hop = 50};
    struct dataset *d = dataset_load(test_path("cols"), &o, &a, &e);
    CHECK_STR("", e.text);
    if (!d) return;
    CHECK_EQ(16, d->n); // the middle third carries no label
    CHECK_EQ(4, d->nperson);
    CHECK(d->by_person);
    int n[3] = {0};
    for (int i = 0; i < d->n; i++) {
        n[d->split[i]]++;
        CHECK_EQ(d->person[i] == 2, d->split[i] == SPLIT_TEST);
    }
    CHECK_EQ(4, n[SPLIT_TEST]);
    CHECK_EQ(4, n[SPLIT_VALID]); // one of three training persons
    arena_free(&a);
}

TEST(data_csv_by_recording_and_in_time)
{
    struct arena a = {0};
    struct err e = {""};
    for (int i = 0; i < 4; i++) {
        make_file(&a, arena_printf(&a, "recs/walk/r%d.csv", i), recording(&a, 320, i));
        make_file(&a, arena_printf(&a, "recs/rest/r%d.csv", i), recording(&a, 320, i));
    }
    struct dataset *d = dataset_load(test_path("recs"), NULL, &a, &e);
    CHECK_STR("", e.text);
    if (!d) return;
    int n[3][2] = {{0}};
    for (int i = 0; i < d->n; i++) n[d->split[i]][d->y[i]]++;
    CHECK(!d->by_person && d->nperson == 8);
    for (int k = 0; k < 2; k++) CHECK(n[0][k] == 8 && n[1][k] == 4 && n[2][k] == 4);

    enum log_level level = log_level;
    log_level = LOG_QUIET; // it warns
    make_file(&a, "two/walk.csv", recording(&a, 100, 0));
    make_file(&a, "two/walk/a.csv", recording(&a, 2000, 0));
    make_file(&a, "two/rest/b.csv", recording(&a, 2000, 0));
    remove(test_path("two/walk.csv"));
    d = dataset_load(test_path("two"), NULL, &a, &e);
    log_level = level;
    CHECK_STR("", e.text);
    if (!d) return;
    // No sample is on two sides: the first channel counts the samples in thousandths.
    for (int i = 0; i < d->n; i++) {
        double from = d->x[(size_t)i * 256], to = d->x[(size_t)i * 256 + 254];
        double lo = (double[]){0, 1.2, 1.6}[d->split[i]], hi = (double[]){1.2, 1.6, 2}[d->split[i]];
        CHECK(from > lo - 1e-6 && to < hi);
    }
    arena_free(&a);
}

static void refuse(struct arena *a, const char *dir, const char *want)
{
    struct err e = {""};
    enum log_level level = log_level;
    log_level = LOG_QUIET;
    CHECK(!dataset_load(test_path(dir), NULL, a, &e));
    log_level = level;
    CHECK_STR(want, e.text);
}

TEST(data_csv_refuses)
{
    struct arena a = {0};
    struct err e = {""};
    make_file(&a, "c1/walk/a.csv", recording(&a, 300, 0));
    refuse(&a, "c1", "c1: every sample has the label \"walk\"; a classifier needs two labels");
    make_file(&a, "c1/rest/b.csv", recording(&a, 100, 0));
    refuse(&a, "c1", "b.csv: 100 samples, less than one window of 128 (2.56 s); record longer");
    make_file(&a, "c1/rest/b.csv", recording(&a, 300, 0));
    refuse(&a, "c1", "too short to test on");
    make_file(&a, "c2/a.csv", recording(&a, 300, 0));
    refuse(&a, "c2", "a.csv: no label: neither a column label nor a folder named after the activity");
    make_file(&a, "c3/walk/a.csv", "ax,ay\n1,2\n");
    refuse(&a, "c3", "a.csv: the sampling rate is not known; add a time column");
    make_file(&a, "c4/walk/a.csv", recording(&a, 300, 0));
    make_file(&a, "c4/walk/b.csv", "# rate_hz: 25\nacc_x [g],acc_y [g]\n1,2\n");
    refuse(&a, "c4", "b.csv: 25 samples a second but 50 elsewhere; resample it");
    make_file(&a, "c4/walk/b.csv", "# rate_hz: 50\nacc_x [g],acc_z [g]\n1,2\n");
    refuse(&a, "c4", "b.csv: no channel acc_y, which the other recordings have");
    make_file(&a, "c4/walk/b.csv", "# rate_hz: 50\nacc_y [g],acc_x [mg]\n1,2\n");
    refuse(&a, "c4", "b.csv: acc_x is in \"mg\" but in \"g\" elsewhere");
    make_file(&a, "c4/walk/b.csv", "# rate_hz: 50\nacc_y [g],acc_x [g],t2\n1,2,3\n");
    refuse(&a, "c4", "b.csv: 3 channels but the other recordings have 2");
    make_file(&a, "c5/walk/person1.csv", recording(&a, 300, 0));
    make_file(&a, "c5/rest/b.csv", recording(&a, 300, 0));
    refuse(&a, "c5", "b.csv names no person although others do");
    make_file(&a, "c6/train/walk/a.csv", recording(&a, 300, 0));
    make_file(&a, "c6/train/rest/a.csv", recording(&a, 300, 0));
    refuse(&a, "c6", "no recording in the folder test; there must be train and test");
    make_file(&a, "c6/rest/a.csv", recording(&a, 300, 0));
    refuse(&a, "c6", "rest/a.csv is in none of the folders train, valid and test");
    make_file(&a, "c7/readme.txt", "");
    make_file(&a, "c7/more.txt", "");
    refuse(&a, "c7", "c7: no .csv file in it");
    CHECK(!dataset_load("csv", NULL, &a, &e));
    CHECK_STR("csv: give the folder of the recordings", e.text);
    arena_free(&a);
}
