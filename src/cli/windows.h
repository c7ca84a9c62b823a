// Windows for a model to be tried on: recorded ones where there are, else noise.
#ifndef CLI_WINDOWS_H
#define CLI_WINDOWS_H
#include "../base/err.h"
#include "../data/dataset.h"
#include "../format/format.h"

// Whether recordings have the rate that the model was trained at, within 2 % as on a board; a model that does not
// tell its rate takes any.
bool rate_fits(const struct graph *g, const struct dataset *d, struct err *e);

// n windows for g. data: a set's name or a folder; NULL: the set that the model names, when it is on this
// machine and fits, else noise over the input's range (the same every time). *what says which: "hapt, test
// persons".
const float *windows_for(const struct graph *g, const char *data, int n, const char **what, struct arena *a,
                         struct err *e);
// The n windows of a .npy for input x: (n, ...), or one window; of any type.
bool windows_npy(const char *path, const struct tensor *x, struct npy *v, int *n, struct arena *a,
                 struct err *e);
#endif
