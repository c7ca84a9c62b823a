#include "onnx_file.h"
#include "../../src/base/file.h"
#include "../test.h"

Onnx__ModelProto *onnx_file(const char *path, struct arena *a)
{
    struct span s;
    struct err e = {""};
    Onnx__ModelProto *m = file_read(path, a, &s, &e) ? onnx_unpack(s, a, &e) : NULL;
    if (!m) test_fail(__FILE__, __LINE__, "%s", e.text);
    return m;
}
