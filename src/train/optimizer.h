// AdamW (Loshchilov, Hutter 2019), learning rate with warm-up and cosine, averaged weights.
#ifndef TRAIN_OPTIMIZER_H
#define TRAIN_OPTIMIZER_H
#include "net.h"

struct optimizer {
    const struct params *params;
    float rate, weight_decay; // peak learning rate; decay a step relative to the learning rate
    int64_t step, steps;      // done, planned
    float *w, *mean, *square; // (params->n) weights and Adam's two moments
    float *average;           // exponential average of w: what is validated and kept
};
void optimizer_init(struct optimizer *o, const struct params *p, float *w, struct arena *a);
// Learning rate of a step: 0 to rate over the first 5 %, then half a cosine down to 1 % of it.
float rate_at(const struct optimizer *o, int64_t step);
// One step along dw; for running statistics dw holds those of the batch.
void optimizer_step(struct optimizer *o, const float *dw);
#endif
