// RECURRENT as ONNX' LSTM, GRU or RNN: steps first (layout 0), so a Transpose stands in front and behind.
#include "onnx_recurrent.h"
#include "onnx_write.h"
#include <string.h>

// (1, gates * units, columns) with the gates in ONNX's order; columns 1: a bias. t NULL: zeros.
static void gates_put(float *to, const struct node *n, const struct tensor *t, int64_t columns)
{
    const int gates = recurrent_gates(n->as.recurrent.kind);
    const int64_t part = n->in[2]->dim[1] * columns;
    for (int g = 0; t && g < gates; g++)
        memcpy(to + g * part, (const float *)t->data + onnx_gate[n->as.recurrent.kind][g] * part,
               (size_t)part * sizeof *to);
}

static const char *weights(struct writer *w, const struct node *n, int i)
{
    const struct tensor *t = n->in[i];
    const int how = (int)n->as.recurrent.kind;
    const char *name = *onnx_noted(w, t, NULL, how);
    if (name) return name; // of a layer that shares it
    float *v = arena_new_n(w->a, (size_t)tensor_count(t), float);
    gates_put(v, n, t, t->dim[1]);
    name = onnx_const_floats(w, t->name, 3, (int64_t[]){1, t->dim[0], t->dim[1]}, v);
    *onnx_noted(w, t, NULL, how) = (void *)(uintptr_t)name;
    return name;
}

enum { BIASES = 16 }; // how both are joined; kinds are below

static const char *biases(struct writer *w, const struct node *n)
{
    const struct tensor *b = n->nin > 3 ? n->in[3] : NULL, *rb = n->nin > 4 ? n->in[4] : NULL;
    const int64_t rows = n->in[2]->dim[0];
    if (!b && !rb) return "";
    const int how = BIASES + (int)n->as.recurrent.kind;
    const char *name = *onnx_noted(w, b, rb, how);
    if (name) return name;
    float *v = arena_new_n(w->a, 2 * (size_t)rows, float);
    gates_put(v, n, b, 1);
    gates_put(v + rows, n, rb, 1);
    name = onnx_const_floats(w, arena_printf(w->a, "%s/biases", n->name), 2, (int64_t[]){1, 2 * rows}, v);
    *onnx_noted(w, b, rb, how) = (void *)(uintptr_t)name;
    return name;
}

static void activations(struct writer *w, const struct node *n, Onnx__NodeProto *p)
{
    static const char *const name[] = {"Tanh", "Sigmoid", "Relu", "Affine", "HardSigmoid", "HardSigmoid"};
    static const float alpha[] = {0, 0, 0, 1, 0.2f, 1.0f / 6}, beta[] = {0, 0, 0, 0, 0.5f, 0.5f};
    const struct recurrent *r = &n->as.recurrent;
    const enum cell_act all[3] = {r->gate_act, r->act, r->act}, rnn[1] = {r->act};
    const enum cell_act *act = r->kind == RECURRENT_RNN ? rnn : all;
    const size_t count = r->kind == RECURRENT_LSTM ? 3 : r->kind == RECURRENT_GRU ? 2 : 1;
    bool plain = r->act == CELL_TANH && (r->gate_act == CELL_LOGISTIC || r->kind == RECURRENT_RNN);
    if (plain) return; // ONNX's defaults
    Onnx__AttributeProto *s = onnx_attr(w, p, "activations", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS);
    Onnx__AttributeProto *a =
        onnx_attr(w, p, "activation_alpha", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS);
    Onnx__AttributeProto *b =
        onnx_attr(w, p, "activation_beta", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS);
    s->strings = arena_new_n(w->a, count, ProtobufCBinaryData);
    a->floats = arena_new_n(w->a, count, float);
    b->floats = arena_new_n(w->a, count, float);
    for (size_t i = 0; i < count; i++) {
        const char *t = name[act[i]];
        s->strings[s->n_strings++] = (ProtobufCBinaryData){strlen(t), (uint8_t *)(uintptr_t)t};
        if (alpha[act[i]] == 0) continue; // only functions that have parameters take some
        a->floats[a->n_floats++] = alpha[act[i]];
        b->floats[b->n_floats++] = beta[act[i]];
    }
}

static const char *initial(struct writer *w, const struct node *n, int i)
{
    if (i >= n->nin || !n->in[i]) return "";
    if (tensor_is_const(n->in[i]))
        return onnx_const_floats(w, n->in[i]->name, 3, (int64_t[]){1, 1, n->in[2]->dim[1]}, n->in[i]->data);
    const char *in[] = {form_get(w, n->in[i], PLAIN),
                        onnx_const_ints(w, arena_printf(w->a, "%s/axes", n->name), 1, (int64_t[]){0})};
    const char *out = onnx_name(w, arena_printf(w->a, "%s/initial", n->name));
    onnx_node(w, "Unsqueeze", out, 2, in, out);
    return out;
}

bool onnx_write_recurrent(struct writer *w, const struct node *n)
{
    static const char *const op[] = {"RNN", "GRU", "LSTM"};
    static const int64_t swap[] = {1, 0, 2};
    struct arena *a = w->a;
    const struct recurrent *r = &n->as.recurrent;
    if (r->cell_clip > 0) return fail(w->e, "its cell is clipped, which ONNX cannot say");
    if (r->stateful)
        return fail(w->e,
                    "it keeps its state from one window to the next, which ONNX' %s cannot say; write "
                    "a .tflite, or build the model with stateful=False",
                    op[r->kind]);
    for (int i = 1; i < 5 && i < n->nin; i++)
        if (n->in[i] && !tensor_is_const(n->in[i]))
            return fail(w->e, "weights %s are computed", n->in[i]->name);
    const char *x = form_get(w, n->in[0], PLAIN),
               *steps = onnx_name(w, arena_printf(a, "%s/steps_first", n->name));
    onnx_attr_ints(w, onnx_node(w, "Transpose", steps, 1, &x, steps), "perm", 3, swap);
    const char *in[] = {steps, weights(w, n, 1), weights(w, n, 2), biases(w, n),
                        "",    initial(w, n, 5), initial(w, n, 6)};
    const char *raw = onnx_name(w, arena_printf(a, "%s/%s", n->name, r->sequences ? "all" : "last"));
    Onnx__NodeProto *p = onnx_node(w, op[r->kind], n->name, r->kind == RECURRENT_LSTM ? 7 : 6, in, raw);
    if (!r->sequences) { // the second output is the last h
        static char none[] = "";
        p->output = arena_new_n(a, 2, char *);
        p->output[0] = none;
        p->output[1] = (char *)(uintptr_t)raw;
        p->n_output = 2;
    }
    Onnx__AttributeProto *hidden = onnx_attr(w, p, "hidden_size", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    hidden->has_i = 1;
    hidden->i = n->in[2]->dim[1];
    if (r->backwards) {
        static char reverse[] = "reverse";
        Onnx__AttributeProto *d = onnx_attr(w, p, "direction", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
        d->has_s = 1;
        d->s = (ProtobufCBinaryData){strlen(reverse), (uint8_t *)reverse};
    }
    if (r->kind == RECURRENT_GRU) {
        Onnx__AttributeProto *l =
            onnx_attr(w, p, "linear_before_reset", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
        l->has_i = 1;
        l->i = r->reset_after;
    }
    activations(w, n, p);
    // Y (steps, 1, batch, units) or Y_h (1, batch, units) without its direction
    const char *axes =
        onnx_const_ints(w, arena_printf(a, "%s/direction", n->name), 1, (int64_t[]){r->sequences});
    const char *squeeze[] = {raw, axes};
    if (!r->sequences) {
        onnx_node(w, "Squeeze", arena_printf(a, "%s/squeeze", n->name), 2, squeeze,
                  form_name(w, n->out[0], PLAIN));
        return true;
    }
    const char *flat = onnx_name(w, arena_printf(a, "%s/flat", n->name));
    onnx_node(w, "Squeeze", flat, 2, squeeze, flat);
    Onnx__NodeProto *back = onnx_node(w, "Transpose", arena_printf(a, "%s/batch_first", n->name), 1, &flat,
                                      form_name(w, n->out[0], PLAIN));
    onnx_attr_ints(w, back, "perm", 3, swap);
    return true;
}
