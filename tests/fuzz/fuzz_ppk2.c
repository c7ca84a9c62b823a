// Any bytes from a port as a PPK2: what it says of its calibration up to "END", then samples, in pieces of any length.
#include "../../src/measure/ppk2.h"
#include <assert.h>
#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a = {0};
    struct err e = {""};
    struct ppk2_calibration c = {.r = {1000, 100, 10, 1, 0.05}, .gi = {1, 1, 1, 1, 1}, .ug = {1, 1, 1, 1, 1}},
                            got;
    char *text = arena_strndup(&a, (const char *)data, n);
    const char *end = strstr(text, "END");
    size_t at = end ? (size_t)(end - text) + 3 : 0;
    const bool good = ppk2_calibration_read(text, &got, &e);
    assert(good == !*e.text && (!good || end));
    if (good) c = got;
    struct trace t = {.sample = arena_new_n(&a, n / 4 + 1, struct trace_sample)};
    struct ppk2_stream s;
    ppk2_start(&s, &c, 3.3);
    const size_t bytes = n - at;
    for (size_t step; at < n; at += step) {
        step = 1 + data[at] % 7;
        if (step > n - at) step = n - at;
        ppk2_take(&s, data + at, step, &t);
    }
    assert(t.n == (int)(bytes / 4) && s.frames == t.n && s.npart == (int)(bytes % 4));
    assert(s.lost >= 0 && (!t.n || s.index == s.lost + t.n - 1));
    for (int i = 0; i < t.n; i++) {
        assert(isfinite(t.sample[i].amps));
        assert(i == 0 || t.sample[i].s > t.sample[i - 1].s);
    }
    arena_free(&a);
    return 0;
}
