// How ONNX names and orders what a recurrent node has. Private to onnx_*recurrent.c.
#ifndef FORMAT_ONNX_RECURRENT_H
#define FORMAT_ONNX_RECURRENT_H
#include "../graph/graph.h"

// ours[g]: the place in our order (graph.h) of ONNX's gate g: i o f c, z r h, h.
static const int onnx_gate[3][4] = {
    [RECURRENT_RNN] = {0}, [RECURRENT_GRU] = {0, 1, 2}, [RECURRENT_LSTM] = {0, 3, 1, 2}};
#endif
