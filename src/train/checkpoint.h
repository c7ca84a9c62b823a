// The state of a training between two epochs as a file.
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H
#include "optimizer.h"
#include "train.h"

struct run_state {
    struct optimizer opt;
    float *best;                // (params->n) averaged weights of the best epoch
    struct train_result result; // up to now
};
// Everything that decides the result, as text: two runs with the same key take the same way.
const char *run_key(const struct graph *g, const struct dataset *d, const struct train_opt *o, const float *w,
                    int nw, struct arena *a);
bool checkpoint_write(const char *path, const char *key, const struct run_state *s, struct err *e);
// *found: the file is there, whole, and of this run. Fails only on a file that is something else.
bool checkpoint_read(const char *path, const char *key, struct run_state *s, bool *found, struct arena *a,
                     struct err *e);
#endif
