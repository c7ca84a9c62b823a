// BATCH_MATMUL: the product of two computed matrices, for each of the leading dimensions.
#include "lower.h"
#include "../../device/nn.h"
#include <string.h>

static bool infer(struct node *n, struct err *e)
{
    if (!want_inputs(n, 2, 2, e)) return false;
    const struct tensor *x = n->in[0], *y = n->in[1];
    if (x->rank < 2 || y->rank < 2)
        return fail(e, "inputs of %d and %d dimensions; a matrix has two", x->rank, y->rank);
    const bool ax = n->as.matmul.adj_x, ay = n->as.matmul.adj_y;
    const int32_t m = x->dim[x->rank - (ax ? 1 : 2)], k = x->dim[x->rank - (ax ? 2 : 1)];
    const int32_t ky = y->dim[y->rank - (ay ? 1 : 2)], c = y->dim[y->rank - (ay ? 2 : 1)];
    if (k != ky) return fail(e, "it multiplies rows of %d by columns of %d", k, ky);
    const int rank = x->rank > y->rank ? x->rank : y->rank;
    int32_t dim[GRAPH_MAX_RANK];
    for (int i = 0; i < rank - 2; i++) {
        const int32_t p = i < rank - x->rank ? 1 : x->dim[i - (rank - x->rank)];
        const int32_t q = i < rank - y->rank ? 1 : y->dim[i - (rank - y->rank)];
        if (p != q && p != 1 && q != 1) return fail(e, "%d and %d matrices do not fit each other", p, q);
        dim[i] = p == 1 ? q : p;
    }
    dim[rank - 2] = m;
    dim[rank - 1] = c;
    return infer_out(n, x->type, rank, dim, e);
}

static int64_t macs(const struct node *n)
{
    const struct tensor *x = n->in[0];
    return tensor_count(n->out[0]) * x->dim[x->rank - (n->as.matmul.adj_x ? 2 : 1)];
}

// Strides of the matrices and between them.
static bool matmul_shape(const struct node *n, nn_matmul *q, struct err *e)
{
    const struct tensor *x = n->in[0], *z = n->out[0];
    const bool ax = n->as.matmul.adj_x, ay = n->as.matmul.adj_y;
    int32_t d[6], stride[2][GRAPH_MAX_RANK], step;
    for (int k = 0; k < 2; k++) {
        const struct tensor *t = n->in[k];
        step = t->dim[t->rank - 1] * t->dim[t->rank - 2];
        for (int i = z->rank - 3, j = t->rank - 3; i >= 0; i--, j--) {
            const int32_t own = j >= 0 ? t->dim[j] : 1;
            stride[k][i] = own == 1 ? 0 : step;
            step *= own;
        }
    }
    if (!broadcast_groups(z->rank - 2, z->dim, stride, 2, 2, d))
        return fail(e, "its matrices are broadcast over more than two groups of dimensions");
    *q = (nn_matmul){.d0 = d[0],
                     .d1 = d[1],
                     .m = z->dim[z->rank - 2],
                     .n = z->dim[z->rank - 1],
                     .k = x->dim[x->rank - (ax ? 2 : 1)],
                     .x0 = d[2],
                     .x1 = d[3],
                     .y0 = d[4],
                     .y1 = d[5]};
    q->x_m = ax ? 1 : q->k;
    q->x_k = ax ? q->m : 1;
    q->y_k = ay ? 1 : q->n;
    q->y_n = ay ? q->k : 1;
    return true;
}

// The product of the input scales in float, as LiteRT has it.
static bool lower_s8(const struct node *n, const nn_matmul *f, struct plan *p, struct err *e)
{
    const struct quant *x = &n->in[0]->q, *y = &n->in[1]->q, *z = &n->out[0]->q;
    nn_matmul_scaled q = {.x_zero = x->zero[0], .y_zero = y->zero[0], .z_zero = z->zero[0]};
    const double real = (double)(x->scale[0] * y->scale[0]) / (double)z->scale[0];
    memcpy(&q, f, sizeof *f); // the same members come first
    quantize_multiplier(real, &q.mult, &q.shift);
    if (q.k > 16384) return fail(e, "%d products a sum; at most 16384 keep it from overflowing", q.k);
    if (q.shift > 14) return fail(e, "the factor %g from its sums to its output is not possible", real);
    plan_step(p, n, &kernel_nn_matmul_s8, &q,
              (struct ref[]){ref_in(n->in[0]), ref_in(n->in[1]), ref_out(n->out[0])});
    return true;
}

static bool lower(const struct node *n, struct plan *p, struct err *e)
{
    nn_matmul q;
    if (!want_types(n, e) || !matmul_shape(n, &q, e)) return false;
    if (is_s8(n->in[0])) return lower_s8(n, &q, p, e);
    plan_step(p, n, &kernel_nn_matmul_f32, &q,
              (struct ref[]){ref_in(n->in[0]), ref_in(n->in[1]), ref_out(n->out[0])});
    return true;
}

const struct opdef op_BATCH_MATMUL = {"BATCH_MATMUL", infer, lower, macs};
