// The device kernels: parameters, and what each of them promises. C99, no heap, no globals, no libm.
//
// Every kernel is `void nn_<op>_<type>(const nn_<params> *p, inputs, constants, scratch, outputs)`, one a
// file of that name. Files may be included into one translation unit in any order, each any number of times;
// with `p` a static const struct the compiler specialises the loops. A folder below this one (cortex_m4/,
// xtensa/, ...) holds faster files of the same names, same functions, same bits.
//
// Common terms
//   activations    (batch, h, w, c), row-major; a signal over time has h = 1. Buffers never overlap unless
//                  the kernel says "in place". They begin at multiples of their type's size, int8 ones anywhere; only x of a
//                  convolution by device/xtensa/nn_conv2d_toom.h is read by words and begins at a multiple of 4.
//   f32            IEEE single precision. Each a * b + c is NN_MADD (nn_math.h): fused when NN_FMA is 1, two
//                  roundings when it is 0. Build with -ffp-contract=off, never with -ffast-math.
//   s8             int8 values q of real = scale * (q - zero); accumulators are int32; the lowering
//                  sees to it that they stay within +-2^30; at most 65,536 taps an output. `x_zero`,
//                  `y_zero` are zero points as TensorFlow Lite stores them (not negated).
//   mult, shift    a real factor mult * 2^(shift - 31), mult in [2^30, 2^31) or 0, shift -31 .. 30; applied
//                  by nn_requantise with the two roundings of TensorFlow Lite's reference kernels.
//   s16            int16 values q of real = scale * q (no zero point) with int8 weights; sums are 64 bits wide, biases
//                  int64. mult has 15 bits there, shift is 1 .. 62: y = clamp(acc * mult / 2^shift, min, max).
//   dyn            int8 weights with float activations: see nn_quantize_dynamic.
//   weights of conv2d and dense are stored in blocks of output channels, [out / block][tap][block], tap
//                  running over (k_h, k_w, in_c); channels that fill the last block are zeros and are never written
//                  out. Tables a channel (bias, mult, shift, scale, sum) are filled up to a whole block too.
//   order of sums  an accumulator starts with the bias and takes the taps in the order of (k_h, k_w, in_c).
//                  Taps in the padding are left out. So no blocking over outputs or positions changes a bit.
//   *_bits         a float, as the int32 of the same bits (nn_float).
#ifndef NN_H
#define NN_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef NN_API
#define NN_API static inline
#endif
#ifndef NN_FMA
#define NN_FMA 0
#endif
#ifdef __GNUC__ // the body of a kernel, for one block size: specialised where it is called
#define NN_INLINE static inline __attribute__((always_inline))
#else
#define NN_INLINE static inline
#endif

// A function that gains nothing from being specialised where it is called: the emitted program keeps one.
#ifndef NN_SHARED
#define NN_SHARED NN_INLINE
#endif

// In front of an inner loop over taps: two or four of them a turn where loop control costs instructions (not
// on Xtensa, whose loops are free).
#if defined(__GNUC__) && !defined(__clang__) && !defined(__xtensa__)
#define NN_UNROLL_TAPS _Pragma("GCC unroll 4")
#else
#define NN_UNROLL_TAPS
#endif

// Activations fused behind float and dynamic kernels (int8 kernels have min and max instead).
enum { NN_ACT_NONE, NN_ACT_RELU, NN_ACT_RELU6 };
enum { NN_BLOCK_MAX = 32 }; // the largest block

// y[oy][ox][o] = act(bias[o] + sum x[oy*stride_h - pad_top + ky*dil_h][ox*stride_w - pad_left + kx*dil_w][i]
//                                  * w[o][ky][kx][i])
// nn_conv2d_f32  (p, x, w, bias, y)
// nn_conv2d_s8   (p, x, w, bias, mult, shift, y, scratch): bias holds bias[o] - x_zero * (sum of w[o]); taps
// in the
//                padding count as x_zero. y = clamp(y_zero + requantise(acc, mult[o], shift[o]), min, max).
// nn_conv2d_dyn  (p, x, x_scale, x_zero, w, w_scale, w_sum, bias, y, scratch): x int8 with one scale and zero
// point a
//                batch row; y = act((acc - x_zero * w_sum[o]) * w_scale[o] * x_scale + bias[o]); taps in the
//                padding count as that row's zero point.
// nn_conv2d_s16  (p, x, w, bias, mult, shift, y): taps in the padding count as 0.
// scratch: int16 copies of a core that wants them (nn_widen.h), NULL where struct layout has neither widen
// nor patch.
// pad_top, pad_left may be negative: the outputs begin further inside.
typedef struct nn_conv2d {
    int32_t batch, in_h, in_w, in_c, out_h, out_w, out_c, k_h, k_w;
    int32_t stride_h, stride_w, dil_h, dil_w, pad_top, pad_left;
    int32_t block;                    // 1 or more; 4 is unrolled
    int32_t group;                    // 1; other layouts of int8 weights come with their own kernels
    int32_t act;                      // f32, dyn
    int32_t x_zero, y_zero, min, max; // s8
} nn_conv2d;

// Channel o of the output uses channel o / mul of the input; w (k_h, k_w, in_c * mul), not blocked.
// nn_depthwise_f32 (p, x, w, bias, y)
// nn_depthwise_s8  (p, x, w, bias, mult, shift, y): the bias is plain, the kernel takes x_zero off each
// input. nn_depthwise_s16 (p, x, w, bias, mult, shift, y). nn_depthwise_dyn (p, x, x_scale, x_zero, w, w_scale, bias, y): as nn_conv2d_dyn, no w_sum needed.
typedef struct nn_depthwise {
    int32_t batch, in_h, in_w, in_c, out_h, out_w, mul, k_h, k_w;
    int32_t stride_h, stride_w, dil_h, dil_w, pad_top, pad_left;
    int32_t act;
    int32_t x_zero, y_zero, min, max;
} nn_depthwise;

// y[r][o] = act(bias[o] + sum x[r][i] * w[o][i]); the same three types and buffers as conv2d.
// nn_dense_s16 (p, x, w, bias, mult, shift, y).
// nn_dense_dyn: x_scale, x_zero a row; y = act(bias[o] + (acc - x_zero * w_sum[o]) * (x_scale * w_scale[o])).
typedef struct nn_dense {
    int32_t rows, in_c, out_c;
    int32_t block, group;
    int32_t act;
    int32_t x_zero, y_zero, min, max;
} nn_dense;

// Maximum or average of the window's values inside the image. Scale and zero point pass through.
// nn_max_pool_f32, nn_average_pool_f32 (p, x, y); nn_max_pool_s8, nn_average_pool_s8 (p, x, y): the average
// rounds half away from zero, of values before the zero point is taken off (as TensorFlow Lite does). The same of
// s16.
typedef struct nn_pool {
    int32_t batch, in_h, in_w, c, out_h, out_w, k_h, k_w, stride_h, stride_w, pad_top, pad_left;
    int32_t act;
    int32_t min, max;
} nn_pool;

// y[a][c] = mean over b of x[a][b][c].
// nn_mean_f32 (p, x, y): the sum in order of b, then one division.
// nn_mean_s8  (p, x, y): requantise(sum - b * x_zero, mult, shift) + y_zero; 1 / b is in mult and shift.
// nn_mean_s16 (p, x, y): the same without zero points, at most 65536 values to a mean.
typedef struct nn_mean {
    int32_t a, b, c;
    int32_t x_zero, y_zero, mult, shift;
} nn_mean;

// y[a][c] = over b, in order, of x[a][b][c].
// nn_reduce_f32 NN_SUM, NN_PROD, NN_MAXIMUM, NN_MINIMUM
// nn_reduce_s8  NN_MAXIMUM, NN_MINIMUM, of one scale and zero point
// nn_arg_f32, nn_arg_s8 (p, x, y s32): at which b the greatest (NN_MAXIMUM) or least (NN_MINIMUM) is first
typedef struct nn_reduce {
    int32_t a, b, c;
    int32_t function; // one of the above
} nn_reduce;

// z[i][j] = x[i][j] * y[i][j], (m, k) by (k, n) matrices, z contiguous, x and y read with strides: x0, x1, y0, y1
// from one matrix to the next (0 where they are broadcast), x_m, x_k, y_k, y_n inside. Sums start with 0 and
// take k in order. nn_matmul_f32
typedef struct nn_matmul {
    int32_t d0, d1, m, k, n;
    int32_t x0, x1, y0, y1, x_m, x_k, y_k, y_n;
} nn_matmul;
// nn_matmul_s8: sums of (x - x_zero) * (y - y_zero), k <= 16384; z = clamp(z_zero + requantise(sum, mult, shift)).
typedef struct nn_matmul_scaled {
    int32_t d0, d1, m, k, n;
    int32_t x0, x1, y0, y1, x_m, x_k, y_k, y_n;
    int32_t x_zero, y_zero, z_zero, mult, shift;
} nn_matmul_scaled;

// y[i][j][k][l] = c ? a : b, all read with strides (0 where they are broadcast). In place on a or b.
// nn_select_f32, nn_select_s8 (p, c u8, a, b, y): values of four bytes, of one
typedef struct nn_select {
    int32_t d0, d1, d2, d3;
    int32_t c0, c1, c2, c3, a0, a1, a2, a3, b0, b1, b2, b3;
} nn_select;

// y[o][i] = x[o][indices[i]], slices of `bytes` bytes, n of them in x; an index outside becomes the nearest.
// nn_gather (p, x, indices s32[count], y)
typedef struct nn_gather_rows {
    int32_t outer, n, count, bytes;
} nn_gather_rows;

// y[i] = x[i] as another type: floats towards zero and saturated to int32; integers by their low bits (of int64
// the low 32); bool is 0 or 1. nn_cast (p, x, y)
enum { NN_TYPE_F32, NN_TYPE_S8, NN_TYPE_S32, NN_TYPE_S64, NN_TYPE_BOOL };
typedef struct nn_cast_types {
    int32_t n;
    int32_t from, to;
} nn_cast_types;

// nn_unpack_codes (p, codes u8[(n + 1) / 2], book s8[16], y): int8 weights from 4-bit codes, the low half of a byte
// first: y[i] = book[code i]; with borrow 1, one less at an odd i behind a negative y (pairs of channels,
// device/cortex_m4/nn_pair_s8.h).
typedef struct nn_codes {
    int32_t n;
    int32_t borrow;
} nn_codes;

// y[i][j][k][l] = act(a op b), a and b read with strides (0 where they are broadcast). In place on either.
// nn_add_f32, nn_sub_f32, nn_mul_f32, nn_div_f32
typedef struct nn_binary {
    int32_t d0, d1, d2, d3;
    int32_t a0, a1, a2, a3, b0, b1, b2, b3;
    int32_t act;
} nn_binary;

// nn_add_s8: both inputs times 2^left, each by its mult and shift to a common scale, added (subtracted when
// negate_b is 1), then out_mult, out_shift. nn_mul_s8: (a - a_zero) * (b - b_zero) by out_mult, out_shift.
// nn_add_s16, nn_mul_s16: the same without zero points.
// nn_squared_difference_s8: both inputs times 128 and to a common scale, the square of their difference by out_mult,
// out_shift. nn_prelu_s8: a by a_mult, a_shift, where it is negative a * b (the slope) by out_mult, out_shift.
typedef struct nn_binary_s8 {
    int32_t d0, d1, d2, d3;
    int32_t a0, a1, a2, a3, b0, b1, b2, b3;
    int32_t a_zero, b_zero, y_zero, left, a_mult, a_shift, b_mult, b_shift, out_mult, out_shift, negate_b;
    int32_t min, max;
} nn_binary_s8;

// n values, one at a time; in place. alpha: LEAKY_RELU, ELU.
// nn_relu_f32, nn_relu6_f32, nn_leaky_relu_f32, nn_elu_f32, nn_logistic_f32, nn_tanh_f32
typedef struct nn_unary {
    int32_t n;
    int32_t alpha_bits;
} nn_unary;

// y[i] = function(x[i]); in place. nn_map_f32
enum {
    NN_NEG,
    NN_ABS,
    NN_SIGN,
    NN_SQRT,
    NN_RSQRT,
    NN_SQUARE,
    NN_EXP,
    NN_LOG,
    NN_SIN,
    NN_COS,
    NN_FLOOR,
    NN_CEIL,
    NN_ROUND, // halves to the even integer
    NN_RELU_N1_TO_1,
    NN_HARD_SWISH,
    NN_GELU, // with the error function
    NN_GELU_TANH
};
typedef struct nn_map {
    int32_t n;
    int32_t function; // one of the above
} nn_map;

// y[i][j][k][l] = function(a, b), a and b read with strides (0 where they are broadcast). In place on either.
// nn_map2_f32 the first five; nn_map2_s8 NN_MAXIMUM and NN_MINIMUM, of one scale and zero point;
// nn_compare_f32 (p, a, b, y u8) from NN_EQUAL on, to 0 or 1, not in place.
enum {
    NN_MAXIMUM,
    NN_MINIMUM,
    NN_SQUARED_DIFFERENCE,
    NN_POW,
    NN_PRELU, // b: the slope
    NN_EQUAL,
    NN_NOT_EQUAL,
    NN_LESS,
    NN_LESS_EQUAL,
    NN_GREATER,
    NN_GREATER_EQUAL,
    NN_SUM,
    NN_PROD
};
typedef struct nn_map2 {
    int32_t d0, d1, d2, d3;
    int32_t a0, a1, a2, a3, b0, b1, b2, b3;
    int32_t function; // one of the above
} nn_map2;
// nn_compare_s8: both inputs times 256, each by its mult and shift to a common scale.
typedef struct nn_compare_scaled {
    int32_t d0, d1, d2, d3;
    int32_t a0, a1, a2, a3, b0, b1, b2, b3;
    int32_t a_zero, b_zero, a_mult, a_shift, b_mult, b_shift;
    int32_t function;
} nn_compare_scaled;

// nn_lookup_s8 (p, x, table, y): y[i] = table[x[i] + 128]; every int8 function of one int8 value. In place.
typedef struct nn_lookup {
    int32_t n;
} nn_lookup;

// nn_rescale_s16 (p, x, y): y = clamp(requantise(x), min, max), below 0 with factors of their own, of -x when
// negate_below is 1: relu, leaky relu, another scale. In place.
typedef struct nn_rescale {
    int32_t n;
    int32_t mult, shift, mult_below, shift_below, negate_below, min, max;
} nn_rescale;

// nn_logistic_s16, nn_tanh_s16 (p, x, table, y): x * mult / 2^shift is in steps of 1 / 12288; table[i] is
// logistic(i / 24) in Q0.16 - 2^15, 256 entries; y is Q0.15. In place.
typedef struct nn_curve {
    int32_t n;
    int32_t mult, shift;
} nn_curve;

// exp(beta * x) / sum, over each row of c values; in place.
// nn_log_softmax_f32, nn_log_softmax_s8 (p, x, y): its logarithm, without beta; output scale 1/16, zero point 127
// nn_softmax_f32 (p, x, y); nn_softmax_s8 (p, x, y): fixed point as TensorFlow Lite's reference, output scale
// 1/256, zero point -128; differences of the row's maximum below diff_min give 0. nn_softmax_s16 (p, x, exp_table,
// inverse_table, y): Q0.15; exp of -10 .. 0 and 1 / (1 + v) of 0 .. 1, 513 entries each, with straight lines between.
typedef struct nn_softmax {
    int32_t rows, c;
    int32_t beta_bits;             // f32
    int32_t mult, shift, diff_min; // s8
} nn_softmax;

// y = x * scale[c] + offset[c] over the last dimension; in place.
// nn_batch_norm_f32 (p, x, scale, offset, y)
typedef struct nn_batch_norm {
    int32_t rows, c;
} nn_batch_norm;

// nn_quantize_s8 (p, x f32, y s8): clamp(round(x / scale) + zero, -128, 127), half away from zero.
// nn_dequantize_s8 (p, x s8, y f32): (x - zero) * scale. nn_quantize_s16, nn_dequantize_s16: the same of s16.
typedef struct nn_quantize {
    int32_t n;
    int32_t scale_bits, zero;
} nn_quantize;

// A MUL, an ADD and a QUANTIZE of floats in one pass, each rounded apart, never fused: x[r][k] * factor[k] + term[k] in rows
// of c. nn_affine_f32 (p, x, factor, term, y), in place; nn_affine_s8 (p, x, factor, term, y s8): then as nn_quantize_s8.
typedef struct nn_affine {
    int32_t rows, c;
    int32_t scale_bits, zero; // s8
} nn_affine;

// Rows of floats to int8, each row with a scale and zero point of its own, as TensorFlow Lite's hybrid
// kernels choose them: asymmetric covers [min(x, 0), max(x, 0)] by -128 .. 127; else symmetric, -127 .. 127,
// zero 0. nn_quantize_dynamic (p, x, scale, zero, y): scale f32[rows], zero s32[rows].
typedef struct nn_quantize_rows {
    int32_t rows, c;
    int32_t asymmetric;
} nn_quantize_rows;

// y[y_at + i*y0 + j*y1 + k*y2 + l*y3] = x[x_at + i*x0 + ...] for i < d0, j < d1, k < d2, l < d3: transposing,
// slicing, joining, and the inside of a padded tensor. nn_copy_f32, nn_copy_s8, nn_copy_s16
typedef struct nn_copy {
    int32_t d0, d1, d2, d3;
    int32_t x_at, x0, x1, x2, x3, y_at, y0, y1, y2, y3;
} nn_copy;

// A recurrent layer over `steps` samples, from the last to the first when backwards is 1. y is (steps, units)
// with sequences, each h at the place of its input, else the last h (units). h0, c0 are what was before the
// first step; NULL: zeros, and the first step leaves out its recurrent taps. h_kept (units), c_kept: of a layer that
// goes on from one call to the next, they take the place of h0 and c0 and hold at the end what the last step made; zeros
// at first; NULL: each call begins anew. Sums start with the bias and take the inputs, then the recurrent taps, in
// order.
// nn_lstm_f32 (p, x, w, bias, h0, c0, h_kept, c_kept, state, y): sums i f g o of a unit are a block: w [units][in_c + units][4],
//             bias [units][4]; i, f, o = gate_act, g = act; c = f * c + (i * g), h = o * act(c).
//             state: c (units), and without sequences another h (units).
// nn_gru_f32  (p, x, w_gate, b_gate, w, b, b_rec, h0, h_kept, state, y): sums z r z r of two units are a block, four
// n are a
//             block: w_gate [units / 2][in_c + units][4], w [units / 4][in_c + units][4], filled up with
//             zeros. reset_after: n = act(r * (b_rec + U h) + (b + W x)), else n = act(b + W x + U (r * h)),
//             b_rec NULL; h = z * (h - n) + n. state: z, r (units each), and without sequences another h.
// nn_rnn_f32  (p, x, w, b, h0, h_kept, state, y): w as the GRU's; h = act(sum). state: without sequences another h.
//
// With int8 weights the kernel w (rows of in_c) and the recurrent weights u (rows of units) are apart, gate after
// gate (LSTM i f g o, GRU z r n), each gate's rows filled up to a multiple of 4 (units4): row k of gate g is g *
// units4 + k, and every table that has an entry a row is in that order. Four rows are a block, laid out as p->pack
// says:
//   NN_PACK_FOURS [tap][4];  NN_PACK_ROWS [4][tap];
//   NN_PACK_PAIRS [tap / 2][2 pairs of rows][2 taps] halfwords of 256 * w of the odd row + w of the even one; an odd
//   last tap is filled up with 0 (device/cortex_m4/nn_gates_s8.h); not where an odd row has a weight of -128;
//   NN_PACK_GROUPS [tap / 16][4][16 taps], filled up with 0;
//   NN_PACK_WIDE: int16 rows of both in w, each row of u behind w's (nn_widen_gates), u NULL.
// p->widen: what is copied to int16 in scratch: inputs and h (NN_WIDEN_X), w, u. scratch: nn_recurrent_s8_scratch,
// nn_recurrent_dyn_scratch bytes. The first step leaves out the recurrent sums (h0 NULL).
// nn_lstm_dyn, nn_gru_dyn, nn_rnn_dyn (p, x, x_scale, w, u, w_scale, bias, bias_rec, h0 [, c0], h_kept [, c_kept], scratch,
// y): x int8
// with
//             a scale a step, zero point 0 (see nn_quantize_dynamic); h is quantised at each step in the same way:
//             sum = bias + acc_x * (x_scale * w_scale) + acc_h * (h_scale * u_scale). w_scale: those of w, then of
//             u, one a gate or (per_row) one a row. A GRU's n: without reset_after r * h is quantised, else
//             acc_h * scale + bias_rec is multiplied by r. bias_rec: of n only (units4); NULL: none. logistic and tanh,
//             also those of a cell, are the parabolas of nn_curve_dyn.h, whose tables and steps are the contract: within 1.3e-5
//             and 2.5e-5.
// nn_lstm_s8, nn_gru_s8, nn_rnn_s8 (p, x, w, u, bias, bias_rec, mult, shift, curve, h_kept [, c_kept], scratch, y): the integer LSTM of
//             TensorFlow Lite, and GRU and RNN in its style (docs/recurrent.md). The biases of both products (bias_rec of a GRU: of n only;
//             NULL: zeros) hold what the zero points of x and h add; the sums become Q3.12 by mult[gate] (inputs) and mult[gates + gate] (h), added and
//             saturated; gates are Q0.15. LSTM: c is int16 of cell_bits integer bits, c = f * c / 2^15 + i * g /
//             2^cell_shift; y = requantise(o * tanh(c), y_mult, y_shift) + y_zero. GRU: h is kept as Q0.15, y and
//             what the recurrent weights see is round(h / 256). h_kept is y without its zero point, c_kept (not of an RNN)
//             the int16 of c or, of a GRU, of h. curve: the table
//             of nn_curve_q15.h; NULL: logistic and tanh are computed.
enum { NN_CELL_TANH, NN_CELL_LOGISTIC, NN_CELL_RELU, NN_CELL_LINEAR, NN_CELL_HARD_5, NN_CELL_HARD_6 };
typedef struct nn_recurrent {
    int32_t steps, in_c, units;
    int32_t sequences, backwards;
    int32_t act, gate_act;        // NN_CELL_*
    int32_t reset_after;          // GRU
    int32_t clip_bits;            // LSTM: c is kept in +- this float; 0: free
    int32_t pack, widen, per_row; // int8 weights: NN_PACK_*, NN_WIDEN_*, scales a row
} nn_recurrent;
typedef struct nn_recurrent_integer {
    int32_t steps, in_c, units;
    int32_t sequences, backwards;
    int32_t reset_after;                      // GRU
    int32_t cell_bits, cell_shift, cell_clip; // LSTM; cell_clip 0: free
    int32_t y_mult, y_shift, y_zero;          // LSTM
    int32_t pack, widen;
} nn_recurrent_integer;
enum { NN_PACK_FOURS, NN_PACK_PAIRS, NN_PACK_ROWS, NN_PACK_GROUPS, NN_PACK_WIDE };
enum { NN_WIDEN_X = 1, NN_WIDEN_W = 2, NN_WIDEN_U = 4 };

NN_INLINE int32_t nn_fours(int32_t n)
{
    return (n + 3) & ~3;
}

// int16 that hold the widened operands of a recurrent layer; an inner loop may read 4 beyond the last (never use).
NN_INLINE int32_t nn_recurrent_widened(int32_t widen, int32_t gates, int32_t in_c, int32_t units)
{
    const int32_t rows = gates * nn_fours(units);
    return (widen & NN_WIDEN_X ? nn_fours(in_c) + nn_fours(units) + 8 : 0) +
           (widen & NN_WIDEN_W ? rows * nn_fours(in_c) + 4 : 0) +
           (widen & NN_WIDEN_U ? rows * nn_fours(units) + 4 : 0);
}

// Bytes of scratch: `vectors` int16 (integer) or float (dynamic) numbers a unit, h as int8 (dynamic) and the copies.
NN_INLINE int32_t nn_recurrent_s8_scratch(int32_t vectors, int32_t widen, int32_t gates, int32_t in_c,
                                          int32_t units)
{
    return 2 * (vectors * nn_fours(units) + nn_recurrent_widened(widen, gates, in_c, units));
}

NN_INLINE int32_t nn_recurrent_dyn_scratch(int32_t vectors, int32_t widen, int32_t gates, int32_t in_c,
                                           int32_t units)
{
    return (4 * vectors + 1) * nn_fours(units) + 2 * nn_recurrent_widened(widen, gates, in_c, units);
}

// y[i] = value. nn_fill_f32: value is the float's bits; nn_fill_s8, nn_fill_s16
typedef struct nn_fill {
    int32_t n;
    int32_t value;
} nn_fill;

NN_INLINE int32_t nn_min(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

NN_INLINE int32_t nn_max(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

NN_INLINE int32_t nn_clamp(int32_t v, int32_t lo, int32_t hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

// Which taps of a window of k, dil apart, starting at `at`, lie inside n samples: first .. last - 1.
NN_INLINE int32_t nn_tap_first(int32_t at, int32_t dil)
{
    return at < 0 ? (-at + dil - 1) / dil : 0;
}

NN_INLINE int32_t nn_tap_last(int32_t at, int32_t dil, int32_t k, int32_t n)
{
    return at >= n ? 0 : nn_min(k, (n - at + dil - 1) / dil);
}

// The outputs ox for which every tap is inside the image in x: first .. last - 1.
NN_INLINE void nn_conv2d_inside(const nn_conv2d *p, int32_t *first, int32_t *last)
{
    const int32_t room = p->in_w + p->pad_left - (p->k_w - 1) * p->dil_w;
    *first = (p->pad_left + p->stride_w - 1) / p->stride_w;
    *last = room > 0 ? nn_min(p->out_w, (room + p->stride_w - 1) / p->stride_w) : 0;
}
#endif
