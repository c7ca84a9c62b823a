// evaluate MODEL [WINDOWS]: time of evaluating a model on this machine over random windows, quantising and dequantising
// included, the least of seven rounds; reading the files is not in it. WEARLITE_THREADS=1 for one thread.
#include "../src/base/log.h"
#include "../src/base/rng.h"
#include "../src/format/format.h"
#include "../src/run/run.h"
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    struct arena a = {0};
    struct err e = {""};
    int n = argc > 2 ? atoi(argv[2]) : 2947;
    struct graph *g = argc > 1 && n > 0 ? model_load(argv[1], &a, &e) : NULL;
    struct plan *p = g ? plan_lower(g, &layout_host, &a, &e) : NULL;
    if (!p) return fprintf(stderr, "evaluate: %s\n", *e.text ? e.text : "usage: evaluate MODEL [WINDOWS]"), 1;
    int64_t nx = tensor_count(g->in[0]), ny = tensor_count(g->out[0]);
    float *x = arena_new_n(&a, (size_t)(n * nx), float), *y = arena_new_n(&a, (size_t)(n * ny), float);
    struct rng r = rng_new(2);
    for (int64_t i = 0; i < n * nx; i++) x[i] = rng_normal(&r);
    double least = 1e9;
    for (int k = 0; k < 7; k++) {
        double start = seconds_now();
        if (!run_batch(p, x, n, y, &e)) return fprintf(stderr, "evaluate: %s\n", e.text), 1;
        double spent = seconds_now() - start;
        if (spent < least) least = spent;
    }
    printf("%.3f microseconds a window\n", 1e6 * least / n);
    arena_free(&a);
    return 0;
}
