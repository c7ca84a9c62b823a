#include "../../src/format/format.h"
#include "../test.h"
#include <string.h>

// A version 1 file with this header and n bytes of values.
static struct span file(struct buf *b, const char *header, const void *values, size_t n)
{
    size_t h = strlen(header);
    b->n = 0;
    buf_put(b, "\x93NUMPY\1\0", 8);
    buf_put(b, (uint8_t[]){(uint8_t)h, (uint8_t)(h >> 8)}, 2);
    buf_puts(b, header);
    buf_put(b, values, n);
    return buf_span(b);
}

TEST(npy_round_trip)
{
    static const enum dtype type[] = {F32, I8, I16, I32, I64, U8, BOOL};
    uint8_t values[6 * 8];
    for (size_t i = 0; i < sizeof values; i++) values[i] = (uint8_t)(7 * i);
    for (int rank = 0; rank <= 3; rank++)
        for (size_t k = 0; k < sizeof type / sizeof *type; k++) {
            struct arena a = {0};
            struct err e = {""};
            struct buf out = {0};
            struct npy v = {type[k], rank, {rank > 2 ? 2 : 1, rank > 2 ? 1 : 3, 3}, values}, w;
            npy_write(&v, &out);
            CHECK(npy_read(buf_span(&out), &a, &w, &e));
            CHECK_EQ(0, (out.n - (size_t)dtype_size(v.type) * (rank == 3 ? 6 : rank == 2 ? 3 : 1)) % 64);
            CHECK_EQ(v.type, w.type);
            CHECK_EQ(rank, w.rank);
            for (int i = 0; i < rank; i++) CHECK_EQ(v.dim[i], w.dim[i]);
            CHECK(w.data && !memcmp(values, w.data, (size_t)dtype_size(v.type)));
            buf_free(&out);
            arena_free(&a);
        }
}

TEST(npy_doubles_become_floats)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf b = {0};
    struct npy v;
    double x[2] = {1.5, -2};
    CHECK(npy_read(file(&b, "{'shape': (2,), 'fortran_order': False, 'descr': '<f8'}\n", x, sizeof x), &a, &v,
                   &e));
    CHECK_EQ(F32, v.type);
    CHECK(v.data && ((float *)v.data)[0] == 1.5f && ((float *)v.data)[1] == -2.0f);
    buf_free(&b);
    arena_free(&a);
}

TEST(npy_bad_input)
{
    static const struct {
        const char *header, *says;
    } bad[] = {
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "big endian"},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", "np.ascontiguousarray"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", ".astype('float32')"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "save one array of numbers"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "it was cut off"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999,), }", "larger than any file"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (65536, 65536), }", "larger than 2 GiB"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }", "must be fixed and at least 1"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "no valid shape"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1), }", "more than 6 dimensions"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1", "ends in the shape"},
        {"{'descr': '<f4', 'fortran_order': False, }", "no shape"},
        {"{'shape': (1,), }", "no descr"},
        {"{'descr': '<f4', 'more': 1}", "unknown entry more"},
        {"[]", "not a Python dictionary"},
    };
    struct arena a = {0};
    struct buf b = {0};
    struct npy v;
    float x = 1;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {""};
        CHECK(!npy_read(file(&b, bad[i].header, &x, sizeof x), &a, &v, &e));
        CHECK_STR(bad[i].says, e.text);
    }
    struct err e = {""};
    CHECK(!npy_read((struct span){(const uint8_t *)"PK\3\4 not an array", 17}, &a, &v, &e));
    CHECK_STR("not a .npy file; save the array with np.save", e.text);
    CHECK(!npy_read((struct span){(const uint8_t *)"\x93NUMPY\1\0\377\377{", 11}, &a, &v, &e));
    CHECK_STR("cut off in its header", e.text);
    buf_free(&b);
    arena_free(&a);
}
