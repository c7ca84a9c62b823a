// Any bytes as a table of 1 to 4 columns (first byte), and as one number, which must be what strtof says.
#include "../../src/data/text.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a = {0};
    struct err e = {""};
    float *v, one;
    int32_t *w;
    int rows;
    if (!n) return 0;
    int ncol = data[0] % 4 + 1;
    uint8_t *copy = malloc(n); // of its size, so that ASan sees a byte too far
    memcpy(copy, data + 1, n - 1);
    struct span text = {copy, n - 1};
    bool ok = table_read(text, "fuzz.txt", ncol, &a, &v, &rows, &e);
    assert(ok == !*e.text);
    assert(a.bytes <= 4 * n + 1024);
    if (ok) {
        assert(rows > 0);
        for (int i = 0; i < rows * ncol; i++) assert(isfinite(v[i]));
    }
    e.text[0] = 0;
    ok = table_read_int(text, "fuzz.txt", ncol, -100, 100, &a, &w, &rows, &e);
    assert(ok == !*e.text);
    for (int i = 0; ok && i < rows * ncol; i++) assert(w[i] >= -100 && w[i] <= 100);

    const char *p = (const char *)copy, *end = number_read(p, p + n - 1, &one);
    if (end && end - p < 60) {
        char number[64] = "", *stop;
        memcpy(number, p, (size_t)(end - p));
        float want = strtof(number, &stop);
        assert(stop == number + (end - p) && !memcmp(&want, &one, sizeof one));
    }
    free(copy);
    arena_free(&a);
    return 0;
}
