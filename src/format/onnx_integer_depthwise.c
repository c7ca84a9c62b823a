// Averages and normalisation on integers: as depthwise convolutions, which round once.
#include "onnx_integer.h"
#include <math.h>
#include <string.h>

// By ones of the scale 1 / count.
bool integer_average(struct integer *z, struct node *m, const struct quant *q)
{
    const struct pool p = m->as.pool;
    const struct tensor *x = m->in[0];
    const int32_t dim[4] = {1, p.kernel[0], p.kernel[1], x->dim[3]}, taps = p.kernel[0] * p.kernel[1];
    if (quant_same(&x->q, q) || p.pad[0] || p.pad[1] || p.pad[2] || p.pad[3]) return false;
    if (p.kernel[0] > 1 << 8 || p.kernel[1] > 1 << 8 || (int64_t)taps * dim[3] > z->r->fold_left)
        return false;
    z->r->fold_left -= (int64_t)taps * dim[3];
    const float scale = 1.0f / (float)taps;
    struct tensor *w = tensor_const(z->r->a, arena_printf(z->r->a, "%s/ones", m->name), I8, 4, dim, NULL);
    w->data = memset(arena_alloc(z->r->a, (size_t)tensor_count(w)), 1, (size_t)tensor_count(w));
    w->q = (struct quant){1, 0, arena_copy(z->r->a, &scale, sizeof scale), arena_new_n(z->r->a, 1, int32_t)};
    m->op = OP_DEPTHWISE_CONV_2D;
    m->as.conv = (struct conv){.stride = {p.stride[0], p.stride[1]}, .dilation = {1, 1}};
    m->in = arena_copy(z->r->a, (struct tensor *[]){m->in[0], w, NULL}, 3 * sizeof(struct tensor *));
    m->nin = 3;
    return true;
}

// x seen as (1, 1, positions, channels), or y as x: the same bytes.
static void reshape(struct integer *z, struct tensor *from, struct tensor *to)
{
    struct node *m =
        graph_add(z->to, z->r->a, OP_RESHAPE, arena_printf(z->r->a, "%s/reshape", to->name), 1, 1);
    m->in[0] = from;
    m->out[0] = to;
}

// A number a channel: factor gamma / sqrt(variance + epsilon) in 127 steps of its own scale, the rest in the bias, whose
// step is that much finer. Factors that hardly move the output get a scale that does, or the bias would have no step.
static bool channels(struct integer *z, const struct node *n, const struct tensor *x, const struct quant *q,
                     struct tensor **w, struct tensor **bias, const char **why)
{
    struct arena *a = z->r->a;
    const int32_t count = x->dim[x->rank - 1];
    const float *gamma = n->in[1]->data, *beta = n->in[2]->data, *mean = n->in[3]->data,
                *variance = n->in[4]->data;
    int8_t *weight = arena_new_n(a, (size_t)count, int8_t);
    int32_t *sum = arena_new_n(a, (size_t)count, int32_t);
    float *scale = arena_new_n(a, 2 * (size_t)count, float), *product = scale + count;
    const double least = (double)q->scale[0] / (double)x->q.scale[0] / 256;
    for (int32_t c = 0; c < count; c++) {
        const double factor = (double)gamma[c] / sqrt((double)variance[c] + (double)n->as.batch_norm.epsilon);
        scale[c] = (float)(fmax(fabs(factor), least) / 127);
        product[c] = scale[c] * x->q.scale[0];
        const double rest = round(((double)beta[c] - (double)mean[c] * factor) / (double)product[c]);
        if (!(fabs(rest) <= 0x1p30) || !(product[c] > 0) || !isfinite(product[c]))
            return *why = "its numbers are too large for its scales", false;
        weight[c] = (int8_t)round(factor / (double)scale[c]);
        sum[c] = (int32_t)rest;
    }
    *w = tensor_const(a, arena_printf(a, "%s/factors", n->name), I8, 4, (int32_t[]){1, 1, 1, count}, weight);
    (*w)->q = (struct quant){count, 3, scale, arena_new_n(a, (size_t)count, int32_t)};
    *bias = tensor_const(a, arena_printf(a, "%s/sums", n->name), I32, 1, &count, sum);
    (*bias)->q = (struct quant){count, 0, product, (*w)->q.zero};
    return true;
}

bool integer_normalise(struct integer *z, const struct node *n, const char **why)
{
    const struct quant *q = flow_quant(z, n->out[0]);
    struct tensor *x = flow_of(z, n->in[0])->integer, *in = x;
    if (!x) return *why = arena_printf(z->r->a, "its input %s is not quantised", n->in[0]->name), false;
    if (!q) return *why = "its output is not quantised, or also used as floats", false;
    struct tensor *y = integer_tensor(z, n->out[0], "", q), *out = y;
    if (x->rank != 4) {
        const int32_t count = x->dim[x->rank - 1], dim[4] = {1, 1, (int32_t)(tensor_count(x) / count), count};
        in = integer_tensor(z, x, "/positions", &x->q);
        out = integer_tensor(z, y, "/positions", q);
        in->rank = out->rank = 4;
        memcpy(in->dim, dim, sizeof dim);
        memcpy(out->dim, dim, sizeof dim);
        reshape(z, x, in);
    }
    struct node *m = graph_add(z->to, z->r->a, OP_DEPTHWISE_CONV_2D, n->name, 3, 1);
    m->in[0] = in;
    m->out[0] = out;
    m->as.conv = (struct conv){.stride = {1, 1}, .dilation = {1, 1}};
    if (!channels(z, n, x, q, &m->in[1], &m->in[2], why) || !integer_done(z, m, why)) return false;
    if (out != y) reshape(z, out, y);
    integer_stands_for(z, y, n->out[0]);
    return true;
}
