// A layer and the pool behind it as steps that take turns: the layer makes as many rows as fit a small tile, the pool takes
// them. Not where a turn would begin with work for the whole layer: the Xtensa kernels of int8 weights transform or widen
// them in each call.
#include "tile.h"
#include "../../device/nn.h"
#include "lower.h"
#include <string.h>

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

bool pool_group(struct plan *p, int i, struct group *out)
{
    const struct step *s = &p->step[i], *q = s + 1;
    if (i + 1 >= p->nstep || i + 1 == p->front || s->turns) return false;
    if (!starts(s, "nn_conv2d_", "nn_depthwise_") || !starts(q, "nn_max_pool_", "nn_average_pool_"))
        return false;
    const bool integers = s->k != &kernel_nn_conv2d_f32 && s->k != &kernel_nn_depthwise_f32;
    if (integers && (p->layout->group == TOOM || p->layout->widen)) return false;
    const struct ref *y = output_of(s);
    if (plan_root(p, y->t) != plan_root(p, q->buf[0].t) || !only_within(p, y->t, i, 2)) return false;
    const bool tall = step_get(s, "out_h") > 1; // rows of an image, else samples
    const char *const d[] = {"in_h", "out_h", "k_h", "stride_h", "pad_top", "dil_h"};
    const char *const w[] = {"in_w", "out_w", "k_w", "stride_w", "pad_left", "dil_w"}, *const *f =
                                                                                           tall ? d : w;
    const int32_t channels = y->t->dim[y->t->rank - 1], each = step_get(q, f[2]);
    if (step_get(s, "batch") != 1 || step_get(q, "c") != channels ||
        step_get(q, "in_h") != step_get(s, "out_h") || step_get(q, "in_w") != step_get(s, "out_w") ||
        step_get(q, f[3]) != each || step_get(q, f[4]) != 0)
        return false;
    const int32_t wide = tall ? step_get(s, "out_w") : 1, in_c = step_get(s, "in_c"),
                  stride = step_get(s, f[3]);
    const int32_t total =
        nn_min(step_get(s, f[1]), (int32_t)nn_min((int64_t)step_get(q, f[1]) * each, INT32_MAX));
    const bool depthwise = !strncmp(s->k->name, "nn_depthwise_", 13);
    const int32_t rows =
        rows_of(total, each, wide, step_get(s, "k_h") * step_get(s, "k_w") * (depthwise ? 1 : in_c),
                block_of(p->layout, integers));
    if (!rows) return false;
    const int64_t last =
        (int64_t)(step_get(s, f[1]) - 1) * stride + (int64_t)(step_get(s, f[2]) - 1) * step_get(s, f[5]);
    const bool padded = step_get(s, f[4]) > 0 || last >= step_get(s, f[0]);
    const int32_t size = dtype_size(y->t->type);
    const struct turns conv = {.total = total,
                               .rows = rows,
                               .each = 1,
                               .in = -1,
                               .out = step_field(s, f[1]),
                               .pad = padded ? step_field(s, f[4]) : -1,
                               .stride = stride,
                               .buf = padded ? -1 : 0,
                               .bytes = stride * (tall ? step_get(s, "in_w") : 1) * in_c *
                                        dtype_size(s->buf[0].t->type),
                               .n = 2};
    const struct turns pool = {.total = total,
                               .rows = rows,
                               .each = each,
                               .in = step_field(q, f[0]),
                               .out = step_field(q, f[1]),
                               .pad = -1,
                               .buf = 1,
                               .bytes = (tall ? step_get(q, "out_w") : 1) * channels * size,
                               .at = 1,
                               .n = 2};
    struct tensor *tile =
        tensor_new(p->arena, arena_printf(p->arena, "(%d rows of %s)", rows, y->t->name), y->t->type, 4,
                   (int32_t[]){1, tall ? rows : 1, tall ? wide : rows, channels});
    *out = (struct group){.at = i, .n = 2};
    out->now[0] = step_turning(p, s, &conv);
    out->now[1] = step_turning(p, q, &pool);
    out->now[0].buf[y - s->buf].t = out->now[1].buf[0].t = tile;
    return true;
}
