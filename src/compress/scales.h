// Scales of activations. Private to full_integer.c and scales.c.
#ifndef COMPRESS_SCALES_H
#define COMPRESS_SCALES_H
#include "compress.h"

struct scales {
    struct scale_set *v;
    int n;
};
// For activations of the type, int8 or int16.
struct scales scales_of(const struct graph *lite, const struct graph *g, const struct ranges *r,
                        enum dtype type, struct arena *a);
const struct quant *scale_of(const struct scales *s, const struct tensor *t); // NULL: not an activation
// What the op itself fixes for its output (softmax, logistic, tanh, LSTM); NULL: nothing.
const struct quant *scale_fixed(const struct node *n, enum dtype type);
bool scale_same(const struct quant *a, const struct quant *b);
struct range range_of_const(const struct tensor *t);
#endif
