// Keras: a container (zip or HDF5) of any bytes, or any text as the config of one of the golden models, whose
// weights stand by; its number is the first byte. Refused with a message, or a graph. Configs are mutated as JSON.
#include "../../src/base/file.h"
#include "../../src/format/format.h"
#include "../../src/format/keras.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t most) __attribute__((weak)); // libFuzzer's

static const char *const model[] = {"cnn_keras/model.keras",        "depthwise_h5/model.h5",
                                    "image_keras/model.keras",      "functional_h5/model.h5",
                                    "nested_keras/model.keras",     "nested_h5/model.h5",
                                    "time_distributed_h5/model.h5", "attention_kinds_keras/model.keras",
                                    "attention_h5/model.h5",        "recurrent_kinds_keras/model.keras",
                                    "functions_keras/model.keras",  "models_inside_keras/model.keras",
                                    "einsum_h5/model.h5",           "2_attention/model.h5",
                                    "normalisations_h5/model.h5",   "convolutions_h5/model.h5"};
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

// ---- configs stay JSON: one value of the tree becomes another ----

static unsigned draw(unsigned *state, unsigned n)
{
    *state = *state * 1664525u + 1013904223u;
    return n ? (*state >> 8) % n : 0;
}

// The values of a tree, those at the top more often.
static json_t *pick(json_t *v, unsigned *state, json_t **parent, const char **key, size_t *index)
{
    json_t *at = v;
    *parent = NULL;
    while (json_is_object(at) || json_is_array(at)) {
        const size_t n = json_is_object(at) ? json_object_size(at) : json_array_size(at);
        if (!n || (*parent && !draw(state, 12))) break;
        size_t k = draw(state, (unsigned)n);
        *parent = at;
        *index = k;
        if (json_is_object(at)) {
            void *it = json_object_iter(at);
            while (k--) it = json_object_iter_next(at, it);
            *key = json_object_iter_key(it);
            at = json_object_iter_value(it);
        } else
            at = json_array_get(at, k);
    }
    return at;
}

static json_t *other_value(json_t *root, json_t *old, unsigned *state)
{
    static const int whole[] = {0,  1,   -1,   2,       3,       4,         5,        7,
                                16, 255, 4096, 1 << 20, 1 << 24, INT32_MAX, INT32_MIN};
    json_t *parent;
    const char *key;
    size_t index;
    switch (draw(state, 6)) {
    case 0:
        return json_integer(whole[draw(state, sizeof whole / sizeof *whole)]);
    case 1:
        return json_is_integer(old) ? json_integer(json_integer_value(old) + (int)draw(state, 5) - 2)
                                    : json_null();
    case 2:
        return json_boolean(draw(state, 2));
    case 3:
        return json_real((double)draw(state, 1000) / 100 - 5);
    default:
        return json_deep_copy(pick(root, state, &parent, &key, &index));
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed)
{
    unsigned state = seed;
    json_t *root = n > 1 ? json_loadb((const char *)data + 1, n - 1, 0, NULL) : NULL, *parent;
    const char *key = NULL;
    size_t index = 0;
    if (!json_is_object(root) || !draw(&state, 10)) {
        json_decref(root);
        return LLVMFuzzerMutate ? LLVMFuzzerMutate(data, n, most) : n;
    }
    for (unsigned times = 1 + draw(&state, 3); times--;) {
        json_t *old = pick(root, &state, &parent, &key, &index);
        if (!parent) break;
        const unsigned what = draw(&state, 4);
        if (json_is_object(parent)) {
            if (what == 0)
                json_object_del(parent, key);
            else
                json_object_set_new(parent, key, other_value(root, old, &state));
        } else if (what == 0)
            json_array_remove(parent, index);
        else if (what == 1)
            json_array_insert_new(parent, index, other_value(root, old, &state));
        else
            json_array_set_new(parent, index, other_value(root, old, &state));
    }
    char *text = json_dumps(root, JSON_COMPACT | JSON_ENSURE_ASCII);
    const size_t length = text ? strlen(text) : 0;
    if (length && length < most) {
        if (!draw(&state, 20)) data[0] = (uint8_t)draw(&state, 256);
        memcpy(data + 1, text, length);
        n = length + 1;
    }
    free(text);
    json_decref(root);
    return n;
}
