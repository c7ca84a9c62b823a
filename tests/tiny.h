// Small networks for tests, made by hand with random weights.
#ifndef TESTS_TINY_H
#define TESTS_TINY_H
#include "../src/base/rng.h"
#include "../src/graph/graph.h"

struct tensor *tiny_const(struct arena *a, struct rng *r, const char *name, int rank, const int32_t *dim,
                          float spread);
// Input (1, window, channels): frozen normalisation, reshape, conv k5 valid + batch-norm + relu, max pool 2,
// residual block of padded convs (add, relu), depthwise k3, mean over time, dense, softmax. Float, as
// training leaves it.
struct graph *tiny_cnn(struct arena *a, int window, int channels, int classes, uint64_t seed);
// n windows of it, about normal.
float *tiny_windows(struct arena *a, const struct graph *g, int n, uint64_t seed);
#endif
