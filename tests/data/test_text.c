#include "../../src/base/rng.h"
#include "../../src/data/text.h"
#include "../test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *read_all(const char *s, float *v)
{
    return number_read(s, s + strlen(s), v);
}

TEST(data_number_equals_strtof)
{
    static const char *const forms[] = {"%.17g", "%.16f", "%.7e", "%.9g", "%.0f", "%.3f", "%.19e", "%.25e"};
    struct rng r = rng_new(1);
    char s[400];
    for (int i = 0; i < 40000; i++) {
        uint64_t bits = (uint64_t)rng_u32(&r) << 32 | rng_u32(&r);
        // All exponents a float has, and around the ties where two roundings could differ from one.
        bits = (bits & 0x800fffffffffffffu) | (uint64_t)(1023 - 149 + rng_below(&r, 270)) << 52;
        if (i % 3 == 0) bits = (bits & ~0x1fffffffu) | (0x10000000 + rng_below(&r, 5) - 2);
        double d;
        float got;
        memcpy(&d, &bits, sizeof d);
        snprintf(s, sizeof s, forms[i % 8], d);
        float want = strtof(s, NULL);
        if (strlen(s) > 60) continue;
        const char *end = read_all(s, &got);
        if (want - want != 0) continue; // beyond floats
        CHECK(end == s + strlen(s));
        if (memcmp(&want, &got, sizeof got))
            test_fail(__FILE__, __LINE__, "%s: want %a, got %a", s, want, got);
    }
}

TEST(data_number_forms)
{
    float v = 7;
    CHECK(read_all("-0.5e-1x", &v) && v == -0.05f);
    CHECK(read_all("+.25", &v) && v == 0.25f);
    CHECK(read_all("3.", &v) && v == 3);
    CHECK(read_all("1.8085150e-004", &v) && v == 1.8085150e-4f);
    CHECK(read_all("0000000000000000000000001.5", &v) && v == 1.5f);
    CHECK(read_all("1e-99999999999", &v) && v == 0);
    double t;
    const char *epoch = "1700000000123.5";
    CHECK(number_read_double(epoch, epoch + strlen(epoch), &t) && t == 1700000000123.5);
    static const char *const bad[] = {"", "-", ".", "nan", "inf", "e5", "1e", "1e+", "1e99", "--1", "x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!read_all(bad[i], &v));
}

static struct span span_of(const char *s)
{
    return (struct span){(const uint8_t *)s, strlen(s)};
}

TEST(data_table_reads_both_formats)
{
    struct arena a = {0};
    struct err e = {""};
    float *v;
    int rows;
    CHECK(table_read(span_of("  1.5e-004 -2.0e+000\r\n\n3,  4"), "t", 2, &a, &v, &rows, &e));
    CHECK_EQ(2, rows);
    CHECK(v[0] == 1.5e-4f && v[1] == -2 && v[2] == 3 && v[3] == 4);
    arena_free(&a);
}

TEST(data_table_refuses)
{
    static const struct {
        const char *text, *want;
    } bad[] = {{"", "f.txt: the file is empty"},
               {"\n \n", "f.txt: no numbers in the file"},
               {"1 2 3\n1 2", "f.txt: line 2: 2 numbers instead of 3; the file is truncated"},
               {"1 2 3\n1 2 3 4\n", "line 2: more than 3 numbers"},
               {"1 2 three\n", "line 1: \"three\" is not a number"},
               {"1 2 3x\n", "\"3x\" is not a number"},
               {"1 2 nan\n", "\"nan\" is not a number"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a = {0};
        struct err e = {""};
        float *v;
        int rows;
        CHECK(!table_read(span_of(bad[i].text), "f.txt", 3, &a, &v, &rows, &e));
        CHECK_STR(bad[i].want, e.text);
        arena_free(&a);
    }
    struct arena a = {0};
    struct err e = {""};
    int32_t *v;
    int rows;
    CHECK(!table_read_int(span_of("1\n2.5\n"), "y.txt", 1, 1, 6, &a, &v, &rows, &e));
    CHECK_STR("y.txt: row 2: 2.5 is not a whole number from 1 to 6", e.text);
    CHECK(!table_read_int(span_of("7\n"), "y.txt", 1, 1, 6, &a, &v, &rows, &e));
    CHECK_STR("row 1: 7 is not", e.text);
    arena_free(&a);
}
