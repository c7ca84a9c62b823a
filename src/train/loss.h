// Cross-entropy of a softmax with class weights and label smoothing.
#ifndef TRAIN_LOSS_H
#define TRAIN_LOSS_H
#include "../base/arena.h"
#include "../data/dataset.h"
#include <stdint.h>

struct loss {
    int nclass;
    float smoothing;     // this share of the target goes to all classes evenly (Szegedy et al. 2016)
    const float *weight; // (nclass); mean 1 over the training windows
};
// Weights so that every class counts the same: n / (classes present * count); 1 when even is true.
const float *class_weights(const struct dataset *train, bool even, struct arena *a);
// p (n, nclass): softmax; targets y (n). Returns the sum of losses over the n windows; sets the gradient of
// their mean over `batch` windows with respect to the logits, (n, nclass), unless dlogits is NULL.
double loss_sum(const struct loss *l, const float *p, const int32_t *y, int n, int batch, float *dlogits);
#endif
