// A layer and the pool behind it in turns: the layer makes as many rows as fit a small tile, the pool takes them, and what
// is between the two is never there as a whole. Steps and kernels stay as they are, a turn changes some parameters; so the
// bits are the same. It is done where the arena gets smaller by it, not where a turn would begin with work for the whole
// layer: the Xtensa kernels of int8 weights transform or widen them in each call.
#include "lower.h"
#include "../../device/nn.h"
#include <assert.h>
#include <string.h>

void step_turn(const struct step *s, int32_t first, int32_t *params, int32_t *moved)
{
    const struct turns *t = s->turns;
    const int32_t n = nn_min(t->rows, t->total - first);
    memcpy(params, s->params, (size_t)s->k->nfield * sizeof *params);
    if (t->in >= 0) params[t->in] = n;
    params[t->out] = (n + t->each - 1) / t->each;
    if (t->pad >= 0) params[t->pad] -= first * t->stride;
    *moved = t->buf >= 0 ? first / t->each * t->bytes : 0;
}

struct pair {
    int at; // the layer's step; the pool's is the next
    struct step was[2], now[2];
};

static int32_t get(const struct step *s, const char *field)
{
    return s->params[step_field(s, field)];
}

static bool starts(const struct step *s, const char *a, const char *b)
{
    return !strncmp(s->k->name, a, strlen(a)) || !strncmp(s->k->name, b, strlen(b));
}

static const struct ref *output_of(const struct step *s)
{
    for (int i = 0; i < s->k->nbuf; i++)
        if (s->buf[i].written && s->buf[i].t) return &s->buf[i];
    return NULL;
}

// Whether nothing but steps i and i + 1 sees the value.
static bool only_between(const struct plan *p, const struct tensor *t, int i)
{
    t = plan_root(p, t);
    for (int k = 0; k < p->g->nin; k++)
        if (plan_root(p, p->g->in[k]) == t) return false;
    for (int k = 0; k < p->g->nout; k++)
        if (plan_root(p, p->g->out[k]) == t) return false;
    for (int k = 0; k < p->g->nstate; k++)
        if (plan_root(p, p->g->state[k].before) == t) return false;
    for (int s = 0; s < p->nstep; s++)
        for (int b = 0; b < p->step[s].k->nbuf; b++) {
            const struct ref *r = &p->step[s].buf[b];
            if (r->t && r->offset >= 0 && s != i && s != i + 1 && plan_root(p, r->t) == t) return false;
        }
    return true;
}

// Positions that the core's kernel makes at a time, at most.
static int32_t block_of(const struct layout *l, bool integers)
{
    return !integers || l->group == WORDS ? 4 : l->patch ? l->patch : 2;
}

// Rows of a turn: a whole number of blocks, or so many that the last one hardly counts; products enough to make a call's
// beginning, some instructions an output channel, less than 1 %; a last turn of a whole block at least. 0: the layer has no
// two turns.
static int32_t rows_of(int32_t total, int32_t each, int32_t wide, int32_t taps, int32_t block)
{
    for (int32_t rows = each; 2 * (int64_t)rows <= total; rows += each) {
        const int64_t positions = (int64_t)rows * wide, rest = (int64_t)(total % rows) * wide;
        if ((positions % block == 0 || positions >= 300) && positions * taps >= 900 &&
            (rest == 0 || rest >= block))
            return rows;
    }
    return 0;
}

static struct step turning(struct plan *p, const struct step *s, const struct turns *t, int buf,
                           const struct tensor *tile)
{
    struct step n = *s;
    n.turns = arena_copy(p->arena, t, sizeof *t);
    n.buf = arena_copy(p->arena, s->buf, (size_t)s->k->nbuf * sizeof *s->buf);
    n.buf[buf].t = tile;
    return n;
}

static bool pair_at(struct plan *p, int i, struct pair *out)
{
    const struct step *s = &p->step[i], *q = s + 1;
    if (i + 1 >= p->nstep || i + 1 == p->front || s->turns) return false;
    if (!starts(s, "nn_conv2d_", "nn_depthwise_") || !starts(q, "nn_max_pool_", "nn_average_pool_"))
        return false;
    const bool integers = s->k != &kernel_nn_conv2d_f32 && s->k != &kernel_nn_depthwise_f32;
    if (integers && (p->layout->group == TOOM || p->layout->widen)) return false;
    const struct ref *y = output_of(s);
    if (plan_root(p, y->t) != plan_root(p, q->buf[0].t) || !only_between(p, y->t, i)) return false;
    const bool tall = get(s, "out_h") > 1; // rows of an image, else samples
    const char *const d[] = {"in_h", "out_h", "k_h", "stride_h", "pad_top", "dil_h"};
    const char *const w[] = {"in_w", "out_w", "k_w", "stride_w", "pad_left", "dil_w"}, *const *f =
                                                                                           tall ? d : w;
    const int32_t channels = y->t->dim[y->t->rank - 1], each = get(q, f[2]);
    if (get(s, "batch") != 1 || get(q, "c") != channels || get(q, "in_h") != get(s, "out_h") ||
        get(q, "in_w") != get(s, "out_w") || get(q, f[3]) != each || get(q, f[4]) != 0)
        return false;
    const int32_t wide = tall ? get(s, "out_w") : 1, in_c = get(s, "in_c"), stride = get(s, f[3]);
    const int32_t total = nn_min(get(s, f[1]), (int32_t)nn_min((int64_t)get(q, f[1]) * each, INT32_MAX));
    const bool depthwise = !strncmp(s->k->name, "nn_depthwise_", 13);
    const int32_t rows = rows_of(total, each, wide, get(s, "k_h") * get(s, "k_w") * (depthwise ? 1 : in_c),
                                 block_of(p->layout, integers));
    if (!rows) return false;
    const int64_t last = (int64_t)(get(s, f[1]) - 1) * stride + (int64_t)(get(s, f[2]) - 1) * get(s, f[5]);
    const bool padded = get(s, f[4]) > 0 || last >= get(s, f[0]);
    const int32_t size = dtype_size(y->t->type);
    const struct turns conv = {.total = total,
                               .rows = rows,
                               .each = 1,
                               .in = -1,
                               .out = step_field(s, f[1]),
                               .pad = padded ? step_field(s, f[4]) : -1,
                               .stride = stride,
                               .buf = padded ? -1 : 0,
                               .bytes = stride * (tall ? get(s, "in_w") : 1) * in_c *
                                        dtype_size(s->buf[0].t->type),
                               .first = true};
    const struct turns pool = {.total = total,
                               .rows = rows,
                               .each = each,
                               .in = step_field(q, f[0]),
                               .out = step_field(q, f[1]),
                               .pad = -1,
                               .buf = 1,
                               .bytes = (tall ? get(q, "out_w") : 1) * channels * size};
    struct tensor *tile =
        tensor_new(p->arena, arena_printf(p->arena, "(%d rows of %s)", rows, y->t->name), y->t->type, 4,
                   (int32_t[]){1, tall ? rows : 1, tall ? wide : rows, channels});
    *out = (struct pair){.at = i, .was = {*s, *q}};
    out->now[0] = turning(p, s, &conv, (int)(y - s->buf), tile);
    out->now[1] = turning(p, q, &pool, 0, tile);
    return true;
}

static void pair_set(struct plan *p, const struct pair *k, bool turns)
{
    memcpy(&p->step[k->at], turns ? k->now : k->was, sizeof k->now);
}

enum { MOST_TRIED = 64 }; // one by one; each is a placement anew

bool plan_tile(struct plan *p, struct err *e)
{
    if (!plan_place(p, e)) return false;
    if (!p->layout->tile) return true;
    struct pair *pair = arena_new_n(p->arena, (size_t)p->nstep + 1, struct pair);
    const int32_t whole = p->arena_bytes;
    int n = 0;
    for (int i = 0; i < p->nstep; i++) n += pair_at(p, i, &pair[n]);
    if (!n) return true;
    for (int i = 0; i < n; i++) pair_set(p, &pair[i], true);
    if (!plan_place(p, e)) return false;
    const int32_t least = p->arena_bytes;
    const bool saves = least + whole / 32 < whole;
    if (n > MOST_TRIED) {
        for (int i = 0; i < n; i++) pair_set(p, &pair[i], saves);
        return plan_place(p, e);
    }
    for (int i = 0; i < n; i++) { // without those that do not matter, all of them where 1/32 is not saved
        pair_set(p, &pair[i], false);
        if (!plan_place(p, e)) return false;
        if (saves && p->arena_bytes > least) pair_set(p, &pair[i], true);
    }
    return plan_place(p, e);
}
