#include "train.h"

struct score score_of(const float *y, const int32_t *label, int n, int nclass, struct arena *a)
{
    struct score s = {.n = n, .nclass = nclass};
    int right = 0, present = 0;
    s.confusion = arena_new_n(a, (size_t)nclass * (size_t)nclass, int32_t);
    for (int i = 0; i < n; i++, y += nclass) {
        int best = 0;
        for (int c = 1; c < nclass; c++)
            if (y[c] > y[best]) best = c;
        s.confusion[label[i] * nclass + best]++;
        right += best == label[i];
    }
    s.accuracy = n ? (double)right / n : 0;
    // F1 = 2 tp / (2 tp + fp + fn), averaged over the classes that occur as label or prediction.
    for (int c = 0; c < nclass; c++) {
        int hit = s.confusion[c * nclass + c], sum = 0;
        for (int k = 0; k < nclass; k++) sum += s.confusion[c * nclass + k] + s.confusion[k * nclass + c];
        if (!sum) continue;
        present++;
        s.macro_f1 += 2.0 * hit / sum;
    }
    if (present) s.macro_f1 /= present;
    return s;
}
