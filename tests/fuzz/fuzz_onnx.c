// Any bytes as an .onnx file: refused with a message, or a graph; what passes graph_check can be printed, is read
// again where it can be written, and (small ones) planned and executed. Memory stays within a multiple of the input.
#include "../../src/format/format.h"
#include "execute.h"
#include "onnx_mutate.h"
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed);
// libFuzzer's own; absent in a replay.
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
    const size_t size = seed % 4 ? onnx_mutate(data, n, max, seed) : 0;
    return size ? size : LLVMFuzzerMutate(data, n, max);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf first = {0}, second = {0}, text = {0};
    struct graph *g = format_onnx.read((struct span){data, n}, &a, &e);
    assert(a.bytes <= 512 * n + (32u << 20));
    assert(g || *e.text);
    (void)format_onnx.probe((struct span){data, n});
    const bool good = g && graph_check(g, &e);
    assert(good || *e.text);
    if (good) graph_print(g, &text);
    if (good && format_onnx.write(g, &first, &e)) {
        struct graph *h = format_onnx.read(buf_span(&first), &a, &e);
        assert(h && graph_check(h, &e));
        assert(h->nin == g->nin && h->nout == g->nout);
        for (int i = 0; i < g->nout; i++) assert(tensor_count(g->out[i]) == tensor_count(h->out[i]));
        assert(format_onnx.write(g, &second, &e));
        assert(first.n == second.n && !memcmp(first.p, second.p, first.n));
    }
    if (good) execute(g, &a);
    buf_free(&first), buf_free(&second), buf_free(&text);
    arena_free(&a);
    return 0;
}
