// Between cell_sum.c and cell.c.
#ifndef FORMAT_CELL_SUM_H
#define FORMAT_CELL_SUM_H
#include "cell.h"

bool sum_is_zero(const struct tensor *t);  // a constant of zeros
enum act node_fused(const struct node *n); // the activation fused behind a node
// Adds to s what t is: values first .. first + units of it. bare: without the activation fused behind it.
bool sum_collect(const struct maker *m, struct tensor *t, bool bare, int32_t first, int32_t units,
                 struct cell_sum *s, int depth);
#endif
