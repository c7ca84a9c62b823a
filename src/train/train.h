// Graph + data -> trained graph.
#ifndef TRAIN_TRAIN_H
#define TRAIN_TRAIN_H
#include "../compress/compress.h"
#include "../data/dataset.h"
#include "../graph/graph.h"
#include "../base/rng.h"

struct arch_shape {
    int window, nchannel, nclass;
    const float *mean, *std; // (nchannel) of the training windows: becomes the frozen BATCH_NORM at the input
};
struct arch { // one file each, arch_<name>.c; the table is in arch.c
    const char *name, *about;
    // An untrained graph, initialised: input (1, window, nchannel) raw sensor units, output (1, nclass)
    // softmax.
    struct graph *(*build)(const struct arch_shape *s, struct rng *r, struct arena *a, struct err *e);
    int epochs; // default length of training
    float rate; // default peak learning rate
    float clip; // default longest gradient; 0: as long as it is
};
extern const struct arch *const archs[]; // cnn cnn-small ds-cnn resnet lstm gru ...; NULL at the end
const struct arch *arch_find(const char *name);

struct train_opt { // zero: the default
    int epochs, batch;
    int patience; // epochs without a better validation loss after which training ends; default: never
    float rate, weight_decay, label_smoothing;
    float clip; // a longer gradient is shortened to this (Pascanu et al. 2013); 0: never
    uint64_t seed;
    bool no_augment, no_class_weights;
    const struct clusters *clusters; // weights that share values; NULL: none
    const char *checkpoint; // file; written after each epoch, taken up again when present and of the same run
};
struct train_result {
    int epochs, best_epoch; // run, and the one whose weights were kept
    float train_loss, valid_loss, valid_accuracy;
    double seconds;
};
// Trains g in place (its constants are replaced); keeps the weights of the best validation epoch among the
// last third, when the learning rate has come down.
bool train(struct graph *g, const struct dataset *d, const struct train_opt *o, struct train_result *r,
           struct arena *a, struct err *e);
// Builds, normalises, trains, writes the metadata.
struct graph *train_arch(const char *arch, const struct dataset *d, const struct train_opt *o,
                         struct train_result *r, struct arena *a, struct err *e);

// Goes on with a graph that is trained already (it lost channels), with half of its architecture's learning rate;
// its metadata stay. With clusters a third as long, and their weights share values throughout. It is a compress_opt's fine_tune: who is a struct further.
struct further {
    const struct dataset *data;
    struct train_opt opt;
};
bool train_further(void *who, struct graph *g, const struct clusters *c, struct arena *a, struct err *e);

// What a trainable graph says: x (n, window, nchannel) -> y (n, nclass), by the trainer's own forward pass.
// The device's kernels (run.h) add up in another order and agree with it to about 1e-6.
bool train_predict(const struct graph *g, const float *x, int n, float *y, struct err *e);

// Scores of a classifier.
struct score {
    int n, nclass;
    double accuracy, macro_f1;
    int32_t *confusion; // (nclass true, nclass predicted)
};
// y (n, nclass) scores against labels.
struct score score_of(const float *y, const int32_t *label, int n, int nclass, struct arena *a);
#endif
