// What a technique saves, with the range that the uncertain cycle costs allow.
#ifndef STUDY_SAVING_H
#define STUDY_SAVING_H
#include <jansson.h>

struct saving {
    double value, low, high; // 0..1 of the baseline's cycles; NAN: not known
};
// The cycles of an instruction class are known to +-error (relative) only, but they are the same for both
// programs on one chip: n[i] and m[i] are the estimated cycles that program and baseline spend in class i.
// The range is over all costs within the error, class by class.
struct saving saving_of(const double *n, const double *m, int count, double error);
// The same from two entries of results.measurements and one of results.targets.
struct saving saving_measured(const json_t *program, const json_t *baseline, const json_t *target);
#endif
