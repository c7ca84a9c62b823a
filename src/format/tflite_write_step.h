// Between tflite_write_loop.c, the loop, and tflite_write_step.c, the arithmetic of a step.
#ifndef FORMAT_TFLITE_WRITE_STEP_H
#define FORMAT_TFLITE_WRITE_STEP_H
#include "tflite_write.h"

struct loop {
    struct arena *a;
    const struct node *n;
    const struct recurrent *r;
    const char *name;
    struct graph *g;      // the body's arithmetic
    struct tfl_list *ops; // of the body
    struct err *e;
    int32_t steps, channels, units;
    struct tensor *x_t, *h, *c; // c is that of the next step once it is known
    struct tensor *kept;        // h as z and r see it; of an integer GRU more exact than h, which is int8
};

struct tensor *step_tensor(const struct loop *w, const char *what, enum dtype type, int rank,
                           const int32_t *dim);
struct tensor *step_widen(struct loop *w, const char *what, struct tensor *t); // int8 as floats
struct tensor *step_narrow(struct loop *w, const char *what,
                           struct tensor *t); // as int8, as the layer's output is
// The next h of x_t, h and c as nodes of g; c becomes the next one. NULL with a message.
struct tensor *step_write(struct loop *w);
#endif
