// Streaming against the whole window, bit for bit, over recordings of many windows.
#include "../../src/compress/compress.h"
#include "../../src/run/run.h"
#include "../../src/train/train.h"
#include "../test.h"
#include "../tiny.h"
#include <string.h>

enum { WINDOW = 128, CHANNELS = 6, CLASSES = 5, CALIBRATION = 40 };

static struct graph *network(const char *arch, const char *technique, struct arena *a)
{
    static const float mean[CHANNELS] = {0.1f, -0.2f, 0.9f}, std[CHANNELS] = {1, 0.5f, 0.7f, 1, 2, 1};
    const struct arch_shape s = {WINDOW, CHANNELS, CLASSES, mean, std};
    struct rng r = rng_new(7);
    struct err e = {""};
    struct graph *g = arch_find(arch)->build(&s, &r, a, &e);
    if (!g) return test_fail(__FILE__, __LINE__, "%s: %s", arch, e.text), NULL;
    const struct compress_opt o = {.calibration = tiny_windows(a, g, CALIBRATION, 3),
                                   .ncalibration = CALIBRATION,
                                   .range = RANGE_MIN_MAX};
    struct graph *h = technique_find(technique)->apply(g, &o, a, &e);
    if (!h) test_fail(__FILE__, __LINE__, "%s %s: %s", arch, technique, e.text);
    return h;
}

// The scores of every window of a recording that ends at a multiple of hop are those of the whole window.
static void same_bits(const char *arch, const char *technique, int hop)
{
    enum { HOPS = 30 };
    struct arena a = {0};
    struct err e = {""};
    struct graph *g = network(arch, technique, &a), *h = g ? stream_graph(g, hop, &a, NULL, &e) : NULL;
    if (!h || !graph_check(h, &e)) {
        test_fail(__FILE__, __LINE__, "%s %s hop %d: %s", arch, technique, hop, e.text);
        arena_free(&a);
        return;
    }
    const int first = (WINDOW + hop - 1) / hop, n = first + HOPS;
    float *x = arena_new_n(&a, (size_t)(n * hop * CHANNELS), float), want[CLASSES];
    struct rng r = rng_new((uint64_t)hop);
    for (int i = 0; i < n * hop * CHANNELS; i++) x[i] = 2 * rng_normal(&r);
    struct plan *whole = plan_lower(g, &layout_host, &a, &e), *part = plan_lower(h, &layout_host, &a, &e);
    CHECK(whole && part && part->front > 0 && part->front < part->nstep);
    struct runner *all = runner_new(whole, &a);
    float *got = arena_new_n(&a, (size_t)n * CLASSES, float);
    CHECK(run_batch(part, x, n, got, &e));
    for (int k = first; k <= n; k++) {
        run_float(all, x + (k * hop - WINDOW) * CHANNELS, want);
        if (memcmp(want, got + (k - 1) * CLASSES, sizeof want))
            test_fail(__FILE__, __LINE__, "%s %s hop %d: window %d differs", arch, technique, hop, k - first);
    }
    CHECK(graph_macs(h) < graph_macs(g));
    arena_free(&a);
}

TEST(stream_equals_the_whole_window)
{
    static const int hops[] = {64, 8, 48, 96};
    for (int i = 0; i < 4; i++) {
        same_bits("cnn", "lite", hops[i]);
        same_bits("cnn", "full-integer", hops[i]);
        same_bits("cnn-stream", "full-integer", hops[i]);
    }
    same_bits("cnn", "none", 64);
    same_bits("cnn-stream", "lite", 64);
    same_bits("cnn-small", "full-integer", 4);
    same_bits("cnn-lstm", "full-integer", 64);
    same_bits("deepconvlstm", "lite", 32);
    same_bits("ds-cnn", "full-integer", 32); // its first convolution alone has no padding
}

static void refused(const char *arch, const char *technique, int hop, const char *part)
{
    struct arena a = {0};
    struct err e = {""};
    const struct graph *g = network(arch, technique, &a);
    CHECK(g && !stream_graph(g, hop, &a, NULL, &e));
    CHECK_STR(part, e.text);
    arena_free(&a);
}

TEST(stream_says_why_nothing_can_be_kept)
{
    refused("lstm", "lite", 64, "starts anew with each window");
    refused("cnn", "dynamic", 64, "dynamic quantization scales the whole window at once");
    refused("cnn", "lite", 63, "the hop is no multiple of its stride");
    refused("cnn", "lite", 128, "do not overlap");
    refused("cnn", "lite", 120, "overlap is too short");
    refused("cnn", "lite", 0, "do not overlap");
}

TEST(stream_says_where_the_front_ends)
{
    struct arena a = {0};
    struct err e = {""};
    const char *rest = NULL;
    CHECK(stream_graph(network("ds-cnn", "lite", &a), 32, &a, &rest, &e));
    CHECK_STR("its padding depends on where the window begins", rest);
    CHECK(stream_graph(network("cnn", "lite", &a), 64, &a, &rest, &e));
    CHECK_STR("MEAN", rest);
    arena_free(&a);
}
