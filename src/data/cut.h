// Cutting recordings into windows.
#ifndef DATA_CUT_H
#define DATA_CUT_H
#include "dataset.h"

struct cut { // one window, still inside its recording
    const float *x;
    int32_t y, person;
    uint8_t split, follows; // follows: the window before is a hop earlier in this stretch
};
struct cutter {
    int window, hop, nchannel; // samples, samples
    struct cut *cut;
    int n, cap;
    uint8_t split;         // given to the windows that are cut; split_persons may change it later
    struct arena *scratch; // holds the recordings and this list until cut_finish
};

// window and hop of o, else the set's own; a hop not given with a window of other length is half of it.
bool cut_start(struct cutter *c, const struct data_opt *o, int window, int hop, int nchannel,
               struct arena *scratch, struct err *e);
// All windows wholly inside n samples (n, nchannel) of one activity, from the first sample on.
void cut_stretch(struct cutter *c, const float *x, int n, int y, int person);
// Copies the windows into d (n x y person split) in the arena; fails when there is none or far too many.
bool cut_finish(const struct cutter *c, struct dataset *d, struct arena *a, struct err *e);
#endif
