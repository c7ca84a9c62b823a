// What the steps of a study share. A step is a piece of work whose result is a small JSON object, kept in
// DIR/cells/<name>.json together with the hash of everything it depends on.
#ifndef STUDY_WORK_H
#define STUDY_WORK_H
#include "../base/hash.h"
#include "../compress/compress.h"
#include "../data/dataset.h"
#include "../target/target.h"
#include "../train/train.h"
#include "figure.h"
#include "study.h"

enum { MAX_CHOICE = 24 };

struct study {
    const struct study_opt *opt;
    const char *dir;
    struct arena *arena;
    const struct dataset *data, *test; // all windows; those of the test persons
    char data_hash[65], program_hash[65];
    int32_t *test_person; // (ntest_person), ascending
    int ntest_person;
    int seeds, windows, ncalibration, nsample;
    enum range_method ranges;
    const float *calibration, *sample; // windows of training persons; test windows to compare on the chip
    const struct arch *model[MAX_CHOICE];
    const struct technique *technique[MAX_CHOICE];
    const struct target *target[MAX_CHOICE];
    int nmodel, ntechnique, ntarget;
    json_t *models, *cells, *evaluations, *measurements, *problems; // lists of results.json
    int done, total;                                                // steps, for the lines of progress
};

// ---- keeping steps ----
struct sha256 step_hash(const struct study *s, const char *kind); // begun with what every step depends on
void step_depends(struct sha256 *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// The result kept under name if it was made from the same things, else NULL. Caller owns it.
json_t *step_take(const struct study *s, const char *name, struct sha256 h);
bool step_keep(const struct study *s, const char *name, struct sha256 h, const json_t *result, struct err *e);
// "[3/24] ..." on stderr.
void step_say(struct study *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// SHA-256 of a file; false when it cannot be read.
bool step_file_hash(const char *path, char hex[65]);

// ---- the steps; each takes up a kept result or works; NULL with a message when it failed. Caller owns. ----
// model_file (below the study's folder), model_sha256, params, macs, epochs, best_epoch, train_loss,
// valid_loss, valid_accuracy
json_t *step_train(struct study *s, const struct arch *arch, int seed, struct err *e);
// model_file, model_sha256, file_bytes, macs
json_t *step_compress(struct study *s, const json_t *trained, const char *base, const struct technique *t,
                      int seed, struct err *e);
// accuracy, macro_f1, confusion, accuracy_by_person
json_t *step_evaluate(struct study *s, const json_t *model, const char *base, const struct technique *t,
                      bool fma, struct err *e);
// the costs of a cell (docs/results.md), and "measurement": the entry for results.measurements
json_t *step_measure(struct study *s, const json_t *model, const char *base, const struct technique *t,
                     const struct target *target, struct err *e);

json_t *costs_unknown(const char *why); // the same keys, all null

// The graph that a technique's model file holds, ready to be lowered.
struct graph *model_of(const struct study *s, const json_t *model, const struct technique *t, struct arena *a,
                       struct err *e);

// ---- results.json ----
json_t *results_of(const struct study *s, bool complete);
bool results_write(const struct study *s, bool complete, struct err *e); // and the page
#endif
