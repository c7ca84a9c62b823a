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
    int ngolden;
    const float *golden;
    const struct constant *constant; // all of them, by number
    const bool *in_ram;              // which are copied to RAM; NULL: none
    int nconstant;
    bool streams;  // the input is a hop of new samples
    bool stateful; // recurrent layers go on from the window before
    bool small, profile;
    struct arena *arena;
};

struct project { // a kind of folder
    const char *name;
    bool (*fits)(const struct target *t);
    bool (*write)(const struct model *m, const char *dir, struct err *e);
};
extern const struct project bare_metal, esp_idf, arduino;

// What is sold with a target's core, for the projects that are made for boards.
struct board {
    const char *target;
    const char *idf;       // ESP-IDF's names of the chips, parted by blanks; NULL: no chip of Espressif's
    const char *arduino;   // architectures, as library.properties names them
    const char *platforms; // PlatformIO's, parted by blanks
    bool rodata_in_ram;    // Arduino's linker script copies constants to RAM
};
const struct board *board_find(const struct target *t); // NULL: none

// RAM that the model takes: its values, the window of NAME_push, the constants that are copied there. Bytes.
int64_t model_ram_bytes(const struct model *m);
int64_t model_copied_bytes(const struct model *m); // the constants alone
bool budget_check(const struct model *m, const struct project *kind, const struct emit_opt *o, struct err *e);
// The part of the flash's partition table for the app; 0: ESP-IDF's own table (1 MiB) does.
int64_t app_partition_bytes(const struct model *m);

// How an inertial sensor fills the model's window: a table for sampler.h; false with the reason in *why.
bool channels_print(const struct model *m, struct buf *out, const char **why);

// NAME.c and nn/ in dir, NAME.h in header_dir.
bool model_write(const struct model *m, const char *dir, const char *header_dir, struct err *e);
// golden.c and golden.h.
bool golden_write(const struct model *m, const char *dir, struct err *e);
// Writes and empties b.
bool text_write(const char *dir, const char *name, struct buf *b, struct arena *a, struct err *e);
// A file that this program carries, as it is.
bool file_copy(const char *folder, const char *from, const char *dir, const char *to, struct arena *a,
               struct err *e);
bool template_write(const char *path, const char *const *pairs, const char *dir, const char *to,
                    struct arena *a, struct err *e);
// The pairs of a template that every project may use, others first; the list ends with NULL.
const char *const *pairs_common(const struct model *m, const char *const *others);
// model.h: main.c's names for this model.
bool model_names_write(const struct model *m, bool channels, const char *dir, struct err *e);

// NAME.c and NAME.h.
bool source_print(const struct model *m, struct buf *out, struct err *e);
void header_print(const struct model *m, struct buf *out);
// A function for each step, and `run`, which calls them.
void layers_print(const struct model *m, struct buf *out);
void run_print(const struct model *m, struct buf *out);
// `gather`: samples to the numbers that the first layer reads; `take`: a whole window, into the arena.
void take_print(const struct model *m, struct buf *out);
bool window_is_shared(const struct model *m); // samples gather in the arena, not in a window of their own
bool window_is_read(const struct model *m);   // where the caller has it; `take` is then not there
// NAME_invoke, NAME_push ...: their bodies, their declarations.
void api_print(const struct model *m, struct buf *out);
void api_declare(const struct model *m, struct buf *out);
// static const TYPE cN[] = {...}; every float bit kept.
void constant_print(const struct tensor *t, const char *name, const char *place, struct buf *out);
int constant_number(const struct model *m, const struct ref *r); // N of the cN that holds r's bytes
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
