// Weight clustering: the weights of a convolution or dense layer share 15 values, those of 4-bit codes (Han et al. 2016,
// "Deep compression", part 3). What is clustered is a weight over the largest one of its output channel, and the values
// lie symmetric about zero: so neither batch-norm, folded later, nor int8 with a scale a channel makes more of them.
// Training further moves the shared values (each the best fit of the weights that have its code) and each channel's
// scale; the codes stay.
#include "compress.h"
#include <math.h>

enum {
    TOP = 7,
    ROUNDS = 60,
    LEAST = 64
}; // codes -TOP .. TOP; rounds of k-means; fewer weights: not worth a book

struct clustered { // one layer
    const struct tensor *w;
    int32_t channels;
    int64_t each; // weights of a channel
    int8_t *code; // (channels, each)
    struct clustered *next;
};
struct clusters {
    struct clustered *first;
};

// Magnitudes over their channel's largest one -> the nearest of level[0 .. TOP], the first and last of which are 0, 1.
static int nearest(const float *level, float r)
{
    int best = 0;
    for (int k = 1; k <= TOP; k++)
        if (fabsf(r - level[k]) < fabsf(r - level[best])) best = k;
    return best;
}

static float largest(const float *w, int64_t n)
{
    float m = 0;
    for (int64_t i = 0; i < n; i++) m = fmaxf(m, fabsf(w[i]));
    return m;
}

static void find_codes(struct clustered *c)
{
    const float *w = c->w->data;
    float level[TOP + 1];
    for (int k = 0; k <= TOP; k++) level[k] = (float)k / TOP;
    for (int round = 0; round <= ROUNDS; round++) {
        double sum[TOP + 1] = {0};
        int64_t n[TOP + 1] = {0};
        for (int32_t o = 0; o < c->channels; o++) {
            const float *row = w + o * c->each, top = largest(row, c->each);
            for (int64_t i = 0; i < c->each; i++) {
                const float r = top > 0 ? fabsf(row[i]) / top : 0;
                const int k = nearest(level, r);
                c->code[o * c->each + i] = (int8_t)(row[i] < 0 ? -k : k);
                sum[k] += (double)r;
                n[k]++;
            }
        }
        for (int k = 1; k < TOP && round < ROUNDS; k++)
            if (n[k]) level[k] = (float)(sum[k] / (double)n[k]);
    }
}

// A batch-norm in front of a layer, not behind another one, scales its weights an input channel: the values differ then.
static bool scaled_by_input(const struct graph *g, const struct tensor *x)
{
    const struct node *n = graph_producer(g, x);
    while (n && n->op != OP_CONV_2D && n->op != OP_DENSE && n->op != OP_DEPTHWISE_CONV_2D &&
           n->op != OP_RECURRENT) {
        if (n->op == OP_BATCH_NORM) {
            const struct node *p = graph_producer(g, n->in[0]);
            return !p || (p->op != OP_CONV_2D && p->op != OP_DENSE && p->op != OP_DEPTHWISE_CONV_2D);
        }
        n = graph_producer(g, n->in[0]);
    }
    return false;
}

struct clusters *clusters_find(const struct graph *g, struct arena *a)
{
    struct clusters *all = arena_new(a, struct clusters);
    for (int k = 0; k < g->nnode; k++) {
        const struct node *n = g->node[k];
        if (n->op != OP_CONV_2D && n->op != OP_DENSE) continue;
        const struct tensor *w = n->in[1];
        if (!tensor_is_const(w) || w->type != F32 || tensor_count(w) < LEAST) continue;
        if (scaled_by_input(g, n->in[0])) continue;
        struct clustered *c = arena_new(a, struct clustered);
        *c = (struct clustered){w, w->dim[0], tensor_count(w) / w->dim[0],
                                arena_new_n(a, (size_t)tensor_count(w), int8_t), all->first};
        find_codes(c);
        all->first = c;
    }
    return all->first ? all : NULL;
}

// The least-squares fit of one value a code and one scale a channel: the scale is the mean of a channel's largest
// weights, the value of code k the one that is nearest to all its weights then.
static void hold(const struct clustered *c, float *w, bool whole)
{
    double scale_sum[TOP + 1] = {0}, square[TOP + 1] = {0};
    float level[TOP + 1];
    for (int pass = 0; pass < 2; pass++) {
        for (int32_t o = 0; o < c->channels; o++) {
            float *row = w + o * c->each;
            const int8_t *code = c->code + o * c->each;
            double top = 0;
            int64_t n = 0;
            for (int64_t i = 0; i < c->each; i++)
                if (code[i] == TOP || code[i] == -TOP) top += (double)(code[i] < 0 ? -row[i] : row[i]), n++;
            top = n ? fmax(top / (double)n, 0) : 0;
            for (int64_t i = 0; i < c->each; i++) {
                const int k = code[i] < 0 ? -code[i] : code[i];
                if (pass) {
                    const float v = (float)top * level[k];
                    row[i] = code[i] < 0 ? -v : v;
                } else {
                    scale_sum[k] += top * (double)(code[i] < 0 ? -row[i] : row[i]);
                    square[k] += top * top;
                }
            }
        }
        for (int k = 0; k <= TOP && !pass; k++) {
            level[k] = square[k] > 0 ? (float)(scale_sum[k] / square[k]) : 0;
            level[k] = k == 0 ? 0 : k == TOP ? 1 : fmaxf(0, fminf(1, level[k]));
            if (whole) level[k] = roundf(127 * level[k]) / 127; // a whole number of int8's steps
        }
    }
}

void clusters_hold(const struct clusters *all, const struct tensor *t, float *w)
{
    for (const struct clustered *c = all->first; c; c = c->next)
        if (c->w == t) hold(c, w, false);
}

void clusters_finish(const struct clusters *all, struct arena *a)
{
    for (const struct clustered *c = all->first; c; c = c->next) {
        float *w = arena_copy(a, c->w->data, (size_t)tensor_bytes(c->w));
        hold(c, w, true);
        ((struct tensor *)(uintptr_t)c->w)->data = w;
    }
}
