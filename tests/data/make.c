#include "make.h"
#include "../../src/base/buf.h"
#include "../../src/base/file.h"
#include "../test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

const char *make_file(struct arena *a, const char *name, const char *text)
{
    char *path = arena_printf(a, "%s/%s", test_dir(), name), *slash = strrchr(path, '/');
    struct err e;
    *slash = 0;
    if (!dir_make(path, &e)) abort();
    *slash = '/';
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(text, 1, strlen(text), f) != strlen(text) || fclose(f)) abort();
    return path;
}

char *make_rows(struct arena *a, int n, int nnum, const char *gap)
{
    struct buf b = {0};
    for (int i = 0; i < n; i++)
        for (int k = 0; k < nnum; k++) buf_printf(&b, "%.6f%s", 0.001 * i + k, k + 1 < nnum ? gap : "\n");
    char *s = arena_strndup(a, b.n ? (const char *)b.p : "", b.n);
    buf_free(&b);
    return s;
}

const char *make_zip(struct arena *a, const char *name, const char *const *pairs)
{
    const char *path = arena_printf(a, "%s/%s", test_dir(), name);
    int code;
    struct zip *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    if (!z) abort();
    for (; *pairs; pairs += 2) {
        struct zip_source *s = zip_source_buffer(z, pairs[1], strlen(pairs[1]), 0);
        if (zip_file_add(z, pairs[0], s, 0) < 0) abort();
    }
    if (zip_close(z)) abort();
    return path;
}

const char *make_hapt(struct arena *a, const char *name, int n, int samples)
{
    const char *rows = make_rows(a, samples, 3, " "), *labels = "";
    for (int i = 1; i <= n; i++) {
        make_file(a, arena_printf(a, "%s/RawData/acc_exp%02d_user%02d.txt", name, i, i), rows);
        make_file(a, arena_printf(a, "%s/RawData/gyro_exp%02d_user%02d.txt", name, i, i), rows);
        labels = arena_printf(a, "%s%d %d %d 1 %d\n", labels, i, i, (i - 1) % 6 + 1, samples);
    }
    make_file(a, arena_printf(a, "%s/RawData/labels.txt", name), labels);
    return arena_printf(a, "%s/%s", test_dir(), name);
}
