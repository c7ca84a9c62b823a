// Project -> counts, time, energy.
#ifndef MEASURE_MEASURE_H
#define MEASURE_MEASURE_H
#include "../target/target.h"

struct layer_cost {
    const char *name, *op;
    double instructions, cycles; // an inference, mean over the windows
    int64_t macs;
};
struct class_count {
    const char *name; // alu mul mac div load store branch fpu simd
    double n;         // an inference
};
struct placed { // a constant, and where the planner puts it
    const char *layer, *name;
    int64_t bytes;
    double misses; // of the cache, an inference, with all constants in flash
    bool in_ram;
};
struct interval {
    double value, low, high; // NAN: not known
};
struct measurement {
    const struct target *target;
    int windows_compared;
    bool device_equals_host;
    const char *difference;                        // where they differ first; NULL
    double instructions;                           // an inference
    struct interval cycles, latency_us, energy_uj; // at the chip's own clock, constants in flash
    struct interval core_cycles;                   // without waiting for the flash
    const char *energy_origin;  // "emulated": counted instructions, estimated cycles, a documented power;
                                // NULL: not known
    const char *energy_missing; // why the energy is not known; NULL
    double taken_branches, cache_misses; // an inference; misses NAN: no cache is modelled
    double code_misses;                  // cache misses when all constants lie in RAM
    double planned_misses; // counted with the planner's choice in RAM; NAN: there is nothing to choose
    int64_t planned_bytes; // of RAM, for constants
    // The program with that choice: this plan's, or, where it takes less time, target.layout_ahead's
    const struct plan *planned; // NULL: none
    bool planned_ahead;
    double planned_instructions;
    struct interval planned_cycles;                 // without waiting for the flash
    int64_t planned_flash_bytes, planned_ram_bytes; // with the constants there
    int64_t plan_budget;                            // bytes of RAM that the planner had for constants
    struct placed *placed;                          // all constants, in the order of constants_of (emit.h)
    int nplaced;
    int64_t flash_bytes, code_bytes, weight_bytes; // text + rodata of model and kernels, without the harness
    int64_t ram_bytes, arena_bytes, static_bytes, stack_bytes;
    bool fits;
    const char *refusal; // "flash: 12,000 bytes too many for ..."; NULL
    struct class_count class_[10];
    int nclass;
    struct layer_cost *layer;
    int nlayer;
    const char *versions; // compiler and emulator
    const char *note;     // what the reader must know besides: fewer windows than asked for; NULL
};
enum { MEASURE_SECONDS = 120 }; // time for one comparison run; windows that do not fit into it are left out

// Builds the emitted project for t in a scratch folder, runs nwindow windows on the emulated chip, compares
// every output byte with what run gives on the host, counts. When one differs, costs stay unknown and
// `difference` says where.
struct measure_opt {
    int64_t ram_bytes; // for the model and the constants that the planner puts there; 0: the target's
    bool small;        // what emit --optimize size writes
};
// o: NULL for the defaults
bool measure_emulated(const struct plan *p, const struct target *t, const float *window, int nwindow,
                      const struct measure_opt *o, struct arena *a, struct measurement *m, struct err *e);

// ---- energy at a setting (energy.c) ----
enum weights { WEIGHTS_FLASH, WEIGHTS_PLANNED, WEIGHTS_RAM }; // none, the planner's choice, all constants
const char *weights_name(enum weights w);                     // "flash", "planned", "ram"
struct energy_setting {
    uint32_t clock_hz;           // the chip's own, or one of its slower ones
    enum weights weights;        // what is copied to RAM at start and then does not wait for the flash
    bool awake;                  // the core waits for the next window instead of sleeping
    double hop_s;                // seconds from one window to the next; 0: only the inference is asked for
    const struct sensor *sensor; // NULL: without
    double battery_j;            // 0: none
};
struct energy { // NAN: not known; why says why
    struct interval latency_us, inference_uj, hour_j, battery_days;
    const char *why;
};
void energy_of(const struct measurement *m, const struct energy_setting *s, struct energy *out);
// Every clock, every place of the weights where there is a cache and they fit, and last, where the chip can sleep, the
// first of them awake between windows; returns how many.
enum { ENERGY_SETTINGS = 13 }; // at most
int energy_settings(const struct measurement *m, const struct energy_setting *from,
                    struct energy_setting *out);
// The placement plan as a table: layer, constant, bytes, misses, place, gain; empty where there is no cache.
void placement_explain(const struct measurement *m, struct buf *out); // placed.c
// The sum, term by term, each with its source.
void energy_explain(const struct measurement *m, const struct energy_setting *s, struct buf *out);
#endif
