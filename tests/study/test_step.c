#include "../../src/base/file.h"
#include "../../src/study/work.h"
#include "../test.h"
#include <string.h>

static struct study study_in(const char *dir)
{
    struct study s = {.dir = dir, .data_hash = "d0", .program_hash = "p0"};
    struct err e;
    char path[600];
    snprintf(path, sizeof path, "%s/cells", dir);
    CHECK(dir_make(path, &e));
    return s;
}

TEST(step_is_kept_and_taken_up)
{
    struct study s = study_in(test_path("steps"));
    struct err e = {""};
    struct sha256 h = step_hash(&s, "evaluate"), other = h;
    step_depends(&h, "model %d", 1);
    step_depends(&other, "model %d", 2);
    json_t *r = json_object();
    figure_put(r, "accuracy", 1.0 / 3);
    CHECK(!step_take(&s, "a", h));
    CHECK(step_keep(&s, "a", h, r, &e));
    json_t *back = step_take(&s, "a", h);
    CHECK(back && figure(back, "accuracy") == 1.0 / 3); // to the last bit
    CHECK(!step_take(&s, "a", other));                  // made from something else
    CHECK(!step_take(&s, "b", h));
    json_decref(back);
    json_decref(r);
}

TEST(step_that_is_spoilt_counts_as_not_done)
{
    struct study s = study_in(test_path("spoilt"));
    struct err e = {""};
    struct sha256 h = step_hash(&s, "evaluate");
    static const char *const text[] = {"", "{", "[]", "{\"made_from\": 3}", "nul"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        char path[600];
        snprintf(path, sizeof path, "%s/cells/a.json", s.dir);
        CHECK(file_write(path, (struct span){(const uint8_t *)text[i], strlen(text[i])}, &e));
        CHECK(!step_take(&s, "a", h));
    }
}

// "ab" and "c" must not be "a" and "bc".
TEST(step_hash_parts_its_lines)
{
    struct study s = {.data_hash = "d0"};
    char one[65], two[65];
    struct sha256 h = step_hash(&s, "x"), k = h;
    step_depends(&h, "ab");
    step_depends(&h, "c");
    step_depends(&k, "a");
    step_depends(&k, "bc");
    sha256_hex(&h, one);
    sha256_hex(&k, two);
    CHECK(strcmp(one, two));
}

struct entry {
    const char *name;
};

TEST(study_choose_by_name)
{
    static const struct entry a = {"cnn"}, b = {"ds-cnn"};
    static const void *const table[] = {&a, &b, NULL};
    const void *got[2];
    struct err e = {""};
    CHECK_EQ(2, study_choose("ds-cnn,cnn,ds-cnn", "model", table, got, 2, &e));
    CHECK(got[0] == &b && got[1] == &a);
    CHECK_EQ(-1, study_choose("cnn,lstm", "model", table, got, 2, &e));
    CHECK_STR("unknown model 'lstm'; there are cnn ds-cnn", e.text);
    CHECK_EQ(-1, study_choose(",", "model", table, got, 2, &e));
    CHECK_STR("no model named", e.text);
    CHECK_EQ(-1, study_choose("cnn,ds-cnn", "model", table, got, 1, &e));
    CHECK_STR("more than 1 models", e.text);
}
