// A layer's weights as the chip's kernels read them, and what is known of int8 ones. Made once for all layers that share a
// constant and want it alike: a file of a megabyte can call ten thousand of them.
#include "kernel_grouped.h"
#include "lower.h"
#include "../../device/nn_widen.h"
#include "../../device/xtensa/nn_conv2d_toom.h"
#include <stdlib.h>
#include <string.h>

// All that it depends on, but the layout, which is the plan's.
struct key {
    const void *data;
    int32_t what, type, out, taps, out_step, tap_step, row; // how the weights lie
    int32_t block, group, in_c, k_h, k_w, dil_w;            // how they will
};

static struct key key_of(const struct tensor *w, const struct layer_shape *s, int32_t what)
{
    struct key k;
    memset(&k, 0, sizeof k); // padding counts
    k.data = w->data;
    k.what = what;
    k.type = (int32_t)w->type;
    k.out = s->out;
    k.taps = s->taps;
    k.out_step = s->out_step;
    k.tap_step = s->tap_step;
    k.row = s->row;
    return k;
}

enum { SUMS, PACKED };

const struct weight_sums *weight_sums_of(struct plan *p, const struct tensor *w, const struct layer_shape *s)
{
    const struct key key = key_of(w, s, SUMS);
    void **noted = arena_noted(&p->notes, &key, sizeof key);
    if (*noted) return *noted;
    struct weight_sums *k = *noted = arena_new(&p->notes, struct weight_sums);
    k->sum = arena_new_n(&p->notes, (size_t)s->out, int64_t);
    k->absolute = arena_new_n(&p->notes, (size_t)s->out, int64_t);
    for (int32_t o = 0; o < s->out; o++) {
        const int8_t *v = (const int8_t *)w->data + (size_t)o * (size_t)s->out_step;
        for (int32_t tap = 0; tap < s->taps; tap++) {
            const int q = v[(size_t)tap * (size_t)s->tap_step];
            k->sum[o] += q;
            k->absolute[o] += q < 0 ? -q : q;
            k->least |= q == -128;
            k->borrows |= o % 2 && q == -128 && v[(ptrdiff_t)tap * s->tap_step - s->out_step] < 0;
        }
    }
    return k;
}

// Whether two channels can be one number a tap (device/cortex_m4/nn_pair_s8.h): no -128 beside a negative weight, and
// in a convolution the upper channel's sum, with where it starts, below 2^23 (a dense one sums up in parts).
static bool pairs_fit(const struct node *n, const struct weight_sums *k, int32_t out, enum layer_kind kind)
{
    const struct tensor *b = n->nin > 2 ? n->in[2] : NULL;
    if (k->borrows) return false;
    for (int32_t o = 1; o < out && n->op != OP_DENSE; o += 2) {
        int64_t start = 128 * llabs(k->sum[o]);
        if (kind == LAYER_S8 && b) start += llabs((int64_t)((const int32_t *)b->data)[o]);
        if (start + 128 * k->absolute[o] >= 1 << 23) return false;
    }
    return true;
}

// Whether each sum stays below 2^28 (device/xtensa/nn_conv2d_toom.h).
static bool toom_fits(const struct node *n, const struct weight_sums *k, int32_t out, enum layer_kind kind)
{
    const struct tensor *b = n->nin > 2 ? n->in[2] : NULL;
    for (int32_t o = 0; o < out; o++) {
        const int64_t start = kind == LAYER_S8 && b ? llabs((int64_t)((const int32_t *)b->data)[o]) : 0;
        if (start + 255 * k->absolute[o] >= 1 << 28) return false;
    }
    return true;
}

// [out / block][row][groups of its taps][block][group], filled up with zeros.
static const struct tensor *pack(struct plan *p, const struct tensor *w, const struct layer_shape *s,
                                 int32_t block, int32_t group)
{
    const size_t bytes = (size_t)dtype_size(w->type), rows = (size_t)(s->taps / s->row);
    const size_t groups = (size_t)((s->row + group - 1) / group), width = (size_t)block * (size_t)group;
    const int32_t blocks = (s->out + block - 1) / block;
    struct tensor *t = lower_table(p, w->name, w->type, (int64_t)((size_t)blocks * rows * groups * width));
    const uint8_t *from = w->data;
    uint8_t *to = (uint8_t *)(uintptr_t)t->data;
    for (int32_t o = 0; o < s->out; o++)
        for (int32_t tap = 0; tap < s->taps; tap++) {
            const size_t row = (size_t)(tap / s->row), i = (size_t)(tap % s->row);
            const size_t run = ((size_t)(o / block) * rows + row) * groups + i / (size_t)group;
            const size_t at = run * width + (size_t)(o % block) * (size_t)group + i % (size_t)group;
            const size_t src = (size_t)o * (size_t)s->out_step + (size_t)tap * (size_t)s->tap_step;
            memcpy(to + at * bytes, from + src * bytes, bytes);
        }
    return t;
}

// [out / 2][tap], taps filled up to an even number: a + 256 * b, low byte first.
static const struct tensor *pack_pairs(struct plan *p, const struct tensor *w, const struct layer_shape *s)
{
    const int32_t taps = (s->taps + 1) & ~1, blocks = (s->out + 1) / 2;
    struct tensor *t = lower_table(p, w->name, I8, (int64_t)blocks * taps * 2);
    int8_t *to = (int8_t *)(uintptr_t)t->data;
    for (int32_t o = 0; o < s->out; o += 2)
        for (int32_t tap = 0; tap < s->taps; tap++) {
            const int8_t *v = (const int8_t *)w->data + (size_t)o * (size_t)s->out_step + tap;
            const size_t at = 2 * ((size_t)(o / 2) * (size_t)taps + (size_t)tap);
            const int b = o + 1 < s->out ? v[s->out_step] : 0;
            to[at] = v[0];
            to[at + 1] = (int8_t)(b - (v[0] < 0)); // what a negative a borrows
        }
    return t;
}

// [out / 4][tap][4], taps filled up to an even number.
static const struct tensor *pack_words(struct plan *p, const struct tensor *w, const struct layer_shape *s)
{
    const int32_t taps = (s->taps + 1) & ~1;
    struct tensor *t = lower_table(p, w->name, I8, (int64_t)((s->out + 3) / 4) * taps * 4);
    for (int32_t o = 0; o < s->out; o++)
        for (int32_t tap = 0; tap < s->taps; tap++)
            ((int8_t *)(uintptr_t)
                 t->data)[((size_t)(o / 4) * (size_t)taps + (size_t)tap) * 4 + (size_t)(o % 4)] =
                ((const int8_t *)w->data)[(size_t)o * (size_t)s->out_step + (size_t)tap];
    return t;
}

// [out][tap], filled up with zeros, 128 added to each.
static const struct tensor *pack_toom(struct plan *p, const struct tensor *w, const struct layer_shape *s)
{
    const int32_t taps = s->toom->k_w * s->toom->in_c;
    struct tensor *t = lower_table(p, w->name, I8, (int64_t)s->out * taps);
    uint8_t *to = (uint8_t *)(uintptr_t)t->data;
    for (int32_t o = 0; o < s->out; o++)
        for (int32_t tap = 0; tap < taps; tap++)
            *to++ = 0x80 ^ (tap < s->taps ? ((const uint8_t *)w->data)[(int64_t)o * s->taps + tap] : 0);
    return t;
}

// The same, transformed.
static const struct tensor *pack_toom_ahead(struct plan *p, const struct tensor *w,
                                            const struct layer_shape *s)
{
    const nn_conv2d *q = s->toom;
    const struct tensor *bytes = pack_toom(p, w, s);
    struct tensor *t = lower_table(p, w->name, I16, nn_toom_ahead(q));
    int16_t *to = (int16_t *)(uintptr_t)t->data;
    for (int32_t o = 0; o < s->out; o++, to += nn_toom_points(q) * q->in_c)
        nn_toom_columns(q, (const int8_t *)bytes->data + (int64_t)o * q->k_w * q->in_c, 1, to);
    return t;
}

// [out][runs][run], as device/xtensa/nn_conv2d_mac16.h would widen them.
static const struct tensor *pack_wide(struct plan *p, const struct tensor *w, const struct layer_shape *s)
{
    const int32_t row = nn_widen_weights(s->wide);
    struct tensor *t = lower_table(p, w->name, I16, (int64_t)s->out * row + NN_WIDEN_SLACK);
    int16_t *to = (int16_t *)(uintptr_t)t->data;
    for (int32_t o = 0; o < s->out; o++, to += row)
        nn_conv2d_widen_weights(s->wide, (const int8_t *)w->data + (int64_t)o * s->taps, 1, to);
    return t;
}

void lower_weights(const struct node *n, struct plan *p, const struct layer_shape *s, struct layer *l)
{
    const struct tensor *w = n->in[1];
    const bool bytes = l->kind == LAYER_S8 || l->kind == LAYER_DYN, grouped = s->grouped && bytes;
    const struct weight_sums *sums = bytes ? weight_sums_of(p, w, s) : NULL;
    const bool pairs =
        p->layout->group == PAIRS && s->blocked && bytes && pairs_fit(n, sums, s->out, l->kind);
    const bool words = p->layout->group == WORDS && n->op == OP_CONV_2D && bytes && !sums->least;
    const bool toom = s->toom && bytes && toom_fits(n, sums, s->out, l->kind);
    const bool wide = s->wide && bytes && !toom;
    l->group = grouped ? p->layout->group
               : pairs ? PAIRS
               : words ? WORDS // two products fit a word (device/rv32/nn_words_s8.h)
               : toom  ? s->toom->group
               : wide  ? NN_WIDE_AHEAD
                       : 1;
    l->block = !s->blocked                                    ? 1
               : l->kind == LAYER_F32 || l->kind == LAYER_S16 ? s->block_f32
               : grouped && p->layout->group == GROUP         ? GROUP_BLOCK
                                                              : s->block_s8;
    l->w = w;
    if (!s->blocked) return;
    const nn_conv2d *as = toom ? s->toom : wide ? s->wide : NULL;
    struct key key = key_of(w, s, PACKED);
    key.block = l->block;
    key.group = l->group;
    if (as) key.in_c = as->in_c, key.k_h = as->k_h, key.k_w = as->k_w, key.dil_w = as->dil_w;
    const struct tensor *made = *arena_noted(&p->notes, &key, sizeof key);
    if (!made)
        made = pairs   ? pack_pairs(p, w, s)
               : words ? pack_words(p, w, s)
               : toom  ? (s->toom->group == NN_TOOM ? pack_toom : pack_toom_ahead)(p, w, s)
               : wide  ? pack_wide(p, w, s)
                       : pack(p, w, s, l->block, l->group);
    *arena_noted(&p->notes, &key, sizeof key) = (void *)(uintptr_t)made;
    l->w = made;
}
