// Any bytes as a .npy file: refused with a message, or an array that is written and read to the same bytes.
#include "../../src/format/format.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a = {0};
    struct err e = {""};
    struct npy v, w;
    struct buf out = {0};
    if (npy_read((struct span){data, n}, &a, &v, &e)) {
        assert(a.bytes <= n + 64);
        npy_write(&v, &out);
        assert(npy_read(buf_span(&out), &a, &w, &e));
        struct tensor t = {.type = v.type, .rank = v.rank};
        memcpy(t.dim, v.dim, sizeof t.dim);
        assert(w.type == v.type && w.rank == v.rank && !memcmp(w.dim, v.dim, sizeof w.dim));
        assert(!memcmp(v.data, w.data, (size_t)tensor_bytes(&t)));
    } else {
        assert(*e.text);
    }
    buf_free(&out);
    arena_free(&a);
    return 0;
}
