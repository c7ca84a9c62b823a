// CONV_2D: x (h, w, c), weights (out, kh, kw, c), bias (out). As a matrix product over the patches of the
// image (Chellapilla et al. 2006): y (positions, out) = patch (positions, kh*kw*c) * weights^T.
#include "gemm.h"
#include "grad.h"
#include <string.h>

struct patch {
    int h, w, c, oh, ow, kh, kw;
    const struct conv *conv;
    int64_t size, positions; // floats a patch, patches a window
};

static struct patch patch_of(const struct node *n)
{
    const int32_t *x = n->in[0]->dim, *k = n->in[1]->dim, *y = n->out[0]->dim;
    return (struct patch){x[1],
                          x[2],
                          x[3],
                          y[1],
                          y[2],
                          k[1],
                          k[2],
                          &n->as.conv,
                          (int64_t)k[1] * k[2] * k[3],
                          (int64_t)y[1] * y[2]};
}

// A 1x1 kernel that visits every pixel: the image is its own patches.
static bool is_identity(const struct patch *p)
{
    const struct conv *c = p->conv;
    return p->kh == 1 && p->kw == 1 && c->stride[0] == 1 && c->stride[1] == 1 && p->oh == p->h &&
           p->ow == p->w;
}

// Kernel columns [*lo, *hi) whose image column first + k * dilation lies in [0, w).
static void columns_inside(int first, int dilation, int kw, int w, int *lo, int *hi)
{
    *lo = first < 0 ? (-first + dilation - 1) / dilation : 0;
    *hi = first < w ? (w - first + dilation - 1) / dilation : 0;
    if (*hi > kw) *hi = kw;
    if (*lo > *hi) *lo = *hi;
}

// One image to its patches (back: patches added into the image).
static void patches(const struct patch *p, float *restrict image, float *restrict patch, bool back)
{
    const struct conv *cv = p->conv;
    int row = p->kw * p->c, run = cv->dilation[1] == 1 ? p->c : 0; // run: taps of a row lie side by side
    for (int oy = 0; oy < p->oh; oy++)
        for (int ox = 0; ox < p->ow; ox++)
            for (int ky = 0; ky < p->kh; ky++, patch += row) {
                int y = oy * cv->stride[0] - cv->pad[0] + ky * cv->dilation[0];
                int x = ox * cv->stride[1] - cv->pad[1], lo, hi;
                columns_inside(x, cv->dilation[1], p->kw, p->w, &lo, &hi);
                if (y < 0 || y >= p->h) lo = hi = 0;
                float *from = image + ((int64_t)y * p->w + x) * p->c;
                if (!back) {
                    if (lo > 0) memset(patch, 0, (size_t)(lo * p->c) * sizeof *patch);
                    if (hi < p->kw)
                        memset(patch + hi * p->c, 0, (size_t)((p->kw - hi) * p->c) * sizeof *patch);
                }
                if (run && !back)
                    memcpy(patch + lo * p->c, from + lo * p->c, (size_t)((hi - lo) * p->c) * sizeof *patch);
                else if (run)
                    for (int i = lo * p->c; i < hi * p->c; i++) from[i] += patch[i];
                else
                    for (int k = lo; k < hi; k++)
                        for (int c = 0; c < p->c; c++) {
                            float *pixel = from + k * cv->dilation[1] * p->c + c;
                            if (back)
                                *pixel += patch[k * p->c + c];
                            else
                                patch[k * p->c + c] = *pixel;
                        }
            }
}

static int64_t keep(const struct node *n, int64_t batch)
{
    struct patch p = patch_of(n);
    return is_identity(&p) ? 0 : batch * p.positions * p.size;
}

static void forward(struct layer *l)
{
    struct patch p = patch_of(l->node);
    int out = l->node->out[0]->dim[3];
    int64_t rows = p.positions * l->batch;
    float *patch = l->in[0].x;
    if (!is_identity(&p)) {
        patch = l->keep;
        for (int b = 0; b < l->batch; b++)
            patches(&p, l->in[0].x + (int64_t)b * l->in[0].n, patch + b * p.positions * p.size, false);
    }
    gemm(false, true, (int)rows, out, (int)p.size, patch, l->in[1].x, l->out.x);
    if (l->in[2].x) bias_forward(l->out.x, l->in[2].x, rows, out);
    act_forward(p.conv->act, l->out.x, rows * out);
}

static void backward(struct layer *l)
{
    struct patch p = patch_of(l->node);
    int out = l->node->out[0]->dim[3];
    int64_t rows = p.positions * l->batch;
    bool same = is_identity(&p);
    float *dy = l->out.dx, *dx = l->in[0].dx;
    act_backward(p.conv->act, l->out.x, dy, rows * out);
    if (l->in[1].dx)
        gemm(true, false, out, (int)p.size, (int)rows, dy, same ? l->in[0].x : l->keep, l->in[1].dx);
    if (l->in[2].dx) bias_backward(dy, l->in[2].dx, rows, out);
    if (!dx) return;
    float *dpatch = same ? dx : l->keep; // the patches themselves are not needed any more
    gemm(false, false, (int)rows, (int)p.size, out, dy, l->in[1].x, dpatch);
    if (same) return;
    memset(dx, 0, (size_t)l->batch * (size_t)l->in[0].n * sizeof *dx);
    for (int b = 0; b < l->batch; b++)
        patches(&p, dx + (int64_t)b * l->in[0].n, dpatch + b * p.positions * p.size, true);
}

const struct grad grad_conv = {
    .op = OP_CONV_2D,
    .param = {[1] = PARAM_WEIGHT, [2] = PARAM_OFFSET},
    .keep = keep,
    .forward = forward,
    .backward = backward,
};
