// ONNX files as protobuf structures. protobuf-c is called in onnx_proto.c and nowhere else; the generated
// structs (from the onnx.proto of libonnx-dev) are what the reader and the writer work on.
#ifndef FORMAT_ONNX_PROTO_H
#define FORMAT_ONNX_PROTO_H
#include "../base/arena.h"
#include "../base/buf.h"
#include "../base/err.h"
#include <onnx.pb-c.h>

// By content: a well-formed run of ModelProto fields with a graph among them.
bool onnx_probe(struct span bytes);
// Everything it returns lives in a. Nesting and memory are bounded by the file's size.
Onnx__ModelProto *onnx_unpack(struct span bytes, struct arena *a, struct err *e);
void onnx_pack(const Onnx__ModelProto *m, struct buf *out);
#endif
