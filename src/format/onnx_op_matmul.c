// Products of two matrices, either or both computed: MatMul, Einsum of two operands, Attention.
#include "onnx_read.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

// Whether v lies in memory with its dimensions in this order.
static bool lies_in(const struct value *v, const int *axis)
{
    int k = 0;
    for (int i = 0; i < v->rank; i++)
        for (int f = 0; f < v->nfactor; f++)
            if (v->factor[f].dim == axis[i] && v->mem[k++] != f) return false;
    return true;
}

// v in ONNX's order, or with its last two dimensions exchanged (*adj) where it lies so, or nearly.
static struct tensor *matrix(struct onnx *r, struct onnx_node *n, struct value *v, bool *adj)
{
    int axis[GRAPH_MAX_RANK];
    *adj = false;
    if (v->rank > GRAPH_MAX_RANK) return node_fail(r, n, "%s has %d dimensions", v->name, v->rank), NULL;
    if (value_is_const(v)) {
        struct tensor *c = tensor_const(r->a, v->name, F32, v->rank, v->dim, v->f);
        if (v->q.n == 1) c->q = v->q;
        return c;
    }
    for (int d = 0; d < v->rank; d++) axis[d] = d;
    if (!lies_in(v, axis) && v->factor[v->mem[v->nfactor - 1]].dim == v->rank - 2) {
        *adj = true;
        axis[v->rank - 1] = v->rank - 2;
        axis[v->rank - 2] = v->rank - 1;
    }
    struct tensor *t = value_tensor(r->g, r->a, v, v->rank, axis, r->e);
    if (!t) fail_in(r->e, "node %s (%s)", n->name, n->op);
    return t;
}

// Both of at least two dimensions, not both constant.
static struct value *product(struct onnx *r, struct onnx_node *n, struct value *x, struct value *y)
{
    struct value *z = make_value(r, n);
    for (int k = 0; k < 2; k++) {
        const struct value *v = k ? y : x;
        if (value_is_const(v) ? !v->f : v->t->type != F32)
            return node_fail(r, n, "%s is not of floats", v->name), NULL;
    }
    if (x->dim[x->rank - 1] != y->dim[y->rank - 2])
        return node_fail(r, n, "rows of %d by columns of %d", x->dim[x->rank - 1], y->dim[y->rank - 2]), NULL;
    bool adj_x, adj_y;
    struct tensor *a = matrix(r, n, x, &adj_x), *b = a ? matrix(r, n, y, &adj_y) : NULL;
    if (!b) return NULL;
    struct node *m = make_node(r, n, OP_BATCH_MATMUL, 2);
    m->in[0] = a;
    m->in[1] = b;
    m->as.matmul.adj_x = adj_x;
    m->as.matmul.adj_y = adj_y;
    struct tensor *t = node_done(r, n, m);
    if (!t) return NULL;
    value_set_plain(z, t);
    return z;
}

struct value *make_matmul(struct onnx *r, struct onnx_node *n, struct value *x, struct value *y)
{
    if (!x || !y) return NULL;
    if (value_is_const(x) && value_is_const(y))
        return node_fail(r, n, "multiplies two constants; simplify the model before (constant folding)"),
               NULL;
    if (x->rank < 1 || y->rank < 1) return node_fail(r, n, "multiplies a single number"), NULL;
    if (value_is_const(y) && y->f) {
        int64_t front = 1;
        for (int i = 0; i < y->rank - 2; i++) front *= y->dim[i];
        if (y->rank >= 2 && front == 1 && y->rank <= x->rank + (x->rank == 1)) return make_dense(r, n, x, y);
    }
    if (value_is_const(x) && x->f && x->rank == 2 && y->rank == 2) { // A B = (B' A')'
        static const int swap[] = {1, 0};
        struct value *z = make_dense(r, n, make_transpose(r, n, y, swap), make_transpose(r, n, x, swap));
        return make_transpose(r, n, z, swap);
    }
    const bool row = x->rank == 1, column = y->rank == 1;
    if (row) x = make_shape(r, n, x, 2, (int32_t[]){1, x->dim[0]});
    if (column) y = make_shape(r, n, y, 2, (int32_t[]){y->dim[0], 1});
    if (!x || !y) return NULL;
    struct value *z = product(r, n, x, y);
    if (!z || (!row && !column)) return z;
    int32_t dim[VALUE_MAX_RANK];
    int rank = 0;
    for (int d = 0; d < z->rank; d++)
        if (!(row && d == z->rank - 2) && !(column && d == z->rank - 1)) dim[rank++] = z->dim[d];
    return make_shape(r, n, z, rank, dim);
}

static bool matmul(struct onnx *r, struct onnx_node *n)
{
    struct value *x = node_in(r, n, 0), *y = x ? node_in(r, n, 1) : NULL;
    return y && node_is(r, n, 0, make_matmul(r, n, x, y));
}

// ---- Einsum ----

// One operand's labels; a label names a dimension.
static bool labels_read(struct onnx *r, struct onnx_node *n, const char **p, char *to, int rank)
{
    int k = 0;
    for (; **p && **p != ',' && **p != '-'; ++*p) {
        if (**p == ' ') continue;
        if (!isalpha((unsigned char)**p) || memchr(to, **p, (size_t)k))
            return node_fail(r, n,
                             "the equation has dots or a letter twice in one operand; only plain products "
                             "are supported, write it with MatMul");
        if (k == VALUE_MAX_RANK) return node_fail(r, n, "an operand has too many dimensions");
        to[k++] = **p;
    }
    to[k] = 0;
    if (rank >= 0 && k != rank) return node_fail(r, n, "%s for %d dimensions", to, rank);
    return true;
}

// v with its dimensions as the letters of `to` say (each among its own), transposed.
static struct value *arranged(struct onnx *r, struct onnx_node *n, struct value *v, const char *own,
                              const char *to)
{
    int perm[VALUE_MAX_RANK];
    bool same = true;
    for (int i = 0; to[i]; i++) {
        perm[i] = (int)(strchr(own, to[i]) - own);
        same &= perm[i] == i;
    }
    return same ? v : make_transpose(r, n, v, perm);
}

// Sums away the dimensions whose letters are in none of `keep` and `other`; shortens own.
static struct value *summed(struct onnx *r, struct onnx_node *n, struct value *v, char *own, const char *keep,
                            const char *other)
{
    unsigned axes = 0;
    int k = 0;
    for (int i = 0; own[i]; i++)
        if (strchr(keep, own[i]) || strchr(other, own[i]))
            own[k++] = own[i];
        else
            axes |= 1u << i;
    own[k] = 0;
    return axes ? make_reduce(r, n, OP_SUM, v, axes, false) : v;
}

// Of two operands, dimensions are: in both and the output (batches), in one and the output (rows, columns), in
// both only (summed): after transposes it is a product of matrices.
static struct value *einsum_two(struct onnx *r, struct onnx_node *n, struct value **in,
                                char own[2][VALUE_MAX_RANK + 1], const char *out)
{
    char order[2][VALUE_MAX_RANK + 1], sums[VALUE_MAX_RANK + 1] = "", made[2 * VALUE_MAX_RANK + 1] = "";
    int32_t part[4] = {1, 1, 1, 1}, dim[2 * VALUE_MAX_RANK]; // sizes of batches, rows, columns, sums
    int nbatch = 0, rank = 0, nsum = 0, nown[2] = {0, 0};
    for (int i = 0; own[0][i]; i++) {
        const char *p = strchr(own[1], own[0][i]);
        if (p && in[1]->dim[p - own[1]] != in[0]->dim[i])
            return node_fail(r, n, "dimension %c has two sizes", own[0][i]), NULL;
        if (p && !strchr(out, own[0][i])) {
            sums[nsum++] = own[0][i];
            part[3] *= in[0]->dim[i];
        }
    }
    for (int pass = 0; pass < 3; pass++) // batches, rows, columns, in the output's order
        for (int i = 0; out[i]; i++) {
            const char *a = strchr(own[0], out[i]), *b = strchr(own[1], out[i]);
            if (!a && !b) return node_fail(r, n, "%c is in no operand", out[i]), NULL;
            if ((a && b ? 0 : a ? 1 : 2) != pass) continue;
            dim[rank] = a ? in[0]->dim[a - own[0]] : in[1]->dim[b - own[1]];
            part[pass] *= dim[rank];
            made[rank++] = out[i];
            nbatch += pass == 0;
            if (pass < 2) order[0][nown[0]++] = out[i];
            if (pass != 1) order[1][nown[1]++] = out[i];
        }
    // x: batches, rows, sums; y: batches, sums, columns
    memcpy(order[0] + nown[0], sums, (size_t)nsum + 1);
    memmove(order[1] + nbatch + nsum, order[1] + nbatch, (size_t)(nown[1] - nbatch));
    memcpy(order[1] + nbatch, sums, (size_t)nsum);
    order[1][nown[1] + nsum] = 0;
    const int flat = nbatch > 0;
    struct value *x = arranged(r, n, in[0], own[0], order[0]), *y = arranged(r, n, in[1], own[1], order[1]);
    x = make_shape(r, n, x, 2 + flat, (int32_t[]){part[0], part[1], part[3]} + !flat);
    y = make_shape(r, n, y, 2 + flat, (int32_t[]){part[0], part[3], part[2]} + !flat);
    struct value *z = make_shape(r, n, make_matmul(r, n, x, y), rank, dim);
    return z ? arranged(r, n, z, made, out) : NULL;
}

static bool einsum(struct onnx *r, struct onnx_node *n)
{
    const char *p = attr_text(r, n, "equation", "");
    char own[2][VALUE_MAX_RANK + 1] = {"", ""}, out[VALUE_MAX_RANK + 1] = "";
    struct value *in[2] = {0};
    if (n->nin < 1 || n->nin > 2)
        return node_fail(r, n, "%d operands; at most two are supported, write it with MatMul", n->nin);
    for (int k = 0; k < n->nin; k++) {
        if (!(in[k] = node_in(r, n, k)) || !labels_read(r, n, &p, own[k], in[k]->rank)) return false;
        if (k + 1 < n->nin && *p++ != ',') return node_fail(r, n, "its equation has too few operands");
    }
    if (p[0] == '-' && p[1] == '>') {
        p += 2;
        if (!labels_read(r, n, &p, out, -1)) return false;
    } else { // letters that stand once, in the alphabet's order
        int k = 0;
        for (int c = 'A'; c <= 'z'; c++)
            if (isalpha(c) && !strchr(own[0], c) != !strchr(own[1], c)) {
                if (k == VALUE_MAX_RANK) return node_fail(r, n, "its output has too many dimensions");
                out[k++] = (char)c;
            }
        out[k] = 0;
    }
    if (*p) return node_fail(r, n, "its equation is not understood");
    for (int k = 0; k < n->nin && in[k]; k++) in[k] = summed(r, n, in[k], own[k], out, own[!k]);
    if (!in[0] || (n->nin == 2 && !in[1])) return false;
    if (n->nin == 2) return node_is(r, n, 0, einsum_two(r, n, in, own, out));
    for (int i = 0; out[i]; i++)
        if (!strchr(own[0], out[i])) return node_fail(r, n, "%c is in no operand", out[i]);
    return node_is(r, n, 0, arranged(r, n, in[0], own[0], out));
}

// ---- Attention (operator set 23) ----

// (n, steps, heads * k) as (n, heads, steps, k); one of four dimensions has its heads apart already.
static struct value *heads_apart(struct onnx *r, struct onnx_node *n, struct value *v, int64_t heads)
{
    static const int perm[] = {0, 2, 1, 3};
    if (v->rank == 4) return v;
    if (v->rank != 3 || heads < 1 || heads > v->dim[2] || v->dim[2] % heads)
        return node_fail(r, n, "%s does not fit %lld heads", v->name, (long long)heads), NULL;
    const int32_t k = (int32_t)heads, dim[] = {v->dim[0], v->dim[1], k, v->dim[2] / k};
    return make_transpose(r, n, make_shape(r, n, v, 4, dim), perm);
}

// What is added to the scores: 0 where a step may be looked at, else a number that no score outweighs.
static struct value *causal_mask(struct onnx *r, struct onnx_node *n, int32_t rows, int32_t columns)
{
    struct value *m = make_value(r, n);
    float *f;
    if (!fold_new(r, n, m, 2, (int32_t[]){rows, columns}, &f, NULL)) return NULL;
    for (int32_t i = 0; i < rows; i++)
        for (int32_t j = i + 1; j < columns; j++) f[(int64_t)i * columns + j] = -1e30f;
    return m;
}

static struct value *mask_added(struct onnx *r, struct onnx_node *n, struct value *scores, struct value *mask)
{
    if (!mask) return scores;
    if (!value_is_const(mask) && mask->t->type == BOOL)
        return node_fail(r, n, "a computed mask of booleans is not supported"), NULL;
    if (mask->i) {
        struct value *m = make_value(r, n);
        float *f;
        if (!fold_new(r, n, m, mask->rank, mask->dim, &f, NULL)) return NULL;
        for (int64_t k = 0, count = value_count(m); k < count; k++) f[k] = mask->i[k] ? 0 : -1e30f;
        mask = m;
    }
    return make_binary(r, n, OP_ADD, scores, mask);
}

static bool attention(struct onnx *r, struct onnx_node *n)
{
    static const int back[] = {0, 2, 1, 3};
    struct value *q = node_computed(r, n, 0), *k = q ? node_in(r, n, 1) : NULL,
                 *v = k ? node_in(r, n, 2) : NULL;
    if (!v) return false;
    for (int i = 4; i < n->nin; i++)
        if (n->in[i])
            return node_fail(r, n,
                             "a cache of earlier keys and values is not supported; export the model without");
    const bool joined = q->rank == 3;
    q = heads_apart(r, n, q, attr_int(n, "q_num_heads", 0));
    k = heads_apart(r, n, k, attr_int(n, "kv_num_heads", 0));
    v = k ? heads_apart(r, n, v, attr_int(n, "kv_num_heads", 0)) : NULL;
    if (!q || !k || !v) return false;
    if (q->rank != 4 || k->rank != 4 || v->rank != 4)
        return node_fail(r, n, "inputs of other than 3 or 4 dimensions");
    const int32_t heads = q->dim[1], shared = k->dim[1], size = q->dim[3], steps = q->dim[2];
    struct value *mask = n->nin > 3 ? n->in[3] : NULL;
    if (shared != heads) { // several queries' heads look at one key's
        if (shared < 1 || heads % shared || v->dim[1] != shared)
            return node_fail(r, n, "%d heads of queries and %d of keys", heads, shared);
        if (mask && mask->rank > 2)
            return node_fail(r, n, "a mask by head, with shared heads, is not supported");
        q = make_shape(r, n, q, 5, (int32_t[]){q->dim[0], shared, heads / shared, steps, size});
        k = make_shape(r, n, k, 5, (int32_t[]){k->dim[0], shared, 1, k->dim[2], k->dim[3]});
        v = make_shape(r, n, v, 5, (int32_t[]){v->dim[0], shared, 1, v->dim[2], v->dim[3]});
        if (!q || !k || !v) return false;
    }
    const int last = q->rank - 1;
    int turn[5] = {0, 1, 2, 3, 4};
    turn[last] = last - 1;
    turn[last - 1] = last;
    const float scale = attr_float(n, "scale", size > 0 ? 1 / sqrtf((float)size) : 1),
                cap = attr_float(n, "softcap", 0);
    q = make_binary(r, n, OP_MUL, q, make_number(r, scale));
    struct value *scores = make_matmul(r, n, q, make_transpose(r, n, k, turn));
    if (attr_int(n, "is_causal", 0))
        scores = mask_added(r, n, scores, causal_mask(r, n, steps, k->dim[last - 1]));
    scores = mask_added(r, n, scores, mask);
    if (cap > 0) {
        scores = make_unary(r, n, OP_TANH, make_binary(r, n, OP_DIV, scores, make_number(r, cap)));
        scores = make_binary(r, n, OP_MUL, scores, make_number(r, cap));
    }
    struct value *y = make_matmul(r, n, make_softmax(r, n, OP_SOFTMAX, scores, last), v);
    const int32_t wide = v->dim[last];
    if (y && shared != heads) y = make_shape(r, n, y, 4, (int32_t[]){q->dim[0], heads, steps, wide});
    if (joined)
        y = make_shape(r, n, make_transpose(r, n, y, back), 3, (int32_t[]){q->dim[0], steps, heads * wide});
    for (int i = 1; i < n->nout; i++) n->out[i].t = NULL;
    return node_is(r, n, 0, y);
}

const struct onnx_op_entry onnx_ops_matmul[] = {
    {"MatMul", matmul, OP_BATCH_MATMUL},
    {"Einsum", einsum, OP_BATCH_MATMUL},
    {"Attention", attention, OP_BATCH_MATMUL},
    {NULL, NULL, OP_COUNT},
};
