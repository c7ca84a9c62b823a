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
    bool profile;               // marks between the layers, for counting
};
// Writes the project into dir. Everything in it is self-contained C99; golden outputs come from run.
bool emit_project(const struct plan *p, const struct target *t, const struct emit_opt *o, const char *dir,
                  struct err *e);

// 16 hexadecimal digits that tell this plan from others; the benchmark on a board reports them.
void plan_id(const struct plan *p, char id[17]);

// Device sources and templates, carried inside the program (made by tools/embed at build time).
struct embedded {
    const char *path; // "device/nn_conv2d_s8.c"
    const unsigned char *bytes;
    unsigned n;
};
const struct embedded *embedded_find(const char *path); // NULL: no such file
extern const struct embedded embedded_files[];          // path NULL at the end
#endif
