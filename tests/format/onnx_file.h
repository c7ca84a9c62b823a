#ifndef TESTS_FORMAT_ONNX_FILE_H
#define TESTS_FORMAT_ONNX_FILE_H
#include "../../src/format/onnx_proto.h"

// The message in a file, to be changed; NULL, and the test fails, where there is none.
Onnx__ModelProto *onnx_file(const char *path, struct arena *a);
#endif
