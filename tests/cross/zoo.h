// A network with every operator in it, at awkward sizes: paddings, strides, dilations, broadcasts, odd
// channels.
#ifndef TESTS_CROSS_ZOO_H
#define TESTS_CROSS_ZOO_H
#include "../../src/graph/graph.h"

// Input (1, 9, 7, 3), output (1, 5).
struct graph *zoo_graph(struct arena *a, uint64_t seed);
// LSTM, GRU in both forms, RNN, stacked: input (1, 11, 3), output (1, 5).
struct graph *recurrent_graph(struct arena *a, uint64_t seed);
// The same layers, which go on from window to window.
struct graph *stateful_graph(struct arena *a, uint64_t seed);
// Two layer normalisations, attention of two heads, GELU in both forms: input (1, 12, 3), output (1, 5).
struct graph *attention_graph(struct arena *a, uint64_t seed);
// Every function of one and of two values, comparisons, choices, reductions: input (1, 6, 5), output (1, 5).
struct graph *choices_graph(struct arena *a, uint64_t seed);
// Convolutions over time in fewer products (device/xtensa/nn_conv2d_toom.h): input (1, 1, 46, 6), output (1, 5).
struct graph *signal_graph(struct arena *a, uint64_t seed);
// Convolutions and pools that take turns (src/graph/tile.c), of an image and over time: input (1, 24, 16, 3), output (1, 5).
struct graph *pooled_graph(struct arena *a, uint64_t seed);
// A normalisation of the samples that stays in front of its LSTM (nn_affine_s8, nn_affine_f32): input (1, 40, 6), output
// (1, 5).
struct graph *normalised_graph(struct arena *a, uint64_t seed);
// The shapes that kernels are measured at: 128x9 -> conv9 (k3, 64 channels) -> conv64 (k3, 64 channels) ->
// max pool by 2 -> dense 3968 -> 128 -> dense 6 -> softmax.
struct graph *shapes_graph(struct arena *a, uint64_t seed);
// Depthwise-separable: 128x9 -> conv1 (k1, 24 channels) -> dw7 (k7, padded) -> pw -> dw5 (k5, stride 2) -> dw3 (k3, not
// padded) -> two pools by 2 -> mean -> dense 6 -> softmax.
struct graph *separable_graph(struct arena *a, uint64_t seed);
// 28x28 -> LSTM, GRU or RNN of 20 units -> dense 10 -> softmax: the shape of TensorFlow Lite Micro's own LSTM (MNIST by
// rows), which others were counted at.
struct graph *gates_graph(struct arena *a, enum recurrent_kind kind, uint64_t seed);
// Two LSTMs that give their sequences, and a dense layer at each step: input (1, 50, 4), output (1, 50, 5). Both can stay
// in the caller's memory (src/graph/border.c).
struct graph *sequence_graph(struct arena *a, uint64_t seed);
// The shape of EdgeMark's LSTM (AminHasanpour/EdgeMark, target_models: 100 steps of 32 numbers, 64 units, each step to 32
// outputs; 26,912 weights), of random weights.
struct graph *edgemark_graph(struct arena *a, uint64_t seed);
#endif
