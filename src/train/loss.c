#include "loss.h"
#include <math.h>

const float *class_weights(const struct dataset *train, bool even, struct arena *a)
{
    float *w = arena_new_n(a, (size_t)train->nclass, float);
    int *count = arena_new_n(a, (size_t)train->nclass, int), present = 0;
    for (int i = 0; i < train->n; i++) present += !count[train->y[i]]++;
    for (int c = 0; c < train->nclass; c++)
        w[c] = even ? 1 : count[c] ? (float)train->n / (float)(present * count[c]) : 0;
    return w;
}

double loss_sum(const struct loss *l, const float *p, const int32_t *y, int n, int batch, float *dlogits)
{
    double sum = 0;
    float other = l->smoothing / (float)l->nclass;
    for (int i = 0; i < n; i++, p += l->nclass) {
        float w = l->weight[y[i]];
        for (int c = 0; c < l->nclass; c++) {
            float target = other + (c == y[i] ? 1 - l->smoothing : 0);
            if (target > 0) sum -= (double)w * (double)target * log(p[c] < 1e-30f ? 1e-30 : (double)p[c]);
            if (dlogits) *dlogits++ = w * (p[c] - target) / (float)batch;
        }
    }
    return sum;
}
