// NAME.c: one translation unit that includes the kernels it calls, so that the compiler knows every shape.
#include "parts.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool input_supported(enum dtype t)
{
    return t == F32 || t == I8 || t == U8 || t == I16;
}

static bool output_supported(enum dtype t)
{
    return input_supported(t) || t == I32 || t == I64 || t == BOOL;
}

// Constants are numbered by their bytes, so that a table which several calls share is printed once.
int constant_number(const struct model *m, const struct ref *r)
{
    for (int i = 0; i < m->nconstant; i++)
        if (m->constant[i].t->data == r->t->data) return m->constant[i].number;
    assert(0);
    return -1;
}

static void constants_print(const struct model *m, struct buf *out)
{
    for (int i = 0; i < m->nconstant; i++) {
        const char *name = arena_printf(m->arena, "c%d", m->constant[i].number);
        const bool ram = m->in_ram && m->in_ram[i];
        constant_print(m->constant[i].t, name, ram ? arena_printf(m->arena, "IN_RAM(%s)", name) : "WEIGHTS",
                       out);
    }
}

static void includes_print(const struct model *m, struct buf *out)
{
    const struct plan *p = m->plan;
    buf_printf(
        out,
        "#include \"%s.h\"\n#include \"nn/nn.h\"\n#include \"nn/nn_math.h\"\n#include \"nn/nn_border.h\"\n",
        m->name);
    for (int s = 0; s < p->nstep; s++) {
        bool before = false;
        for (int k = 0; k < s && !before; k++) before = !strcmp(p->step[k].k->name, p->step[s].k->name);
        if (!before) buf_printf(out, "#include \"nn/%s.c\"\n", p->step[s].k->name);
    }
}

static int64_t ref_bytes(const struct ref *r)
{
    return r->t ? tensor_bytes(r->t) : r->bytes;
}

static void data_print(const struct model *m, struct buf *out)
{
    const struct plan *p = m->plan;
    int64_t top = 0;
    constants_print(m, out);
    for (int s = 0; s < p->nstep; s++) {
        const struct step *t = &p->step[s];
        for (int b = 0; b < t->k->nbuf; b++) {
            const struct ref *r = &t->buf[b];
            if (r->offset >= 0 && r->offset + ref_bytes(r) > top) top = r->offset + ref_bytes(r);
        }
        if (!t->k->params) continue;
        buf_printf(out, "static const %s p%d = {", t->k->params, s);
        for (int f = 0; f < t->k->nfield; f++) {
            buf_printf(out, "%s%s.%s = ", f ? "," : "", f % 6 ? " " : "\n    ", t->k->field[f]);
            buf_printf(out, t->params[f] == INT32_MIN ? "-2147483647 - 1" : "%d", t->params[f]);
        }
        buf_printf(out, "\n};\nSTATIC_ASSERT(sizeof(%s) == %d * sizeof(int32_t), p%d_has_all_members);\n",
                   t->k->params, t->k->nfield, s);
    }
    buf_printf(out, "STATIC_ASSERT(%lld <= %s_ARENA_BYTES, arena_holds_all_values);\n\n", (long long)top,
               m->upper);
}

static void output_print(const struct model *m, struct buf *out)
{
    const struct tensor *t = m->plan->g->out[0];
    const struct ref *r = &m->plan->out[0];
    if (t->type == F32 && r->offset >= 0)
        buf_printf(out, "    memcpy(scores, a + %d, %d * sizeof *scores);\n", r->offset, m->classes);
    if (t->type != F32) {
        buf_printf(out, "    const %s *y = (const %s *)(const void *)(a + %d);\n", c_type(t->type),
                   c_type(t->type), r->offset);
        buf_printf(out, "    for (int i = 0; i < %d; i++) scores[i] = (float)(y[i] - %d) * ", m->classes,
                   t->q.n ? t->q.zero[0] : 0);
        float_print(t->q.n ? t->q.scale[0] : 1, out);
        buf_puts(out, ";\n");
    }
    if (graph_gives_class(m->plan->g)) {
        buf_puts(out, "    return (int)y[0];\n}\n\n");
        return;
    }
    buf_printf(out,
               "    int best = 0;\n    for (int i = 1; i < %d; i++)\n        if (scores[i] > scores[best]) "
               "best = i;\n"
               "    return best;\n}\n\n",
               m->classes);
}

static void list_print(const struct model *m, const char *what, const char *text, int n, const char *count,
                       struct buf *out)
{
    if (!text) return;
    buf_printf(out, "const char *const %s_%s[%s_%s] = {", m->name, what, m->upper, count);
    for (int i = 0; i < n; i++) {
        size_t k = strcspn(text, ",");
        buf_puts(out, i ? ", \"" : "\"");
        for (size_t j = 0; j < k; j++) {
            char c = text[j];
            if (c == '"' || c == '\\') buf_put(out, "\\", 1);
            buf_put(out, c >= 32 && c < 127 && c != '?' ? &c : "_", 1); // no trigraphs, no ends of lines
        }
        buf_puts(out, "\"");
        text += k + (text[k] == ',');
    }
    buf_puts(out, "};\n");
}

static const char prelude[] =
    "#if defined(__FAST_MATH__)\n#error \"-ffast-math changes the scores; compile this file without "
    "it\"\n#endif\n"
    "#ifdef __GNUC__\n#define ALIGNED __attribute__((aligned(16)))\n#else\n#define ALIGNED\n#endif\n"
    "#if defined(WEIGHTS_IN_RAM) && defined(ESP_PLATFORM) // the linker script copies .dram1 at start\n"
    "#define WEIGHTS __attribute__((aligned(16), section(\".dram1.wearlite_weights\")))\n#else\n"
    "#define WEIGHTS ALIGNED\n#endif\n"
    "#if defined(ESP_PLATFORM) // constants whose cache misses are worth their RAM\n"
    "#define IN_RAM(name) __attribute__((aligned(16), section(\".dram1.wearlite_\" #name)))\n"
    "#elif defined(__GNUC__) && defined(__ELF__)\n"
    "#define IN_RAM(name) __attribute__((aligned(16), section(\".data.\" #name)))\n#else\n"
    "#define IN_RAM(name) ALIGNED\n#endif\n"
    "#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L\n"
    "#define STATIC_ASSERT(c, name) _Static_assert(c, #name)\n#else\n"
    "#define STATIC_ASSERT(c, name) typedef char name[(c) ? 1 : -1]\n#endif\n";

// What the chip's own headers tell, and what Arduino cannot be told by flags.
static void chip_print(const struct model *m, struct buf *out)
{
    buf_printf(out,
               "#ifdef ESP_PLATFORM // ESP-IDF, and Arduino above it\n#include \"sdkconfig.h\"\n"
               "#if defined(CONFIG_%s_WEIGHTS_IN_RAM) || defined(%s_WEIGHTS_IN_RAM)\n#define WEIGHTS_IN_RAM\n"
               "#endif\n#if defined(CONFIG_%s_SMALL) && !defined(%s_SMALL)\n#define %s_SMALL\n#endif\n",
               m->upper, m->upper, m->upper, m->upper, m->upper);
    if (m->target->kernels[0] && !strcmp(m->target->kernels[0], "xtensa"))
        buf_puts(out,
                 "#ifdef __xtensa__\n#include <xtensa/config/core-isa.h>\n"
                 "#if !XCHAL_HAVE_MAC16 || !XCHAL_HAVE_FP\n#error \"this code is for cores with MAC16 and "
                 "FPU: ESP32, ESP32-S3\"\n#endif\n"
                 "#if XCHAL_HAVE_MUL32_HIGH // mulsh\n#define NN_MUL32_LOW 0\n#endif\n#endif\n");
    buf_puts(out, "#endif\n#if defined(ARDUINO) && defined(__GNUC__) && !defined(__clang__)\n"
                  "#pragma GCC optimize(\"O2\", \"fp-contract=off\") // a library has no flags of its own\n"
                  "#endif\n");
}

bool source_print(const struct model *m, struct buf *out, struct err *e)
{
    const struct plan *p = m->plan;
    const struct tensor *in = p->g->in[0], *result = p->g->out[0];
    if (!input_supported(in->type) || !output_supported(result->type))
        return fail(e,
                    "emit takes models whose input is float32, int8, uint8 or int16 and whose output is one "
                    "of these, "
                    "int32, int64 or bool; this one has %s and %s",
                    dtype_name(in->type), dtype_name(result->type));
    if (tensor_is_const(in) || tensor_is_const(result))
        return fail(e, "the model's output does not depend on its input; nothing to emit");
    buf_printf(out, "// %s.c: written by wearlite %s for %s (%s). Do not edit.\n", m->name, WEARLITE_VERSION,
               m->target->name, m->target->chip);
    buf_puts(out, "// One translation unit with the kernels in it: compile with -ffp-contract=off, without "
                  "-ffast-math.\n");
    chip_print(m, out);
    if (m->small) // emit --optimize size
        buf_printf(out, "#ifndef %s_SMALL\n#define %s_SMALL\n#endif\n", m->upper, m->upper);
    // Layers keep kernels of their own: one for all of a kind, its shapes unknown, is larger in most models.
    buf_printf(out,
               "#if defined(%s_SMALL) && defined(__GNUC__) && !defined(__clang__)\n"
               "#pragma GCC optimize(\"Os\") // less code, more instructions\n#endif\n",
               m->upper);
    buf_puts(
        out,
        "#ifdef __GNUC__ // a kernel for each layer, its shape known\n"
        "#define NN_API static inline __attribute__((always_inline))\n"
        "#define LAYER static __attribute__((noinline)) void\n"
        "#define NN_SHARED static __attribute__((noinline, unused))\n#else\n#define NN_API static inline\n"
        "#define LAYER static void\n#endif\n");
    buf_printf(out, "#define NN_FMA %d\n", p->layout->fma);
    includes_print(m, out);
    buf_puts(out, prelude);
    buf_printf(out,
               "#ifdef %s_PROFILE // marks between the layers, for a profiler\nvoid fw_mark(unsigned id);\n"
               "#define MARK() fw_mark(2)\n#else\n#define MARK() ((void)0)\n#endif\n\n",
               m->upper);
    data_print(m, out);
    layers_print(m, out);
    take_print(m, out);
    run_print(m, out);
    output_print(m, out);
    list_print(m, "label", m->labels, m->classes, "CLASSES", out);
    list_print(m, "channel", m->channel_names, m->channels, "CHANNELS", out);
    list_print(m, "unit", m->units, m->channels, "CHANNELS", out);
    api_print(m, out);
    return true;
}

void header_print(const struct model *m, struct buf *out)
{
    const char *n = m->name, *u = m->upper;
    buf_printf(
        out, "// %s.h: written by wearlite %s. A window of sensor samples in, a score for each class out.\n",
        n, WEARLITE_VERSION);
    buf_printf(
        out,
        "#ifndef %s_H\n#define %s_H\n#include <stdint.h>\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n", u,
        u);
    buf_printf(
        out, "#define %s_WINDOW %d   // samples in a window\n#define %s_CHANNELS %d // numbers in a sample\n",
        u, m->window, u, m->channels);
    buf_printf(out,
               "#define %s_CLASSES %d\n#define %s_HOP %d // samples from one window to the next in %s_push\n",
               u, m->classes, u, m->hop, n);
    if (m->rate) buf_printf(out, "#define %s_RATE_HZ %.6g\n", u, atof(m->rate));
    buf_printf(out, "#define %s_ARENA_BYTES %d // RAM for values, static in %s.c or the caller's\n\n", u,
               m->plan->arena_bytes, n);
    if (m->labels) buf_printf(out, "extern const char *const %s_label[%s_CLASSES];\n", n, u);
    if (m->channel_names) buf_printf(out, "extern const char *const %s_channel[%s_CHANNELS];\n", n, u);
    if (m->units) buf_printf(out, "extern const char *const %s_unit[%s_CHANNELS];\n", n, u);
    api_declare(m, out);
    buf_puts(out, "#ifdef __cplusplus\n}\n#endif\n#endif\n");
}
