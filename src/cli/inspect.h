// The parts of `wearlite inspect`. Private to cmd_inspect.c and inspect_*.c.
#ifndef CLI_INSPECT_H
#define CLI_INSPECT_H
#include "../target/target.h"
#include <jansson.h>

struct inspected {
    const char *path, *format;
    int64_t file_bytes;
    const struct graph *g;
    struct arena *a;
};

// What a chip says to the model before anything is built.
struct verdict {
    const struct target *target;
    const struct plan *plan;           // NULL: it cannot be lowered
    int64_t constant_bytes;            // weights, biases, tables as laid out for this chip
    int64_t arena_bytes, window_bytes; // values; the window that samples are gathered in
    const char *refusal;               // NULL: it fits
    const char *remedy;                // NULL: the refusal says it
};
struct verdict verdict_of(const struct inspected *m, const struct target *t);
// Code of the program beside its constants, at most (bench/results: 2 to 22 kB); flash must hold both.
enum { CODE_BYTES = 24 << 10 };

int64_t node_constant_bytes(const struct node *n);
int64_t node_params(const struct node *n); // trained numbers
// "12.3 kB"
const char *kilobytes(int64_t bytes, struct arena *a);

void inspect_print(const struct inspected *m, struct buf *out);
// The arena as it is used over time; false when the plan could not be made (v->refusal says why).
void inspect_print_memory(const struct inspected *m, const struct verdict *v, struct buf *out);
json_t *inspect_json(const struct inspected *m, const struct verdict *memory);
#endif
