// What the projects for boards share: values of the templates, and the names under which main.c knows the
// model.
#include "parts.h"
#include <string.h>

const char *const *pairs_common(const struct model *m, const char *const *others)
{
    struct arena *a = m->arena;
    const struct graph *g = m->plan->g;
    const char *technique = graph_meta(g, META_TECHNIQUE), *data = graph_meta(g, META_DATA);
    const char *model = arena_printf(a, "%s%s%s", g->name && *g->name ? g->name : "a model",
                                     technique ? ", " : "", technique ? technique : "");
    // Names of foreign files: in one line, and without what quotes and markup mean something to.
    char *clean = arena_strdup(a, model);
    for (char *c = clean; *c; c++)
        if (*c < 32 || *c >= 127 || strchr("\"\\{}@#`<>", *c)) *c = '_';
    const int64_t ram = model_ram_bytes(m);
    char id[17];
    plan_id(m->plan, id);
    const char *const common[] = {
        "name",
        m->name,
        "upper",
        m->upper,
        "target",
        m->target->name,
        "chip",
        m->target->chip,
        "version",
        WEARLITE_VERSION,
        "model",
        clean,
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
        "ram",
        arena_printf(a, "%lld", (long long)ram),
        "window_bytes",
        arena_printf(a, "%lld", (long long)(ram - m->plan->arena_bytes - model_copied_bytes(m))),
        "id",
        arena_strdup(a, id),
        "consts",
        arena_printf(a, "%lld", (long long)plan_const_bytes(m->plan)),
        "golden",
        arena_printf(a, "%d", m->ngolden),
        "channel_list",
        m->channel_names ? m->channel_names : "not named by the model",
        "label_list",
        m->labels ? m->labels : "not named by the model",
        "data",
        data ? data : "",
        NULL};
    size_t n = 0, k = 0;
    while (others[n]) n++;
    while (common[k]) k++;
    const char **all = arena_new_n(a, n + k + 1, const char *);
    memcpy(all, others, n * sizeof *all);
    memcpy(all + n, common, (k + 1) * sizeof *all);
    return all;
}

bool model_names_write(const struct model *m, bool channels, const char *dir, struct err *e)
{
    const char *n = m->name, *u = m->upper, *why;
    struct buf b = {0};
    char id[17];
    plan_id(m->plan, id);
    buf_printf(&b,
               "// main.c's names for this model.\n#ifndef MODEL_H\n#define MODEL_H\n#include \"%s.h\"\n%s"
               "#define MODEL_NAME \"%s\"\n#define MODEL_TARGET \"%s\"\n#define MODEL_ID \"%s\"\n"
               "#define MODEL_WINDOW %s_WINDOW\n#define MODEL_CHANNELS %s_CHANNELS\n"
               "#define MODEL_CLASSES %s_CLASSES\n#define MODEL_HOP %s_HOP\n#define MODEL_RAM_BYTES %lld\n"
               "#define MODEL_CONST_BYTES %lld\n#define model_invoke %s_invoke\n#define model_push %s_push\n"
               "#define model_reset %s_reset\n",
               n, channels ? "#include \"sampler.h\"\n" : "", n, m->target->name, id, u, u, u, u,
               (long long)model_ram_bytes(m), (long long)plan_const_bytes(m->plan), n, n, n);
    if (m->rate) buf_printf(&b, "#define MODEL_RATE_HZ %s_RATE_HZ\n", u);
    if (m->labels)
        buf_printf(&b, "#define MODEL_LABEL(i) %s_label[i]\n", n);
    else
        buf_puts(&b, "#define MODEL_LABEL(i) \"class\"\n");
    if (channels) channels_print(m, &b, &why);
    buf_puts(&b, "#endif\n");
    return text_write(dir, "model.h", &b, m->arena, e);
}
