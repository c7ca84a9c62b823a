#include "../../src/base/file.h"
#include "../../src/data/dataset.h"
#include "../../src/data/source.h"
#include "../test.h"
#include "make.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

TEST(data_source_reads_zip_and_folder_alike)
{
    struct arena a = {0};
    struct err e = {""};
    static const char *const pairs[] = {
        "Set/b.txt", "bee", "Set/RawData/a.txt", "ay", "__MACOSX/Set/._b.txt", "junk", "Set/.hidden",
        "x",         NULL};
    make_file(&a, "src/Set/b.txt", "bee");
    make_file(&a, "src/Set/RawData/a.txt", "ay");
    make_file(&a, "src/Set/.hidden", "x");
    const char *path[] = {make_zip(&a, "src.zip", pairs), test_path("src")};
    for (int i = 0; i < 2; i++) {
        struct source s;
        struct span text;
        CHECK(source_open(&s, path[i], &a, &e));
        CHECK_EQ(2, s.n);
        int at = source_find(&s, "RawData/a.txt");
        CHECK_EQ(0, at);
        CHECK(source_find(&s, "Data/a.txt") < 0 && source_find(&s, "Set/b.txt") == 1);
        CHECK(source_read(&s, 0, &a, &text, &e) && text.n == 2 && !memcmp(text.p, "ay", 3));
        source_close(&s);
    }
    arena_free(&a);
}

// The UCI repository packs the authors' archive into another.
TEST(data_source_reads_zip_in_zip)
{
    struct arena a = {0};
    struct err e = {""};
    static const char *const pairs[] = {"UCI/y.txt", "1\n", NULL};
    struct span inner, text;
    struct source s;
    CHECK(file_read(make_zip(&a, "inner.zip", pairs), &a, &inner, &e));
    const char *outer = test_path("outer.zip");
    int code;
    struct zip *z = zip_open(outer, ZIP_CREATE | ZIP_TRUNCATE, &code);
    zip_file_add(z, "UCI HAR Dataset.zip", zip_source_buffer(z, inner.p, inner.n, 0), 0);
    zip_file_add(z, "names.txt", zip_source_buffer(z, "n", 1, 0), 0);
    CHECK(!zip_close(z));
    CHECK(source_open(&s, outer, &a, &e));
    CHECK_STR("", e.text);
    int at = source_find(&s, "UCI/y.txt");
    CHECK(at >= 0 && source_read(&s, at, &a, &text, &e) && text.n == 2);
    source_close(&s);
    arena_free(&a);
}

static void refuse_name(struct arena *a, const char *name)
{
    struct err e = {""};
    struct source s;
    const char *pairs[] = {"good.txt", "1", name, "2", NULL};
    CHECK(!source_open(&s, make_zip(a, "tricks.zip", pairs), a, &e));
    source_close(&s);
    CHECK_STR("tricks.zip: the entry", e.text);
    CHECK_STR("leads outside the archive; do not use it", e.text);
}

TEST(data_source_refuses_path_tricks)
{
    struct arena a = {0};
    refuse_name(&a, "../../etc/passwd");
    refuse_name(&a, "a/../../b");
    refuse_name(&a, "/etc/passwd");
    refuse_name(&a, "C:/x");
    refuse_name(&a, "a\\..\\b");
    refuse_name(&a, "a/..");
    // The whole way of a user: as a data set.
    struct err e = {""};
    const char *pairs[] = {"RawData/labels.txt", "1 1 5 1 200\n", "../x", "2", NULL};
    struct data_opt o = {.from = make_zip(&a, "tricks.zip", pairs)};
    CHECK(!dataset_load("hapt", &o, &a, &e));
    CHECK_STR("the entry \"../x\" leads outside the archive", e.text);
    CHECK(!dataset_load(o.from, NULL, &a, &e));
    CHECK_STR("the entry \"../x\" leads outside the archive", e.text);
    arena_free(&a);
}

static void write_bytes(const char *path, const void *p, size_t n)
{
    struct err e;
    CHECK(file_write(path, (struct span){p, n}, &e));
}

TEST(data_source_refuses_damage)
{
    struct arena a = {0};
    struct err e = {""};
    struct source s;
    struct span whole, text;
    const char *pairs[] = {"a.txt", make_rows(&a, 2000, 3, " "), NULL},
               *path = make_zip(&a, "whole.zip", pairs);
    CHECK(file_read(path, &a, &whole, &e));
    const char *bad = test_path("bad.zip");
    write_bytes(bad, whole.p, whole.n / 2);
    CHECK(!source_open(&s, bad, &a, &e));
    source_close(&s);
    CHECK_STR("bad.zip: not a readable zip archive", e.text);
    CHECK_STR("damaged or incomplete, get it again", e.text);
    write_bytes(bad, "hello", 5);
    CHECK(!source_open(&s, bad, &a, &e));
    source_close(&s);
    CHECK_STR("not a readable zip archive", e.text);
    write_bytes(bad, "", 0);
    bool opened = source_open(&s, bad, &a, &e); // an empty file counts as an empty archive for libzip
    CHECK(!opened || s.n == 0);
    source_close(&s);

    uint8_t *copy = arena_copy(&a, whole.p, whole.n);
    copy[100] ^= 0x10; // inside the packed bytes
    write_bytes(bad, copy, whole.n);
    CHECK(source_open(&s, bad, &a, &e));
    CHECK(!source_read(&s, 0, &a, &text, &e));
    source_close(&s);
    CHECK_STR("bad.zip: a.txt: truncated or damaged", e.text);
    arena_free(&a);
}

// Sets the unpacked size that the archive's directory claims.
TEST(data_source_refuses_bombs)
{
    struct arena a = {0};
    struct err e = {""};
    struct source s;
    struct span whole, text;
    const char *pairs[] = {"a.txt", make_rows(&a, 2000, 3, " "), NULL};
    CHECK(file_read(make_zip(&a, "lies.zip", pairs), &a, &whole, &e));
    uint8_t *copy = arena_copy(&a, whole.p, whole.n);
    for (size_t i = 0; i + 46 < whole.n; i++)
        if (!memcmp(copy + i, "PK\1\2", 4)) memcpy(copy + i + 24, "\0\0\0\x3f", 4); // 1 GB less a little
    const char *bad = test_path("lies2.zip");
    write_bytes(bad, copy, whole.n);
    CHECK(source_open(&s, bad, &a, &e));
    size_t before = a.bytes;
    CHECK(s.n == 1 && !source_read(&s, 0, &a, &text, &e));
    CHECK(a.bytes - before < 4096);
    source_close(&s);
    CHECK_STR("claims to unpack to 1056964608 bytes from", e.text);
    arena_free(&a);
}

TEST(data_source_refuses_other_methods)
{
    struct arena a = {0};
    struct err e = {""};
    struct source s;
    struct span text;
    const char *path = test_path("secret.zip");
    int code;
    struct zip *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    zip_int64_t i = zip_file_add(z, "a.txt", zip_source_buffer(z, "1 2 3\n", 6, 0), 0);
    if (zip_file_set_encryption(z, (zip_uint64_t)i, ZIP_EM_AES_256, "pw")) {
        zip_discard(z);
        test_skip("libzip without encryption");
        return;
    }
    CHECK(!zip_close(z));
    CHECK(source_open(&s, path, &a, &e) && !source_read(&s, 0, &a, &text, &e));
    source_close(&s);
    CHECK_STR("is encrypted", e.text);
    arena_free(&a);
}

TEST(data_located_by_environment)
{
    struct arena a = {0};
    struct err e = {""};
    const char *old = getenv("WEARLITE_DATA") ? arena_strdup(&a, getenv("WEARLITE_DATA")) : NULL;
    make_hapt(&a, "store/hapt/below", 3, 200);
    setenv("WEARLITE_DATA", test_path("store"), 1);
    const char *at = dataset_locate(dataset_find("hapt"), &a);
    CHECK(at != NULL);
    CHECK_STR("store/hapt", at ? at : "");
    struct dataset *d = dataset_load("hapt", NULL, &a, &e);
    CHECK_EQ(6, d ? d->n : 0);
    if (old)
        setenv("WEARLITE_DATA", old, 1);
    else
        unsetenv("WEARLITE_DATA");
    arena_free(&a);
}
