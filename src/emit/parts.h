// Inside emit/: the parts that a project is put together from.
#ifndef EMIT_PARTS_H
#define EMIT_PARTS_H
#include "emit.h"

struct model { // what the generated files say about the model
    const struct plan *plan;
    const struct target *target;
    const char *name, *upper; // "har", "HAR"
    int window, channels, classes, hop;
    const char *labels, *channel_names, *units, *rate; // joined by commas; NULL
    bool profile;
    struct arena *arena;
};

// NAME.c and NAME.h.
bool source_print(const struct model *m, struct buf *out, struct err *e);
void header_print(const struct model *m, struct buf *out);
// static const TYPE cN[] = {...}; every float bit kept.
void constant_print(const struct tensor *t, const char *name, const char *align, struct buf *out);
// "// name": a name from a foreign file must not end the comment's line.
void comment_print(const char *name, struct buf *out);
// "0x1.8p+1f", "(1.0f / 0.0f)", ...
void float_print(float v, struct buf *out);
const char *c_type(enum dtype t); // "int8_t"

// Copies the kernel file, and what it includes, into dir/nn, once each.
bool kernels_copy(const struct plan *p, const struct target *t, const char *dir, struct arena *a,
                  struct err *e);

// Text with @name@ replaced by values; pairs end with NULL.
bool template_fill(const char *path, const char *const *pairs, struct buf *out, struct err *e);
#endif
