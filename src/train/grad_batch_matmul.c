// BATCH_MATMUL of two computed values, for attention: y = x * z for each matrix, x or z perhaps transposed.
#include "gemm.h"
#include "grad.h"
#include <string.h>

static bool check(const struct node *n, struct err *e)
{
    const struct tensor *x = n->in[0], *z = n->in[1];
    if (tensor_is_const(x) || tensor_is_const(z))
        return fail(e, "%s: BATCH_MATMUL with a constant cannot be trained; a dense layer can", n->name);
    if (x->rank != z->rank || x->rank < 3 || memcmp(x->dim, z->dim, (size_t)(x->rank - 2) * sizeof *x->dim))
        return fail(e, "%s: BATCH_MATMUL that broadcasts cannot be trained", n->name);
    return true;
}

struct product { // matrices of a window: y (m, c) = x (m, k) * z (k, c)
    int m, k, c;
    int64_t count; // in the batch
    bool tx, tz;   // stored (k, m), (c, k)
};

static struct product product_of(const struct layer *l)
{
    const struct node *n = l->node;
    const struct tensor *x = n->in[0], *y = n->out[0];
    struct product p = {.tx = n->as.matmul.adj_x, .tz = n->as.matmul.adj_y};
    p.m = y->dim[y->rank - 2];
    p.c = y->dim[y->rank - 1];
    p.k = x->dim[x->rank - (p.tx ? 2 : 1)];
    p.count = (int64_t)l->batch * l->out.n / ((int64_t)p.m * p.c);
    return p;
}

static void forward(struct layer *l)
{
    const struct product p = product_of(l);
    const int64_t nx = (int64_t)p.m * p.k, nz = (int64_t)p.k * p.c, ny = (int64_t)p.m * p.c;
    for (int64_t i = 0; i < p.count; i++)
        gemm(p.tx, p.tz, p.m, p.c, p.k, l->in[0].x + i * nx, l->in[1].x + i * nz, l->out.x + i * ny);
}

// dx = dy * z^T, dz = x^T * dy; stored transposed where x and z are.
static void backward(struct layer *l)
{
    const struct product p = product_of(l);
    const int64_t nx = (int64_t)p.m * p.k, nz = (int64_t)p.k * p.c, ny = (int64_t)p.m * p.c;
    for (int64_t i = 0; i < p.count; i++) {
        const float *x = l->in[0].x + i * nx, *z = l->in[1].x + i * nz, *dy = l->out.dx + i * ny;
        if (l->in[0].dx && p.tx)
            gemm(p.tz, true, p.k, p.m, p.c, z, dy, l->in[0].dx + i * nx);
        else if (l->in[0].dx)
            gemm(false, !p.tz, p.m, p.k, p.c, dy, z, l->in[0].dx + i * nx);
        if (l->in[1].dx && p.tz)
            gemm(true, p.tx, p.c, p.k, p.m, dy, x, l->in[1].dx + i * nz);
        else if (l->in[1].dx)
            gemm(!p.tx, false, p.k, p.c, p.m, x, dy, l->in[1].dx + i * nz);
    }
}

const struct grad grad_batch_matmul = {
    .op = OP_BATCH_MATMUL, .check = check, .forward = forward, .backward = backward};
