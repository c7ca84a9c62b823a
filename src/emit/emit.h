// Plan + target -> a folder of C that builds.
#ifndef EMIT_EMIT_H
#define EMIT_EMIT_H
#include "../target/target.h"

struct emit_opt {
    const char *name;           // prefix of symbols and files: "har"
    const char *project;        // "bare-metal" (NULL), "esp-idf", "arduino"
    int ngolden;                // windows in the self-check
    const float *golden;        // (ngolden, elements of the input), sensor units
    int hop;                    // samples from one window to the next; 0: the model's own
    int ram_bytes, flash_bytes; // budgets; 0: the target's
    const bool *in_ram;         // of constants_of: those that are copied to RAM at start; NULL: none
    bool small;                 // compiled for size (GCC): less code, more instructions
    bool profile;               // marks between the layers, for counting
};
// Writes the project into dir. Everything in it is self-contained C99; golden outputs come from run.
bool emit_project(const struct plan *p, const struct target *t, const struct emit_opt *o, const char *dir,
                  struct err *e);

// 16 hexadecimal digits that tell this plan from others; the benchmark on a board reports them.
void plan_id(const struct plan *p, char id[17]);

// ---- where constants lie (placement.c) ----
struct constant { // each is printed once, with its number: c12
    const struct tensor *t;
    const struct node *node; // the first that reads it
    int number;
    int64_t bytes;
};
enum { CONSTANT_ALIGN = 16 };
int constants_most(const struct plan *p); // room that constants_of needs
int constants_of(const struct plan *p, struct constant *out);
int64_t constant_ram_bytes(const struct constant *c); // with what aligning it takes
// Chooses the constants whose gains sum up highest within ram_bytes; returns the bytes they take. gain: of each, what a
// copy in RAM saves; those that save nothing stay.
int64_t placement_plan(const struct constant *c, const double *gain, int n, int64_t ram_bytes, bool *in_ram);

// Device sources and templates, carried inside the program (made by tools/embed at build time).
struct embedded {
    const char *path; // "device/nn_conv2d_s8.c"
    const unsigned char *bytes;
    unsigned n;
};
const struct embedded *embedded_find(const char *path); // NULL: no such file
extern const struct embedded embedded_files[];          // path NULL at the end
#endif
