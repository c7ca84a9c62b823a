// RECURRENT: full back-propagation through time (Werbos 1990). The cells are in recurrent_<kind>.c; what is
// the same for all of them, the products of the whole window, is here.
#include "gemm.h"
#include "recurrent.h"
#include <math.h>
#include <string.h>

static bool check(const struct node *n, struct err *e)
{
    for (int i = 5; i < n->nin; i++)
        if (n->in[i]) return fail(e, "%s: a network with an initial state cannot be trained", n->name);
    if (!(n->as.recurrent.dropout >= 0 && n->as.recurrent.dropout < 1))
        return fail(e, "%s: a recurrent dropout of %g; want 0 <= rate < 1", n->name,
                    (double)n->as.recurrent.dropout);
    if (n->as.recurrent.cell_clip > 0) return fail(e, "%s: a clipped cell cannot be trained", n->name);
    if (n->in[2]->dim[1] > SWEEP_UNITS)
        return fail(e, "%s: %d units; at most %d can be trained", n->name, n->in[2]->dim[1], SWEEP_UNITS);
    return !n->as.recurrent.stateful ||
           fail(e,
                "%s: it keeps its state from window to window, which cannot be trained; set stateful=False",
                n->name);
}

static int64_t keep(const struct node *n, int64_t batch)
{
    const struct recurrent *r = &n->as.recurrent;
    const int64_t steps = n->in[0]->dim[1], units = n->in[2]->dim[1];
    return batch * steps * units * (recurrent_gates(r->kind) + 3) + 3 * batch * units;
}

static struct sweep sweep_of(const struct layer *l)
{
    const struct recurrent *r = &l->node->as.recurrent;
    struct sweep s = {.batch = l->batch,
                      .steps = l->node->in[0]->dim[1],
                      .in_c = l->node->in[0]->dim[2],
                      .units = l->node->in[2]->dim[1],
                      .gates = recurrent_gates(r->kind),
                      .act = r->act,
                      .gate_act = r->gate_act,
                      .sequences = r->sequences,
                      .backwards = r->backwards,
                      .reset_after = r->reset_after,
                      .x = l->in[0].x,
                      .w = l->in[1].x,
                      .u = l->in[2].x,
                      .b = l->in[3].x,
                      .rb = l->in[4].x,
                      .y = l->out.x,
                      .dy = l->out.dx};
    const int64_t each = (int64_t)l->batch * s.steps * s.units;
    s.sum = l->keep;
    s.prev = s.sum + each * s.gates;
    s.cell = s.prev + each;
    s.act_cell = s.cell + each;
    s.dh = s.act_cell + each;
    s.dc = s.dh + (int64_t)l->batch * s.units;
    s.carry = s.prev;
    if (l->training && r->dropout > 0) {
        s.mask = s.dc + (int64_t)l->batch * s.units;
        if (r->kind == RECURRENT_GRU) s.carry = s.act_cell;
    }
    return s;
}

int sweep_at(const struct sweep *s, int t)
{
    return s->backwards ? s->steps - 1 - t : t;
}

float *row(float *base, const struct sweep *s, int b, int at, int width)
{
    return base + ((int64_t)b * s->steps + at) * width;
}

void sweep_store(const struct sweep *s, int t, int b, const float *h)
{
    const size_t bytes = (size_t)s->units * sizeof *h;
    if (t + 1 < s->steps) {
        float *next = row(s->prev, s, b, sweep_at(s, t + 1), s->units);
        memcpy(row(s->carry, s, b, sweep_at(s, t + 1), s->units), h, bytes);
        for (int i = 0; s->mask && i < s->units; i++) next[i] = h[i] * s->mask[b * s->units + i];
    }
    if (s->sequences)
        memcpy(row(s->y, s, b, sweep_at(s, t), s->units), h, bytes);
    else if (t + 1 == s->steps)
        memcpy(s->y + (int64_t)b * s->units, h, bytes);
}

void sweep_take(const struct sweep *s, int t)
{
    if (!s->sequences && t + 1 < s->steps) return;
    for (int b = 0; b < s->batch; b++) {
        const float *from =
            s->sequences ? row(s->dy, s, b, sweep_at(s, t), s->units) : s->dy + (int64_t)b * s->units;
        float *to = s->dh + (int64_t)b * s->units;
        for (int i = 0; i < s->units; i++) to[i] += from[i];
    }
}

void sweep_mask(const struct sweep *s, float *dh)
{
    for (int i = 0; s->mask && i < s->batch * s->units; i++) dh[i] *= s->mask[i];
}

// exp by 2^n * polynomial (Cephes' expf), without a branch so that loops over it are vectorised.
static inline float exp_quick(float x)
{
    x = x < -87 ? -87 : x > 88 ? 88 : x;
    const float n = (x * 1.44269504f + 12582912.0f) - 12582912.0f; // rounds to the nearest integer
    const float r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float s = 1.9875691500e-4f;
    s = s * r + 1.3981999507e-3f;
    s = s * r + 8.3334519073e-3f;
    s = s * r + 4.1665795894e-2f;
    s = s * r + 1.6666665459e-1f;
    s = s * r + 5.0000001201e-1f;
    s = s * r * r + r + 1;
    union {
        int32_t i;
        float f;
    } two = {.i = ((int32_t)n + 127) << 23};
    return s * two.f;
}

void cells_act(enum cell_act a, float *restrict v, int n)
{
    switch (a) {
    case CELL_TANH:
        for (int i = 0; i < n; i++) v[i] = 1 - 2 / (exp_quick(2 * v[i]) + 1);
        break;
    case CELL_LOGISTIC:
        for (int i = 0; i < n; i++) v[i] = 1 / (1 + exp_quick(-v[i]));
        break;
    case CELL_RELU:
        for (int i = 0; i < n; i++) v[i] = v[i] > 0 ? v[i] : 0;
        break;
    case CELL_LINEAR:
        break;
    case CELL_HARD_5:
    case CELL_HARD_6:
        for (int i = 0; i < n; i++) {
            float y = v[i] * (a == CELL_HARD_5 ? 0.2f : 1.0f / 6) + 0.5f;
            v[i] = y < 0 ? 0 : y > 1 ? 1 : y;
        }
        break;
    }
}

struct slope slope_of(enum cell_act a)
{
    static const struct slope table[] = {
        [CELL_TANH] = {1, 0, -1, -INFINITY, INFINITY},
        [CELL_LOGISTIC] = {0, 1, -1, -INFINITY, INFINITY},
        [CELL_RELU] = {1, 0, 0, 0, INFINITY},
        [CELL_LINEAR] = {1, 0, 0, -INFINITY, INFINITY},
        [CELL_HARD_5] = {0.2f, 0, 0, 0, 1},
        [CELL_HARD_6] = {1.0f / 6, 0, 0, 0, 1},
    };
    return table[a];
}

static void forward(struct layer *l)
{
    struct sweep s = sweep_of(l);
    const int width = s.gates * s.units, rows = s.batch * s.steps;
    gemm(false, true, rows, width, s.in_c, s.x, s.w, s.sum);
    if (s.b) bias_forward(s.sum, s.b, rows, width);
    // the recurrent bias of the GRU's candidate is inside of the reset gate
    if (s.rb) {
        const int part = l->node->as.recurrent.kind == RECURRENT_GRU && s.reset_after ? 2 * s.units : width;
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < part; i++) s.sum[(int64_t)r * width + i] += s.rb[i];
    }
    // One mask for all steps (Gal and Ghahramani 2016), inverted as in grad_dropout.c.
    const float rate = l->node->as.recurrent.dropout;
    for (int i = 0; s.mask && i < s.batch * s.units; i++)
        s.mask[i] = rng_float(&l->rng) < rate ? 0 : 1 / (1 - rate);
    for (int b = 0; b < s.batch; b++) {
        memset(row(s.carry, &s, b, sweep_at(&s, 0), s.units), 0, (size_t)s.units * sizeof(float));
        memset(row(s.prev, &s, b, sweep_at(&s, 0), s.units), 0, (size_t)s.units * sizeof(float));
    }
    switch (l->node->as.recurrent.kind) {
    case RECURRENT_LSTM:
        lstm_forward(&s);
        break;
    case RECURRENT_GRU:
        gru_forward(&s);
        break;
    case RECURRENT_RNN:
        rnn_forward(&s);
        break;
    }
}

// From the gradients of the sums to those of weights, biases and input.
static void products(struct layer *l, const struct sweep *s)
{
    const int width = s->gates * s->units, rows = s->batch * s->steps, zr = 2 * s->units;
    const bool gru = l->node->as.recurrent.kind == RECURRENT_GRU;
    if (l->in[1].dx) gemm(true, false, width, s->in_c, rows, s->sum, s->x, l->in[1].dx);
    if (l->in[3].dx) bias_backward(s->sum, l->in[3].dx, rows, width);
    if (l->in[4].dx) bias_backward(s->sum, l->in[4].dx, rows, width);
    if (l->in[0].dx) gemm(false, false, rows, s->in_c, width, s->sum, s->w, l->in[0].dx);
    if (!gru) {
        if (l->in[2].dx) gemm(true, false, width, s->units, rows, s->sum, s->prev, l->in[2].dx);
        return;
    }
    // The candidate's recurrent part: with reset_after its gradient lies in cell, its input is prev; without,
    // its gradient is that of the sum, its input r * h lies in cell.
    if (l->in[2].dx) {
        gemm_rows(true, false, zr, s->units, rows, s->sum, width, s->prev, s->units, 0, l->in[2].dx,
                  s->units);
        if (s->reset_after)
            gemm(true, false, s->units, s->units, rows, s->cell, s->prev, l->in[2].dx + zr * s->units);
        else
            gemm_rows(true, false, s->units, s->units, rows, s->sum + zr, width, s->cell, s->units, 0,
                      l->in[2].dx + zr * s->units, s->units);
    }
    if (l->in[4].dx && s->reset_after) bias_backward(s->cell, l->in[4].dx + zr, rows, s->units);
}

static void backward(struct layer *l)
{
    struct sweep s = sweep_of(l);
    memset(s.dh, 0, 2 * (size_t)s.batch * (size_t)s.units * sizeof(float));
    switch (l->node->as.recurrent.kind) {
    case RECURRENT_LSTM:
        lstm_backward(&s);
        break;
    case RECURRENT_GRU:
        gru_backward(&s);
        break;
    case RECURRENT_RNN:
        rnn_backward(&s);
        break;
    }
    products(l, &s);
}

const struct grad grad_recurrent = {
    .op = OP_RECURRENT,
    .param = {[1] = PARAM_WEIGHT, [2] = PARAM_WEIGHT, [3] = PARAM_OFFSET, [4] = PARAM_OFFSET},
    .check = check,
    .keep = keep,
    .forward = forward,
    .backward = backward,
};
