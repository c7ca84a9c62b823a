#include "parts.h"
#include "../base/file.h"
#include "../run/run.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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
    *m = (struct model){.plan = p,
                        .target = t,
                        .name = o->name ? o->name : "har",
                        .small = o->small,
                        .profile = o->profile,
                        .arena = a};
    if (!name_good(m->name))
        return fail(e,
                    "'%s' cannot be the prefix of C names; use letters, digits and _, a letter "
                    "first, and not the name of another file of the project",
                    m->name);
    char *u = arena_strdup(a, m->name);
    for (char *c = u; *c; c++) *c = (char)toupper((unsigned char)*c);
    m->upper = u;
    m->golden = o->golden, m->ngolden = o->ngolden;
    struct constant *c = arena_new_n(a, (size_t)constants_most(p), struct constant);
    m->nconstant = constants_of(p, c);
    m->constant = c, m->in_ram = o->in_ram;
    int64_t n = tensor_count(in);
    m->channels = in->rank > 1 ? in->dim[in->rank - 1] : 1;
    if (in->rank > 1 && m->channels == 1 && in->dim[in->rank - 2] < 64 && in->rank > 2)
        m->channels = in->dim[in->rank - 2];
    if (!m->channels || n % m->channels) return fail(e, "the input %s has no samples", in->name);
    m->window = (int)(n / m->channels);
    const int samples = m->window;
    m->streams = g->stream_window > 0;
    m->stateful = graph_stateful(g) != NULL;
    if (m->streams) m->window = g->stream_window;
    m->classes = (int)tensor_count(g->out[0]);
    const char *hop = graph_meta(g, META_HOP);
    m->hop = m->streams ? samples : m->stateful ? m->window : o->hop ? o->hop : hop ? atoi(hop) : 0;
    if (o->hop < 0 || o->hop > m->window)
        return fail(e,
                    "a hop of %d samples, the window has %d: samples between would never be seen; choose 1 "
                    "to %d",
                    o->hop, m->window, m->window);
    if (m->stateful && o->hop && o->hop != m->window)
        return fail(
            e,
            "layer %s keeps its state from one window to the next: a hop of %d would give it samples twice; "
            "leave --hop out, or give the %d of its window",
            graph_stateful(g)->name, o->hop, m->window);
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

bool text_write(const char *dir, const char *name, struct buf *b, struct arena *a, struct err *e)
{
    bool good = file_write(arena_printf(a, "%s/%s", dir, name), buf_span(b), e);
    buf_free(b);
    *b = (struct buf){0};
    return good;
}

bool file_copy(const char *folder, const char *from, const char *dir, const char *to, struct arena *a,
               struct err *e)
{
    const struct embedded *f = embedded_find(arena_printf(a, "%s%s", folder, from));
    if (!f) return fail(e, "%s%s is not inside this program; rebuild it (make clean all)", folder, from);
    return file_write(arena_printf(a, "%s/%s", dir, to), (struct span){f->bytes, f->n}, e);
}

bool template_write(const char *path, const char *const *pairs, const char *dir, const char *to,
                    struct arena *a, struct err *e)
{
    struct buf b = {0};
    if (template_fill(path, pairs, &b, e)) return text_write(dir, to, &b, a, e);
    buf_free(&b);
    return false;
}

// The scores of one whole window, also by a model that takes a hop at a time.
static void window_run(const struct model *m, struct runner *r, const float *x, float *y)
{
    if (!m->streams) {
        run_float(r, x, y);
        return;
    }
    const int steps = (m->window + m->hop - 1) / m->hop, lead = steps * m->hop - m->window;
    float *first = arena_new_n(m->arena, (size_t)(m->hop * m->channels), float);
    memcpy(first + lead * m->channels, x, (size_t)((m->hop - lead) * m->channels) * sizeof *x);
    for (int k = 0; k < steps; k++) run_float(r, k ? x + (k * m->hop - lead) * m->channels : first, y);
}

// What run computes is what the device must compute.
bool golden_write(const struct model *m, const char *dir, struct err *e)
{
    int n = m->golden ? m->ngolden : 0, nx = m->window * m->channels;
    float *y = arena_array(m->arena, (size_t)n * (size_t)m->classes + 1, sizeof *y);
    struct runner *r = runner_new(m->plan, m->arena);
    for (int i = 0; i < n; i++)
        window_run(m, r, m->golden + (size_t)i * (size_t)nx, y + (size_t)i * (size_t)m->classes);
    struct buf c = {0}, h = {0};
    buf_puts(
        &c,
        "// Windows, and the scores that wearlite computed for them on the host.\n#include \"golden.h\"\n");
    rows_print("golden_window", m->golden, n, nx, &c);
    rows_print("golden_scores", y, n, m->classes, &c);
    buf_printf(&h,
               "#ifndef GOLDEN_H\n#define GOLDEN_H\n#define GOLDEN_WINDOWS %d\n"
               "#ifdef __cplusplus\nextern \"C\" {\n#endif\n"
               "extern const float golden_window[%d][%d], golden_scores[%d][%d];\n"
               "#ifdef __cplusplus\n}\n#endif\n#endif\n",
               n, n ? n : 1, nx, n ? n : 1, m->classes);
    if (text_write(dir, "golden.c", &c, m->arena, e)) return text_write(dir, "golden.h", &h, m->arena, e);
    buf_free(&h);
    return false;
}

static const struct project *const projects[] = {&bare_metal, &esp_idf, &arduino, NULL};

static const struct project *project_choose(const char *name, const struct target *t, struct arena *a,
                                            struct err *e)
{
    const struct project *p = NULL;
    const char *all = "", *fit = "";
    for (int i = 0; projects[i]; i++) {
        const char *n = projects[i]->name;
        if (!strcmp(n, name)) p = projects[i];
        all = arena_printf(a, "%s%s%s", all, *all ? " " : "", n);
        if (projects[i]->fits(t)) fit = arena_printf(a, "%s%s%s", fit, *fit ? " " : "", n);
    }
    if (!p) return FAIL_NULL(e, "there is no project '%s'; there are %s", name, all);
    if (p->fits(t)) return p;
    const char *chips = "";
    for (int i = 0; targets[i]; i++)
        if (p->fits(targets[i]))
            chips = arena_printf(a, "%s%s%s", chips, *chips ? " " : "", targets[i]->name);
    return FAIL_NULL(e, "--project %s does not fit %s (%s); for it there are %s, and %s is for %s", name,
                     t->name, t->chip, fit, name, chips);
}

bool model_write(const struct model *m, const char *dir, const char *header_dir, struct err *e)
{
    struct buf source = {0}, header = {0};
    bool good = source_print(m, &source, e);
    if (good) {
        header_print(m, &header);
        good = file_write(arena_printf(m->arena, "%s/%s.c", dir, m->name), buf_span(&source), e) &&
               file_write(arena_printf(m->arena, "%s/%s.h", header_dir, m->name), buf_span(&header), e) &&
               kernels_copy(m->plan, m->target, dir, m->arena, e);
    }
    buf_free(&source), buf_free(&header);
    return good;
}

bool emit_project(const struct plan *p, const struct target *t, const struct emit_opt *o, const char *dir,
                  struct err *e)
{
    struct arena a = {0};
    struct model m;
    struct buf unused = {0};
    const struct project *kind = project_choose(o->project ? o->project : bare_metal.name, t, &a, e);
    // What cannot be emitted is said before the first file is made.
    bool good = kind && model_fill(p, t, o, &a, &m, e) && source_print(&m, &unused, e) &&
                budget_check(&m, kind, o, e) && dir_make(dir, e) && kind->write(&m, dir, e);
    buf_free(&unused);
    arena_free(&a);
    return good;
}
