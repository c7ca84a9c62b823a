#include "checkpoint.h"
#include "../base/file.h"
#include "../base/hash.h"
#include "../base/log.h"
#include <string.h>

// Layout: magic, key (64 hex digits), SHA-256 of the rest (64 hex digits), struct head, five vectors of
// float. Written and read on the same machine: no byte order is fixed.
static const char magic[16] = "wearlite-ckpt-2";
struct head {
    int64_t step;
    int32_t n, epochs, best_epoch;
    float train_loss, valid_loss, valid_accuracy;
    double seconds;
};

const char *run_key(const struct graph *g, const struct dataset *d, const struct train_opt *o, const float *w,
                    int nw, struct arena *a)
{
    struct buf text = {0};
    struct sha256 s;
    graph_print(g, &text);
    buf_printf(&text, "%d %d %d %a %a %a %llu %d %d\n", o->epochs, o->batch, o->patience, (double)o->rate,
               (double)o->weight_decay, (double)o->label_smoothing, (unsigned long long)o->seed,
               o->no_augment, o->no_class_weights);
    sha256_init(&s);
    sha256_add(&s, text.p, text.n);
    sha256_add(&s, w, (size_t)nw * sizeof *w);
    sha256_add(&s, d->x, (size_t)d->n * (size_t)d->window * (size_t)d->nchannel * sizeof *d->x);
    sha256_add(&s, d->y, (size_t)d->n * sizeof *d->y);
    sha256_add(&s, d->split, (size_t)d->n);
    char *hex = arena_alloc(a, 65);
    sha256_hex(&s, hex);
    buf_free(&text);
    return hex;
}

bool checkpoint_write(const char *path, const char *key, const struct run_state *s, struct err *e)
{
    struct buf body = {0}, file = {0};
    const struct train_result *r = &s->result;
    size_t n = (size_t)s->opt.params->n * sizeof(float);
    struct head h;
    memset(&h, 0, sizeof h); // padding too: the same state is the same bytes
    h.step = s->opt.step, h.n = s->opt.params->n, h.epochs = r->epochs, h.best_epoch = r->best_epoch;
    h.train_loss = r->train_loss, h.valid_loss = r->valid_loss, h.valid_accuracy = r->valid_accuracy;
    h.seconds = r->seconds;
    buf_put(&body, &h, sizeof h);
    const float *vector[] = {s->opt.w, s->opt.mean, s->opt.square, s->opt.average, s->best};
    for (int i = 0; i < 5; i++) buf_put(&body, vector[i], n);
    char sum[65];
    hash_hex(buf_span(&body), sum);
    buf_put(&file, magic, sizeof magic);
    buf_put(&file, key, 64);
    buf_put(&file, sum, 64);
    buf_put(&file, body.p, body.n);
    bool ok = file_write(path, buf_span(&file), e);
    buf_free(&body);
    buf_free(&file);
    return ok;
}

bool checkpoint_read(const char *path, const char *key, struct run_state *s, bool *found, struct arena *a,
                     struct err *e)
{
    struct span f;
    *found = false;
    if (!file_exists(path)) return true;
    if (!file_read(path, a, &f, e)) return false;
    if (f.n < sizeof magic || memcmp(f.p, magic, sizeof magic))
        return fail(e, "%s is not a checkpoint of this version; name another file, or remove it", path);
    size_t n = (size_t)s->opt.params->n * sizeof(float), start = sizeof magic + 128;
    if (f.n < start || memcmp(f.p + sizeof magic, key, 64)) {
        log_warn("%s is of another training (other data, network, options or seed): starting anew", path);
        return true;
    }
    struct head h;
    char sum[65];
    hash_hex((struct span){f.p + start, f.n - start}, sum);
    if (f.n - start != sizeof h + 5 * n || memcmp(f.p + sizeof magic + 64, sum, 64)) {
        log_warn("%s is damaged: starting anew", path);
        return true;
    }
    memcpy(&h, f.p + start, sizeof h);
    float *vector[] = {s->opt.w, s->opt.mean, s->opt.square, s->opt.average, s->best};
    for (int i = 0; i < 5; i++) memcpy(vector[i], f.p + start + sizeof h + (size_t)i * n, n);
    s->opt.step = h.step;
    s->result = (struct train_result){h.epochs,     h.best_epoch,     h.train_loss,
                                      h.valid_loss, h.valid_accuracy, h.seconds};
    *found = true;
    return true;
}
