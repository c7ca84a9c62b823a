// Executes a plan on this machine with the device kernels.
#ifndef RUN_RUN_H
#define RUN_RUN_H
#include "../graph/plan.h"

struct runner {
    const struct plan *plan;
    uint8_t *memory;    // the device's arena
    const void *window; // the caller's, where the plan reads it there; scores in the same way
    uint8_t *scores;
};
struct runner *runner_new(const struct plan *p, struct arena *a);

// Called after each step with the values it wrote (calibration, traces). Bytes are valid until the next step.
typedef void run_observer(void *who, const struct step *s, const struct tensor *out, const void *bytes);

// One inference: in[i], out[i] are the bytes of the graph's inputs and outputs. observe may be NULL.
void run_invoke(struct runner *r, const void *const *in, void *const *out, run_observer *observe, void *who);

// One inference of a model with one input, float32 in and out whatever the model's own types are:
// quantises with the input's scale and zero point, dequantises every output to y (first output only). Integers without
// a scale (indices, a class's number) are given as they are, up to +-65536 in; bool as 0 and 1.
void run_float(struct runner *r, const float *x, float *y);

// A model with states goes on from where the last inference left them; runner_reset makes them zero.
void runner_reset(struct runner *r);

// n windows x (n, elements of the input) -> y (n, elements of the first output), on all processors; of a model
// with states one after the other, from zeros on.
bool run_batch(const struct plan *p, const float *x, int n, float *y, struct err *e);
// The same of windows that lie one behind the other only where follows[i] is 1: states begin with zeros at the others.
bool run_stretches(const struct plan *p, const float *x, int n, const uint8_t *follows, float *y,
                   struct err *e);

// The same for what is watched, of float models: each window is shown as the graph's input (step NULL), then the steps'
// values. Each of run_threads(p, n) threads has a watcher of its own, who[thread], and takes windows in any order.
enum { RUN_MOST_THREADS = 16 };
int run_threads(const struct plan *p, int n);
bool run_watch(const struct plan *p, const float *x, int n, run_observer *observe, void *const *who,
               struct err *e);
#endif
