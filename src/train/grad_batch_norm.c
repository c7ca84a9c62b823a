// BATCH_NORM (Ioffe, Szegedy 2015): y = gamma * (x - mean) / sqrt(variance + epsilon) + beta over the last
// dimension. In training mean and variance are those of the batch (biased), left in dx of the running ones; a
// frozen one, the input normalisation, always uses its own.
#include "grad.h"
#include <math.h>
#include <string.h>

enum { X, GAMMA, BETA, MEAN, VARIANCE };

static int64_t keep(const struct node *n, int64_t batch)
{
    (void)batch;
    return 4 * (int64_t)n->in[GAMMA]->dim[0]; // mean, 1 / deviation, two sums for backward
}

static bool own_statistics(const struct layer *l)
{
    return !l->training || l->node->as.batch_norm.frozen;
}

static void moments(const float *restrict x, int64_t rows, int c, float *restrict mean, float *restrict var)
{
    memset(mean, 0, (size_t)c * sizeof *mean);
    memset(var, 0, (size_t)c * sizeof *var);
    for (int64_t r = 0; r < rows; r++)
        for (int i = 0; i < c; i++) mean[i] += x[r * c + i];
    for (int i = 0; i < c; i++) mean[i] /= (float)rows;
    for (int64_t r = 0; r < rows; r++)
        for (int i = 0; i < c; i++) {
            float d = x[r * c + i] - mean[i];
            var[i] += d * d;
        }
    for (int i = 0; i < c; i++) var[i] /= (float)rows;
}

static void normalise(const float *restrict x, float *restrict y, int64_t rows, int c,
                      const float *restrict scale, const float *restrict shift)
{
    for (int64_t r = 0; r < rows; r++, x += c, y += c)
        for (int i = 0; i < c; i++) y[i] = x[i] * scale[i] + shift[i];
}

static void forward(struct layer *l)
{
    int c = l->in[GAMMA].n;
    int64_t rows = (int64_t)l->batch * l->in[X].n / c;
    float *mean = l->keep, *inv = mean + c, *scale = inv + c, *shift = scale + c;
    const float *var = l->in[VARIANCE].x;
    if (own_statistics(l)) {
        memcpy(mean, l->in[MEAN].x, (size_t)c * sizeof *mean);
    } else {
        moments(l->in[X].x, rows, c, mean, l->in[VARIANCE].dx);
        var = l->in[VARIANCE].dx;
        memcpy(l->in[MEAN].dx, mean, (size_t)c * sizeof *mean);
    }
    for (int i = 0; i < c; i++) {
        inv[i] = 1 / sqrtf(var[i] + l->node->as.batch_norm.epsilon);
        scale[i] = l->in[GAMMA].x[i] * inv[i];
        shift[i] = l->in[BETA].x[i] - mean[i] * scale[i];
    }
    normalise(l->in[X].x, l->out.x, rows, c, scale, shift);
}

// dx = gamma / deviation * (dy - mean(dy) - xhat * mean(dy * xhat)), xhat = (x - mean) / deviation.
static void backward(struct layer *l)
{
    int c = l->in[GAMMA].n;
    int64_t rows = (int64_t)l->batch * l->in[X].n / c;
    const float *restrict mean = l->keep, *restrict inv = mean + c, *restrict gamma = l->in[GAMMA].x;
    const float *restrict x = l->in[X].x, *restrict dy = l->out.dx;
    float *restrict sum = l->keep + 2 * c, *restrict sum_xhat = sum + c, *restrict dx = l->in[X].dx;
    memset(sum, 0, 2 * (size_t)c * sizeof *sum);
    for (int64_t r = 0; r < rows; r++)
        for (int i = 0; i < c; i++) {
            sum[i] += dy[r * c + i];
            sum_xhat[i] += dy[r * c + i] * (x[r * c + i] - mean[i]);
        }
    for (int i = 0; i < c; i++) sum_xhat[i] *= inv[i];
    if (l->in[BETA].dx) memcpy(l->in[BETA].dx, sum, (size_t)c * sizeof *sum);
    if (l->in[GAMMA].dx) memcpy(l->in[GAMMA].dx, sum_xhat, (size_t)c * sizeof *sum_xhat);
    if (!dx) return;
    // dx = a * dy + b * x + d: three numbers a channel, then one pass. Constant statistics: b = d = 0.
    bool own = own_statistics(l);
    for (int i = 0; i < c; i++) {
        float a = gamma[i] * inv[i], m = sum[i] / (float)rows, mx = sum_xhat[i] / (float)rows;
        float b = own ? 0 : -a * mx * inv[i];
        sum[i] = own ? 0 : -a * m - b * mean[i];
        sum_xhat[i] = b;
    }
    for (int64_t r = 0; r < rows; r++)
        for (int i = 0; i < c; i++)
            dx[r * c + i] = gamma[i] * inv[i] * dy[r * c + i] + sum_xhat[i] * x[r * c + i] + sum[i];
}

const struct grad grad_batch_norm = {
    .op = OP_BATCH_NORM,
    .param = {[GAMMA] = PARAM_OFFSET, [BETA] = PARAM_OFFSET, [MEAN] = PARAM_STAT, [VARIANCE] = PARAM_STAT},
    .keep = keep,
    .forward = forward,
    .backward = backward,
};
