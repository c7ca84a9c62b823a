// Random changes of a training window that leave its label true.
#ifndef TRAIN_AUGMENT_H
#define TRAIN_AUGMENT_H
#include "../base/rng.h"
#include "../data/dataset.h"

struct augment {
    int window, nchannel;
    int triple[8], ntriple; // first channel of every x y z of one sensor
    int *sensor;            // (nchannel) the triple a channel belongs to, 0 for the rest
    float *std;             // (nchannel) of the training windows
};
// Sees which channels belong together by their names: acc_x acc_y acc_z.
struct augment augment_new(const struct dataset *d, const float *std, struct arena *a);
// y = x changed; (window, nchannel) both, sensor units.
void augment_window(const struct augment *g, const float *x, float *y, struct rng *r);
#endif
