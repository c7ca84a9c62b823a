// UNIDIRECTIONAL_SEQUENCE_LSTM and BIDIRECTIONAL_SEQUENCE_LSTM as RECURRENT nodes. Their state is a variable in the file, which LiteRT keeps
// from one invocation to the next unless asked to reset it; here every window starts from zeros.
#include "tflite_read.h"
#include <math.h>
#include <string.h>

struct how { // the options of either operator
    int act;
    bool time_major, asymmetric, diagonal, backwards;
    float cell_clip, projection_clip;
};

static bool refused(const struct oper *o, const struct how *how, struct err *e)
{
    static const struct {
        int from, to;
        const char *what;
    } parts[] = {{LSTM_PEEPHOLE, 12, "peepholes"},
                 {LSTM_PROJECTION, 18, "a projection"},
                 {LSTM_NORM, 24, "layer normalisation"}};
    for (int p = 0; p < 3; p++)
        for (int i = parts[p].from; i < parts[p].to && i < o->nin; i++)
            if (o->in[i])
                return fail(e, "has %s, which is not supported; train an LSTM without", parts[p].what);
    if (!o->in[LSTM_KERNEL] && !o->in[LSTM_RECURRENT])
        return fail(e, "couples input and forget gate, which is not supported; train an LSTM with both");
    if (how->projection_clip > 0) return fail(e, "clips a projection, which is not supported");
    for (int i = LSTM_KERNEL; i < LSTM_PEEPHOLE; i++)
        if (!o->in[i] || !o->in[i]->data || o->in[i]->rank != 2)
            return fail(e, "its weights %d are %s; only constant matrices are supported", i,
                        o->in[i] ? "computed while it runs" : "absent");
    for (int i = LSTM_BIAS; i < LSTM_PROJECTION; i++)
        if (!o->in[i] || !o->in[i]->data) return fail(e, "its bias %d is absent or computed", i - LSTM_BIAS);
    if (how->diagonal) return fail(e, "has diagonal recurrent weights, which are not supported");
    return true;
}

// Four gates' tensors as one, a scale for every row.
static struct tensor *joined(struct reader *r, struct tensor *const *t, const char *name, struct err *e)
{
    const int64_t bytes = tensor_bytes(t[0]);
    const int32_t units = t[0]->dim[0];
    const bool quantised = t[0]->q.n > 0;
    int32_t dim[2] = {4 * units, t[0]->rank > 1 ? t[0]->dim[1] : 0};
    for (int g = 0; g < 4; g++) {
        if (t[g]->type != t[0]->type || t[g]->rank != t[0]->rank ||
            memcmp(t[g]->dim, t[0]->dim, sizeof t[g]->dim) || (t[g]->q.n > 0) != quantised)
            return FAIL_NULL(e, "%s differs from %s in type or shape", t[g]->name, t[0]->name);
        if (t[g]->q.n > 1) return FAIL_NULL(e, "%s has %d scales, one is supported", t[g]->name, t[g]->q.n);
    }
    if (units < 1 || units > 1 << 24 || !reader_room(r, 4 * (uint64_t)bytes + 32 * (uint64_t)units + 512, e))
        return NULL;
    uint8_t *data = arena_alloc(r->a, 4 * (size_t)bytes);
    struct tensor *y = tensor_const(r->a, name, t[0]->type, t[0]->rank, dim, data);
    for (int g = 0; g < 4; g++) memcpy(data + g * bytes, t[g]->data, (size_t)bytes);
    y->half = t[0]->half && t[1]->half && t[2]->half && t[3]->half;
    if (!quantised) return y;
    float *scale = arena_new_n(r->a, 4 * (size_t)units, float);
    int32_t *zero = arena_new_n(r->a, 4 * (size_t)units, int32_t);
    for (int32_t i = 0; i < 4 * units; i++)
        scale[i] = t[i / units]->q.scale[0], zero[i] = t[i / units]->q.zero[0];
    y->q = (struct quant){4 * units, 0, scale, zero};
    return y;
}

static bool same_quant(const struct tensor *a, const struct tensor *b)
{
    return a->q.n == 1 && b->q.n == 1 && a->q.scale[0] == b->q.scale[0] && a->q.zero[0] == b->q.zero[0];
}

// What only integer ones have: the cell's scale is a power of 2, h has the output's.
static bool integer_read(struct reader *r, const struct oper *o, struct recurrent *p, struct err *e)
{
    const struct tensor *y = o->out[0], *state = o->in[LSTM_STATE], *cell = o->in[LSTM_CELL];
    int exponent;
    if (!state || !cell || !same_quant(state, y))
        return fail(e, "its state and its output differ in scale, which is not supported");
    if (cell->type != I16 || cell->q.n != 1 || cell->q.zero[0] || frexpf(cell->q.scale[0], &exponent) != 0.5f)
        return fail(e, "its cell is not int16 with a scale that is a power of 2");
    p->cell_log2 = exponent - 1;
    if (o->between.n != LSTM_INTERMEDIATES) return fail(e, "has %u intermediates, want 5", o->between.n);
    const int32_t k = fb_vec_i32(&o->between, 4);
    if (k < 0 || k >= r->nslot || !same_quant(r->slot[k].t, y))
        return fail(e, "its hidden value and its output differ in scale, which is not supported");
    return true;
}

static struct tensor *turned(struct reader *r, struct oper *o, struct tensor *x, const char *what,
                             struct err *e)
{
    struct node *n = graph_add(r->g, r->a, OP_RESHAPE, arena_printf(r->a, "%s/%s", o->name, what), 1, 1);
    n->in[0] = x;
    n->out[0] = tensor_new(r->a, n->name, x->type, 3, (int32_t[]){x->dim[1], x->dim[0], x->dim[2]});
    n->out[0]->q = x->q;
    return graph_apply(r->g, r->a, n, e);
}

const char *reader_layer_name(struct arena *a, const char *tensor)
{
    static const char tail[] = "/all"; // what the writer calls all steps where only the last one is wanted
    const size_t m = sizeof tail - 1, whole = strcspn(tensor, ";"),
                 n = whole < READER_NAME ? whole : READER_NAME;
    return arena_strndup(a, tensor, n > m && !strncmp(tensor + n - m, tail, m) ? n - m : n);
}

static bool read_lstm(struct reader *r, struct oper *o, const struct how *how, struct err *e)
{
    struct tensor *x = o->in[LSTM_X];
    const int act = how->act;
    const bool time_major = how->time_major;
    if (!refused(o, how, e)) return false;
    o->name = reader_layer_name(r->a, o->name);
    if (x->rank != 3) return fail(e, "its input has %d dimensions, want 3", x->rank);
    if (time_major && x->dim[1] != 1) return fail(e, "a batch of %d; export it with a batch of 1", x->dim[1]);
    if (act != TFL_ACT_TANH && act != TFL_ACT_RELU && act != TFL_ACT_NONE)
        return fail(e, "its activation %d is not supported; use tanh", act);
    if (time_major && !(x = turned(r, o, x, "batch_first", e))) return false;
    struct node *n = graph_add(r->g, r->a, OP_RECURRENT, o->name, 4, 1);
    struct recurrent *p = &n->as.recurrent;
    *p = (struct recurrent){.kind = RECURRENT_LSTM,
                            .act = act == TFL_ACT_TANH   ? CELL_TANH
                                   : act == TFL_ACT_RELU ? CELL_RELU
                                                         : CELL_LINEAR,
                            .gate_act = CELL_LOGISTIC,
                            .sequences = true,
                            .stateful = true, // if the metadata say so, which come later
                            .backwards = how->backwards,
                            .cell_clip = how->cell_clip,
                            .asymmetric_inputs = how->asymmetric};
    if (x->type == I8) {
        p->act = CELL_TANH; // the integer kernel of LiteRT has no other
        if (!integer_read(r, o, p, e)) return false;
    }
    n->in[0] = x;
    n->in[1] = joined(r, o->in + LSTM_KERNEL, arena_printf(r->a, "%s/kernel", o->name), e);
    n->in[2] =
        n->in[1] ? joined(r, o->in + LSTM_RECURRENT, arena_printf(r->a, "%s/recurrent", o->name), e) : NULL;
    n->in[3] = n->in[2] ? joined(r, o->in + LSTM_BIAS, arena_printf(r->a, "%s/bias", o->name), e) : NULL;
    if (!n->in[3]) return false;
    struct tensor *y = o->out[0];
    n->out[0] =
        tensor_new(r->a, time_major ? arena_printf(r->a, "%s/all", o->name) : y->name, y->type, 0, NULL);
    n->out[0]->q = y->q;
    if (!graph_apply(r->g, r->a, n, e)) return false;
    const int32_t *d = n->out[0]->dim;
    const int32_t want[3] = {time_major ? d[1] : 1, time_major ? 1 : d[1], d[2]};
    if (o->shaped && (y->rank != 3 || memcmp(y->dim, want, sizeof want)))
        return fail(e, "the file gives its output another shape");
    y->rank = 3;
    memcpy(y->dim, want, sizeof want);
    if (!time_major) {
        n->out[0] = y;
        return true;
    }
    struct node *back = graph_add(r->g, r->a, OP_RESHAPE, arena_printf(r->a, "%s/time_first", o->name), 1, 1);
    back->in[0] = n->out[0];
    back->out[0] = y;
    return op_def(OP_RESHAPE)->infer(back, e);
}

static bool oper_lstm(struct reader *r, struct oper *o, struct err *e)
{
    const struct fb_table *t = &o->options;
    const struct how how = {.act = fb_i8(t, LSTM_ACT, TFL_ACT_NONE),
                            .time_major = fb_u8(t, LSTM_TIME_MAJOR, 0),
                            .asymmetric = fb_u8(t, LSTM_ASYMMETRIC, 0),
                            .diagonal = fb_u8(t, LSTM_DIAGONAL, 0),
                            .cell_clip = fb_f32(t, LSTM_CELL_CLIP, 0),
                            .projection_clip = fb_f32(t, LSTM_PROJ_CLIP, 0)};
    return read_lstm(r, o, &how, e);
}

// One direction's inputs in the order of the other operator.
static struct oper direction(struct reader *r, struct oper *o, int d, struct tensor **y)
{
    struct oper part = *o;
    part.in = arena_new_n(r->a, LSTM_INPUTS, struct tensor *);
    part.nin = LSTM_INPUTS;
    part.out = y;
    part.nout = 1;
    part.in[LSTM_X] = o->in[0];
    for (int i = LSTM_KERNEL; i < LSTM_STATE; i++) part.in[i] = o->in[i + d * (LSTM_STATE - LSTM_KERNEL)];
    part.name = reader_name(r, *y);
    return part;
}

// Both directions at once; merged they stand side by side in one output.
static bool oper_bidirectional(struct reader *r, struct oper *o, struct err *e)
{
    const struct fb_table *t = &o->options;
    struct how how = {.act = fb_i8(t, LSTM_ACT, TFL_ACT_NONE),
                      .time_major = fb_u8(t, BIDIRECTIONAL_TIME_MAJOR, 1),
                      .asymmetric = fb_u8(t, BIDIRECTIONAL_ASYMMETRIC, 0),
                      .cell_clip = fb_f32(t, LSTM_CELL_CLIP, 0),
                      .projection_clip = fb_f32(t, LSTM_PROJ_CLIP, 0)};
    const bool merged = fb_u8(t, BIDIRECTIONAL_MERGE, 0);
    struct tensor *y[2] = {o->out[0], o->nout > 1 ? o->out[1] : NULL};
    for (int i = BIDIRECTIONAL_AUXILIARY; i < o->nin; i++)
        if (o->in[i])
            return fail(e, "has an auxiliary input, which is not supported; join the inputs in front");
    if (o->in[0]->type != F32)
        return fail(e, "its input is %s; only float32 is supported", dtype_name(o->in[0]->type));
    if (o->nout != (merged ? 1 : 2)) return fail(e, "has %d outputs, want %d", o->nout, merged ? 1 : 2);
    for (int d = 0; d < 2; d++) {
        if (merged) y[d] = reader_between(r, o->out[0], d ? "backwards" : "forwards");
        struct oper part = direction(r, o, d, &y[d]);
        part.shaped = !merged && o->slot[d]->shaped;
        how.backwards = d;
        if (!read_lstm(r, &part, &how, e)) return false;
    }
    if (!merged) return true;
    struct node *n = graph_add(r->g, r->a, OP_CONCATENATION, o->name, 2, 1);
    n->in[0] = y[0];
    n->in[1] = y[1];
    n->out[0] = o->out[0];
    n->as.axis.axis = 2;
    return reader_finish(o, n, e);
}

const struct oper_def opers_recurrent[] = {
    {TFL_UNIDIRECTIONAL_SEQUENCE_LSTM, OPT_LSTM_SEQUENCE, 4, 20, 24, oper_lstm, .variables = true},
    {TFL_BIDIRECTIONAL_SEQUENCE_LSTM, OPT_BIDIRECTIONAL_LSTM, 3, 39, 48, oper_bidirectional, .many = true,
     .variables = true},
    {.read = NULL},
};
