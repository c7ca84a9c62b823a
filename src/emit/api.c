// The functions that an emitted model offers: NAME_invoke, NAME_push, NAME_reset, and NAME_step when it streams.
#include "parts.h"

// What layers keep from window to window begins with zeros.
static void reset_print(const struct model *m, struct buf *out)
{
    const char *n = m->name;
    if (m->stateful) {
        buf_printf(out, "void %s_reset_in(void *memory)\n{\n    uint8_t *a = memory;\n", n);
        for (int i = 0; i < m->plan->nkept; i++)
            buf_printf(out, "    memset(a + %d, 0, %lld);\n", m->plan->kept[i].offset,
                       (long long)tensor_bytes(m->plan->kept[i].t));
        buf_puts(out, "}\n\n");
    }
    buf_printf(out, "void %s_reset(void)\n{\n    filled = 0;\n", n);
    if (m->stateful) buf_printf(out, "    %s_reset_in(arena);\n", n);
    buf_puts(out, "}\n");
}

// Where pushed samples gather: a window, or a hop where the model streams, of its own or in the arena.
static void buffer_print(const struct model *m, const char *length, struct buf *out)
{
    int steps;
    const struct ref *r = plan_window(m->plan, &steps);
    const char *type = c_type(r->t->type), *u = m->upper;
    if (window_is_shared(m))
        buf_printf(out,
                   "#define BUFFER ((%s *)(void *)(arena + %d)) // between two runs nothing else is there\n",
                   type, r->offset);
    else
        buf_printf(out, "static %s buffer[%s_%s * %s_CHANNELS] ALIGNED;\n#define BUFFER buffer\n", type, u,
                   length, u);
}

static void invoke_print(const struct model *m, struct buf *out)
{
    const char *n = m->name, *u = m->upper;
    const bool shared = window_is_shared(m), read = window_is_read(m);
    int steps;
    buffer_print(m, "WINDOW", out);
    buf_puts(out, "static int filled; // samples in BUFFER\n\n");
    buf_printf(
        out,
        "int %s_invoke(const float *window, float *scores)\n{\n%s%s    return run(arena, %sscores);\n}\n\n",
        n, shared ? "    filled = 0;\n" : "", read ? "" : "    take(arena, window);\n",
        read ? "window, " : "");
    buf_printf(out,
               "int %s_invoke_in(void *memory, const float *window, float *scores)\n{\n"
               "%s    return run(memory, %sscores);\n}\n\n",
               n, read ? "" : "    take(memory, window);\n", read ? "window, " : "");
    buf_printf(out,
               "int %s_push(const float *sample, float *scores)\n{\n"
               "    gather(sample, %s_CHANNELS, BUFFER + filled * %s_CHANNELS);\n"
               "    if (++filled < %s_WINDOW) return 0;\n",
               n, u, u, u);
    if (!shared && !read)
        buf_printf(out, "    memcpy(arena + %d, buffer, sizeof buffer);\n",
                   plan_window(m->plan, &steps)->offset);
    buf_printf(out, "    run(arena, %sscores);\n    filled = %s_WINDOW - %s_HOP;\n", read ? "buffer, " : "",
               u, u);
    if (!shared)
        buf_printf(out,
                   "    memmove(buffer, buffer + %s_HOP * %s_CHANNELS, (size_t)(filled * %s_CHANNELS) * "
                   "sizeof *buffer);\n",
                   u, u, u);
    buf_puts(out, "    return 1;\n}\n\n");
    reset_print(m, out);
}

// A window is the last STEPS steps; when it is no multiple of the hop, the first of them begins with LEAD samples that
// belong to no window.
static void stream_print(const struct model *m, struct buf *out)
{
    const char *n = m->name, *u = m->upper;
    const int steps = (m->window + m->hop - 1) / m->hop;
    buf_printf(out, "enum { STEPS = %d, LEAD = %d };\n", steps, steps * m->hop - m->window);
    buffer_print(m, "HOP", out);
    buf_puts(out, "static int filled = LEAD; // samples in BUFFER\n"
                  "static int steps;         // since the first sample, at most STEPS\n\n");
    buf_printf(out,
               "int %s_step(const float *samples, float *scores)\n{\n    take(arena, samples);\n    return "
               "run(arena, scores);\n}\n\n",
               n);
    buf_printf(out,
               "int %s_push(const float *sample, float *scores)\n{\n"
               "    gather(sample, %s_CHANNELS, BUFFER + filled * %s_CHANNELS);\n"
               "    if (++filled < %s_HOP) return 0;\n    filled = 0;\n    steps += steps < STEPS;\n"
               "    run(arena, steps == STEPS ? scores : NULL);\n    return steps == STEPS;\n}\n\n",
               n, u, u, u);
    buf_printf(out, "void %s_reset(void)\n{\n    filled = LEAD;\n    steps = 0;\n}\n\n", n);
    buf_printf(out,
               "int %s_invoke(const float *window, float *scores)\n{\n    int best = -1;\n    %s_reset();\n"
               "    gather(window, (%s_HOP - LEAD) * %s_CHANNELS, BUFFER + LEAD * %s_CHANNELS);\n"
               "    run(arena, NULL);\n    for (int k = 1; k < STEPS; k++)\n"
               "        best = %s_step(window + (k * %s_HOP - LEAD) * %s_CHANNELS, k == STEPS - 1 ? scores : "
               "NULL);\n"
               "    return best;\n}\n",
               n, n, u, u, u, n, u, u);
}

void api_print(const struct model *m, struct buf *out)
{
    buf_printf(out, "static uint8_t arena[%s_ARENA_BYTES] ALIGNED;\n\n", m->upper);
    if (m->streams)
        stream_print(m, out);
    else
        invoke_print(m, out);
}

void api_declare(const struct model *m, struct buf *out)
{
    const char *n = m->name, *u = m->upper;
    const bool stream = m->streams;
    buf_printf(
        out,
        "\n// Classifies window[%s_WINDOW][%s_CHANNELS], in sensor units; returns the %s.%s\n"
        "int %s_invoke(const float *window, float *scores);\n",
        u, u,
        graph_gives_class(m->plan->g) ? "class, which is its one score, too" : "class of the highest score",
        arena_printf(
            m->arena, "%s%s", window_is_shared(m) ? " The samples that were pushed are forgotten." : "",
            m->stateful
                ? "\n// Goes on from the state that the window before left; the first begins with zeros."
                : ""),
        n);
    if (!stream)
        buf_printf(
            out,
            "// The same in the caller's memory: %s_ARENA_BYTES, aligned to 16. The static arena is then "
            "not linked.\n"
            "int %s_invoke_in(void *memory, const float *window, float *scores);\n",
            u, n);
    buf_printf(out,
               "// One sample; 1 when a window was classified (then again every %s_HOP samples), else 0.%s\n"
               "int %s_push(const float *sample, float *scores);\n",
               u, stream ? " What a\n// window shares with the one before is not computed again." : "", n);
    if (stream)
        buf_printf(out,
                   "// The next samples[%s_HOP][%s_CHANNELS] at once, in place of as many pushes: scores of "
                   "the window that ends\n"
                   "// with them, once that many were given; with scores NULL they are only taken in.\n"
                   "int %s_step(const float *samples, float *scores);\n",
                   u, u, n);
    if (m->stateful)
        buf_printf(
            out,
            "// Before the first window in that memory: the state, which is kept in it, becomes zeros.\n"
            "void %s_reset_in(void *memory);\n",
            n);
    buf_printf(out, "// Forgets the samples so far%s.\nvoid %s_reset(void);\n\n",
               m->stateful ? ", and the state of the windows before" : "", n);
}
