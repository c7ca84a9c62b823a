// Keras files: what is refused, and why; the real ones. What is read right is in tests/golden
// (test_golden.c).
#include "../test.h"
#include "../../src/base/file.h"
#include "../../src/format/format.h"
#include "../../src/format/keras.h"
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

// The golden model `file` with `from` in its config replaced by `to`; the message must hold `want`.
static void refused(const char *file, const char *from, const char *to, const char *want)
{
    struct arena a = {0};
    struct err e = {""};
    struct span bytes;
    json_t *root = NULL;
    bool v3;
    CHECK(file_read(arena_printf(&a, "tests/golden/keras_%s", file), &a, &bytes, &e));
    const struct h5 *h5 = keras_open(bytes, &root, &v3, &a, &e);
    char *text = json_dumps(root, JSON_COMPACT | JSON_ENSURE_ASCII), *at = text ? strstr(text, from) : NULL;
    json_decref(root);
    if (!h5 || !at)
        test_fail(__FILE__, __LINE__, "%s: %s is not in its config", file, from);
    else {
        *at = 0;
        const char *changed = arena_printf(&a, "%s%s%s", text, to, at + strlen(from));
        root = json_loads(changed, 0, NULL);
        CHECK(root != NULL);
        struct graph *g = keras_read(root, h5, v3, &a, &a, &e);
        if (g && graph_check(g, &e))
            test_fail(__FILE__, __LINE__, "%s: %s was not refused", file, to);
        else
            CHECK_STR(want, e.text);
        json_decref(root);
    }
    free(text);
    arena_free(&a);
}

TEST(keras_refused)
{
    const char *cnn = "cnn_keras/model.keras", *f = "functional_h5/model.h5",
               *time = "time_distributed_h5/model.h5";
    refused(cnn, "\"class_name\":\"Conv1D\"", "\"class_name\":\"ConvLSTM1D\"", "use LSTM, GRU or SimpleRNN");
    refused(cnn, "\"class_name\":\"Conv1D\"", "\"class_name\":\"Attention\"",
            "it has 1 inputs, want [query, value, key]");
    refused(cnn, "\"class_name\":\"Conv1D\"", "\"class_name\":\"Lambda\"", "it holds Python code");
    refused(cnn, "\"class_name\":\"Conv1D\"", "\"class_name\":\"Embedding\"", "it looks up whole numbers");
    refused(cnn, "\"module\":\"keras.layers\",\"class_name\":\"Conv1D\"",
            "\"module\":\"mine\",\"class_name\":\"Conv1D\"", "a layer of your own (mine)");
    refused(cnn, "\"class_name\":\"Sequential\"", "\"class_name\":\"MyModel\"",
            "only Sequential and Functional");
    refused(cnn, "\"class_name\":\"Dense\"", "\"class_name\":\"Conv2D\"",
            "its input has 2 dimensions, want 4");
    refused(cnn, "\"activation\":\"relu\"", "\"activation\":\"mine\"", "activation mine is not supported");
    refused(cnn, "\"filters\":8", "\"filters\":9", "its kernel is 5x6x8 in the file, the config wants 5x6x9");
    refused(cnn, "\"filters\":8", "\"filters\":-1", "filters is not a whole number of at least 1");
    refused(cnn, "\"groups\":1", "\"groups\":2", "its kernel is 5x6x8 in the file, the config wants 5x3x8");
    refused(cnn, "\"kernel_size\":[5]", "\"kernel_size\":[5,5]", "kernel_size has 2 entries, want 1");
    refused(cnn, "\"strides\":[1]", "\"strides\":[0]", "strides is not a whole number");
    refused(cnn, "\"padding\":\"same\"", "\"padding\":\"full\"", "padding full is not known");
    refused(cnn, "[null,40,6]", "[null,null,6]",
            "dimension 1 of the input has no fixed size, or an absurd one");
    refused(cnn, "[null,40,6]", "[null,2,6]", "its kernel is 120x10 in the file, the config wants 12x10");
    refused(cnn, "\"dtype\":\"float32\"", "\"dtype\":\"int32\"", "only inputs of floats");
    refused(cnn, "\"axis\":-1", "\"axis\":5", "its axis is not supported");
    refused(f, "\"inbound_nodes\":[{", "\"nothing\":[{", "no layer makes it");
    refused(f, "\"input_layers\"", "\"nothing\"", "no input layers");
    refused(f, "\"target_shape\":[1,8]", "\"target_shape\":[1,9]", "do not fit target_shape");
    refused(f, "\"dims\":[2,1]", "\"dims\":[1,1]", "dims is not a permutation");
    refused(f, "\"mean\":[", "\"mean\":[1,", "are not 6 numbers");
    refused("lstm_keras/model.keras", "\"recurrent_activation\":\"sigmoid\"",
            "\"recurrent_activation\":\"elu\"", "recurrent_activation elu is not supported");
    refused("lstm_keras/model.keras", "\"merge_mode\":\"concat\"", "\"merge_mode\":null",
            "it has several outputs");
    refused("lstm_h5/model.h5", "\"units\":7", "\"units\":8",
            "its kernel is 6x28 in the file, the config wants 6x32");
    refused(time, "\"class_name\":\"MaxPooling1D\"", "\"class_name\":\"MaxPooling2D\"",
            "inside of TimeDistributed");
}

TEST(keras_refused_calls)
{
    const char *f = "functions_keras/model.keras", *att = "attention_keras/model.keras",
               *mask = "masked_keras/model.keras", *rnn = "recurrent_kinds_keras/model.keras";
    refused(f, "\"class_name\":\"GetItem\"", "\"class_name\":\"Einsum\"", "function Einsum is not supported");
    refused(f, "\"keras_history\":[", "\"keras_history\":[1,", "its inputs cannot be read");
    refused(att, "\"num_heads\":2", "\"num_heads\":3",
            "its kernel is 8x2x4 in the file, the config wants 8x3x4");
    refused(att, "\"attention_axes\":[1]", "\"attention_axes\":[2]", "other axes than 1 is not supported");
    refused(mask, "\"class_name\":\"Conv1D\"", "\"class_name\":\"LSTM\"",
            "leaves out the samples that layer masking");
    refused(rnn, "\"class_name\":\"LSTMCell\"", "\"class_name\":\"MyCell\"",
            "its cell MyCell is not LSTMCell");
}

// Layers may stand in any order; here the last ones first.
TEST(keras_layers_in_any_order)
{
    struct arena a = {0};
    struct err e = {""};
    struct span bytes;
    json_t *root = NULL;
    bool v3;
    CHECK(file_read("tests/golden/keras_functional_h5/model.h5", &a, &bytes, &e));
    const struct h5 *h5 = keras_open(bytes, &root, &v3, &a, &e);
    json_t *config = json_object_get(root, "config"), *layers = json_object_get(config, "layers"),
           *turned = json_array();
    for (size_t i = json_array_size(layers); i-- > 0;) json_array_append(turned, json_array_get(layers, i));
    json_object_set_new(config, "layers", turned);
    struct graph *g = h5 ? keras_read(root, h5, v3, &a, &a, &e) : NULL;
    if (!g || !graph_check(g, &e)) test_fail(__FILE__, __LINE__, "%s", e.text);
    json_decref(root);
    arena_free(&a);
}

static void refused_bytes(const struct format *f, const void *p, size_t n, const char *want)
{
    struct arena a = {0};
    struct err e = {""};
    CHECK(!f->read((struct span){arena_copy(&a, p, n), n}, &a, &e));
    CHECK_STR(want, e.text);
    arena_free(&a);
}

TEST(keras_damaged)
{
    struct arena a = {0};
    struct err e = {""};
    struct span zip, h5;
    CHECK(file_read("tests/golden/keras_cnn_keras/model.keras", &a, &zip, &e));
    CHECK(file_read("tests/golden/keras_nested_h5/model.h5", &a, &h5, &e));
    CHECK(format_keras.probe(zip) && !format_h5.probe(zip) && format_h5.probe(h5) && !format_onnx.probe(h5));
    refused_bytes(&format_keras, zip.p, zip.n / 2, "not a readable zip archive");
    refused_bytes(&format_h5, h5.p, h5.n / 2, "damaged or cut off");
    refused_bytes(&format_h5, h5.p, 8, "damaged or cut off");
    uint8_t *bad = arena_copy(&a, h5.p, h5.n); // every 50th byte wrong: refused or read, never a crash
    for (size_t i = 100; i < h5.n; i += 50) bad[i] ^= 0x55;
    struct graph *g = format_h5.read((struct span){bad, h5.n}, &a, &e);
    CHECK(!g || graph_check(g, &e) || *e.text);
    uint8_t *other = arena_copy(&a, zip.p, zip.n); // a zip of something else
    for (size_t i = 0; i + 11 < zip.n; i++)
        if (!memcmp(other + i, "config.json", 11)) other[i] = 'x';
    refused_bytes(&format_keras, other, zip.n, "config.json is not in the archive");
    arena_free(&a);
}

TEST(keras_real_models)
{
    static const struct {
        const char *path, *want; // "": loads; else the message holds it
    } file[] = {{"models/uci-har-cnn/uci_har_model_fp32.keras", ""},
                {"models/motionsense-cnn2d/HAR_Comb.hdf5", ""},
                {"models/st-ign/har_IGN.h5", ""},
                {"models/uci-har-561-conv170/Conv170.h5", ""},
                {"models/uci-har-lstm32x2/har_model.keras", ""}};
    if (!test_shared("models")) {
        test_skip("../shared/models is not here");
        return;
    }
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct graph *g = model_load(test_shared(file[i].path), &a, &e);
        if (*file[i].want)
            CHECK_STR(file[i].want, e.text);
        else if (!g)
            test_fail(__FILE__, __LINE__, "%s", e.text);
        arena_free(&a);
    }
}

// Numbers that an .h5 keeps in another file are not read: whoever sends it would choose which of the machine's files.
TEST(h5_opens_no_other_file)
{
    struct arena a = {0};
    struct err e = {""};
    const float v[4] = {1, 2, 3, 4};
    const hsize_t dim = 4;
    struct buf raw = {0};
    struct span bytes;
    buf_put(&raw, v, sizeof v);
    CHECK(file_write(test_path("elsewhere.raw"), buf_span(&raw), &e));
    buf_free(&raw);
    const hid_t f = H5Fcreate(test_path("m.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
                space = H5Screate_simple(1, &dim, NULL), away = H5Pcreate(H5P_DATASET_CREATE),
                mapped = H5Pcreate(H5P_DATASET_CREATE);
    CHECK(H5Pset_external(away, test_path("elsewhere.raw"), 0, sizeof v) >= 0);
    CHECK(H5Pset_virtual(mapped, space, test_path("m2.h5"), "here", space) >= 0);
    const hid_t made[] = {away, mapped, H5P_DEFAULT};
    static const char *const name[] = {"away", "mapped", "here"};
    for (int i = 0; i < 3; i++) {
        const hid_t d = H5Dcreate2(f, name[i], H5T_NATIVE_FLOAT, space, H5P_DEFAULT, made[i], H5P_DEFAULT);
        CHECK(d >= 0 && (i == 1 || H5Dwrite(d, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, v) >= 0));
        H5Dclose(d);
    }
    H5Pclose(away), H5Pclose(mapped), H5Sclose(space), H5Fclose(f);
    CHECK(file_read(test_path("m.h5"), &a, &bytes, &e));
    const struct h5 *h = h5_read(bytes, &a, &e);
    CHECK_STR("", e.text);
    const struct h5_data *here = h ? h5_data_find(h, "here") : NULL;
    CHECK(here && here->v[3] == 4);
    CHECK(h && !h5_data_find(h, "away") && !h5_data_find(h, "mapped"));
    arena_free(&a);
}
