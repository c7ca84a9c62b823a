// Facts about chips, each with its source.
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H
#include "../graph/plan.h"

struct fact { // a constant with its spread and where it comes from; no source, no constant (value 0)
    double value, low, high;
    const char *source; // document, table or page
};

struct cycle_cost { // estimated cycles an instruction of each class; extra cycles of a taken branch
    double alu, mul, mac, div, load, store, branch, fpu, fmac, simd, taken; // fmac: float multiply-add
    double word; // each further register of a load or store of several
    const char *source;
    double error; // relative half-width of the interval that we give to latency
};

struct flash_cache { // between the core and an external flash; bytes 0: code and weights are read at full
                     // speed
    uint32_t bytes, ways, line;
    struct fact miss_ns; // the core waits for one line; the flash has a clock of its own
};

struct clock_setting { // a clock the chip can be set to, with the power while computing at it
    uint32_t hz;
    struct fact active_mw;
};

struct sensor { // an inertial sensor's power while it samples accelerations and rotations
    const char *name;
    struct fact mw;
};
extern const struct sensor sensors[]; // name NULL at the end; sensors.c

struct target {       // one file each; the table is in target.c
    const char *name; // "cortex-m4f"
    const char *chip; // an example part: "STM32L4R5, 120 MHz"
    const char *about;
    const char *layout_name;
    const struct layout *layout;
    const struct layout *layout_ahead; // what planned programs may take instead (measure.h); NULL
    const char *kernels[4];            // folders of device/ to look in first, best first; then device/ itself
    // building and emulating
    const char *cc, *cc_package;     // arm-none-eabi-gcc, gcc-arm-none-eabi
    const char *cflags, *ldflags;    // blank-parted
    const char *start[4];            // start-up files of the bare-metal project, NULL at the end
    const char *ld;                  // linker script
    const char *qemu, *qemu_package; // program; NULL: no emulation
    const char *qemu_args;           // blank-parted, without -kernel
    bool load_by_device;             // start by -device loader instead of -kernel
    const char *find_cc; // command or text that tells how to get the compiler when no package has it
    // the chip
    uint32_t flash_bytes, ram_bytes; // for a model and its arena to fit in (the chip's, not the emulator's)
    const char *ram_about; // which of its memories constants may be copied to, and why no other; NULL
    uint32_t clock_hz;
    bool fpu;
    struct cycle_cost cost;
    struct flash_cache cache;
    struct clock_setting slower[3];  // other clocks than clock_hz, hz 0 at the end
    struct fact wake_us;             // from light sleep until the program goes on
    struct fact active_mw, sleep_mw; // power while computing, while waiting for the next window
};
extern const struct target *const targets[];        // NULL at the end
const struct target *target_find(const char *name); // knows aliases, too
// Power while computing at a clock that the chip can be set to; NULL: it cannot.
const struct fact *target_active_mw(const struct target *t, double hz);

// Full paths of the compiler and the emulator; fails with the Debian package, or the command, that brings it.
const char *target_cc(const struct target *t, struct arena *a, struct err *e);
const char *target_qemu(const struct target *t, struct arena *a, struct err *e);
#endif
