// Inside measure/: building the firmware, running it, reading what the profiler wrote.
#ifndef MEASURE_PARTS_H
#define MEASURE_PARTS_H
#include "measure.h"

enum class_id { C_ALU, C_MUL, C_MAC, C_DIV, C_LOAD, C_STORE, C_BRANCH, C_FPU, C_FMAC, C_SIMD, C_COUNT };
extern const char *const class_names[C_COUNT];

struct firmware { // a built project
    const struct target *target;
    const char *dir, *cc, *qemu, *plugin; // plugin: path of fwprof.so; NULL until needed
    const char *build;                    // folder below dir
    const char *elf;                      // below dir
    int64_t flash_bytes, weight_bytes, arena_bytes, static_bytes; // of model, kernels, libgcc
};
// Compiles the project in dir (prefix name); extra: more flags, or NULL. Fails with the compiler's own words.
bool firmware_build(struct firmware *f, const char *name, const char *extra, struct arena *a, struct err *e);
// Runs it on windows from in to out (files in dir), writes the profile when one is wanted. *stack: bytes.
bool firmware_run(const struct firmware *f, const char *in, const char *out, const char *profile, int seconds,
                  int64_t *stack, struct arena *a, struct err *e);
// Where the constants lie: address[i] of the one with number[i], 0 where the compiler needs none.
bool firmware_constants(const struct firmware *f, const int *number, int n, uint32_t *address,
                        struct arena *a, struct err *e);
// The counting plug-in, compiled once into the user's cache.
const char *plugin_build(struct arena *a, struct err *e);

struct region { // between two marks
    int id;     // the mark that ended it
    double n[C_COUNT], instructions, taken, misses;
    double code_misses; // of the cache when all constants are in RAM: fetches alone
    double words;       // registers loaded and stored beyond the first of an instruction
};
struct profile {
    struct region *region;
    int n;
    struct line { // of flash, that reads missed
        uint32_t at;
        int region;
        double misses;
    } * line;
    int nline;
};
bool profile_read(const struct firmware *f, const char *file, struct profile *p, struct arena *a,
                  struct err *e);

// Which class each address of the program belongs to, from its disassembly.
struct classes {
    struct class_at {
        uint32_t pc;
        uint8_t class_, words;
    } * at;
    int n;
};
bool classes_read(const struct firmware *f, struct classes *c, struct arena *a, struct err *e);
int registers_of(const char *operands); // in the list of a load or store of several: {r4-r7, lr} has 5
enum class_id class_of(const char *arch, const char *mnemonic,
                       const char *operands); // arch: arm riscv xtensa

// Fills m->placed with the misses of each constant, mean of n inferences.
bool placed_fill(struct measurement *m, const struct plan *plan, const struct firmware *f,
                 const struct profile *p, int n, struct arena *a, struct err *e);
// What stays of the RAM beside values, static data and stack goes to the constants that gain most; the bytes they take.
int64_t placed_choose(struct measurement *m, const struct plan *plan, struct arena *a);

double cycles_of(const struct target *t, const struct region *r); // without cache misses
// Cycles of one miss at the chip's own clock.
double miss_cycles(const struct target *t, double ns);
#endif
