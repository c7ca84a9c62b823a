// Keras writes a dilated convolution of a free batch as SPACE_TO_BATCH_ND, convolution, BATCH_TO_SPACE_ND
// with reshapes between: every d-th sample goes to a batch of its own. Here it becomes one convolution again,
// with dilation d. The operators between are remembered, not executed; the last one makes the node.
#include "tflite_read.h"
#include <string.h>

// Numbers of the first operator, for height and width. A signal of 3 dimensions (n, t, c) counts as width
// until a reshape says otherwise.
struct spread {
    struct tensor *x;
    int32_t block[2], before[2], after[2];
    bool flat;         // x has 3 dimensions
    struct oper *conv; // the convolution, once it was met
};

static struct spread *spread_new(struct reader *r, struct spread s)
{
    return arena_copy(r->a, &s, sizeof s);
}

// SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: sizes of blocks, and paddings or crops, for height and width.
static bool read_blocks(const struct oper *o, int rank, int32_t block[2], int32_t before[2], int32_t after[2],
                        struct err *e)
{
    int32_t b[2], table[4];
    int n = reader_ints(o->in[1], b, 2, e), m = n < 0 ? -1 : reader_ints(o->in[2], table, 4, e);
    if (m < 0) return false;
    if ((rank != 3 && rank != 4) || n < 1 || n > rank - 2 || m != 2 * n)
        return fail(e, "blocks of %d dimensions on a tensor of %d", n, rank);
    int first = rank == 3 ? 1 : 0; // the only one is the width, or (4 dimensions) the height
    for (int i = 0; i < 2; i++) block[i] = 1, before[i] = after[i] = 0;
    for (int i = 0; i < n; i++) {
        if (b[i] < 1 || b[i] > 1 << 20 || table[2 * i] < 0 || table[2 * i] > 1 << 20 ||
            table[2 * i + 1] < 0 || table[2 * i + 1] > 1 << 20)
            return fail(e, "block %d with %d and %d: not possible", b[i], table[2 * i], table[2 * i + 1]);
        block[first + i] = b[i];
        before[first + i] = table[2 * i];
        after[first + i] = table[2 * i + 1];
    }
    return true;
}

bool dilate_start(struct reader *r, struct oper *o, struct err *e)
{
    struct spread s = {.x = o->in[0], .flat = o->in[0]->rank == 3};
    if (!read_blocks(o, o->in[0]->rank, s.block, s.before, s.after, e)) return false;
    o->spread_out = spread_new(r, s);
    return true;
}

// A reshape that adds or drops a dimension of size 1.
static bool pass_reshape(struct reader *r, struct oper *o, const struct spread *s, struct err *e)
{
    struct spread t = *s;
    const struct tensor *y = o->out[0];
    if (!s->conv && s->flat && y->rank == 4 && y->dim[2] == 1 &&
        y->dim[1] != 1) { // (n, t, 1, c): t is the height
        for (int k = 0; k < 3; k++) {
            int32_t *v = k == 0 ? t.block : k == 1 ? t.before : t.after, was = v[0];
            v[0] = v[1];
            v[1] = was;
        }
    } else if (y->rank != 3 && y->rank != 4) {
        return fail(e, "reshapes between a SPACE_TO_BATCH_ND and its BATCH_TO_SPACE_ND in an unknown way");
    }
    o->spread_out = spread_new(r, t);
    return true;
}

static bool pass_conv(struct reader *r, struct oper *o, const struct spread *s, struct err *e)
{
    bool depthwise = o->builtin == TFL_DEPTHWISE_CONV_2D;
    if (s->conv) return fail(e, "is a second convolution behind one SPACE_TO_BATCH_ND");
    for (int i = 0; i < 2; i++)
        if (fb_i32(&o->options, i ? CONV_STRIDE_W : CONV_STRIDE_H, 0) != 1 ||
            fb_i32(&o->options, (depthwise ? DEPTHWISE_DILATION_W : CONV_DILATION_W) + i, 1) != 1)
            return fail(e, "has a stride or dilation behind a SPACE_TO_BATCH_ND");
    if (fb_i8(&o->options, CONV_PADDING, PADDING_SAME) != PADDING_VALID)
        return fail(e, "has padding behind a SPACE_TO_BATCH_ND");
    struct spread t = *s;
    t.conv = arena_copy(r->a, o, sizeof *o);
    o->spread_out = spread_new(r, t);
    return true;
}

static struct node *reshape_to(struct reader *r, struct tensor *x, struct tensor *y, int rank,
                               const int32_t *dim)
{
    y->rank = rank;
    memcpy(y->dim, dim, (size_t)rank * sizeof *dim);
    struct node *n = graph_add(r->g, r->a, OP_RESHAPE, reader_name(r, y), 1, 1);
    n->in[0] = x;
    n->out[0] = y;
    return n;
}

// The end: reshape to 4 dimensions if need be, the dilated convolution, reshape back.
static bool finish_spread(struct reader *r, struct oper *o, const struct spread *s, struct err *e)
{
    int32_t block[2], before[2], after[2];
    struct oper *c = s->conv;
    struct tensor *x = s->x, *y = o->out[0];
    if (!c) return fail(e, "a SPACE_TO_BATCH_ND without a convolution");
    if (!read_blocks(o, s->flat ? 3 : 4, block, before, after, e)) return false;
    bool tall = s->flat && s->block[1] == 1 && s->block[0] > 1; // a signal as height
    if (tall) {
        int32_t swap[3] = {block[0], before[0], after[0]};
        block[0] = block[1], before[0] = before[1], after[0] = after[1];
        block[1] = swap[0], before[1] = swap[1], after[1] = swap[2];
    }
    struct conv conv = {{1, 1}, {s->block[0], s->block[1]}, {0}, ACT_NONE};
    for (int i = 0; i < 2; i++) {
        conv.pad[i] = s->before[i] - before[i];
        conv.pad[2 + i] = s->after[i] - after[i];
        if (block[i] != s->block[i] || conv.pad[i] < 0 || conv.pad[2 + i] < 0)
            return fail(e, "its blocks or crops do not belong to the SPACE_TO_BATCH_ND before it");
    }
    if (s->flat) {
        struct tensor *flat = x;
        x = reader_between(r, flat, "image");
        int32_t t = flat->dim[1], dim[4] = {flat->dim[0], tall ? t : 1, tall ? 1 : t, flat->dim[2]};
        if (!op_def(OP_RESHAPE)->infer(reshape_to(r, flat, x, 4, dim), e)) return false;
    }
    struct oper whole = *c;
    whole.in = arena_copy(r->a, c->in, (size_t)c->nin * sizeof *c->in);
    whole.in[0] = x;
    whole.shaped = false;
    if (!oper_conv(r, &whole, &conv, e)) return false;
    struct tensor *made = whole.out[0];
    if (!s->flat) { // same dimensions: the last operator's tensor is the convolution's
        if (!reader_same_output(o, made, e)) return false;
        return op_def(OP_RESHAPE)->infer(reshape_to(r, made, y, 4, made->dim), e);
    }
    int32_t dim[3] = {made->dim[0], tall ? made->dim[1] : made->dim[2], made->dim[3]};
    struct tensor want = *made;
    want.rank = 3;
    memcpy(want.dim, dim, sizeof dim);
    return reader_same_output(o, &want, e) && op_def(OP_RESHAPE)->infer(reshape_to(r, made, y, 3, dim), e);
}

bool dilate_pass(struct reader *r, struct oper *o, const struct spread *s, struct err *e)
{
    switch (o->builtin) {
    case TFL_RESHAPE:
    case TFL_EXPAND_DIMS:
    case TFL_SQUEEZE:
        return pass_reshape(r, o, s, e);
    case TFL_CONV_2D:
    case TFL_DEPTHWISE_CONV_2D:
        return pass_conv(r, o, s, e);
    case TFL_BATCH_TO_SPACE_ND:
        return finish_spread(r, o, s, e);
    default:
        return fail(
            e, "stands between a SPACE_TO_BATCH_ND and its BATCH_TO_SPACE_ND; only one convolution may: use "
               "dilation in the model instead");
    }
}
