// Keras: a container (zip or HDF5) of any bytes, or any text as the config of one of the golden models, whose
// weights stand by; its number is the first byte. Refused with a message, or a graph.
#include "../../src/base/file.h"
#include "../../src/format/format.h"
#include "../../src/format/keras.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const model[] = {"cnn_keras/model.keras",       "depthwise_h5/model.h5",
                                    "image_keras/model.keras",     "functional_h5/model.h5",
                                    "nested_keras/model.keras",    "nested_h5/model.h5",
                                    "time_distributed_h5/model.h5"};
enum { MODELS = sizeof model / sizeof *model };
static const struct h5 *weights[MODELS];
static bool v3[MODELS];

static void weights_load(void)
{
    static struct arena a; // for as long as the fuzzer runs
    for (int i = 0; i < MODELS; i++) {
        struct err e;
        struct span bytes;
        json_t *root = NULL;
        if (!file_read(arena_printf(&a, "tests/golden/keras_%s", model[i]), &a, &bytes, &e)) continue;
        weights[i] = keras_open(bytes, &root, &v3[i], &a, &e);
        json_decref(root);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static bool loaded;
    if (!loaded) weights_load();
    loaded = true;
    struct arena a = {0}, scratch = {0};
    struct err e = {""};
    struct graph *g = NULL;
    struct span bytes = {data, n};
    if (format_keras.probe(bytes))
        g = format_keras.read(bytes, &a, &e);
    else if (format_h5.probe(bytes))
        g = format_h5.read(bytes, &a, &e);
    else if (n > 1 && weights[data[0] % MODELS]) {
        json_t *root = json_loadb((const char *)data + 1, n - 1, 0, NULL);
        if (json_is_object(root)) {
            g = keras_read(root, weights[data[0] % MODELS], v3[data[0] % MODELS], &a, &scratch, &e);
            assert(g || *e.text);
        }
        json_decref(root);
    }
    assert(a.bytes + scratch.bytes <= 4096 * n + (64u << 20));
    if (g && graph_check(g, &e)) (void)graph_macs(g);
    arena_free(&a);
    arena_free(&scratch);
    return 0;
}
