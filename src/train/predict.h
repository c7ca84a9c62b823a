// The scores of a network on many windows, as a finished model.
#ifndef TRAIN_PREDICT_H
#define TRAIN_PREDICT_H
#include "net.h"

struct predictor;
// Reads the weights w (laid out by p) whenever it runs.
struct predictor *predictor_new(const struct graph *g, const struct params *p, float *w, struct arena *a);
// x (n, window, nchannel) -> y (n, nclass).
void predictor_run(struct predictor *r, const float *x, int n, float *y);
#endif
