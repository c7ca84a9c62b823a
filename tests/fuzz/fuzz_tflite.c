// Any bytes as a .tflite file: refused with a message, or a graph that passes graph_check, can be printed,
// and is written and read to the same text. Memory stays within a multiple of the input.
#include "../../src/format/format.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf first = {0}, second = {0}, want = {0}, got = {0};
    uint8_t *copy = arena_copy(&a, data, n); // aligned, as file_read gives it
    struct graph *g = format_tflite.read((struct span){copy, n}, &a, &e);
    assert(a.bytes <= 66 * n + (3u << 20));
    assert(g || *e.text);
    bool good = g && graph_check(g, &e);
    assert(!g || good || *e.text);
    if (good) {
        graph_print(g, &want);
        (void)graph_macs(g), (void)graph_params(g);
    }
    if (good && format_tflite.write(g, &first, &e)) {
        struct graph *h = format_tflite.read(buf_span(&first), &a, &e);
        assert(h && graph_check(h, &e));
        graph_print(h, &got);
        assert(want.n == got.n && !memcmp(want.p, got.p, want.n));
        assert(format_tflite.write(h, &second, &e));
        assert(first.n == second.n && !memcmp(first.p, second.p, first.n));
    }
    buf_free(&first), buf_free(&second), buf_free(&want), buf_free(&got);
    arena_free(&a);
    return 0;
}
