// Whole data sets of small files: the first byte chooses the reader, the rest is cut at bytes 0xff into the
// texts of its files, which are packed into an archive. What is read must be consistent.
#define _GNU_SOURCE
#include "../../src/base/log.h"
#include "../../src/data/dataset.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zip.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { FILES = 6 };
static const char *const files[3][FILES] = {
    {"RawData/labels.txt", "RawData/acc_exp01_user01.txt", "RawData/gyro_exp01_user01.txt",
     "RawData/acc_exp02_user02.txt", "RawData/gyro_exp02_user02.txt", "activity_labels.txt"},
    {"walking/walking_01_26Hz_4g_mg.csv", "walking/walking_02_26Hz_4g_mg.csv",
     "running/running_01_26Hz_4g_mg.csv", "stationary/stationary_01_26Hz_4g_mg.csv", "LICENSE", "README.md"},
    {"walk/person1.csv", "walk/person2.csv", "rest/person3.csv", "rest/person1.tsv", "sub/x/person2/a.csv",
     "notes.txt"},
};

// An archive in memory, seen as a file; its descriptor.
static int pack(const char *const *name, const uint8_t *data, size_t n)
{
    struct zip_error ze;
    zip_error_init(&ze);
    struct zip_source *out = zip_source_buffer_create(NULL, 0, 0, &ze);
    zip_source_keep(out);
    struct zip *z = zip_open_from_source(out, ZIP_CREATE | ZIP_TRUNCATE, &ze);
    assert(z);
    for (int i = 0; i < FILES && n; i++) {
        const uint8_t *stop = memchr(data, 0xff, n);
        size_t len = stop ? (size_t)(stop - data) : n;
        zip_int64_t at = zip_file_add(z, name[i], zip_source_buffer(z, data, len, 0), 0);
        assert(at >= 0 && !zip_set_file_compression(z, (zip_uint64_t)at, ZIP_CM_STORE, 0));
        data += len + (stop != NULL);
        n -= len + (stop != NULL);
    }
    assert(!zip_close(z));
    int fd = memfd_create("set", 0);
    char block[4096];
    assert(fd >= 0 && !zip_source_open(out));
    for (zip_int64_t r; (r = zip_source_read(out, block, sizeof block)) > 0;)
        assert(write(fd, block, (size_t)r) == r);
    zip_source_close(out);
    zip_source_free(out);
    zip_error_fini(&ze);
    return fd;
}

static void check(const struct dataset *d, struct arena *a)
{
    int got, seen = 0;
    float *mean = arena_new_n(a, (size_t)d->nchannel, float),
          *std = arena_new_n(a, (size_t)d->nchannel, float);
    assert(d->n > 0 && d->nclass > 0 && d->nperson > 0 && d->rate_hz > 0);
    for (int i = 0; i < d->n; i++)
        assert(d->y[i] >= 0 && d->y[i] < d->nclass && d->person[i] >= 0 && d->person[i] < d->nperson &&
               d->split[i] < SPLIT_COUNT);
    for (int i = 0; i < d->nclass; i++) assert(d->label[i] && *d->label[i]);
    for (int i = 0; i < d->nperson; i++) assert(d->person_name[i] && *d->person_name[i]);
    for (int s = 0; s < SPLIT_COUNT; s++) {
        struct dataset *part = dataset_split(d, (enum split)s, a);
        dataset_sample(d, (enum split)s, 5, 1, &got, a);
        assert(got == (part->n < 5 ? part->n : 5));
        seen += part->n;
    }
    assert(seen == d->n);
    dataset_moments(d, mean, std);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const reader[3] = {"hapt", "st-har", "csv"};
    log_level = LOG_QUIET;
    if (n < 2 || n > 65536) return 0;
    struct arena a = {0};
    struct err e = {""};
    int kind = data[0] % 3, fd = pack(files[kind], data + 1, n - 1);
    struct data_opt o = {
        .from = arena_printf(&a, "/proc/self/fd/%d", fd), .window = 4, .hop = 2, .all_classes = true};
    struct dataset *d = dataset_load(reader[kind], &o, &a, &e);
    assert((d != NULL) == !*e.text);
    if (d) check(d, &a);
    arena_free(&a);
    close(fd);
    return 0;
}
