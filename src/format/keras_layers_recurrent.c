// LSTM, GRU, SimpleRNN, RNN(cell) and Bidirectional become RECURRENT nodes. Keras's order of gates is ours: i f c o and
// z r h.
#include "keras.h"
#include <string.h>

static bool cell_act(struct keras *k, const struct keras_layer *l, const char *key, const char *otherwise,
                     enum cell_act *act)
{
    const json_t *v = json_object_get(l->config, key);
    const char *name = json_string_value(json_is_object(v) ? json_object_get(v, "config") : v);
    if (!name) name = v ? "of its own" : otherwise;
    const bool keras3 = keras_is_3(k);
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

// What a layer, or one direction of it, does over time; its cell's config may be one of its own (RNN).
struct cell {
    struct keras_layer l; // type, config and path of the cell's weights
    const char *suffix;   // of the node's name
    bool backwards, sequences, stateful;
    int base;                  // .h5: where its weights begin in the file's list, when ...
    bool by_order;             // ... only their order tells which they are
    const struct value *state; // h before the first sample (and c), or NULL
    int nstate;
};

// One direction over x (1, steps, channels): each h at the place of its sample, or the last h.
static struct tensor *direction(struct keras *k, const struct cell *c, struct tensor *x)
{
    static const char *const by_order[] = {"kernel, by order", "recurrent kernel, by order",
                                           "bias, by order"},
                             *const by_role[] = {"kernel", "recurrent_kernel", "bias"};
    const struct keras_layer *l = &c->l;
    const char *const *role = c->by_order ? by_order : by_role;
    int32_t units, in = x->dim[2];
    struct recurrent r = {.backwards = c->backwards, .sequences = c->sequences, .stateful = c->stateful};
    r.kind = !strncmp(l->type, "LSTM", 4)  ? RECURRENT_LSTM
             : !strncmp(l->type, "GRU", 3) ? RECURRENT_GRU
                                           : RECURRENT_RNN;
    r.reset_after = r.kind == RECURRENT_GRU && config_bool(l, "reset_after", false);
    if (!config_ints(k, l, "units", 1, 1, 0, &units) || !cell_act(k, l, "activation", "tanh", &r.act))
        return NULL;
    r.gate_act = CELL_LOGISTIC;
    if (r.kind != RECURRENT_RNN && !cell_act(k, l, "recurrent_activation", "sigmoid", &r.gate_act))
        return NULL;
    if (r.stateful && k->batch > 1)
        return layer_fail(
                   k, l,
                   "it keeps the state of each of %d windows, a stateful layer with a batch; build the model "
                   "with batch_shape=(1, ...), one wearer",
                   k->batch),
               NULL;
    if (c->nstate) r.stateful = false; // what it is given comes before what it kept
    if (units < 1 || units > 1 << 16) return layer_fail(k, l, "units is %d", units), NULL;
    int32_t rows = recurrent_gates(r.kind) * units, bias_dim[] = {2, rows};
    const float *w[3] = {NULL};
    w[0] = keras_weight(k, l, role[0], c->base, 2, (int32_t[]){in, rows});
    w[1] = w[0] ? keras_weight(k, l, role[1], c->base + 1, 2, (int32_t[]){units, rows}) : NULL;
    if (!w[1]) return NULL;
    bool bias = config_bool(l, "use_bias", true), two = r.reset_after;
    if (bias && !(w[2] = keras_weight(k, l, role[2], c->base + 2, two ? 2 : 1, two ? bias_dim : &rows)))
        return NULL;
    struct tensor *state[2];
    for (int i = 0; i < c->nstate; i++) { // before the node that uses them
        const struct value *v = &c->state[i];
        if (c->nstate != (r.kind == RECURRENT_LSTM ? 2 : 1) || v->rank != 2 || v->dim[1] != units)
            return layer_fail(k, l, "its initial state does not fit it"), NULL;
        if (!(state[i] = value_plain(k->g, k->a, v, k->e))) return layer_fail_in(k, l), NULL;
    }
    struct node *n = layer_node(k, l, OP_RECURRENT, c->suffix, 7);
    n->as.recurrent = r;
    n->in[0] = x;
    n->in[1] = turned(k, arena_printf(k->a, "%s/kernel", n->name), w[0], in, rows);
    n->in[2] = turned(k, arena_printf(k->a, "%s/recurrent_kernel", n->name), w[1], units, rows);
    if (bias) n->in[3] = row(k, arena_printf(k->a, "%s/bias", n->name), w[2], rows);
    if (bias && two) n->in[4] = row(k, arena_printf(k->a, "%s/recurrent_bias", n->name), w[2] + rows, rows);
    for (int i = 0; i < c->nstate; i++) n->in[5 + i] = state[i];
    return layer_done(k, l, n);
}

static struct tensor *input(struct keras *k, struct keras_layer *l)
{
    if (l->lead)
        return layer_fail(k, l, "a recurrent layer inside of TimeDistributed is not supported"), NULL;
    if (l->in[0].rank != 3)
        return layer_fail(k, l, "its input has %d dimensions, want 3", l->in[0].rank), NULL;
    if (config_bool(l, "time_major", false)) return layer_fail(k, l, "time_major is not supported"), NULL;
    const struct keras_arg *mask = call_arg(l, -2, "mask");
    if (mask && mask->v) return layer_fail(k, l, "it is called with mask=, which is not supported"), NULL;
    struct tensor *t = value_plain(k->g, k->a, &l->in[0], k->e);
    if (!t) layer_fail_in(k, l);
    return t;
}

// States given to the call: behind the input, or as initial_state=.
static int states(struct keras *k, const struct keras_layer *l, struct value **state)
{
    int n = 0;
    *state = arena_new_n(k->scratch, (size_t)l->narg + 1, struct value);
    for (int i = 1; i < l->nin; i++) (*state)[n++] = l->in[i];
    for (int i = 0; i < l->narg; i++)
        if (l->arg[i].name && l->arg[i].v && !strcmp(l->arg[i].name, "initial_state"))
            (*state)[n++] = *l->arg[i].v;
    return n;
}

// Keras lists what a backward layer finds from the last sample on: turns the places (1, steps, units) round.
static bool turn_round(struct keras *k, const struct keras_layer *l, struct value *v)
{
    return v->dim[1] == 1 || build_slice(k, l, "reversed", v, 1, v->dim[1] - 1, -1, v->dim[1]);
}

// Of h at each place, the last one found: (1, units).
static bool last_of(struct keras *k, const struct keras_layer *l, bool backwards, const char *suffix,
                    struct value *v)
{
    const int32_t units = v->dim[v->rank - 1], steps = v->rank == 3 ? v->dim[1] : 1;
    return v->rank == 2 || (build_slice(k, l, suffix, v, 1, backwards ? 0 : steps - 1, 1, 1) &&
                            build_reshape(k, l, suffix, v, 2, (int32_t[]){1, units}));
}

// Output 1 is the last h; 2, the cell state, exists nowhere outside of the kernel: refused when it is used.
static bool more_states(struct keras *k, struct keras_layer *l, struct value last, bool backwards)
{
    struct value *more = arena_new_n(k->scratch, 2, struct value);
    if (!last_of(k, l, backwards, "state", &last)) return false;
    more[0] = last;
    more[1].name = "the cell state of an LSTM";
    l->more = more;
    l->nmore = 2;
    return true;
}

static bool recurrent(struct keras *k, struct keras_layer *l)
{
    struct cell c = {.l = *l,
                     .backwards = config_bool(l, "go_backwards", false),
                     .sequences = config_bool(l, "return_sequences", false),
                     .stateful = config_bool(l, "stateful", false)};
    struct tensor *x = input(k, l);
    struct value *state;
    if (!x) return false;
    c.nstate = states(k, l, &state);
    c.state = state;
    if (k->v3) c.l.path = arena_printf(k->scratch, "%s/cell", l->path);
    struct tensor *t = direction(k, &c, x);
    if (!t) return false;
    value_set_plain(&l->out, t);
    if (config_bool(l, "return_state", false) && !more_states(k, l, l->out, c.backwards)) return false;
    return !c.backwards || !c.sequences || turn_round(k, l, &l->out);
}

// RNN(cell) is the layer of that cell; of several cells, as many layers one upon the other.
static bool rnn(struct keras *k, struct keras_layer *l)
{
    const json_t *cell = json_object_get(l->config, "cell"), *cells = NULL;
    const char *type = json_string_value(json_object_get(cell, "class_name"));
    bool stacked = type && !strcmp(type, "StackedRNNCells");
    if (stacked) cells = json_object_get(json_object_get(cell, "config"), "cells");
    struct tensor *x = input(k, l);
    const size_t n = stacked ? json_array_size(cells) : 1;
    const bool backwards = config_bool(l, "go_backwards", false),
               sequences = config_bool(l, "return_sequences", false);
    struct value *state;
    if (!x) return false;
    if (!n || n > 16) return layer_fail(k, l, "it has %zu cells", n);
    if (states(k, l, &state)) return layer_fail(k, l, "an initial state is not supported; use LSTM or GRU");
    if (config_bool(l, "return_state", false))
        return layer_fail(k, l, "return_state is not supported; use LSTM or GRU");
    for (size_t i = 0, base = 0; i < n; i++) {
        const json_t *p = stacked ? json_array_get(cells, i) : cell;
        struct cell c = {.l = *l,
                         .backwards = backwards,
                         .sequences = sequences || i + 1 < n,
                         .stateful = config_bool(l, "stateful", false),
                         .suffix = stacked ? arena_printf(k->a, "cell_%zu", i) : NULL,
                         .base = k->v3 ? 0 : (int)base,
                         .by_order = !k->v3};
        c.l.type = json_string_value(json_object_get(p, "class_name"));
        c.l.module = json_string_value(json_object_get(p, "module"));
        c.l.config = json_object_get(p, "config");
        if (!c.l.type || !c.l.config ||
            (strcmp(c.l.type, "LSTMCell") && strcmp(c.l.type, "GRUCell") &&
             strcmp(c.l.type, "SimpleRNNCell")))
            return layer_fail(k, l, "its cell %s is not LSTMCell, GRUCell or SimpleRNNCell",
                              c.l.type ? c.l.type : "(none)");
        if (!keras_layer_check(k, &c.l, json_object_get(p, "registered_name"))) return false;
        if (k->v3 && stacked) {
            int nth = 0; // Keras numbers the cells of a type
            for (size_t j = 0; j < i; j++) {
                const char *other =
                    json_string_value(json_object_get(json_array_get(cells, j), "class_name"));
                nth += other && !strcmp(other, c.l.type);
            }
            const char *snake = keras_snake_case(k->scratch, c.l.type);
            c.l.path = nth ? arena_printf(k->scratch, "%s/cell/cells/%s_%d", l->path, snake, nth)
                           : arena_printf(k->scratch, "%s/cell/cells/%s", l->path, snake);
        } else if (k->v3)
            c.l.path = arena_printf(k->scratch, "%s/cell", l->path);
        base += config_bool(&c.l, "use_bias", true) ? 3 : 2;
        if (!(x = direction(k, &c, x))) return false;
    }
    value_set_plain(&l->out, x);
    return !backwards || !sequences || turn_round(k, l, &l->out);
}

// One of the two layers of a Bidirectional.
static bool direction_open(struct keras *k, struct keras_layer *l, const json_t *p, int d, struct cell *c)
{
    c->l = *l;
    c->l.type = json_string_value(json_object_get(p, "class_name"));
    c->l.module = json_string_value(json_object_get(p, "module"));
    c->l.config = json_object_get(p, "config");
    if (!c->l.type || !c->l.config ||
        (strcmp(c->l.type, "LSTM") && strcmp(c->l.type, "GRU") && strcmp(c->l.type, "SimpleRNN")))
        return layer_fail(k, l, "what it wraps is not LSTM, GRU or SimpleRNN");
    if (!keras_layer_check(k, &c->l, json_object_get(p, "registered_name"))) return false;
    c->sequences = config_bool(&c->l, "return_sequences", false);
    c->stateful = config_bool(&c->l, "stateful", false);
    c->suffix = d ? "backward" : "forward";
    c->backwards = d;
    c->by_order = !k->v3;
    if (k->v3) c->l.path = arena_printf(k->scratch, "%s/%s_layer/cell", l->path, c->suffix);
    return true;
}

static bool bidirectional(struct keras *k, struct keras_layer *l)
{
    const json_t *wrapped = json_object_get(l->config, "layer"),
                 *other = json_object_get(l->config, "backward_layer");
    const json_t *merge = json_object_get(l->config, "merge_mode");
    const char *how = merge && !json_is_null(merge) ? json_string_value(merge) : NULL;
    struct cell c[2] = {{.suffix = NULL}, {.suffix = NULL}};
    struct tensor *x = input(k, l), *t[2];
    struct value *state, v[2], *more = arena_new_n(k->scratch, 5, struct value);
    if (!x) return false;
    for (int d = 0; d < 2; d++)
        if (!direction_open(k, l, d && json_is_object(other) ? other : wrapped, d, &c[d])) return false;
    if (c[0].sequences != c[1].sequences)
        return layer_fail(k, l, "its two layers differ in return_sequences");
    enum op op = !how                     ? OP_COUNT
                 : !strcmp(how, "concat") ? OP_CONCATENATION
                 : !strcmp(how, "mul")    ? OP_MUL
                                          : OP_ADD;
    if (how && op == OP_ADD && strcmp(how, "sum") && strcmp(how, "ave"))
        return layer_fail(k, l, "merge_mode %s is not known", how);
    if (config_bool(&c[0].l, "go_backwards", false))
        return layer_fail(k, l, "go_backwards inside is not supported");
    const int nstate = states(k, l, &state);
    if (nstate % 2) return layer_fail(k, l, "it is given %d initial states", nstate);
    c[1].base = k->v3 ? 0 : config_bool(&c[0].l, "use_bias", true) ? 3 : 2;
    for (int d = 0; d < 2; d++) {
        c[d].nstate = nstate / 2;
        c[d].state = state + d * (nstate / 2);
        if (!(t[d] = direction(k, &c[d], x))) return fail_in(k->e, "layer %s", l->name);
        value_set_plain(&v[d], t[d]);
    }
    if (config_bool(&c[0].l, "return_state", false)) { // forward h (and c), backward h (and c)
        const int each = !strcmp(c[0].l.type, "LSTM") ? 2 : 1;
        l->more = more;
        l->nmore = 2 * each;
        for (int d = 0; d < 2; d++) {
            more[each * d] = v[d];
            if (!last_of(k, l, d, d ? "backward/state" : "forward/state", &more[each * d])) return false;
        }
    }
    if (op == OP_COUNT) { // None: two outputs
        if (l->nmore) return layer_fail(k, l, "merge_mode None with return_state is not supported");
        l->out = v[0];
        more[0] = v[1];
        l->more = more;
        l->nmore = 1;
        return true; // Keras gives the backward sequence in the order of the forward one, as it is here
    }
    if (op == OP_CONCATENATION ? !build_concat(k, l, NULL, 2, v, v[0].rank - 1, &l->out)
                               : !build_binary(k, l, op, NULL, &v[0], &v[1], &l->out))
        return false;
    return strcmp(how, "ave") || build_number(k, l, OP_MUL, "half", &l->out, 0.5f);
}

const struct keras_entry keras_layers_recurrent[] = {
    {"LSTM", recurrent, MASK_USED, true},
    {"GRU", recurrent, MASK_USED, true},
    {"SimpleRNN", recurrent, MASK_USED, true},
    {"RNN", rnn, MASK_USED, true},
    {"Bidirectional", bidirectional, MASK_USED, true},
    {NULL, NULL, MASK_DROPPED, false},
};
