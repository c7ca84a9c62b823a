// Quantised ONNX as integers. The readers of operators leave float nodes between DEQUANTIZE and QUANTIZE, with
// constants that know the scale of the integers they were. Here those nodes become integer ones, front to back:
//   an op that only moves values (or takes the larger) works on the integers, and DEQUANTIZE moves behind it;
//   an op whose inputs are dequantised and whose output is only quantised again computes in integers;
//   QUANTIZE of what was dequantised is the integers themselves, or a change of their scale.
// What does not fit stays float, as the file says it, and the graph's notes say why.
#include "onnx_integer.h"
#include "../base/log.h"
#include <string.h>

// ---- what is known of a value ----

struct flow *flow_of(struct integer *z, const struct tensor *t)
{
    size_t k = (size_t)((uintptr_t)t >> 4) * 0x9e3779b97f4a7c15u % z->nslot;
    while (z->slot[k].t && z->slot[k].t != t) k = (k + 1) % z->nslot;
    z->slot[k].t = t;
    return &z->slot[k];
}

static void flow_build(struct integer *z, const struct graph *g)
{
    size_t values = (size_t)(g->nin + g->nout);
    for (int k = 0; k < g->nnode; k++) values += (size_t)(g->node[k]->nin + g->node[k]->nout);
    z->nslot = 3 * values + 17; // those of new values, too
    z->slot = arena_new_n(z->r->scratch, z->nslot, struct flow);
    for (int k = 0; k < g->nnode; k++) {
        struct node *n = g->node[k];
        for (int i = 0; i < n->nin; i++) {
            if (!n->in[i] || tensor_is_const(n->in[i])) continue;
            struct flow *f = flow_of(z, n->in[i]);
            f->uses++;
            f->user = n;
            if (n->op != OP_QUANTIZE || (f->q && !quant_same(f->q, &n->out[0]->q))) continue;
            f->q = &n->out[0]->q;
            f->quantizers++;
        }
    }
    for (int i = 0; i < g->nout; i++) flow_of(z, g->out[i])->uses++;
}

bool quant_same(const struct quant *a, const struct quant *b)
{
    return a->n == 1 && b->n == 1 && a->scale[0] == b->scale[0] && a->zero[0] == b->zero[0];
}

// The scale that t is quantised by and nothing else happens to it, but for moves; NULL: there is none.
const struct quant *flow_quant(struct integer *z, const struct tensor *t)
{
    for (int depth = 0; depth < 8; depth++) {
        const struct flow *f = flow_of(z, t);
        if (f->q && f->quantizers == f->uses) return f->q;
        if (f->uses != 1 || !f->user || !integer_moves(f->user->op)) return NULL;
        t = f->user->out[0];
    }
    return NULL;
}

// ---- nodes of the new graph ----

struct node *integer_node(struct integer *z, const struct node *n)
{
    struct node *m = graph_add(z->to, z->r->a, n->op, n->name, n->nin, n->nout);
    m->as = n->as;
    if (n->nin) memcpy(m->in, n->in, (size_t)n->nin * sizeof(struct tensor *));
    if (n->nout) memcpy(m->out, n->out, (size_t)n->nout * sizeof(struct tensor *));
    return m;
}

struct tensor *integer_tensor(struct integer *z, const struct tensor *like, const char *suffix,
                              const struct quant *q)
{
    struct tensor *t =
        tensor_new(z->r->a, arena_printf(z->r->a, "%s%s", like->name, suffix), I8, like->rank, like->dim);
    t->q = *q;
    return t;
}

// x in the scale q: itself, or by a QUANTIZE.
struct tensor *integer_rescaled(struct integer *z, struct tensor *x, const struct quant *q)
{
    if (quant_same(&x->q, q)) return x;
    struct tensor *y = integer_tensor(z, x, "/rescaled", q);
    struct node *m = graph_add(z->to, z->r->a, OP_QUANTIZE, y->name, 1, 1);
    m->in[0] = x;
    m->out[0] = y;
    return y;
}

// The float value y is what the integers x stand for.
void integer_stands_for(struct integer *z, struct tensor *x, struct tensor *y)
{
    struct node *m =
        graph_add(z->to, z->r->a, OP_DEQUANTIZE, arena_printf(z->r->a, "%s/dequantize", y->name), 1, 1);
    m->in[0] = x;
    m->out[0] = y;
    flow_of(z, y)->integer = x;
}

bool integer_done(struct integer *z, struct node *m, const char **why)
{
    struct err e = {""};
    if (op_def(m->op)->infer(m, &e) && trial_lower(z->r->g, m, &e)) return true;
    *why = arena_strdup(z->r->a, e.text);
    return false;
}

// ---- the walk ----

// A factor behind a layer with dynamic weights becomes part of their scales: DynamicQuantizeLinear's products end so.
static bool fold_factor(struct integer *z, const struct node *n)
{
    if (n->op != OP_MUL || n->as.binary.act != ACT_NONE) return false;
    for (int k = 0; k < 2; k++) {
        const struct tensor *c = n->in[k], *y = n->in[!k];
        if (!c || !y || !tensor_is_const(c) || c->type != F32 || tensor_is_const(y)) continue;
        const struct flow *f = flow_of(z, y);
        struct node *m = f->dynamic;
        const int64_t count = tensor_count(c);
        if (!m || f->uses != 1 || n->out[0]->rank != y->rank ||
            memcmp(n->out[0]->dim, y->dim, (size_t)y->rank * sizeof *y->dim))
            return false;
        struct tensor *w = m->in[1] = arena_copy(z->r->a, m->in[1], sizeof *w);
        const int32_t out = y->dim[y->rank - 1];
        if (count != 1 && (count != out || c->dim[c->rank - 1] != out)) return false;
        float *scale = arena_new_n(z->r->a, (size_t)out, float);
        for (int i = 0; i < out; i++) {
            scale[i] = w->q.scale[w->q.n > 1 ? i : 0] * ((const float *)c->data)[count > 1 ? i : 0];
            if (!(scale[i] > 0)) return false;
        }
        w->q = (struct quant){out, m->op == OP_DEPTHWISE_CONV_2D ? 3 : 0, scale,
                              arena_new_n(z->r->a, (size_t)out, int32_t)};
        m->out[0] = n->out[0];
        flow_of(z, n->out[0])->dynamic = m;
        return true;
    }
    return false;
}

static bool has_integers(struct integer *z, const struct node *n)
{
    for (int i = 0; i < n->nin; i++)
        if (n->in[i] && n->in[i]->type == F32 && flow_of(z, n->in[i])->integer) return true;
    return false;
}

static void step(struct integer *z, struct node *n)
{
    for (int i = 0; i < n->nin; i++)
        if (n->in[i] && flow_of(z, n->in[i])->instead) n->in[i] = flow_of(z, n->in[i])->instead;
    struct flow *in = flow_of(z, n->in[0]), *out = flow_of(z, n->out[0]);
    if (n->op == OP_DEQUANTIZE) {
        out->integer = n->in[0];
        integer_node(z, n);
    } else if (n->op == OP_QUANTIZE && in->integer) {
        if (quant_same(&in->integer->q, &n->out[0]->q))
            out->instead = in->integer;
        else
            integer_node(z, n)->in[0] = in->integer;
    } else if (out->integer || fold_factor(z, n)) { // fused into the node in front
    } else if (n->op != OP_QUANTIZE && has_integers(z, n)) {
        const int before = z->to->nnode;
        const char *why = "";
        if (integer_convert(z, n, &why)) return;
        z->to->nnode = before;
        integer_node(z, n);
        z->left++;
        graph_note(z->r->g, z->r->a, "%s %s is computed in float: %s", op_def(n->op)->name, n->name, why);
    } else {
        struct node *m = integer_node(z, n);
        const bool layer = n->op == OP_DENSE || n->op == OP_CONV_2D || n->op == OP_DEPTHWISE_CONV_2D;
        if (layer && n->in[1]->type == I8 && n->in[0]->type == F32 && n->nin > 2 && !n->in[2])
            out->dynamic = m;
        if (n->op == OP_RECURRENT && n->in[1]->type == F32)
            graph_note(
                z->r->g, z->r->a,
                "%s %s is float in the file, as onnxruntime's quantisers leave recurrent layers (a dynamic "
                "LSTM excepted); `convert --dequantize -t full-integer` makes an int8 one",
                recurrent_name(n->as.recurrent.kind), n->name);
    }
}

bool onnx_integer(struct onnx *r)
{
    struct graph *g = r->g;
    struct integer z = {.r = r, .to = graph_new(r->a, g->name)};
    if (!r->quantized || !g->nnode) return true;
    flow_build(&z, g);
    for (int k = 0; k < g->nnode; k++) {
        step(&z, g->node[k]);
        if (!onnx_memory_check(r, op_def(g->node[k]->op)->name, g->node[k]->name)) return false;
    }
    for (int i = 0; i < g->nout; i++) {
        struct tensor *instead = flow_of(&z, g->out[i])->instead;
        if (!instead) continue;
        if (!flow_of(&z, instead)->uses++) instead->name = g->out[i]->name;
        g->out[i] = instead;
    }
    g->node = z.to->node;
    g->nnode = z.to->nnode;
    g->node_cap = z.to->node_cap;
    for (int k = 0; k < g->nnode; k++) // constants of floats are that only, from here on
        for (int i = 0; i < g->node[k]->nin; i++) {
            struct tensor *t = g->node[k]->in[i];
            if (t && tensor_is_const(t) && t->type == F32) t->q = (struct quant){0};
        }
    if (z.left)
        log_info("onnx: %d of %d quantised operators are computed in float; `wearlite inspect` says why",
                 z.left, z.left + z.done);
    return true;
}
