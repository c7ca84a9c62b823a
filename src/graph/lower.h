// For op files only: from tensors to a kernel's constants. Formulas are TensorFlow Lite's (kernel_util.cc,
// quantization_util.cc and the Prepare functions of its kernels), in double precision as there.
#ifndef GRAPH_LOWER_H
#define GRAPH_LOWER_H
#include "../../device/nn.h"
#include "kernels.h"
#include "op.h"

// real = mult * 2^(shift - 31), mult in [2^30, 2^31), or 0 when real is too small.
void quantize_multiplier(double real, int32_t *mult, int32_t *shift);
// The integers (int8 or int16) at the ends of a fused activation.
void act_range(enum act act, const struct tensor *y, int32_t *min, int32_t *max);
// The float's bits, as kernels take them.
int32_t float_bits(float v);

// Float or int8, all of the given tensors alike; int8 ones with one valid scale and zero point each.
bool want_types(const struct node *n, struct err *e);
bool want_scale(const struct tensor *t, struct err *e);
bool is_f32(const struct tensor *t);
bool is_s8(const struct tensor *t);
bool is_s16(const struct tensor *t);
// int16, all of the given tensors, without zero points.
bool want_s16(const struct node *n, struct err *e);

// Ops that move values: any type of one or four bytes, the same for all (but SELECT's condition and GATHER's
// indices, from input `first` on); int8 ones of one scale and zero point.
bool want_moved(const struct node *n, int first, struct err *e);

// Moves of elements (lower_move.c): `rank` dimensions with a stride on both sides, 0 where a value is
// repeated. Those that run on from one to the next become one; where more than four are left, there is a call
// for each element of the smallest ones.
enum { MOVE_MAX_RANK = 2 * GRAPH_MAX_RANK, MOVE_MAX_CALLS = 64 };
struct move {
    int rank;
    int32_t dim[MOVE_MAX_RANK], from[MOVE_MAX_RANK], to[MOVE_MAX_RANK], from_at, to_at;
};
int64_t move_calls(const struct move *m); // more than MOVE_MAX_CALLS: lower_move fails
bool lower_move(const struct node *n, struct plan *p, struct move m, const struct tensor *x,
                const struct tensor *y, struct err *e);
// Elements from one index of each dimension to the next.
void tensor_strides(const struct tensor *t, int32_t *s);

// Tables made here; the caller fills them in. Layers whose tables have the same bytes share them (plan_keep_tables).
struct tensor *lower_table(struct plan *p, const char *name, enum dtype type, int64_t count);

// Lets out share in's bytes when nothing else reads them later; the kernel must work in place.
void lower_in_place(struct plan *p, const struct tensor *out, const struct tensor *in);

// A function of one int8 value: no arithmetic is left for the device but a table of 256, which the caller fills, by
// x + 128 (op_map_s8.c).
int8_t *lower_lookup(const struct node *n, struct plan *p);
bool lower_map_s8(const struct node *n, struct plan *p, struct err *e);
// y = function(x) of floats (NN_NEG ...), in place where that is possible (op_map.c).
void step_map(struct plan *p, const struct node *n, int32_t function);
// Broadcasting (lower_broadcast.c). `rank` dimensions and the strides of nin inputs there, 0 where one is
// broadcast, as `most` groups of dimensions that run on from one to the next: d holds their sizes, the outermost
// first, then each input's strides. False when there are more.
enum { BROADCAST_MAX_IN = 3 };
bool broadcast_groups(int rank, const int32_t *dim, int32_t stride[][GRAPH_MAX_RANK], int nin, int most,
                      int32_t *d);
// The same for the first nin inputs of an elementwise op and its output, four groups: d[4 + 4 * nin]. in[] are the
// inputs to take: copies at full size where there are more groups.
bool lower_operands(const struct node *n, struct plan *p, int nin, const struct tensor **in, int32_t *d,
                    struct err *e);
// In place on an input from `first` on that is as large as the output.
void lower_in_place_any(const struct node *n, struct plan *p, int first);

// A layer with weights: conv, depthwise, dense.
enum {
    PAIRS = 2,
    WORDS = 3,
    TOOM = 5
}; // layout.group: two channels in one number; two products in one word; by Toom and Cook
enum layer_kind { LAYER_F32, LAYER_S8, LAYER_DYN, LAYER_S16 };
struct layer {
    enum layer_kind kind;
    int32_t out, taps, block, group;                     // as the weights are laid out
    const struct tensor *x;                              // LAYER_DYN: the quantised activation
    const struct tensor *w, *bias, *mult, *shift;        // as the kernel takes them; NULL where it has none
    const struct tensor *w_scale, *w_sum, *scale, *zero; // LAYER_DYN
    int32_t x_zero, y_zero, min, max;
    int32_t scratch_bytes; // conv, dense with int8 weights: set by the op file before layer_step
};
struct layer_shape {
    int32_t out, taps;
    int32_t out_step, tap_step; // where weight (o, tap) lies: o * out_step + tap * tap_step
    bool blocked;               // else [tap][out], the zero point not folded into the bias
    int32_t block_f32, block_s8;
    int32_t row;           // taps in one run of memory
    bool grouped;          // int8 weights in groups (layout.group)
    const nn_conv2d *toom; // the layer as nn_conv2d_toom.h wants it; NULL: not that kernel
    const nn_conv2d
        *wide;    // the layer, whose weights are widened here where it is not that one; NULL: they are not
    int32_t rows; // rows of the input that are quantised apart (LAYER_DYN)
    bool asymmetric;
    enum act act;
};
// Of int8 weights: an output channel's sum and the sum of its absolute values; whether one is -128; whether one of an odd
// channel is beside a negative one of the channel before.
struct weight_sums {
    int64_t *sum, *absolute;
    bool least, borrows;
};
const struct weight_sums *weight_sums_of(struct plan *p, const struct tensor *w, const struct layer_shape *s);
// l's w, block and group, as the plan's layout wants them; kind is given (lower_weights.c).
void lower_weights(const struct node *n, struct plan *p, const struct layer_shape *s, struct layer *l);
bool lower_layer(const struct node *n, struct plan *p, const struct layer_shape *s, struct layer *l,
                 struct err *e);
// The kernel's call; k is by kind.
void layer_step(struct plan *p, const struct node *n, const struct kernel *const k[4], const void *params,
                const struct layer *l);

// The ops of int16 values (lower_s16.c).
bool lower_layer_s16(const struct node *n, struct plan *p, const struct layer_shape *s, struct layer *l,
                     int64_t filled, struct err *e);
bool lower_binary_s16(const struct node *n, struct plan *p, struct err *e);
bool lower_unary_s16(const struct node *n, struct plan *p, struct err *e);
bool lower_softmax_s16(const struct node *n, struct plan *p, struct err *e);
bool lower_rescale_s16(const struct node *n, struct plan *p, double real, enum act act, struct err *e);

// int8 to int8 by the factor real (scale of the input / scale of the output), as a table (op_unary.c).
bool lower_requantize(const struct node *n, struct plan *p, double real, enum act act, struct err *e);
#endif
