// What to execute: calls of device kernels, in order, each buffer at its address. One lowering, two
// consumers: run calls the kernels through the table, emit prints the same calls.
#ifndef GRAPH_PLAN_H
#define GRAPH_PLAN_H
#include "graph.h"

enum { KERNEL_MAX_BUF = 12 };

// int8 weights of recurrent layers (device/nn.h): in blocks of four rows; in pairs of rows and taps, with inputs
// widened; in rows, widened with the inputs where scratch allows; in rows; in groups of 16 taps, inputs in scratch; in blocks of four rows,
// widened where scratch allows and no weight is -128 (device/rv32/nn_gates_s8.h).
enum gates_layout { GATES_FOURS, GATES_PAIRS, GATES_WIDE, GATES_ROWS, GATES_GROUPS, GATES_WORDS };

// How a family of chips wants constants laid out; a faster kernel folder comes with its own layout.
// Output channels of conv and dense weights are stored in blocks: [out / block][tap][block], the last block
// filled up with zeros, so that one loaded input serves `block` accumulators. Any block gives the same bits.
struct layout {
    int32_t conv_f32, conv_s8, dense_f32, dense_s8; // block sizes, at least 1
    int32_t widen; // int8 and dynamic conv and dense kernels copy their input, and the weights of this many
                   // output channels of a convolution, to int16 in scratch (device/nn_widen.h); 0: no scratch
    bool fma;      // float kernels use fused multiply-add (nn_math.h NN_FMA): a property of the target
    // 4: int8 weights in blocks of 16 channels by groups of 4 taps where the layer allows it, [out /
    // 16][k_h][taps of a row / 4][16][4], rows filled up with zeros (kernel_grouped.h); 16: in blocks of
    // conv_s8, dense_s8 channels by groups of 16 taps (device/cortex_m55/nn_mve.h), for the device only; 2:
    // two channels in one halfword a tap (device/cortex_m4/nn_pair_s8.h), for the device only; 3: blocks
    // of four channels, taps filled up to an even number (device/rv32/nn_words_s8.h), for the device only; 5: in rows
    // with 128 added, where a layer fits device/xtensa/nn_conv2d_toom.h, for the device only; 0: never
    int32_t group;
    bool ahead; // group 5: those weights are transformed here, 3.2 times the bytes (kernel 3: 2.7), the other
                // convolutions' widened, twice the bytes
    int32_t patch; // the same kernels work on the taps of this many positions at a time, copied to int16 in
                   // scratch (device/cortex_m4/nn_pair_s8.h), a dense one on its row; 0: not. Not with widen
    enum gates_layout gates; // recurrent layers' int8 weights
    bool curve; // logistic and tanh of integer recurrent layers by a table of 38 KB (device/nn_curve_q15.h)
    bool tile;  // steps take turns where that makes the arena smaller (tile.c)
};
extern const struct layout layout_plain; // blocks of 1, no fma: TFLite's own order
extern const struct layout layout_host;  // what run uses on this machine

struct kernel {               // one function of device/, described so that it can be called and printed
    const char *name;         // "nn_conv2d_s8": function, and file without .c
    const char *params;       // "nn_conv2d": its parameter struct; NULL: none
    const char *const *field; // the int32_t members of params, in order
    int nfield, nbuf;
    const char *const *buf_type;                        // C type of each buffer: "const int8_t", "float", ...
    void (*call)(const void *params, void *const *buf); // NN_FMA = 0
    void (*call_fma)(const void *params, void *const *buf); // NN_FMA = 1; NULL: the same function (integers)
};

// Arguments that are not in the arena: constants; absent ones, for which NULL is passed; the graph's float input and
// output where the caller has them (border.c).
enum { REF_CONST = -1, REF_ABSENT = -2, REF_WINDOW = -3, REF_SCORES = -4 };

struct ref {                // one argument of a call
    const struct tensor *t; // a constant (t->data) or a value; NULL: scratch, or an absent argument
    int32_t offset;         // bytes from the arena's start; REF_*
    int32_t bytes;          // scratch: its size
    bool written;           // the call writes it
};

// A step that takes turns with those beside it, and makes `rows` positions of its output each time.
struct turns {
    int32_t total, rows; // positions of the first step in all, and a turn; the last turn has what is left
    int32_t each;        // of them that are one position here: 1, a pool's kernel
    int32_t in, out;     // members of params: the turn's positions; in: -1
    int32_t pad, stride; // a padded layer: this member falls by `stride` a position; -1
    int32_t buf, bytes;  // the buffer that moves on by so many bytes a position; -1
    int at, n;           // which of how many steps
    int zero, nzero;     // buffers that hold zeros before the first turn, from `zero` on
};

struct step {
    const struct kernel *k;
    const struct node *node;   // where it came from, for messages and counts a layer
    const int32_t *params;     // k->nfield numbers
    struct ref *buf;           // k->nbuf
    const struct turns *turns; // NULL: one call
};

struct plan {
    const struct graph *g;
    const struct layout *layout;
    struct arena *arena; // memory of the plan itself (host)
    struct arena fresh;  // tables of the node that is being lowered, until plan_keep_tables
    struct arena notes;  // while nodes are lowered: what was made of constants, by arena_noted
    struct tensor **table;
    int ntable, table_cap;
    struct step *step;
    int nstep, step_cap;
    struct alias { // out shares the bytes of in: reshape, dropout, in-place ops
        const struct tensor *out, *in;
    } * alias;
    int nalias, alias_cap;
    struct overlap { // values of one step, out born and in dead there, that may share bytes (plan_rows)
        const struct tensor *low, *high;
        int64_t apart; // from where low starts to where high does
    } * overlap;
    int noverlap, overlap_cap;
    int32_t arena_bytes; // device arena: values and scratch; exact, a multiple of 16
    int32_t lower_bound; // no placement can need less: the largest set of live bytes, but see memory.c
    struct ref *kept;    // values that stay from one run to the next and are zeros before the first
    int nkept, kept_cap;
    bool packed;                         // weights lie as 4-bit codes (plan_pack)
    bool window_outside, scores_outside; // of the arena
    int front;                           // steps of the graph's front
    struct ref *in, *out;                // where the graph's inputs and outputs are
    // What run executes instead where the weights lie as only a chip's own kernels read them: the same graph in the
    // host's layout, the same bits. NULL: this plan.
    const struct plan *host;
};

// Every node becomes calls, every value gets an address. Fails on ops that have no kernel, naming the node.
struct plan *plan_lower(const struct graph *g, const struct layout *l, struct arena *a, struct err *e);
// For op files. params points at the kernel's parameter struct (int32_t members only); it is copied.
void plan_step(struct plan *p, const struct node *n, const struct kernel *k, const void *params,
               const struct ref *buf);
void plan_alias(struct plan *p, const struct tensor *out, const struct tensor *in);
// The step made next reads and writes `rows` rows one by one: when it writes row r of out it reads no row of in but r
// and those behind it (in front of it when backwards). So out may lie over the rows of in that are done with.
void plan_rows(struct plan *p, const struct tensor *out, const struct tensor *in, int32_t rows,
               bool backwards);
void plan_keep(struct plan *p, const struct tensor *t); // t stays from one run to the next
void plan_keep_tables(struct plan *p);                  // what lower_table gave is filled in
struct ref ref_in(const struct tensor *t);              // constant or computed; NULL gives an absent argument
struct ref ref_out(const struct tensor *t);
struct ref ref_scratch(int32_t bytes);
// Gives every computed tensor and scratch buffer an offset; called by plan_lower.
bool plan_place(struct plan *p, struct err *e);
// A product, a sum and a QUANTIZE of floats become one step (affine.c); called by plan_lower.
void plan_affine(struct plan *p);
// The same as plan_place, with steps in turns where the layout allows it and the arena gets smaller (tile.c).
bool plan_tile(struct plan *p, struct err *e);
// The same with the graph's input and output where the caller has them, where that makes the arena smaller (border.c).
bool plan_borders(struct plan *p, struct err *e);
int64_t plan_aligned(int64_t bytes); // filled up to what addresses in the arena are multiples of
// A step's parameters in the turn that begins with position `first`, and by how many bytes its moving buffer has moved.
enum { STEP_MAX_FIELD = 40 };
void step_turn(const struct step *s, int32_t first, int32_t *params, int32_t *moved);
int step_field(const struct step *s, const char *name); // its index in params
// The steps at which what step s uses is in use: with its partners', where it takes turns.
int step_from(const struct plan *p, int s);
int step_to(const struct plan *p, int s);
const struct tensor *plan_root(const struct plan *p, const struct tensor *t); // whose bytes t shares
// Layers with int8 weights of at most 16 values: 4-bit codes, unpacked in front of each call into scratch (pack_codes.c).
// Half the flash of these weights, for a larger arena (the largest layer, whole) and a few instructions a weight.
bool plan_pack(struct plan *p, struct arena *a, struct err *e);
// What a sample can be kept as until its window is full: the input itself or, where all that happens to a float input is
// that the first step quantises it, number by number, that step's output. *steps: how many steps are done by then.
const struct ref *plan_window(const struct plan *p, int *steps);
int plan_window_steps(const struct plan *p);
// Bytes to gather a window in. None where no window shares samples with the next and the arena has the input, which only
// a run uses: they gather there.
int64_t plan_window_bytes(const struct plan *p, bool overlapping);
// Bytes of constants that the emitted program holds (weights, biases, tables, as laid out).
int64_t plan_const_bytes(const struct plan *p);

struct live { // bytes of the device's arena that are in use from step `first` to `last`, both belong
    const struct tensor *t; // NULL: scratch
    int first, last;        // last is plan->nstep for what is read after the last step
    int32_t bytes, offset;
};
// All of them, by address.
const struct live *plan_live(const struct plan *p, struct arena *a, int *n);
int64_t live_at(const struct live *v, int n, int step); // bytes in use during a step, each counted once
int live_peak(const struct plan *p, const struct live *v, int n); // the step with most of them
#endif
