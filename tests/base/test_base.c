#include "../../src/base/file.h"
#include "../../src/base/hash.h"
#include "../../src/base/proc.h"
#include "../../src/base/rng.h"
#include "../test.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TEST(base_arena_grows_a_list)
{
    struct arena a = {0};
    int *v = NULL, cap = 0;
    for (int n = 0; n < 1000; n++) {
        v = arena_grow(&a, v, n, &cap, sizeof *v);
        CHECK(cap > n && !v[n]);
        v[n] = n + 1;
    }
    for (int n = 0; n < 1000; n++) CHECK_EQ(n + 1, v[n]);
    arena_free(&a);
}

TEST(base_arena_is_zeroed_and_aligned)
{
    struct arena a = {0};
    for (size_t n = 0; n < 3000000; n = n * 3 + 1) {
        unsigned char *p = arena_alloc(&a, n);
        CHECK_EQ(0, (uintptr_t)p % 64);
        for (size_t i = 0; i < n; i++)
            if (p[i]) CHECK(!p[i]);
        memset(p, 0xff, n);
    }
    CHECK(!strcmp("7 of 9", arena_printf(&a, "%d of %d", 7, 9)));
    arena_free(&a);
}

TEST(base_sha256_of_known_texts)
{
    char hex[65]; // FIPS 180-4, appendix B
    hash_hex((struct span){(const uint8_t *)"abc", 3}, hex);
    CHECK(!strcmp(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    hash_hex((struct span){(const uint8_t *)two, strlen(two)}, hex);
    CHECK(!strcmp(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
}

TEST(base_rng_repeats_and_spreads)
{
    struct rng a = rng_new(5), b = rng_new(5), c = rng_new(6);
    int same = 0;
    double sum = 0, square = 0;
    for (int i = 0; i < 10000; i++) {
        uint32_t x = rng_u32(&a);
        CHECK(x == rng_u32(&b));
        same += x == rng_u32(&c);
    }
    for (int i = 0; i < 100000; i++) {
        double x = (double)rng_normal(&a);
        sum += x, square += x * x;
        CHECK(rng_below(&b, 7) < 7);
    }
    CHECK(same < 3);
    CHECK_NEAR(0, sum / 1e5, 0.02);
    CHECK_NEAR(1, square / 1e5, 0.03);
}

TEST(base_file_written_whole_or_not_at_all)
{
    struct arena a = {0};
    struct err e = {""};
    struct span got;
    const char *path = test_path("sub/file");
    CHECK(!file_write(path, (struct span){(const uint8_t *)"x", 1}, &e));
    CHECK_STR("cannot be written", e.text);
    CHECK(dir_make(test_path("sub"), &e));
    CHECK(file_write(path, (struct span){(const uint8_t *)"hello", 5}, &e));
    CHECK(file_read(path, &a, &got, &e) && got.n == 5 && !memcmp(got.p, "hello", 6));
    int n;
    dir_list(test_path("sub"), &a, &n);
    CHECK_EQ(1, n); // no temporary left
    CHECK(!file_read(test_path("none"), &a, &got, &e));
    CHECK(!dir_make(path, &e));
    CHECK_STR("not a folder", e.text);
    arena_free(&a);
}

TEST(base_error_is_one_line)
{
    struct err e = {""};
    fail(&e, "a\nb\x1b[31m");
    CHECK(!strchr(e.text, '\n') && !strchr(e.text, '\x1b'));
    fail_in(&e, "file %s", "m.onnx");
    CHECK_STR("file m.onnx: a?b", e.text);
}

TEST(base_process_output_status_and_time_limit)
{
    struct arena a = {0};
    struct err e = {""};
    struct proc_result r;
    CHECK(
        proc_run((const char *[]){"sh", "-c", "echo out; echo err >&2; exit 3", NULL}, NULL, 10, &a, &r, &e));
    CHECK_EQ(3, r.status);
    CHECK(!strcmp((const char *)r.out.p, "out\n") && !strcmp((const char *)r.err.p, "err\n"));
    CHECK(proc_run((const char *[]){"sleep", "20", NULL}, NULL, 1, &a, &r, &e));
    CHECK_EQ(124, r.status);
    CHECK(!proc_run((const char *[]){"wearlite-no-such-program", NULL}, NULL, 1, &a, &r, &e));
    CHECK_STR("is it installed", e.text);
    CHECK(proc_find("sh", &a) && !proc_find("wearlite-no-such-program", &a));
    arena_free(&a);
}
