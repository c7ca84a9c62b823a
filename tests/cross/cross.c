// cross [CHIP...]: small networks with every kernel, float, dynamic, int8 and int16, emitted for every emulated
// chip, run there, and compared byte for byte with the host. One firmware a chip holds them all.
#include "../../src/base/file.h"
#include "../../src/base/log.h"
#include "../../src/base/proc.h"
#include "../../src/compress/compress.h"
#include "../../src/emit/emit.h"
#include "../../src/graph/kernels.h"
#include "../../src/run/run.h"
#include "../tiny.h"
#include "../../device/xtensa/nn_conv2d_toom.h"
#include "zoo.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOWS = 4, NCASE = 47, HOP = 7 }; // HOP: of the networks whose windows are also pushed
static const struct {
    const char *network, *technique;
    bool ahead; // in target.layout_ahead, where there is one
    bool odd;   // int8 values lie at odd addresses: no kernel may load their words as if they were aligned
} cases[NCASE] = {{"tiny", "lite", false, false},
                  {"tiny", "dynamic", false, false},
                  {"tiny", "full-integer", false, false},
                  {"zoo", "none", false, false},
                  {"zoo", "dynamic", false, false},
                  {"zoo", "full-integer", false, false},
                  {"tiny", "int16x8", false, false},
                  {"zoo", "int16x8", false, false},
                  {"recurrent", "lite", false, false},
                  {"recurrent", "dynamic", false, false},
                  {"recurrent", "full-integer", false, false},
                  {"stateful", "lite", false, false},
                  {"stateful", "dynamic", false, false},
                  {"stateful", "full-integer", false, false},
                  {"attention", "lite", false, false},
                  {"attention", "full-integer", false, false},
                  {"choices", "lite", false, false},
                  {"choices", "full-integer", false, false},
                  {"signal", "lite", false, false},
                  {"signal", "dynamic", false, false},
                  {"signal", "full-integer", false, false},
                  {"separable", "lite", false, false},
                  {"separable", "dynamic", false, false},
                  {"separable", "full-integer", false, false},
                  {"zoo", "dynamic", true, false},
                  {"zoo", "full-integer", true, false},
                  {"signal", "dynamic", true, false},
                  {"signal", "full-integer", true, false},
                  {"signal", "clustered-full-integer", false, false}, // packed
                  {"separable", "clustered-dynamic", false, false},
                  {"pooled", "lite", false, false},
                  {"pooled", "dynamic", false, false},
                  {"pooled", "full-integer", false, false},
                  {"zoo", "full-integer", false, true},
                  {"recurrent", "full-integer", false, true},
                  {"attention", "full-integer", false, true},
                  {"choices", "full-integer", false, true},
                  {"signal", "full-integer", true, true},
                  {"separable", "full-integer", false, true},
                  {"pooled", "full-integer", false, true},
                  {"normalised", "dynamic", false, false},
                  {"normalised", "full-integer", false, false},
                  {"recurrent", "dynamic", true, false},
                  {"recurrent", "full-integer", true, false},
                  {"sequence", "lite", false, false},
                  {"sequence", "dynamic", false, false},
                  {"sequence", "full-integer", false, false}};
static struct graph *graphs[NCASE];
static const float *input[NCASE];
static int passed, failed, skipped;

static bool pushed(int i)
{
    return !strcmp(cases[i].network, "tiny") || !strcmp(cases[i].network, "normalised") ||
           !strcmp(cases[i].network, "sequence");
}

static bool as_they_are(void *who, struct graph *g, const struct clusters *c, struct arena *a, struct err *e)
{
    (void)who, (void)g, (void)c, (void)a, (void)e;
    return true;
}

// Every int8 value at bytes of its own behind all that there was, 1 to 3 beside a word.
static void move_odd(struct plan *p, struct ref *r, const struct tensor **seen, int32_t *at, int *n)
{
    if (r->offset < 0 || !r->t || r->t->type != I8) return;
    const struct tensor *t = plan_root(p, r->t);
    int i = 0;
    while (i < *n && seen[i] != t) i++;
    if (i == *n) {
        seen[(*n)++] = t;
        at[i] = p->arena_bytes + 1 + i % 3;
        p->arena_bytes = (at[i] + (int32_t)tensor_bytes(t) + 15) / 16 * 16;
    }
    r->offset = at[i];
}

static void place_odd(struct plan *p, struct arena *a)
{
    const int most = p->nstep * KERNEL_MAX_BUF + p->nkept;
    const struct tensor **seen = arena_new_n(a, (size_t)most, const struct tensor *);
    int32_t *at = arena_new_n(a, (size_t)most, int32_t);
    int n = 0;
    for (int s = 0; s < p->nstep; s++) { // what is read by words (device/nn.h) stays where it is
        const struct step *t = &p->step[s];
        if (!t->k->params || strcmp(t->k->params, "nn_conv2d")) continue;
        if (((const nn_conv2d *)(const void *)t->params)->group < NN_TOOM || t->buf[0].offset < 0) continue;
        seen[n] = plan_root(p, t->buf[0].t);
        at[n++] = t->buf[0].offset;
    }
    for (int s = 0; s < p->nstep; s++)
        for (int k = 0; k < p->step[s].k->nbuf; k++) move_odd(p, &p->step[s].buf[k], seen, at, &n);
    for (int i = 0; i < p->nkept; i++) move_odd(p, &p->kept[i], seen, at, &n);
    for (int i = 0; i < p->g->nin; i++) move_odd(p, &p->in[i], seen, at, &n);
    for (int i = 0; i < p->g->nout; i++) move_odd(p, &p->out[i], seen, at, &n);
}

static struct plan *plan_of(int i, const struct layout *l, struct arena *a, struct err *e)
{
    struct plan *p = plan_lower(graphs[i], l, a, e);
    if (!p || (!strncmp(cases[i].technique, "clustered", 9) && !plan_pack(p, a, e))) return NULL;
    if (cases[i].odd) place_odd(p, a);
    return p;
}

static bool make_graphs(struct arena *a, struct err *e)
{
    bool used[128] = {0};
    for (int i = 0; i < NCASE; i++) {
        struct graph *g = !strcmp(cases[i].network, "tiny")         ? tiny_cnn(a, 24, 3, 3, 5)
                          : !strcmp(cases[i].network, "zoo")        ? zoo_graph(a, 7)
                          : !strcmp(cases[i].network, "recurrent")  ? recurrent_graph(a, 3)
                          : !strcmp(cases[i].network, "stateful")   ? stateful_graph(a, 3)
                          : !strcmp(cases[i].network, "attention")  ? attention_graph(a, 4)
                          : !strcmp(cases[i].network, "signal")     ? signal_graph(a, 6)
                          : !strcmp(cases[i].network, "separable")  ? separable_graph(a, 7)
                          : !strcmp(cases[i].network, "pooled")     ? pooled_graph(a, 9)
                          : !strcmp(cases[i].network, "normalised") ? normalised_graph(a, 8)
                          : !strcmp(cases[i].network, "sequence")   ? sequence_graph(a, 4)
                                                                    : choices_graph(a, 5);
        struct compress_opt o = {
            .calibration = tiny_windows(a, g, 32, 6), .ncalibration = 32, .fine_tune = as_they_are};
        if (!(graphs[i] = technique_find(cases[i].technique)->apply(g, &o, a, e))) return false;
        input[i] = tiny_windows(a, g, WINDOWS, 12);
        struct plan *p = plan_of(i, &layout_plain, a, e);
        if (!p) return false;
        for (int s = 0; s < p->nstep; s++)
            for (int k = 0; kernels[k]; k++) used[k] |= p->step[s].k == kernels[k];
    }
    for (int k = 0; kernels[k]; k++) // a new kernel belongs into one of the networks
        if (!used[k])
            printf("FAIL no network of tests/cross uses the kernel %s\n", kernels[k]->name), failed++;
    return true;
}

// The firmware's main: every network on every window, the scores one after the other into out.bin; before them what
// checks itself (curves.c), else status 4. Some networks' windows also as one recording, sample by sample: every window of
// NAME_push equals NAME_invoke's, else status 5.
static void main_print(const struct plan *const *p, struct buf *out)
{
    buf_puts(out, "#include \"io.h\"\n");
    for (int i = 0; i < NCASE; i++) buf_printf(out, "#include \"n%d.h\"\n", i);
    buf_puts(out, "int curves_check(void);\nint firmware_main(void);\nint firmware_main(void)\n{\n    static "
                  "float x[2048], y[256];\n"
                  "    long in = io_open(\"in.bin\", 0), out = io_open(\"out.bin\", 1);\n    if (in < 0 || "
                  "out < 0) return 2;\n    if (curves_check()) return 4;\n");
    for (int i = 0; i < NCASE; i++) {
        const int nx = (int)tensor_count(p[i]->g->in[0]), push = pushed(i);
        buf_printf(
            out,
            "    for (int w = 0; w < %d; w++) {\n        if (io_read(in, x + w * %d, %d) != %d) return 3;\n"
            "        n%d_invoke(x + w * %d, y);\n        io_write(out, y, %d);\n    }\n",
            WINDOWS, push ? nx : 0, 4 * nx, 4 * nx, i, push ? nx : 0,
            (int)(4 * tensor_count(p[i]->g->out[0])));
        if (push)
            buf_printf(
                out,
                "    for (int s = 0, seen = 0; s < %d * N%d_WINDOW; s++) {\n"
                "        static float z[N%d_CLASSES];\n"
                "        if (n%d_push(x + s * N%d_CHANNELS, y)) {\n"
                "            n%d_invoke(x + (s + 1 - N%d_WINDOW) * N%d_CHANNELS, z), seen++;\n"
                "            for (int c = 0; c < N%d_CLASSES; c++)\n                if (y[c] != z[c]) return "
                "5;\n"
                "        }\n        if (s == %d * N%d_WINDOW - 1 && seen != %d * N%d_WINDOW / N%d_HOP + 1) "
                "return 5;\n    }\n",
                WINDOWS, i, i, i, i, i, i, i, i, WINDOWS, i, WINDOWS - 1, i, i);
    }
    buf_puts(out, "    io_close(out);\n    io_puts(\"done\\n\");\n    return 0;\n}\n");
}

static bool start(const struct target *t, const char *dir, struct arena *a, struct err *e)
{
    struct proc_result r;
    const char *cc = target_cc(t, a, e), *objects = "";
    for (int i = 0; i < NCASE; i++) objects = arena_printf(a, "%sbuild/n%d.o ", objects, i);
    for (int i = 0; i < 4 && t->start[i]; i++)
        objects = arena_printf(a, "%sbuild/%.*s.o ", objects, (int)strcspn(t->start[i], "."), t->start[i]);
    objects =
        arena_printf(a, "OBJ=%sbuild/all.o build/curves.o build/io_semihosting.o build/memory.o", objects);
    const char *const make[] = {"env",
                                "-u",
                                "MAKEFLAGS",
                                "-u",
                                "MFLAGS",
                                "-u",
                                "MAKELEVEL",
                                "make",
                                "-s",
                                "-j2",
                                arena_printf(a, "CC=%s", cc),
                                "EXTRA=-Werror",
                                objects,
                                "all",
                                NULL};
    if (!proc_run(make, dir, 300, a, &r, e)) return false;
    if (r.status) return fail(e, "does not build: %.600s", (const char *)r.err.p);
    const char *const run[] = {"make", "-s", arena_printf(a, "CC=%s", cc), objects, "run", NULL};
    if (!proc_run(run, dir, 120, a, &r, e)) return false;
    if (r.status)
        return fail(e, "ended with status %d: %.300s%.300s", r.status, (const char *)r.out.p,
                    (const char *)r.err.p);
    return true;
}

// curves.c with the multiply-adds of the chip's model.c.
static bool curves_write(const char *path, const struct target *t, struct span curves, struct err *e)
{
    struct buf text = {0};
    buf_printf(&text, "#define NN_FMA %d\n", t->layout->fma);
    buf_put(&text, curves.p, curves.n);
    const bool good = file_write(path, buf_span(&text), e);
    buf_free(&text);
    return good;
}

static bool chip_run(const struct target *t, const char *dir, float **want, struct span *got, struct arena *a,
                     struct err *e)
{
    const struct plan *p[NCASE];
    struct buf in = {0}, text = {0};
    struct span curves;
    for (int i = 0; i < NCASE; i++) {
        struct emit_opt o = {.name = arena_printf(a, "n%d", i), .hop = pushed(i) ? HOP : 0};
        const struct layout *l = cases[i].ahead && t->layout_ahead ? t->layout_ahead : t->layout;
        if (!(p[i] = plan_of(i, l, a, e)) || !emit_project(p[i], t, &o, dir, e)) return false;
        want[i] = arena_new_n(a, (size_t)(WINDOWS * tensor_count(p[i]->g->out[0])), float);
        if (!run_batch(p[i], input[i], WINDOWS, want[i], e)) return false;
        buf_put(&in, input[i], (size_t)(WINDOWS * tensor_count(p[i]->g->in[0])) * 4);
    }
    main_print(p, &text);
    bool good = file_write(arena_printf(a, "%s/in.bin", dir), buf_span(&in), e) &&
                file_write(arena_printf(a, "%s/all.c", dir), buf_span(&text), e) &&
                file_read("tests/cross/curves.c", a, &curves, e) &&
                curves_write(arena_printf(a, "%s/curves.c", dir), t, curves, e) && start(t, dir, a, e) &&
                file_read(arena_printf(a, "%s/out.bin", dir), a, got, e);
    buf_free(&in), buf_free(&text);
    return good;
}

static void chip_check(const struct target *t, const char *root)
{
    struct arena a = {0};
    struct err e = {""};
    float *want[NCASE];
    struct span got;
    double from = seconds_now();
    if (!target_cc(t, &a, &e) || !target_qemu(t, &a, &e)) {
        printf("skip %s\n", e.text), skipped += NCASE;
    } else if (!chip_run(t, arena_printf(&a, "%s/%s", root, t->name), want, &got, &a, &e)) {
        printf("FAIL %s: %s\n", t->name, e.text), failed += NCASE;
    } else {
        size_t at = 0;
        for (int i = 0; i < NCASE; i++) {
            size_t n = WINDOWS * (size_t)tensor_count(graphs[i]->out[0]) * 4, k = 0;
            while (k < n && at + k < got.n && got.p[at + k] == ((uint8_t *)want[i])[k]) k++;
            if (k < n)
                printf("FAIL %s, %s, %s: byte %zu of %zu differs from the host's\n", t->name,
                       cases[i].network, cases[i].technique, k, n),
                    failed++;
            else
                passed++;
            at += n;
        }
        printf("%-12s %d networks, %.1f s\n", t->name, NCASE, seconds_now() - from);
    }
    arena_free(&a);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct arena a = {0};
    struct err e = {""};
    char root[] = "/tmp/wearlite-cross-XXXXXX";
    if (!mkdtemp(root) || !make_graphs(&a, &e)) return printf("FAIL %s\n0 passed, 1 failed\n", e.text), 1;
    for (const struct target *const *t = targets; *t; t++) {
        bool wanted = argc == 1;
        for (int i = 1; i < argc; i++) wanted |= target_find(argv[i]) == *t;
        if (wanted && (*t)->qemu) chip_check(*t, root);
    }
    if (!getenv("KEEP")) dir_remove(root);
    arena_free(&a);
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed || !(passed + skipped);
}
