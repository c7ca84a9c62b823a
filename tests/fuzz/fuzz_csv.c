// Any bytes as a CSV recording: refused with a message, or runs that cover the samples without overlap;
// memory within a small multiple of the file.
#include "../../src/data/csv.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a = {0};
    struct err e = {""};
    struct csv_file f;
    uint8_t *copy = malloc(n ? n : 1); // of its size, so that ASan sees a byte too far
    if (n) memcpy(copy, data, n);
    bool ok = csv_parse((struct span){copy, n}, "fuzz.csv", &a, &f, &e);
    assert(ok == !*e.text);
    assert(a.bytes <= 200 * n + 65536);
    if (ok) {
        int at = 0;
        assert(f.nchannel > 0 && f.n > 0 && f.nrun > 0);
        for (int i = 0; i < f.nrun; i++) {
            assert(f.run[i].first == at && f.run[i].n > 0);
            at += f.run[i].n;
        }
        assert(at == f.n);
        for (int i = 0; i < f.n * f.nchannel; i++) assert(isfinite(f.x[i]));
    }
    free(copy);
    arena_free(&a);
    return 0;
}
