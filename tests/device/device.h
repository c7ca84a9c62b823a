// Runs one-node graphs through the lowering and the kernels, every buffer apart from the others, exactly as
// large as it may be, misaligned where its type allows, guard bytes on both sides.
#ifndef TESTS_DEVICE_H
#define TESTS_DEVICE_H
#include "../../src/graph/plan.h"
#include "../../src/base/rng.h"
#include "../test.h"
#include <string.h>

extern const struct layout device_layouts[]; // plain, blocks of 4, of 3, host, and with fused multiply-add
extern const int device_nlayout;

// Outputs of g (one output) for the inputs in[]; the bytes are in the arena. NULL when lowering fails (e).
void *device_run(const struct graph *g, const struct layout *l, const void *const *in, struct arena *a,
                 struct err *e);

// The same of several windows, one behind the other in in[] and in what is returned.
void *device_windows(const struct graph *g, const struct layout *l, const void *const *in, int windows,
                     struct arena *a, struct err *e);

// Random tensors: activations and constants, float or int8 with scale and zero point.
struct tensor *random_input(struct graph *g, struct arena *a, enum dtype type, int rank, const int32_t *dim,
                            float scale, int zero);
struct tensor *random_const(struct arena *a, struct rng *r, enum dtype type, int rank, const int32_t *dim);
void *random_bytes(struct arena *a, struct rng *r, const struct tensor *t);
void set_scale(struct arena *a, struct tensor *t, float scale, int zero);
// One scale a channel along axis, all different.
void set_scales(struct arena *a, struct rng *r, struct tensor *t, int n, int axis, float about);

// TensorFlow Lite's MultiplyByQuantizedMultiplier, written from gemmlowp's definitions, and its multiplier.
int32_t spec_multiply(int32_t x, double real);
int spec_clamp(int v, int lo, int hi);

// Fails with the first index that differs, as coordinates of t.
void check_same(const char *what, const struct tensor *t, const void *want, const void *got);
#endif
