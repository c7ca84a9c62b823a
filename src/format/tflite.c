// The .tflite format's entry in the table of formats.
#include "tflite.h"
#include "format.h"
#include <string.h>

static bool probe(struct span bytes)
{
    return bytes.n >= 8 && !memcmp(bytes.p + 4, "TFL3", 4);
}

const struct format format_tflite = {
    .name = "tflite",
    .ext = ".tflite",
    .about = "TensorFlow Lite (LiteRT) FlatBuffer, schema 3",
    .probe = probe,
    .read = tflite_read,
    .write = tflite_write,
};
