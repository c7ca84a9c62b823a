// What the gradients of LSTM, GRU and RNN share. Private to grad_recurrent.c and recurrent_*.c.
#ifndef TRAIN_RECURRENT_H
#define TRAIN_RECURRENT_H
#include "grad.h"

// A recurrent layer over a batch: rows are (window, step), so that the products with the inputs and those
// that give the weights' gradients are one matrix product over all steps.
enum { SWEEP_UNITS = 1024 };
struct sweep {
    int batch, steps, in_c, units, gates;
    enum cell_act act, gate_act;
    bool sequences, backwards, reset_after;
    const float *x, *w, *u, *b, *rb; // b, rb: NULL when absent
    float *sum;                      // (batch, steps, gates * units): sums, then gates, then their gradients
    float *prev;                     // (batch, steps, units): h before each step, as the products see it
    float *carry;                    // the same, as z carries it on (GRU): prev itself without mask
    float *mask;                     // (batch, units) recurrent dropout, one for all steps; NULL: none
    float *cell, *act_cell; // LSTM (batch, steps, units): c after each step, act(c); GRU: cell is U h + rb
                            // of the candidate (reset_after) or r * h
    float *dh, *dc;         // (batch, units): d loss / d state, while going back
    float *y, *dy;          // (batch, steps, units) with sequences, else (batch, units)
};
// The place of step t, and that of the one before it.
int sweep_at(const struct sweep *s, int t);
float *row(float *base, const struct sweep *s, int b, int at, int width);
// Stores h (units) of window b at step t: into y, and as the next step's prev.
void sweep_store(const struct sweep *s, int t, int b, const float *h);
// dh = dh * mask: the way back through recurrent dropout.
void sweep_mask(const struct sweep *s, float *dh);
// dh += what comes from y at step t.
void sweep_take(const struct sweep *s, int t);

void cells_act(enum cell_act a, float *restrict v, int n); // v = act(v)
// act' told from y = act(x): every kind is a + b y + c y^2 between lo and hi, and 0 outside.
struct slope {
    float a, b, c, lo, hi;
};
struct slope slope_of(enum cell_act a);
static inline float slope_at(const struct slope *s, float y)
{
    return ((y > s->lo) & (y < s->hi)) ? s->a + y * (s->b + s->c * y) : 0;
}

void lstm_forward(struct sweep *s);
void lstm_backward(struct sweep *s);
void gru_forward(struct sweep *s);
void gru_backward(struct sweep *s);
void rnn_forward(struct sweep *s);
void rnn_backward(struct sweep *s);
#endif
