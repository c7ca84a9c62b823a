#include "parts.h"
#include "../base/file.h"
#include "../run/run.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define BARE "src/emit/projects/bare-metal/"

static bool name_good(const char *s)
{
    static const char *const taken[] = {"main",   "io",     "io_host",  "io_semihosting",
                                        "memory", "golden", "firmware", NULL};
    if (!isalpha((unsigned char)*s) || strlen(s) > 32) return false;
    for (int i = 0; taken[i]; i++)
        if (!strcmp(taken[i], s)) return false; // other files of the project
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && *s != '_') return false;
    return true;
}

static int count_items(const char *s)
{
    int n = 1;
    if (!s || !*s) return 0;
    for (; *s; s++) n += *s == ',';
    return n;
}

static bool model_fill(const struct plan *p, const struct target *t, const struct emit_opt *o,
                       struct arena *a, struct model *m, struct err *e)
{
    const struct graph *g = p->g;
    if (g->nin != 1)
        return fail(e, "the model has %d inputs; emit takes models with one, a window of samples", g->nin);
    const struct tensor *in = g->in[0];
    *m = (struct model){
        .plan = p, .target = t, .name = o->name ? o->name : "har", .profile = o->profile, .arena = a};
    if (!name_good(m->name))
        return fail(e,
                    "'%s' cannot be the prefix of C names; use letters, digits and _, a letter "
                    "first, and not the name of another file of the project",
                    m->name);
    char *u = arena_strdup(a, m->name);
    for (char *c = u; *c; c++) *c = (char)toupper((unsigned char)*c);
    m->upper = u;
    int64_t n = tensor_count(in);
    m->channels = in->rank > 1 ? in->dim[in->rank - 1] : 1;
    if (in->rank > 1 && m->channels == 1 && in->dim[in->rank - 2] < 64 && in->rank > 2)
        m->channels = in->dim[in->rank - 2];
    if (!m->channels || n % m->channels) return fail(e, "the input %s has no samples", in->name);
    m->window = (int)(n / m->channels);
    m->classes = (int)tensor_count(g->out[0]);
    const char *hop = graph_meta(g, META_HOP);
    m->hop = hop ? atoi(hop) : 0;
    if (m->hop < 1 || m->hop > m->window) m->hop = m->window > 1 ? m->window / 2 : 1;
    m->rate = graph_meta(g, META_RATE);
    m->labels = graph_meta(g, META_LABELS);
    m->channel_names = graph_meta(g, META_CHANNELS);
    m->units = graph_meta(g, META_UNITS);
    if (count_items(m->labels) != m->classes) m->labels = NULL;
    if (count_items(m->channel_names) != m->channels) m->channel_names = NULL;
    if (count_items(m->units) != m->channels) m->units = NULL;
    return true;
}

static void rows_print(const char *type, const float *v, int rows, int n, struct buf *out)
{
    buf_printf(out, "const float %s[%d][%d] = {", type, rows ? rows : 1, n);
    for (int r = 0; r < rows; r++) {
        buf_puts(out, "\n    {");
        for (int i = 0; i < n; i++) {
            if (i) buf_puts(out, i % 8 ? ", " : ",\n     ");
            float_print(v[(size_t)r * (size_t)n + (size_t)i], out);
        }
        buf_puts(out, "},");
    }
    buf_puts(out, rows ? "\n};\n" : "{0}};\n");
}

static bool write_text(const char *dir, const char *name, struct buf *b, struct arena *a, struct err *e)
{
    bool good = file_write(arena_printf(a, "%s/%s", dir, name), buf_span(b), e);
    buf_free(b);
    return good;
}

// What run computes is what the device must compute.
static bool golden_write(const struct model *m, const struct emit_opt *o, const char *dir, struct err *e)
{
    int n = o->golden ? o->ngolden : 0, nx = m->window * m->channels;
    float *y = arena_array(m->arena, (size_t)n * (size_t)m->classes + 1, sizeof *y);
    struct runner *r = runner_new(m->plan, m->arena);
    for (int i = 0; i < n; i++)
        run_float(r, o->golden + (size_t)i * (size_t)nx, y + (size_t)i * (size_t)m->classes);
    struct buf c = {0}, h = {0};
    buf_puts(
        &c,
        "// Windows, and the scores that wearlite computed for them on the host.\n#include \"golden.h\"\n");
    rows_print("golden_window", o->golden, n, nx, &c);
    rows_print("golden_scores", y, n, m->classes, &c);
    buf_printf(&h,
               "#ifndef GOLDEN_H\n#define GOLDEN_H\n#define GOLDEN_WINDOWS %d\n"
               "extern const float golden_window[%d][%d], golden_scores[%d][%d];\n#endif\n",
               n, n ? n : 1, nx, n ? n : 1, m->classes);
    if (write_text(dir, "golden.c", &c, m->arena, e)) return write_text(dir, "golden.h", &h, m->arena, e);
    buf_free(&h);
    return false;
}

static const char *joined_objects(const struct target *t, struct arena *a)
{
    char *s = arena_strdup(a, "");
    for (int i = 0; i < 4 && t->start[i]; i++)
        s = arena_printf(a, "%s%s%.*s.o", s, i ? " " : "", (int)strcspn(t->start[i], "."), t->start[i]);
    return s;
}

static bool copy_file(const char *dir, const char *from, const char *to, struct arena *a, struct err *e)
{
    const struct embedded *f = embedded_find(arena_printf(a, BARE "%s", from));
    if (!f) return fail(e, BARE "%s is not inside this program; rebuild it (make clean all)", from);
    return file_write(arena_printf(a, "%s/%s", dir, to), (struct span){f->bytes, f->n}, e);
}

static bool bare_metal_write(const struct model *m, const char *dir, struct err *e)
{
    const struct target *t = m->target;
    struct arena *a = m->arena;
    static const char *const fixed[] = {"main.c", "io.h", "io_semihosting.c", "io_host.c", "memory.c", NULL};
    for (int i = 0; fixed[i]; i++)
        if (!copy_file(dir, fixed[i], fixed[i], a, e)) return false;
    for (int i = 0; i < 4 && t->start[i]; i++)
        if (!copy_file(dir, t->start[i], t->start[i], a, e)) return false;
    if (!copy_file(dir, t->ld, t->ld, a, e)) return false;
    if (!dir_make(arena_printf(a, "%s/freestanding", dir), e)) return false;
    if (!copy_file(dir, "freestanding_string.h", "freestanding/string.h", a, e)) return false;
    struct buf b = {0};
    buf_printf(
        &b,
        "// main.c's names for this model.\n#include \"%s.h\"\n#define firmware_invoke %s_invoke\n"
        "#define FIRMWARE_WINDOW %s_WINDOW\n#define FIRMWARE_CHANNELS %s_CHANNELS\n#define FIRMWARE_CLASSES "
        "%s_CLASSES\n",
        m->name, m->name, m->upper, m->upper, m->upper);
    if (!write_text(dir, "firmware.h", &b, a, e)) return false;
    const char *cc =
        t->cc_package
            ? t->cc
            : arena_printf(a, "$(firstword $(shell command -v %s) $(HOME)/.cache/wearlite/xtensa/bin/%s)",
                           t->cc, t->cc);
    const char *technique = graph_meta(m->plan->g, META_TECHNIQUE);
    const char *const pairs[] = {"name",
                                 m->name,
                                 "upper",
                                 m->upper,
                                 "target",
                                 t->name,
                                 "chip",
                                 t->chip,
                                 "about",
                                 arena_printf(a, "The chip: %s.\n", t->about),
                                 "cc",
                                 cc,
                                 "cflags",
                                 t->cflags,
                                 "ldflags",
                                 t->ldflags,
                                 "ld",
                                 t->ld,
                                 "objects",
                                 joined_objects(t, a),
                                 "qemu",
                                 t->qemu,
                                 "qemu_args",
                                 t->qemu_args,
                                 "load",
                                 t->load_by_device ? "-device loader,cpu-num=0,file=" : "-kernel ",
                                 "version",
                                 WEARLITE_VERSION,
                                 "model",
                                 arena_printf(a, "%s%s%s", m->plan->g->name ? m->plan->g->name : "a model",
                                              technique ? ", " : "", technique ? technique : ""),
                                 "window",
                                 arena_printf(a, "%d", m->window),
                                 "channels",
                                 arena_printf(a, "%d", m->channels),
                                 "classes",
                                 arena_printf(a, "%d", m->classes),
                                 "hop",
                                 arena_printf(a, "%d", m->hop),
                                 "arena",
                                 arena_printf(a, "%d", m->plan->arena_bytes),
                                 "consts",
                                 arena_printf(a, "%lld", (long long)plan_const_bytes(m->plan)),
                                 "channel_list",
                                 m->channel_names ? m->channel_names : "(the model does not name them)",
                                 "label_list",
                                 m->labels ? m->labels : "(the model does not name them)",
                                 NULL};
    static const char *const filled[] = {"Makefile", "README.txt", NULL};
    for (int i = 0; filled[i]; i++) {
        if (!template_fill(arena_printf(a, BARE "%s", filled[i]), pairs, &b, e)) {
            buf_free(&b);
            return false;
        }
        if (!write_text(dir, filled[i], &b, a, e)) return false;
        b = (struct buf){0};
    }
    return true;
}

bool emit_project(const struct plan *p, const struct target *t, const struct emit_opt *o, const char *dir,
                  struct err *e)
{
    struct arena a = {0};
    struct model m;
    struct buf source = {0}, header = {0};
    bool good = model_fill(p, t, o, &a, &m, e) && source_print(&m, &source, e) && dir_make(dir, e) &&
                kernels_copy(p, t, dir, &a, e);
    if (good) {
        header_print(&m, &header);
        good = file_write(arena_printf(&a, "%s/%s.c", dir, m.name), buf_span(&source), e) &&
               file_write(arena_printf(&a, "%s/%s.h", dir, m.name), buf_span(&header), e) &&
               golden_write(&m, o, dir, e) && bare_metal_write(&m, dir, e);
    }
    buf_free(&source), buf_free(&header);
    arena_free(&a);
    return good;
}
