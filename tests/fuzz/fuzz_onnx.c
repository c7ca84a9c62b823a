// Any bytes as an .onnx file: refused with a message, or a graph; what passes graph_check and can be written
// is read again. Memory stays within a multiple of the input.
#include "../../src/format/format.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf first = {0}, second = {0};
    struct graph *g = format_onnx.read((struct span){data, n}, &a, &e);
    assert(a.bytes <= 512 * n + (32u << 20));
    assert(g || *e.text);
    (void)format_onnx.probe((struct span){data, n});
    if (g && graph_check(g, &e) && format_onnx.write(g, &first, &e)) {
        struct graph *h = format_onnx.read(buf_span(&first), &a, &e);
        assert(h && graph_check(h, &e));
        assert(h->nin == g->nin && h->nout == g->nout);
        for (int i = 0; i < g->nout; i++) assert(tensor_count(g->out[i]) == tensor_count(h->out[i]));
        assert(format_onnx.write(g, &second, &e));
        assert(first.n == second.n && !memcmp(first.p, second.p, first.n));
    }
    buf_free(&first), buf_free(&second);
    arena_free(&a);
    return 0;
}
