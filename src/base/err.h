// User errors: what, where, what to try next. Our own mistakes are assert(); out of memory stops.
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include <stdbool.h>

struct err {
    char text[768]; // one line, no final full stop, no newline; empty: no error
};

// Fills e and returns false, so that a check is one line:
//     if (bad) return fail(e, "%s: not a zip file; give the archive as its authors publish it", path);
bool fail(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// The same for functions that return a pointer: return FAIL_NULL(e, "...").
#define FAIL_NULL(...) (fail(__VA_ARGS__), NULL)
// Puts context in front of what a callee said ("model.onnx: " + "node 12 Conv: ..."); returns false.
bool fail_in(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// Converters join the names of what they fused, "relu;bias;conv": the first of them is left. Returns false.
bool fail_short(struct err *e);
#endif
