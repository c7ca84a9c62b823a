#include "work.h"
#include "../base/file.h"
#include "../format/format.h"
#include <string.h>

struct graph *model_of(const struct study *s, const json_t *model, const struct technique *t, struct arena *a,
                       struct err *e)
{
    struct graph *g = model_load(arena_printf(a, "%s/%s", s->dir, figure_text(model, "model_file")), a, e);
    // A compressed file holds what is to be executed; the uncompressed one still has what only training
    // needs.
    if (g && !strcmp(t->name, "none")) g = t->apply(g, &(struct compress_opt){0}, a, e);
    return g;
}

static struct sha256 hash_of(const struct study *s, const json_t *trained, const struct technique *t,
                             int seed)
{
    struct sha256 h = step_hash(s, "compress");
    step_depends(&h, "program %s", s->program_hash);
    step_depends(&h, "model %s technique %s", figure_text(trained, "model_sha256"), t->name);
    if (t->needs_training) step_depends(&h, "seed %d epochs %d", seed, s->opt->epochs);
    if (t->needs_calibration)
        step_depends(&h, "calibration %d %s", s->ncalibration, range_method_name(s->ranges));
    return h;
}

static bool still_there(const struct study *s, const json_t *r)
{
    char path[4096], hex[65];
    snprintf(path, sizeof path, "%s/%s", s->dir,
             figure_text(r, "model_file") ? figure_text(r, "model_file") : "");
    return step_file_hash(path, hex) && figure_is(r, "model_sha256", hex);
}

// Writes the compressed model; the file, read again, is what is evaluated and measured.
static json_t *compress(const struct study *s, const json_t *trained, const char *base,
                        const struct technique *t, int seed, struct arena *a, struct err *e)
{
    const char *from = arena_printf(a, "%s/%s", s->dir, figure_text(trained, "model_file"));
    const char *file = figure_text(trained, "model_file");
    struct graph *g = model_load(from, a, e);
    if (!g) return NULL;
    struct further f = {s->data, {.seed = (uint64_t)seed, .epochs = s->opt->epochs}};
    const struct compress_opt o = {.calibration = s->calibration,
                                   .ncalibration = s->ncalibration,
                                   .range = s->ranges,
                                   .fine_tune = train_further,
                                   .who = &f};
    struct graph *q = t->apply(g, &o, a, e);
    if (!q) return NULL;
    if (strcmp(t->name, "none")) {
        file = arena_printf(a, "models/%s-%s.tflite", base, t->name);
        if (!model_save(q, arena_printf(a, "%s/%s", s->dir, file), e)) return NULL;
    }
    const char *path = arena_printf(a, "%s/%s", s->dir, file);
    struct span bytes;
    if (!file_read(path, a, &bytes, e)) return NULL;
    char hex[65];
    hash_hex(bytes, hex);
    json_t *r = json_object();
    figure_put_text(r, "model_file", file);
    figure_put_text(r, "model_sha256", hex);
    figure_put(r, "file_bytes", (double)bytes.n);
    figure_put(r, "macs", (double)graph_macs(q));
    return r;
}

json_t *step_compress(struct study *s, const json_t *trained, const char *base, const struct technique *t,
                      int seed, struct err *e)
{
    struct arena a = {0};
    const char *name = arena_printf(&a, "%s-%s", base, t->name);
    struct sha256 h = hash_of(s, trained, t, seed);
    s->done++;
    json_t *r = step_take(s, name, h);
    if (r && !still_there(s, r)) {
        json_decref(r);
        r = NULL;
    }
    if (!r) {
        if (t->needs_training) step_say(s, "%s, %s: pruning, training further", base, t->name);
        r = compress(s, trained, base, t, seed, &a, e);
        if (r && !step_keep(s, name, h, r, e)) {
            json_decref(r);
            r = NULL;
        }
        if (!r) fail_in(e, "%s, %s", base, t->name);
    }
    arena_free(&a);
    return r;
}
