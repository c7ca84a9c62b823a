// Any bytes as a .tflite file: refused with a message, or a graph that passes graph_check, can be printed, is
// written, read and written to the same bytes, and (small ones) is planned and executed. Memory stays within a
// multiple of the input.
#include "../../src/format/format.h"
#include "execute.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed);
// libFuzzer's own; absent in a replay.
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);

// FlatBuffers are 4-byte numbers at multiples of 4: offsets, counts, indices, sizes. Two times in three one
// of them is changed to something likely to matter, else libFuzzer does what it likes.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
    static const int32_t value[] = {0, 1, -1, 2, 3, 4, 127, 128, 255, 65535, 0x7fffffff, INT32_MIN, 1 << 24};
    uint64_t r = (seed + 1) * 0x9e3779b97f4a7c15u;
    if (n < 8 || r % 3 == 0) return LLVMFuzzerMutate(data, n, max);
    uint32_t words = (uint32_t)(n / 4), v;
    uint8_t *at = data + 4 * ((r >> 8) % words), *from = data + 4 * ((r >> 28) % words);
    memcpy(&v, at, 4);
    switch (r >> 60 & 3) {
    case 0:
        v = (uint32_t)value[(r >> 48) % (sizeof value / sizeof *value)];
        break;
    case 1:
        v += (uint32_t)(r >> 48 & 15) - 8;
        break;
    case 2:
        memcpy(&v, from, 4);
        break;
    default:
        v ^= 1u << (r >> 48 & 31);
    }
    memcpy(at, &v, 4);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf first = {0}, second = {0}, text = {0};
    void *copy; // aligned, as file_read gives it, and of exactly n bytes
    if (posix_memalign(&copy, 64, n)) return 0;
    memcpy(copy, data, n);
    struct graph *g = format_tflite.read((struct span){copy, n}, &a, &e);
    assert(a.bytes <= 65 * n + (2u << 20));
    assert(g || *e.text);
    bool good = g && graph_check(g, &e);
    assert(!g || good || *e.text);
    if (good) {
        graph_print(g, &text);
        (void)graph_macs(g), (void)graph_params(g);
    }
    if (good && format_tflite.write(g, &first, &e)) {
        // What is read again may differ from g where the writer adds something (a bias of zeros), not from itself.
        struct graph *h = format_tflite.read(buf_span(&first), &a, &e);
        assert(h && graph_check(h, &e));
        assert(h->nin == g->nin && h->nout == g->nout && h->nnode >= g->nnode);
        assert(format_tflite.write(h, &second, &e));
        assert(first.n == second.n && !memcmp(first.p, second.p, first.n));
    }
    if (good) execute(g, &a);
    buf_free(&first), buf_free(&second), buf_free(&text);
    free(copy);
    arena_free(&a);
    return 0;
}
