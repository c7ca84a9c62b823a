// The .tflite reader and writer: what is written is read back the same, in every technique.
#include "../../src/base/file.h"
#include "../../src/base/proc.h"
#include "../../src/compress/compress.h"
#include "../../src/format/flatbuf.h"
#include "../../src/format/format.h"
#include "../../src/format/tflite_schema.h"
#include "../test.h"
#include "../tiny.h"
#include <stdio.h>
#include <string.h>

static struct graph *made(struct arena *a, const char *technique)
{
    struct err e = {""};
    struct graph *g =
        technique_find(technique)->apply(tiny_cnn(a, 32, 6, 4, 1), &(struct compress_opt){0}, a, &e);
    if (!g) printf("%s\n", e.text);
    return g;
}

// Written, read, printed and written again: text and bytes must be the same.
static void check_round_trip(const struct graph *g, struct arena *a)
{
    struct err e = {""};
    struct buf first = {0}, second = {0}, want = {0}, got = {0};
    CHECK(format_tflite.write(g, &first, &e));
    CHECK(format_tflite.probe(buf_span(&first)));
    struct graph *h = format_tflite.read(buf_span(&first), a, &e);
    if (!h) printf("%s\n", e.text);
    CHECK(h != NULL);
    if (!h) return;
    CHECK(graph_check(h, &e));
    graph_print(g, &want);
    graph_print(h, &got);
    CHECK(!strcmp((char *)want.p, (char *)got.p));
    CHECK(format_tflite.write(h, &second, &e));
    CHECK(first.n == second.n && !memcmp(first.p, second.p, first.n));
    buf_free(&first), buf_free(&second), buf_free(&want), buf_free(&got);
}

TEST(tflite_round_trip)
{
    struct arena a = {0};
    static const char *const technique[] = {"lite", "dynamic"};
    for (int i = 0; i < 2; i++) {
        struct graph *g = made(&a, technique[i]);
        graph_meta_set(g, &a, "note", "two\nlines, a back\\slash, a = sign");
        check_round_trip(g, &a);
    }
    arena_free(&a);
}

TEST(tflite_meta)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf out = {0};
    struct graph *g = made(&a, "lite");
    graph_meta_set(g, &a, "note", "two\nlines, a back\\slash, a = sign");
    CHECK(format_tflite.write(g, &out, &e));
    struct graph *h = format_tflite.read(buf_span(&out), &a, &e);
    CHECK(h && !strcmp(graph_meta(h, "note"), "two\nlines, a back\\slash, a = sign"));
    CHECK(h && !strcmp(graph_meta(h, META_LABELS), "a,b,c"));
    buf_free(&out);
    arena_free(&a);
}

// Constants lie at multiples of 16 bytes, the end too; the entry point is called serving_default.
TEST(tflite_layout)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf out = {0};
    CHECK(format_tflite.write(made(&a, "dynamic"), &out, &e));
    struct fb fb = {.file = buf_span(&out)};
    struct fb_table model = fb_root(&fb);
    struct fb_vec buffers = fb_vec(&model, MODEL_BUFFERS, 4), sign = fb_vec(&model, MODEL_SIGNATURES, 4);
    CHECK(!memcmp(out.p + 4, "TFL3", 4));
    CHECK_EQ(0, out.n % 16);
    CHECK(buffers.n > 10);
    for (uint32_t i = 0; i < buffers.n; i++) {
        struct fb_table b = fb_vec_table(&buffers, i);
        struct fb_vec data = fb_vec(&b, BUFFER_DATA, 1);
        CHECK(i ? data.n > 0 : data.n == 0); // buffer 0 stands for "computed"
        CHECK_EQ(0, data.at % 16);
    }
    struct fb_table first = fb_vec_table(&sign, 0);
    CHECK(!strcmp(fb_str(&first, SIGNATURE_KEY), "serving_default"));
    CHECK(!fb.bad);
    buf_free(&out);
    arena_free(&a);
}

// Padding that is neither SAME nor VALID becomes a PAD in front, which reads back as a node of its own.
TEST(tflite_pad_in_front)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf out = {0};
    struct graph *g = made(&a, "lite");
    for (int k = 0; k < g->nnode; k++)
        if (!strcmp(g->node[k]->name, "conv2")) { // causal: 2 in front instead of 1 and 1
            g->node[k]->as.conv.pad[1] = 2;
            g->node[k]->as.conv.pad[3] = 0;
        }
    CHECK(graph_check(g, &e));
    CHECK(format_tflite.write(g, &out, &e));
    struct graph *h = format_tflite.read(buf_span(&out), &a, &e);
    CHECK(h && h->nnode == g->nnode + 1);
    int found = -1;
    for (int k = 0; h && k < h->nnode; k++)
        if (h->node[k]->op == OP_PAD) found = k;
    CHECK(found >= 0 && h->node[found]->as.pad.before[2] == 2 && h->node[found]->as.pad.after[2] == 0);
    CHECK(found >= 0 && h->node[found + 1]->op == OP_CONV_2D && h->node[found + 1]->as.conv.pad[1] == 0);
    buf_free(&out);
    arena_free(&a);
}

TEST(tflite_meta_bounded)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf out = {0};
    struct graph *g = made(&a, "lite");
    for (int i = 0; i < 70; i++) graph_meta_set(g, &a, arena_printf(&a, "key%d", i), "");
    CHECK(format_tflite.write(g, &out, &e));
    CHECK(!format_tflite.read(buf_span(&out), &a, &e));
    CHECK_STR("metadata has more than 64 keys", e.text);
    out.n = 0;
    g = made(&a, "lite");
    char *long_text = arena_alloc(&a, 70000);
    memset(long_text, 'x', 69999);
    graph_meta_set(g, &a, "note", long_text);
    CHECK(format_tflite.write(g, &out, &e));
    CHECK(!format_tflite.read(buf_span(&out), &a, &e));
    CHECK_STR("at most 65536", e.text);
    buf_free(&out);
    arena_free(&a);
}

TEST(tflite_write_refuses_odd_pools)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf out = {0};
    struct graph *g = made(&a, "lite");
    for (int k = 0; k < g->nnode; k++)
        if (g->node[k]->op == OP_MAX_POOL_2D) g->node[k]->as.pool.pad[1] = 1;
    CHECK(!format_tflite.write(g, &out, &e));
    CHECK_STR("no MAX_POOL_2D with padding 0,1,0,0 (top, left, bottom, right)", e.text);
    buf_free(&out);
    arena_free(&a);
}

TEST(tflite_write_refuses_batch_norm)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf out = {0};
    CHECK(!format_tflite.write(tiny_cnn(&a, 32, 6, 4, 1), &out, &e));
    CHECK_STR("apply --technique lite first", e.text);
    buf_free(&out);
    arena_free(&a);
}

// Whatever others wrote loads, or is refused with the operator's name and what to do.
TEST(tflite_shared_models)
{
    static const struct {
        const char *path, *says; // NULL: loads
    } model[] = {
        {"models/st-har-cnn/model.tflite", NULL},
        {"models/uci-har-cnn/uci_har_model_int8.tflite", NULL},
        {"models/uci-har-561-conv170/ConvDynamic170.tflite", NULL},
        {"models/fall-cnn-polar/saved_model.tflite", NULL},
        {"models/tflm-mnist-lstm/trained_lstm.tflite", NULL},
        {"models/imu-gesture-cnn-lstm/gesture_model.tflite", NULL},
        {"models/uci-har-lstm32x2/har_float32.tflite", NULL},
        {"models/uci-har-lstm32x2/har_int8.tflite", NULL},
    };
    for (size_t i = 0; i < sizeof model / sizeof *model; i++) {
        const char *path = test_shared(model[i].path);
        if (!path) {
            test_skip("%s is absent", model[i].path);
            return;
        }
        struct arena a = {0};
        struct err e = {""};
        struct graph *g = model_load(path, &a, &e);
        if (model[i].says)
            CHECK_STR(model[i].says, e.text);
        else if (!g)
            CHECK_STR("(loads)", e.text);
        else
            check_round_trip(g, &a);
        arena_free(&a);
    }
}

// flatc (FlatBuffers' own compiler) as the judge: it turns our file into text and the text into a file of
// another layout, which must read as the same graph.
TEST(tflite_flatc)
{
    struct arena a = {0};
    struct err e = {""};
    struct proc_result r;
    if (!proc_find("flatc", &a)) {
        test_skip("flatc is absent (package flatbuffers-compiler)");
        return;
    }
    static const char *const technique[] = {"lite", "dynamic"};
    for (int i = 0; i < 2; i++) {
        struct graph *g = made(&a, technique[i]);
        struct buf want = {0}, got = {0};
        const char *file = test_path("ours.tflite"), *schema = "tests/format/tflite_subset.fbs";
        const char *const to_text[] = {"flatc", "-t", "--strict-json", "-o", test_dir(), schema, "--",
                                       file,    NULL};
        const char *const to_file[] = {"flatc", "-b", "-o", test_dir(), schema, test_path("ours.json"), NULL};
        struct span ours, theirs;
        CHECK(model_save(g, file, &e) && file_read(file, &a, &ours, &e));
        CHECK(proc_run(to_text, NULL, 20, &a, &r, &e) && r.status == 0);
        CHECK(proc_run(to_file, NULL, 20, &a, &r, &e) && r.status == 0);
        CHECK(file_read(file, &a, &theirs, &e));
        CHECK(ours.n != theirs.n || memcmp(ours.p, theirs.p, ours.n)); // it is theirs now
        struct graph *h = model_load(file, &a, &e);
        if (!h) CHECK_STR("(loads)", e.text);
        graph_print(g, &want);
        if (h) graph_print(h, &got);
        CHECK(h && !strcmp((char *)want.p, (char *)got.p));
        CHECK(h && !strcmp(graph_meta(h, META_TECHNIQUE), technique[i]));
        buf_free(&want), buf_free(&got);
    }
    arena_free(&a);
}

// The names by which programs know inputs and outputs stay, whatever the tensors are called.
TEST(tflite_signature_names)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf out = {0};
    struct graph *g = model_load("tests/golden/tflite_keras_cnn_float/model.tflite", &a, &e);
    CHECK(g != NULL);
    const char *in = graph_meta(g, META_SIGNATURE_INPUTS), *to = graph_meta(g, META_SIGNATURE_OUTPUTS);
    CHECK(in && strcmp(in, g->in[0]->name) && to);
    CHECK(format_tflite.write(g, &out, &e));
    struct graph *h = format_tflite.read(buf_span(&out), &a, &e);
    CHECK_STR(in, graph_meta(h, META_SIGNATURE_INPUTS));
    CHECK_STR(to, graph_meta(h, META_SIGNATURE_OUTPUTS));
    CHECK_STR("serving_default", graph_meta(h, META_SIGNATURE));
    buf_free(&out);
    arena_free(&a);
}

// What vanished when the file was read is said.
TEST(tflite_notes)
{
    struct arena a = {0};
    struct err e = {""};
    struct graph *g = model_load("tests/golden/tflite_keras_cnn_float/model.tflite", &a, &e);
    bool shape = false, dilation = false;
    for (int i = 0; g && i < g->nnote; i++) {
        shape |= strstr(g->note[i], "SHAPE, STRIDED_SLICE, PACK folded into RESHAPE") != NULL;
        dilation |= strstr(g->note[i], "SPACE_TO_BATCH_ND, EXPAND_DIMS, CONV_2D") &&
                    strstr(g->note[i], "BATCH_TO_SPACE_ND");
    }
    for (int i = 0; g && i < g->nnote; i++)
        if (!shape || !dilation) printf("%s\n", g->note[i]);
    CHECK(shape && dilation);
    arena_free(&a);
}

// LiteRT refuses a convolution without a bias; what has none (Keras' use_bias=False) is written with zeros.
TEST(tflite_bias_of_zeros)
{
    struct arena a = {0};
    struct err e = {""};
    struct buf out = {0};
    struct rng r = rng_new(1);
    struct graph *g = graph_new(&a, "no bias");
    struct tensor *x = tensor_new(&a, "x", F32, 4, (int32_t[]){1, 1, 9, 3});
    struct node *n = graph_add(g, &a, OP_CONV_2D, "conv", 3, 1);
    n->in[0] = x;
    n->in[1] = tiny_const(&a, &r, "w", 4, (int32_t[]){4, 1, 3, 3}, 1);
    n->as.conv = (struct conv){{1, 1}, {1, 1}, {0}, ACT_NONE};
    struct tensor *y = graph_apply(g, &a, n, &e);
    g->in = &x, g->nin = 1, g->out = &y, g->nout = 1;
    CHECK(format_tflite.write(g, &out, &e));
    struct graph *h = format_tflite.read(buf_span(&out), &a, &e);
    if (!h || h->node[0]->nin < 3 || !h->node[0]->in[2])
        test_fail(__FILE__, __LINE__, "no bias: %s", e.text);
    else
        for (int i = 0; i < 4; i++) CHECK(((const float *)h->node[0]->in[2]->data)[i] == 0);
    buf_free(&out);
    arena_free(&a);
}
