// LSTM, GRU, SimpleRNN and Bidirectional become RECURRENT nodes. Keras's order of gates is ours: i f c o and
// z r h.
#include "keras.h"
#include <string.h>

static bool cell_act(struct keras *k, const struct keras_layer *l, const char *key, const char *otherwise,
                     enum cell_act *act)
{
    const json_t *v = json_object_get(l->config, key);
    const char *name = json_string_value(json_is_object(v) ? json_object_get(v, "config") : v);
    if (!name) name = v ? "of its own" : otherwise;
    const struct h5_text *version = h5_text_find(k->h5, "", "keras_version");
    bool keras3 = version && version->n && version->v[0][0] == '3';
    if (!strcmp(name, "tanh"))
        *act = CELL_TANH;
    else if (!strcmp(name, "sigmoid"))
        *act = CELL_LOGISTIC;
    else if (!strcmp(name, "relu"))
        *act = CELL_RELU;
    else if (!strcmp(name, "linear"))
        *act = CELL_LINEAR;
    else if (!strcmp(name, "hard_sigmoid"))
        *act = keras3 ? CELL_HARD_6 : CELL_HARD_5; // Keras 3 changed its slope
    else
        return layer_fail(k, l, "%s %s is not supported; use tanh, sigmoid, hard_sigmoid, relu or linear",
                          key, name);
    return true;
}

// Keras's (in, rows) -> ours (rows, in).
static struct tensor *turned(struct keras *k, const char *name, const float *v, int32_t in, int32_t rows)
{
    float *w = arena_new_n(k->a, (size_t)in * (size_t)rows, float);
    for (int32_t i = 0; i < in; i++)
        for (int32_t r = 0; r < rows; r++) w[(int64_t)r * in + i] = v[(int64_t)i * rows + r];
    return tensor_const(k->a, name, F32, 2, (int32_t[]){rows, in}, w);
}

static struct tensor *row(struct keras *k, const char *name, const float *v, int32_t rows)
{
    return tensor_const(k->a, name, F32, 1, &rows, arena_copy(k->a, v, (size_t)rows * sizeof *v));
}

// One direction over x (1, steps, channels). base: where its weights begin in the file's list; roles: what
// they are called there, NULL when only their order tells.
static struct tensor *direction(struct keras *k, struct keras_layer *l, struct tensor *x, bool backwards,
                                const char *suffix, const char *const *role, int base)
{
    static const char *const by_order[] = {
        "forward or backward kernel", "forward or backward recurrent kernel", "forward or backward bias"};
    int32_t units, in = x->dim[2];
    struct recurrent r = {.backwards = backwards,
                          .sequences = config_bool(l, "return_sequences", false),
                          .stateful = config_bool(l, "stateful", false)};
    r.kind = !strcmp(l->type, "LSTM")  ? RECURRENT_LSTM
             : !strcmp(l->type, "GRU") ? RECURRENT_GRU
                                       : RECURRENT_RNN;
    r.reset_after = r.kind == RECURRENT_GRU && config_bool(l, "reset_after", false);
    if (!config_ints(k, l, "units", 1, 1, 0, &units) || !cell_act(k, l, "activation", "tanh", &r.act))
        return NULL;
    r.gate_act = CELL_LOGISTIC;
    if (r.kind != RECURRENT_RNN && !cell_act(k, l, "recurrent_activation", "sigmoid", &r.gate_act))
        return NULL;
    if (units < 1 || units > 1 << 16) return layer_fail(k, l, "units is %d", units), NULL;
    if (config_bool(l, "time_major", false)) return layer_fail(k, l, "time_major is not supported"), NULL;
    int32_t rows = recurrent_gates(r.kind) * units, bias_dim[] = {2, rows};
    const float *w[3] = {NULL};
    if (!role) role = by_order;
    w[0] = keras_weight(k, l, role[0], base, 2, (int32_t[]){in, rows});
    w[1] = w[0] ? keras_weight(k, l, role[1], base + 1, 2, (int32_t[]){units, rows}) : NULL;
    if (!w[1]) return NULL;
    bool bias = config_bool(l, "use_bias", true), two = r.reset_after;
    if (bias && !(w[2] = keras_weight(k, l, role[2], base + 2, two ? 2 : 1, two ? bias_dim : &rows)))
        return NULL;
    struct node *n = layer_node(k, l, OP_RECURRENT, suffix, 7);
    n->as.recurrent = r;
    n->in[0] = x;
    n->in[1] = turned(k, arena_printf(k->a, "%s/kernel", n->name), w[0], in, rows);
    n->in[2] = turned(k, arena_printf(k->a, "%s/recurrent_kernel", n->name), w[1], units, rows);
    if (bias) n->in[3] = row(k, arena_printf(k->a, "%s/bias", n->name), w[2], rows);
    if (bias && two) n->in[4] = row(k, arena_printf(k->a, "%s/recurrent_bias", n->name), w[2] + rows, rows);
    return layer_done(k, l, n);
}

static struct tensor *input(struct keras *k, struct keras_layer *l)
{
    if (l->lead)
        return layer_fail(k, l, "a recurrent layer inside of TimeDistributed is not supported"), NULL;
    if (l->nin != 1) return layer_fail(k, l, "an initial state from another layer is not supported"), NULL;
    if (l->in[0].rank != 3)
        return layer_fail(k, l, "its input has %d dimensions, want 3", l->in[0].rank), NULL;
    struct tensor *t = value_plain(k->g, k->a, &l->in[0], k->e);
    if (!t) layer_fail_in(k, l);
    return t;
}

static bool recurrent(struct keras *k, struct keras_layer *l)
{
    static const char *const role[] = {"kernel", "recurrent_kernel", "bias"};
    struct keras_layer cell = *l;
    struct tensor *x = input(k, l);
    bool backwards = config_bool(l, "go_backwards", false);
    if (!x) return false;
    if (backwards && config_bool(l, "return_sequences", false))
        return layer_fail(k, l, "go_backwards with return_sequences is not supported; use Bidirectional");
    if (k->v3) cell.path = arena_printf(k->scratch, "%s/cell", l->path);
    struct tensor *t = direction(k, &cell, x, backwards, NULL, role, 0);
    if (t) value_set_plain(&l->out, t);
    return t != NULL;
}

static bool bidirectional(struct keras *k, struct keras_layer *l)
{
    static const char *const role[] = {"kernel", "recurrent_kernel", "bias"};
    const json_t *wrapped = json_object_get(l->config, "layer");
    const char *type = json_string_value(json_object_get(wrapped, "class_name"));
    const char *how = json_string_value(json_object_get(l->config, "merge_mode"));
    struct keras_layer one = *l;
    struct tensor *x = input(k, l), *t[2];
    if (!x) return false;
    one.type = type;
    one.config = json_object_get(wrapped, "config");
    if (!type || !one.config || (strcmp(type, "LSTM") && strcmp(type, "GRU") && strcmp(type, "SimpleRNN")))
        return layer_fail(k, l, "what it wraps is not LSTM, GRU or SimpleRNN");
    enum op op = !how                     ? OP_COUNT
                 : !strcmp(how, "concat") ? OP_CONCATENATION
                 : !strcmp(how, "mul")    ? OP_MUL
                                          : OP_ADD;
    if (!how || (op == OP_ADD && strcmp(how, "sum") && strcmp(how, "ave")))
        return layer_fail(k, l, "merge_mode %s is not supported", how ? how : "None");
    if (config_bool(&one, "go_backwards", false))
        return layer_fail(k, l, "go_backwards inside is not supported");
    int each = config_bool(&one, "use_bias", true) ? 3 : 2;
    for (int d = 0; d < 2; d++) {
        if (k->v3)
            one.path = arena_printf(k->scratch, "%s/%s_layer/cell", l->path, d ? "backward" : "forward");
        t[d] =
            direction(k, &one, x, d, d ? "backward" : "forward", k->v3 ? role : NULL, k->v3 ? 0 : d * each);
        if (!t[d]) return fail_in(k->e, "layer %s", l->name);
    }
    struct node *n = layer_node(k, l, op, NULL, 2);
    n->in[0] = t[0];
    n->in[1] = t[1];
    if (op == OP_CONCATENATION) n->as.axis.axis = t[0]->rank - 1;
    struct tensor *y = layer_done(k, l, n);
    if (!y) return false;
    value_set_plain(&l->out, y);
    if (strcmp(how, "ave")) return true;
    static const float half = 0.5f;
    struct node *m = layer_node(k, l, OP_MUL, "half", 2);
    m->in[1] = tensor_const(k->a, m->name, F32, 1, (int32_t[]){1}, &half);
    return layer_unary(k, l, m, &l->out);
}

const struct keras_entry keras_layers_recurrent[] = {
    {"LSTM", recurrent}, {"GRU", recurrent}, {"SimpleRNN", recurrent}, {"Bidirectional", bidirectional},
    {NULL, NULL},
};
