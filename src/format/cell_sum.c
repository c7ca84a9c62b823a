// Sums of products with constant weights, and of biases, found behind a tensor; see cell.h.
#include "cell_sum.h"
#include <math.h>
#include <string.h>

static uint32_t slot_of(const struct maker *m, const struct tensor *t)
{
    uint32_t i = (uint32_t)((uintptr_t)t >> 4) * 2654435761u >> 7;
    for (i &= m->mask; m->entry[i].t && m->entry[i].t != t; i = (i + 1) & m->mask) {
    }
    return i;
}

void maker_build(struct maker *m, const struct graph *g, struct arena *a)
{
    uint32_t n = 0, size = 16;
    for (int k = 0; k < g->nnode; k++) n += (uint32_t)g->node[k]->nout;
    while (size < 2 * n) size *= 2;
    m->mask = size - 1;
    m->entry = arena_new_n(a, size, struct entry);
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nout; i++) {
            const struct tensor *t = g->node[k]->out[i];
            m->entry[slot_of(m, t)] = (struct entry){t, g->node[k]};
        }
}

struct node *maker_of(const struct maker *m, const struct tensor *t)
{
    return m->entry[slot_of(m, t)].n;
}

struct tensor *maker_root(const struct maker *m, struct tensor *t)
{
    struct node *n;
    while (t && !t->data && (n = maker_of(m, t)) && n->op == OP_RESHAPE) t = n->in[0];
    return t;
}

// ---- sums ----

bool sum_is_zero(const struct tensor *t)
{
    if (!t->data || t->type != F32) return false;
    const float *v = t->data;
    for (int64_t i = 0, n = tensor_count(t); i < n; i++)
        if (v[i] != 0) return false;
    return true;
}

// The activation fused behind a node.
enum act node_fused(const struct node *n)
{
    switch (n->op) {
    case OP_DENSE:
        return n->as.dense.act;
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
        return n->as.binary.act;
    default:
        return ACT_NONE;
    }
}

static bool sum_bias(struct cell_sum *s, const struct tensor *b, int32_t first, int32_t units)
{
    const int64_t n = tensor_count(b);
    if (s->nbias == CELL_BIASES || b->type != F32 || (n != 1 && n < (int64_t)first + units)) return false;
    s->bias[s->nbias++] = (struct cell_bias){b, n == 1 ? -1 : first};
    return true;
}

// A product with a constant matrix: FULLY_CONNECTED, or BATCH_MATMUL with one of floats.
static bool is_product(const struct node *n)
{
    const struct tensor *w = n->nin > 1 ? n->in[1] : NULL;
    if (!w || !w->data || n->in[0]->data) return false;
    if (n->op == OP_DENSE) return w->rank == 2 && (w->type == F32 || w->type == I8);
    return n->op == OP_BATCH_MATMUL && !n->as.matmul.adj_x && w->type == F32 && w->rank >= 2 &&
           tensor_count(w) == (int64_t)w->dim[w->rank - 1] * w->dim[w->rank - 2];
}

static bool is_transposed(const struct node *n)
{
    return n->op == OP_BATCH_MATMUL && !n->as.matmul.adj_y;
}

static int32_t matrix_rows(const struct node *n)
{
    const struct tensor *w = n->in[1];
    return w->dim[w->rank - (is_transposed(n) ? 1 : 2)];
}

static int32_t matrix_columns(const struct node *n)
{
    const struct tensor *w = n->in[1];
    return w->dim[w->rank - (is_transposed(n) ? 2 : 1)];
}

static bool sum_term(struct cell_sum *s, const struct node *dense, int32_t first, int32_t units,
                     int32_t column, int64_t columns, struct tensor *source, struct tensor *sequence)
{
    const struct tensor *w = dense->in[1];
    if (w->q.n > 1 && (w->q.n != w->dim[0] || w->q.axis != 0)) return false;
    if (s->nterm == CELL_TERMS || matrix_rows(dense) < (int64_t)first + units ||
        column + columns > matrix_columns(dense))
        return false;
    s->term[s->nterm++] =
        (struct cell_term){.w = w,
                           .row = first,
                           .column = column,
                           .columns = (int32_t)columns,
                           .source = source,
                           .sequence = sequence,
                           .asymmetric = dense->op == OP_DENSE && dense->as.dense.asymmetric_inputs,
                           .transposed = is_transposed(dense)};
    return true;
}

// The bias that a FULLY_CONNECTED has.
static bool sum_own_bias(struct cell_sum *s, const struct node *n, int32_t first, int32_t units)
{
    if (n->op != OP_DENSE || n->nin < 3 || !n->in[2]) return true;
    return n->in[2]->data && sum_bias(s, n->in[2], first, units);
}

static bool sum_dense(const struct maker *m, const struct node *n, int32_t first, int32_t units,
                      struct cell_sum *s)
{
    if (tensor_count(n->out[0]) != n->out[0]->dim[n->out[0]->rank - 1]) return false;
    if (n->op == OP_DENSE && sum_is_zero(maker_root(m, n->in[0]))) return sum_own_bias(s, n, first, units);
    if (!is_product(n) || !sum_own_bias(s, n, first, units)) return false;
    struct tensor *x = maker_root(m, n->in[0]);
    const struct node *join = maker_of(m, x);
    if (x->data) return false;
    if (!join || join->op != OP_CONCATENATION || join->as.axis.axis != x->rank - 1)
        return sum_term(s, n, first, units, 0, tensor_count(x), x, NULL);
    int64_t column = 0; // x and h side by side, as TensorFlow 1 had them
    for (int i = 0; i < join->nin; i++) {
        struct tensor *part = maker_root(m, join->in[i]);
        const int64_t columns = tensor_count(part);
        if (!sum_is_zero(part) &&
            (part->data || !sum_term(s, n, first, units, (int32_t)column, columns, part, NULL)))
            return false;
        column += columns;
    }
    return true;
}

// The last dimension cut, all others of size 1 or whole.
static bool is_row_cut(const struct node *n)
{
    const struct tensor *x = n->in[0];
    const int last = x->rank - 1;
    if (n->op != OP_STRIDED_SLICE || last < 0 || tensor_count(x) != x->dim[last]) return false;
    return n->as.slice.stride[last] == 1;
}

// One element of a sequence of sums: (steps, rows) or (1, steps, rows) cut to one step, perhaps to some of its rows.
static bool is_step_cut(const struct node *n)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    const int last = x->rank - 1;
    if (n->op != OP_STRIDED_SLICE || last < 1 || x->rank != y->rank || n->as.slice.stride[last] != 1)
        return false;
    return tensor_count(x) > x->dim[last] && tensor_count(y) == y->dim[last];
}

// Adds one step of t, products and biases over a whole sequence.
static bool sum_steps(const struct maker *m, struct tensor *t, int32_t first, int32_t units,
                      struct tensor *source, struct cell_sum *s, int depth)
{
    t = maker_root(m, t);
    const struct node *n = maker_of(m, t);
    if (!n || depth > 4 || node_fused(n) != ACT_NONE) return false;
    if (n->op == OP_ADD) {
        const int k = n->in[1]->data != NULL;
        return n->in[k]->data && tensor_count(n->in[k]) <= t->dim[t->rank - 1] &&
               sum_bias(s, n->in[k], first, units) &&
               sum_steps(m, n->in[1 - k], first, units, source, s, depth + 1);
    }
    if (!is_product(n) || t->dim[t->rank - 1] != matrix_rows(n) || !sum_own_bias(s, n, first, units))
        return false;
    return sum_term(s, n, first, units, 0, matrix_columns(n), source, n->in[0]);
}

// Adds to s what t is: values first .. first + units of it. bare: without the activation fused behind it.
bool sum_collect(const struct maker *m, struct tensor *t, bool bare, int32_t first, int32_t units,
                 struct cell_sum *s, int depth)
{
    t = maker_root(m, t);
    if (t->data) return sum_bias(s, t, first, units);
    const struct node *n = maker_of(m, t);
    if (!n || depth > 12 || (!bare && node_fused(n) != ACT_NONE)) return false;
    if (n->op == OP_DENSE || n->op == OP_BATCH_MATMUL) return sum_dense(m, n, first, units, s);
    if (is_row_cut(n))
        return sum_collect(m, n->in[0], false, first + n->as.slice.begin[n->in[0]->rank - 1], units, s,
                           depth + 1);
    if (is_step_cut(n))
        return sum_steps(m, n->in[0], first + n->as.slice.begin[n->in[0]->rank - 1], units, t, s, 0);
    if (n->op == OP_MUL && !s->product && first == 0 && tensor_count(t) == units) {
        s->product = t;
        return true;
    }
    if (n->op != OP_ADD) return false;
    for (int i = 0; i < 2; i++) {
        const int64_t count = tensor_count(n->in[i]);
        if (count != tensor_count(t) && count != 1) return false;
        if (!sum_collect(m, n->in[i], false, first, units, s, depth + 1)) return false;
    }
    return true;
}
