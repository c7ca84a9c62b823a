// Chains of equal cells: the first from zeros, each further one from the state of the one before, with the same
// weights, over the elements of one sequence. The first looks different, since converters fold what is multiplied with
// zeros. Layers on top of each other are found one after the other, as the input of the second is the output of the
// first.
#include "unroll.h"
#include "cell.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 200, MOST_CHAINS = 64, MOST_LAYERS = 32, MOST_STEPS = 4096 };

struct chain {
    struct cell first, second; // second: the cell in full
    int n;
    struct tensor *c, *h; // of the last cell
    struct chain_step {
        struct tensor *x, *h;
    } * step;
};

struct search {
    struct graph *g;
    struct arena *scratch;
    struct maker m;
    struct chain chain[MOST_CHAINS];
    int nchain;
    float *bias; // of two cells, used again and again
    size_t nbias;
};

// ---- the same cell again ----

static const struct cell_term *term_of_x(const struct cell *c, const struct cell_sum *s)
{
    for (int i = 0; i < s->nterm; i++)
        if (s->term[i].source == c->x) return &s->term[i];
    return NULL;
}

static bool same_term(const struct cell_term *a, const struct cell_term *b)
{
    if (!a || !b) return a == b;
    return a->w->data == b->w->data && a->w->type == b->w->type && a->row == b->row &&
           a->column == b->column && a->columns == b->columns && a->transposed == b->transposed &&
           a->w->dim[1] == b->w->dim[1] && a->asymmetric == b->asymmetric;
}

static const struct cell_term *term_of_h(const struct cell *c, const struct cell_sum *s)
{
    for (int i = 0; i < s->nterm; i++)
        if (s->term[i].source == c->h) return &s->term[i];
    return NULL;
}

static bool same_values(const float *a, const float *b, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        if (!(fabsf(a[i] - b[i]) <= 1e-6f * (1 + fabsf(a[i])))) return false;
    return true;
}

static bool same_kind(const struct cell *a, const struct cell *b)
{
    return a->kind == b->kind && a->act == b->act &&
           (a->kind == RECURRENT_RNN || a->gate_act == b->gate_act) && a->units == b->units &&
           tensor_count(a->x) == tensor_count(b->x);
}

// Is gate k of a first cell there at all? f of an LSTM, and r of most GRUs, multiply zeros.
static bool in_first(const struct cell *first, int k)
{
    if (first->kind == RECURRENT_LSTM) return k != 1;
    return first->kind != RECURRENT_GRU || k != 1 || first->reset_after;
}

// Does `c` do what `like` does? first: like is from zeros.
static bool same_cell(struct search *s, const struct cell *c, const struct cell *like, bool first)
{
    const int gates = recurrent_gates(c->kind);
    const size_t rows = (size_t)gates * (size_t)c->units;
    if (!same_kind(c, like) || (!first && c->reset_after != like->reset_after)) return false;
    if (s->nbias < 4 * rows) {
        s->nbias = 8 * rows;
        s->bias = arena_new_n(s->scratch, s->nbias, float);
    }
    float *bias = s->bias, *rec = bias + rows, *bias_2 = rec + rows, *rec_2 = bias_2 + rows;
    cell_bias(c, bias, rec);
    cell_bias(like, bias_2, rec_2);
    for (int k = 0; k < gates; k++) {
        if (first && !in_first(like, k)) continue;
        if (!same_term(term_of_x(c, &c->gate[k]), term_of_x(like, &like->gate[k])) ||
            !same_values(bias + k * c->units, bias_2 + k * c->units, c->units))
            return false;
        if (!first && !same_term(term_of_h(c, &c->gate[k]), term_of_h(like, &like->gate[k]))) return false;
    }
    if (!first && c->reset_after && !same_term(term_of_h(c, &c->rec), term_of_h(like, &like->rec)))
        return false;
    return !c->reset_after || same_values(rec, rec_2, (int32_t)rows); // r times zeros is folded to nothing
}

// ---- finding chains ----

static void chain_append(struct search *s, struct chain *c, const struct cell *cell)
{
    if (c->n % 64 == 0) {
        struct chain_step *more = arena_new_n(s->scratch, (size_t)c->n + 64, struct chain_step);
        if (c->n) memcpy(more, c->step, (size_t)c->n * sizeof *more);
        c->step = more;
    }
    c->step[c->n++] = (struct chain_step){cell->x, cell->h_next};
    c->h = cell->h_next;
    c->c = cell->c_next;
}

static bool extend(struct search *s, struct tensor *t)
{
    struct err ignored;
    struct cell cell;
    for (int i = s->nchain - 1; i >= 0; i--) {
        struct chain *c = &s->chain[i];
        if (c->first.units != tensor_count(t) || c->n == MOST_STEPS) continue;
        if (!cell_match(&s->m, t, c->h, c->c, &cell, &ignored) ||
            !same_cell(s, &cell, c->n == 1 ? &c->first : &c->second, c->n == 1))
            continue;
        if (c->n == 1) c->second = cell;
        chain_append(s, c, &cell);
        return true;
    }
    return false;
}

static void start(struct search *s, struct tensor *t)
{
    struct err ignored;
    struct cell cell;
    if (!cell_match(&s->m, t, NULL, NULL, &cell, &ignored) ||
        (cell.kind == RECURRENT_RNN && cell.act == CELL_LINEAR))
        return;
    for (int i = 0; s->nchain == MOST_CHAINS && i < s->nchain; i++) // the oldest that went no further goes
        if (s->chain[i].n == 1) {
            memmove(s->chain + i, s->chain + i + 1, (size_t)(--s->nchain - i) * sizeof *s->chain);
            break;
        }
    if (s->nchain == MOST_CHAINS) return;
    struct chain *c = &s->chain[s->nchain++];
    *c = (struct chain){.first = cell};
    chain_append(s, c, &cell);
}

static bool may_be_h(const struct node *n)
{
    const struct tensor *t = n->out[0];
    switch (n->op) {
    case OP_MUL:
    case OP_ADD:
    case OP_TANH:
    case OP_RELU:
    case OP_LOGISTIC:
    case OP_DENSE:
    case OP_MINIMUM:
        return t->type == F32 && t->rank > 0 && tensor_count(t) == t->dim[t->rank - 1];
    default:
        return false;
    }
}

// ---- the sequence it runs over ----

// t as element `at` of the time of x: (steps, 1, channels), (1, steps, channels) or (steps, channels).
static struct tensor *element_of(const struct search *s, struct tensor *t, int32_t steps, int32_t *at)
{
    const struct node *n = maker_of(&s->m, t);
    if (!n || n->op != OP_STRIDED_SLICE || n->in[0]->rank < 2 || n->in[0]->rank > 3) return NULL;
    const struct tensor *x = n->in[0];
    const int last = x->rank - 1, time = last == 2 && x->dim[0] == 1 ? 1 : 0;
    if (x->dim[time] != steps || tensor_count(x) != (int64_t)steps * x->dim[last] ||
        tensor_count(t) != x->dim[last] || n->as.slice.begin[last] != 0)
        return NULL;
    *at = n->as.slice.begin[time];
    return n->in[0];
}

// All elements in order, or all backwards; NULL when they are not.
static struct tensor *sequence_of(const struct search *s, const struct chain *c, bool *backwards)
{
    struct tensor *x = NULL;
    for (int k = 0; k < c->n; k++) {
        int32_t at;
        struct tensor *from = element_of(s, c->step[k].x, c->n, &at);
        if (!from || (x && from != x)) return NULL;
        if (k == 0) *backwards = at != 0;
        if (at != (*backwards ? c->n - 1 - k : k)) return NULL;
        x = from;
    }
    return x;
}

// What the names of the first two steps have in common.
static const char *layer_name(struct arena *a, const struct chain *c)
{
    const char *p = c->step[0].h->name, *q = c->step[1].h->name;
    size_t n = 0, common = 0;
    for (; n < LONGEST_NAME && p[n] && p[n] != ';' && p[n] == q[n]; n++)
        if (p[n] == '/') common = n;
    for (n = 0; n < LONGEST_NAME && p[n] && p[n] != ';';)
        n++; // as readers cut names, so that it stays the same
    return arena_strndup(a, p, common ? common : n);
}

static struct tensor *reshaped(struct graph *g, struct arena *a, const char *name, struct tensor *x, int rank,
                               const int32_t *dim, int *at)
{
    struct node *n = graph_add(g, a, OP_RESHAPE, name, 1, 1);
    n->in[0] = x;
    n->out[0] = tensor_new(a, name, x->type, rank, dim);
    graph_move_last(g, (*at)++);
    return n->out[0];
}

// h of one step: an element of all.
static struct tensor *step_of(struct graph *g, struct arena *a, struct tensor *all, const struct tensor *h,
                              int32_t time, int *at)
{
    struct err ignored;
    struct node *n = graph_add(g, a, OP_STRIDED_SLICE, h->name, 1, 1);
    n->in[0] = all;
    n->out[0] = tensor_new(a, h->name, F32, 3, (int32_t[]){1, 1, all->dim[2]});
    for (int i = 0; i < 3; i++) n->as.slice.stride[i] = 1;
    n->as.slice.begin[1] = time;
    if (!op_def(OP_STRIDED_SLICE)->infer(n, &ignored)) return NULL;
    graph_move_last(g, (*at)++);
    return reshaped(g, a, h->name, n->out[0], h->rank, h->dim, at);
}

static bool roll(struct search *s, const struct chain *c, struct arena *a)
{
    struct graph *g = s->g;
    struct err ignored;
    bool backwards = false;
    struct tensor *x = sequence_of(s, c, &backwards);
    if (!x) return false;
    struct cell cell = c->second;
    const char *name = layer_name(a, c);
    int at = graph_index(g, maker_of(&s->m, c->step[0].h));
    const int before = g->nnode;
    if (cell_projected(&cell)) x = cell_projected(&cell);
    const int32_t channels = cell_channels(&cell), dim[3] = {1, c->n, channels};
    if (tensor_count(x) != (int64_t)c->n * channels) return false;
    if (x->rank != 3 || x->dim[0] != 1 || x->dim[2] != channels) x = reshaped(g, a, x->name, x, 3, dim, &at);
    struct node *n = cell_node(g, a, &cell, name, x, cell.h_next, NULL, NULL, &ignored);
    if (!n) {
        while (g->nnode > before) graph_remove(g, g->node[g->nnode - 1]);
        return false;
    }
    graph_move_last(g, at++);
    n->as.recurrent.backwards = backwards;
    for (int k = 0; k < c->n; k++) {
        struct tensor *h = step_of(g, a, n->out[0], c->step[k].h, backwards ? c->n - 1 - k : k, &at);
        if (h) graph_replace(g, c->step[k].h, h);
    }
    graph_note(g, a, "%d steps written out, %s ..., became RECURRENT %s: %s of %d units", c->n,
               c->step[0].h->name, name, recurrent_name(cell.kind), cell.units);
    return true;
}

static bool roll_one(struct graph *g, struct arena *a, size_t limit)
{
    struct arena scratch = {0};
    struct search *s = arena_new(&scratch, struct search);
    bool done = false;
    s->g = g;
    s->scratch = &scratch;
    maker_build(&s->m, g, &scratch);
    for (int k = 0; k < g->nnode; k++)
        if (may_be_h(g->node[k]) && !extend(s, g->node[k]->out[0])) start(s, g->node[k]->out[0]);
    for (int i = 0; i < s->nchain && !done; i++) {
        const struct chain *c = &s->chain[i];
        if (c->n < 2) continue;
        const uint64_t want = cell_bytes(&c->second) + (uint64_t)c->n * 2048;
        if (want > limit || a->bytes > limit - want) continue;
        done = roll(s, c, a);
    }
    arena_free(&scratch);
    return done;
}

// ---- the steps put together again ----

static const struct node *view_of_slice(const struct graph *g, const struct tensor *t)
{
    const struct node *n = graph_producer(g, t);
    while (n && n->op == OP_RESHAPE) n = graph_producer(g, n->in[0]);
    return n && n->op == OP_STRIDED_SLICE && n->in[0]->rank == 3 && n->in[0]->dim[0] == 1 &&
                   tensor_count(n->out[0]) == n->in[0]->dim[2]
               ? n
               : NULL;
}

// A CONCATENATION of all steps of a layer in order is its whole output; backwards, that reversed.
static bool join(struct graph *g, struct node *n, struct arena *a)
{
    const struct node *first = view_of_slice(g, n->in[0]);
    struct tensor *all = first ? first->in[0] : NULL;
    if (!all || all->dim[1] != n->nin || n->nin < 2 || all->type != n->out[0]->type) return false;
    for (int i = 0; i < n->as.axis.axis; i++)
        if (n->out[0]->dim[i] != 1) return false;
    const bool reversed = first->as.slice.begin[1] != 0;
    for (int k = 0; k < n->nin; k++) {
        const struct node *s = view_of_slice(g, n->in[k]);
        if (!s || s->in[0] != all || s->as.slice.begin[1] != (reversed ? n->nin - 1 - k : k)) return false;
    }
    if (reversed) {
        struct err ignored;
        const int at = graph_index(g, n);
        struct node *back = graph_add(g, a, OP_STRIDED_SLICE, arena_printf(a, "%s/reversed", n->name), 1, 1);
        back->in[0] = all;
        back->out[0] = tensor_new(a, back->name, all->type, 3, all->dim);
        for (int i = 0; i < 3; i++) back->as.slice.stride[i] = i == 1 ? -1 : 1;
        back->as.slice.begin[1] = all->dim[1] - 1;
        if (!op_def(OP_STRIDED_SLICE)->infer(back, &ignored)) return false;
        graph_move_last(g, at);
        all = back->out[0];
    }
    n->op = OP_RESHAPE;
    n->in[0] = all;
    n->nin = 1;
    return true;
}

bool unroll_undo(struct graph *g, struct arena *a, size_t room)
{
    const size_t limit = a->bytes + room;
    int layers = 0;
    while (layers < MOST_LAYERS && roll_one(g, a, limit)) {
        layers++;
        for (int k = 0; k < g->nnode; k++)
            if (g->node[k]->op == OP_CONCATENATION) join(g, g->node[k], a);
        graph_drop_dead(g);
    }
    return layers > 0;
}
