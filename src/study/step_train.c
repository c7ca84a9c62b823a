#include "work.h"
#include "../format/format.h"
#include <string.h>
#include <unistd.h>

// The weights depend on data, architecture, seed and options, and on the released version of the program;
// everything after training depends on the very program (see step_compress), since it is cheap to do again.
static struct sha256 hash_of(const struct study *s, const struct arch *arch, int seed, int epochs)
{
    struct sha256 h = step_hash(s, "train");
    step_depends(&h, "wearlite %s", WEARLITE_VERSION);
    step_depends(&h, "model %s seed %d epochs %d", arch->name, seed, epochs);
    return h;
}

static int epochs_of(const struct study *s, const struct arch *arch)
{
    enum { QUICK_EPOCHS = 20 };
    if (s->opt->epochs) return s->opt->epochs;
    return s->opt->quick && arch->epochs > QUICK_EPOCHS ? QUICK_EPOCHS : arch->epochs;
}

static bool still_there(const struct study *s, const json_t *r)
{
    char path[4096], hex[65];
    snprintf(path, sizeof path, "%s/%s", s->dir,
             figure_text(r, "model_file") ? figure_text(r, "model_file") : "");
    return step_file_hash(path, hex) && figure_is(r, "model_sha256", hex);
}

static json_t *result_of(const struct graph *g, const struct train_result *t, const char *file,
                         const char *path)
{
    json_t *r = json_object();
    char hex[65] = "";
    step_file_hash(path, hex);
    figure_put_text(r, "model_file", file);
    figure_put_text(r, "model_sha256", hex);
    figure_put(r, "params", (double)graph_params(g));
    figure_put(r, "epochs", t->epochs);
    figure_put(r, "best_epoch", t->best_epoch);
    figure_put(r, "train_loss", (double)t->train_loss);
    figure_put(r, "valid_loss", (double)t->valid_loss);
    figure_put(r, "valid_accuracy", (double)t->valid_accuracy);
    return r;
}

json_t *step_train(struct study *s, const struct arch *arch, int seed, struct err *e)
{
    int epochs = epochs_of(s, arch);
    struct arena a = {0};
    const char *name = arena_printf(&a, "%s-seed%d-train", arch->name, seed);
    struct sha256 h = hash_of(s, arch, seed, epochs);
    s->done++;
    json_t *r = step_take(s, name, h);
    if (r && still_there(s, r)) {
        step_say(s, "%s seed %d: trained before", arch->name, seed);
        arena_free(&a);
        return r;
    }
    json_decref(r);
    r = NULL;
    step_say(s, "%s seed %d: training, at most %d epochs", arch->name, seed, epochs);
    const char *file = arena_printf(&a, "models/%s-seed%d.onnx", arch->name, seed);
    const char *path = arena_printf(&a, "%s/%s", s->dir, file);
    const char *checkpoint = arena_printf(&a, "%s/models/%s-seed%d.checkpoint", s->dir, arch->name, seed);
    struct train_opt o = {.epochs = epochs, .seed = (uint64_t)seed, .checkpoint = checkpoint};
    struct train_result t = {0};
    struct graph *g = train_arch(arch->name, s->data, &o, &t, &a, e);
    if (g && model_save(g, path, e)) {
        r = result_of(g, &t, file, path);
        if (step_keep(s, name, h, r, e)) {
            unlink(checkpoint); // the model is there
        } else {
            json_decref(r);
            r = NULL;
        }
    }
    if (!r) fail_in(e, "%s seed %d", arch->name, seed);
    arena_free(&a);
    return r;
}
