// Patterns of exporters that are one op here: GELU by the error function or tanh, hard swish, and pairs of nodes.
#include "onnx_read.h"
#include <math.h>
#include <string.h>

// The one number of constant t; false when it is none.
static bool number(const struct tensor *t, float *v)
{
    if (!tensor_is_const(t) || t->type != F32 || tensor_count(t) != 1) return false;
    *v = ((const float *)t->data)[0];
    return true;
}

static bool near(float v, double want)
{
    return fabs((double)v - want) < 1e-3 * fabs(want);
}

// n is x op v (or v op x where that is the same); v near want. NULL otherwise.
static struct tensor *with_number(const struct node *n, enum op op, double want)
{
    float v;
    if (!n || n->op != op || n->as.binary.act != ACT_NONE) return NULL;
    if (number(n->in[1], &v) && near(v, want)) return n->in[0];
    return op != OP_DIV && op != OP_SUB && number(n->in[0], &v) && near(v, want) ? n->in[1] : NULL;
}

static struct tensor *made_with(const struct graph *g, const struct tensor *t, enum op op, double want)
{
    return with_number(graph_producer(g, t), op, want);
}

// The other operand of a product with t.
static struct tensor *product_of(const struct node *n, const struct tensor *t)
{
    if (!n || n->op != OP_MUL || n->as.binary.act != ACT_NONE) return NULL;
    return n->in[0] == t ? n->in[1] : n->in[1] == t ? n->in[0] : NULL;
}

static bool half_of(const struct graph *g, const struct tensor *t, const struct tensor *x)
{
    return made_with(g, t, OP_MUL, 0.5) == x || made_with(g, t, OP_DIV, 2) == x;
}

// m is 0.5 * x * (1 + f), f the output of a function of x, in any order of the products: its last node.
static struct node *gelu_end(const struct graph *g, const struct tensor *f, const struct tensor *x)
{
    struct node *plus = graph_only_user(g, f);
    if (!with_number(plus, OP_ADD, 1)) return NULL;
    struct node *times = graph_only_user(g, plus->out[0]);
    if (!times) return NULL;
    const struct tensor *other = product_of(times, plus->out[0]);
    if (!other) return NULL;
    if (half_of(g, other, x)) return times; // (0.5 x) (1 + f)
    if (other != x && !with_number(times, OP_MUL, 0.5)) return NULL;
    struct node *end = graph_only_user(g, times->out[0]);
    if (other == x) // (x (1 + f)) 0.5
        return end && (with_number(end, OP_MUL, 0.5) || with_number(end, OP_DIV, 2)) ? end : NULL;
    return end && product_of(end, times->out[0]) == x ? end : NULL; // (0.5 (1 + f)) x
}

// The last node of a pattern becomes `op` of x.
static void become(struct onnx *r, struct node *n, enum op op, struct tensor *x)
{
    n->op = op;
    n->nin = 1;
    n->in = arena_copy(r->a, &x, sizeof(struct tensor *));
    memset(&n->as, 0, sizeof n->as);
}

static void fuse_tanh_gelu(struct onnx *r, struct node *tanh)
{
    const struct graph *g = r->g;
    // tanh(0.7979 (x + 0.044715 x^3)), x^3 as x^2 x
    struct tensor *sum = made_with(g, tanh->in[0], OP_MUL, 0.7978845608);
    const struct node *add = sum ? graph_producer(g, sum) : NULL;
    if (!add || add->op != OP_ADD) return;
    for (int k = 0; k < 2; k++) {
        const struct tensor *cube = made_with(g, add->in[k], OP_MUL, 0.044715);
        struct tensor *x = add->in[!k];
        const struct node *c = cube ? graph_producer(g, cube) : NULL;
        const struct tensor *square = c ? product_of(c, x) : NULL;
        const struct node *s = square ? graph_producer(g, square) : NULL;
        const bool is_square = s && ((s->op == OP_SQUARE && s->in[0] == x) ||
                                     (s->op == OP_MUL && s->in[0] == x && s->in[1] == x));
        if (!is_square) continue;
        struct node *end = gelu_end(g, tanh->out[0], x);
        if (!end) continue;
        become(r, end, OP_GELU, x);
        end->as.gelu.approximate = true;
        return;
    }
}

// x * relu6(x + 3) / 6, the factor 1/6 behind the product or in front of it
static void fuse_hard_swish(struct onnx *r, struct node *relu6)
{
    const struct graph *g = r->g;
    struct tensor *x = made_with(g, relu6->in[0], OP_ADD, 3);
    struct node *n = x ? graph_only_user(g, relu6->out[0]) : NULL, *end = NULL;
    if (!n) return;
    if (with_number(n, OP_MUL, 1 / 6.0) || with_number(n, OP_DIV, 6)) {
        end = graph_only_user(g, n->out[0]);
        if (end && product_of(end, n->out[0]) != x) end = NULL;
    } else if (product_of(n, relu6->out[0]) == x) {
        end = graph_only_user(g, n->out[0]);
        if (!with_number(end, OP_MUL, 1 / 6.0) && !with_number(end, OP_DIV, 6)) end = NULL;
    }
    if (end) become(r, end, OP_HARD_SWISH, x);
}

// Two nodes that are one op here, the first of them for the second only: the second becomes it.
static void fuse_pair(struct onnx *r, struct node *n)
{
    struct graph *g = r->g;
    struct tensor *x = n->in[0], *y = n->nin > 1 ? n->in[1] : NULL;
    const bool square = n->op == OP_MUL && x == y && n->as.binary.act == ACT_NONE;
    const struct node *m = graph_producer(g, n->op == OP_DIV ? y : x);
    const bool only = m && graph_uses(g, m->out[0]) == (square ? 2 : 1);
    float one;
    if (square && only && m->op == OP_SUB && m->as.binary.act == ACT_NONE) { // (a - b)^2
        n->op = OP_SQUARED_DIFFERENCE;
        n->in[0] = m->in[0];
        n->in[1] = m->in[1];
    } else if (square) {
        become(r, n, OP_SQUARE, x);
    } else if (n->op == OP_LOGICAL_NOT && only && m->op == OP_EQUAL) {
        n->op = OP_NOT_EQUAL;
        n->nin = 2;
        n->in = m->in;
        memset(&n->as, 0, sizeof n->as);
    } else if (n->op == OP_DIV && n->as.binary.act == ACT_NONE && only && m->op == OP_SQRT &&
               number(x, &one) && one == 1 && x->rank <= y->rank)
        become(r, n, OP_RSQRT, m->in[0]);
}

bool onnx_fuse(struct onnx *r)
{
    struct graph *g = r->g;
    for (int k = 0; k < r->nerf; k++) {
        const struct node *erf = r->erf[k];
        struct tensor *x = made_with(g, erf->in[0], OP_DIV, 1.41421356);
        if (!x) x = made_with(g, erf->in[0], OP_MUL, 0.70710678);
        struct node *end = x ? gelu_end(g, erf->out[0], x) : NULL;
        if (!end)
            return fail(
                r->e,
                "node %s (Erf): the error function is supported in GELU only, 0.5 x (1 + erf(x / sqrt "
                "2)); replace the layer",
                erf->name);
        become(r, end, OP_GELU, x);
    }
    for (int k = 0; k < g->nnode; k++)
        if (g->node[k]->op == OP_TANH)
            fuse_tanh_gelu(r, g->node[k]);
        else if (g->node[k]->op == OP_RELU6)
            fuse_hard_swish(r, g->node[k]);
    for (int k = 0; k < g->nnode; k++) fuse_pair(r, g->node[k]);
    graph_drop_dead(g);
    return true;
}
