// Every trained model of others in ../shared/models the way a person goes: loaded, converted by each technique, written,
// read again with the same outputs, emitted for an ESP32; a quantised one says what to do and is then converted all
// the same.
#include "../../src/compress/compress.h"
#include "../../src/emit/emit.h"
#include "../../src/format/format.h"
#include "../../src/run/run.h"
#include "../bound.h"
#include "../test.h"
#include "../tiny.h"
#include <string.h>
#include <sys/stat.h>

static const char *const models[] = {"extrasensory-dense/simple_nn.onnx",
                                     "fall-cnn-polar/polar-window10-lag0-cnn.onnx",
                                     "fall-cnn-polar/saved_model.tflite",
                                     "imu-gesture-cnn-lstm/gesture_model.onnx",
                                     "imu-gesture-cnn-lstm/gesture_model.tflite",
                                     "motionsense-cnn2d/HAR_Comb.hdf5",
                                     "st-har-cnn/model.tflite",
                                     "st-ign/har_IGN.h5",
                                     "tflm-mnist-lstm/trained_lstm.tflite",
                                     "uci-har-561-conv170/Conv170.h5",
                                     "uci-har-561-conv170/ConvDynamic170.tflite",
                                     "uci-har-cnn/uci_har_model_fp32.keras",
                                     "uci-har-cnn/uci_har_model_int8.tflite",
                                     "uci-har-lstm32x2/har_float32.tflite",
                                     "uci-har-lstm32x2/har_int8.tflite",
                                     "uci-har-lstm32x2/har_model.keras"};
static const char *const converted[] = {"lite", "dynamic", "full-integer", "float16", "int16x8"};
#define COUNT(v) (sizeof(v) / sizeof *(v))

static const float *scores(const struct plan *p, const float *x, struct arena *a)
{
    struct err e = {""};
    float *y = arena_new_n(a, (size_t)tensor_count(p->g->out[0]), float);
    if (!run_batch(p, x, 1, y, &e)) test_fail(__FILE__, __LINE__, "%s", e.text);
    return y;
}

// Written and read again, the graph is the same network.
static bool check_file(const struct graph *g, const float *x, struct arena *a, struct err *e)
{
    struct buf file = {0};
    const struct graph *h = NULL;
    if (format_tflite.write(g, &file, e))
        h = format_tflite.read((struct span){arena_copy(a, file.p, file.n), file.n}, a, e);
    buf_free(&file);
    const struct plan *p = h ? plan_lower(g, &layout_host, a, e) : NULL,
                      *q = p ? plan_lower(h, &layout_host, a, e) : NULL;
    if (!q) return false;
    const float *want = scores(p, x, a), *got = scores(q, x, a);
    for (int64_t i = 0; i < tensor_count(g->out[0]); i++)
        if (!(want[i] - got[i] <= 1e-6f && got[i] - want[i] <= 1e-6f))
            return fail(e, "read again, score %d is %g, not %g", (int)i, (double)got[i], (double)want[i]);
    return true;
}

static bool emit(const struct graph *g, const char *name, const float *x, struct arena *a, struct err *e)
{
    const struct target *t = target_find("esp32");
    const struct plan *p = plan_lower(g, t->layout, a, e);
    const struct emit_opt o = {.name = "har", .ngolden = 1, .golden = x};
    return p && emit_project(p, t, &o, test_path(name), e);
}

static bool go(const char *path, const char *technique, struct arena *a, struct err *e)
{
    const struct graph *g = model_load(path, a, e);
    if (!g || !graph_check(g, e)) return false;
    if (!starts_float(g, technique, e)) {
        CHECK_STR("--dequantize", e->text);
        if (!(g = dequantize(g, a, e))) return false;
    }
    const float *x = tiny_windows(a, g, 2, 5);
    const struct compress_opt o = {.calibration = x, .ncalibration = 2};
    g = technique_find(technique)->apply(g, &o, a, e);
    if (!g || !check_file(g, x, a, e)) return false;
    bound_check(path, g, a);
    return !strcmp(technique, "full-integer") ? emit(g, arena_printf(a, "%d", (int)strlen(path)), x, a, e)
                                              : true;
}

TEST(shared_models)
{
    if (!test_shared("models")) {
        test_skip("../shared/models is absent");
        return;
    }
    for (size_t i = 0; i < COUNT(models); i++)
        for (size_t k = 0; k < COUNT(converted); k++) {
            struct arena a = {0};
            struct err e = {""};
            const char *path = test_shared(arena_printf(&a, "models/%s", models[i]));
            if (!path)
                test_fail(models[i], 0, "is absent, the others are there");
            else if (!go(path, converted[k], &a, &e))
                test_fail(models[i], 0, "%s: %s", converted[k], e.text);
            arena_free(&a);
        }
}
