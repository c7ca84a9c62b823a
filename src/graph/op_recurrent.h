// For op_recurrent*.c only: from the gate-major weights of a node to the blocks of its kernel.
#ifndef GRAPH_OP_RECURRENT_H
#define GRAPH_OP_RECURRENT_H
#include "lower.h"

// Rows of the packed weights: row r is gate `gate + r % gates` of unit r / gates.
struct recurrent_rows {
    int gates, gate;
};
enum { RECURRENT_BIAS = 1, RECURRENT_BIAS_REC = 2 };

const struct tensor *recurrent_input(const struct node *n, int i); // NULL when absent
// What a stateful layer keeps from one run to the next, zeros at first; absent for others.
struct ref recurrent_kept(const struct node *n, struct plan *p, const char *what, enum dtype type);
// [rows / 4][channels + units][4], the last block filled up with zeros.
struct tensor *recurrent_pack(const struct node *n, struct plan *p, const struct recurrent_rows *s);
// Float biases in the same order, filled up to a whole block: one, the other, or their sum.
struct tensor *recurrent_bias(const struct node *n, struct plan *p, const struct recurrent_rows *s,
                              int which);
// The table of device/nn_curve_q15.h, NN_CURVE_INT16 numbers.
void recurrent_curve(int16_t *curve);
// In front of the step that runs over x: with sequences it may write h over inputs that it has taken.
void recurrent_rows_of(struct plan *p, const struct node *n, const struct tensor *x);
// The kernels with int8 weights (op_recurrent_int8.c).
bool recurrent_lower_dyn(const struct node *n, struct plan *p, struct err *e);
bool recurrent_lower_s8(const struct node *n, struct plan *p, struct err *e);
#endif
