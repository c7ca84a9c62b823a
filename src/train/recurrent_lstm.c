// LSTM cell over a batch: c = f * c + i * g, h = o * act(c); sums in the order i f g o.
#include "gemm.h"
#include "recurrent.h"

void lstm_forward(struct sweep *s)
{
    const int n = s->units, width = 4 * n, stride = s->steps * n;
    for (int t = 0; t < s->steps; t++) {
        const int at = sweep_at(s, t);
        if (t)
            gemm_rows(false, true, s->batch, width, n, s->prev + (int64_t)at * n, stride, s->u, n, 1,
                      s->sum + (int64_t)at * width, s->steps * width);
        for (int b = 0; b < s->batch; b++) {
            float *restrict v = row(s->sum, s, b, at, width), *restrict c = row(s->cell, s, b, at, n);
            float *restrict a = row(s->act_cell, s, b, at, n);
            const float *before = t ? row(s->cell, s, b, sweep_at(s, t - 1), n) : NULL;
            cells_act(s->gate_act, v, 2 * n);
            cells_act(s->act, v + 2 * n, n);
            cells_act(s->gate_act, v + 3 * n, n);
            for (int i = 0; i < n; i++) {
                c[i] = v[i] * v[2 * n + i];
                if (before) c[i] += v[n + i] * before[i];
                a[i] = c[i];
            }
            cells_act(s->act, a, n);
            float h[SWEEP_UNITS];
            for (int i = 0; i < n; i++) h[i] = v[3 * n + i] * a[i];
            sweep_store(s, t, b, h);
        }
    }
}

void lstm_backward(struct sweep *s)
{
    const int n = s->units, width = 4 * n;
    const struct slope act = slope_of(s->act), gate = slope_of(s->gate_act);
    for (int t = s->steps - 1; t >= 0; t--) {
        const int at = sweep_at(s, t);
        sweep_take(s, t);
        for (int b = 0; b < s->batch; b++) {
            float *restrict v = row(s->sum, s, b, at, width), *restrict dc = s->dc + (int64_t)b * n;
            const float *restrict a = row(s->act_cell, s, b, at, n), *restrict dh = s->dh + (int64_t)b * n;
            const float *before = t ? row(s->cell, s, b, sweep_at(s, t - 1), n) : NULL;
            for (int k = 0; k < n; k++) {
                const float i = v[k], f = v[n + k], g = v[2 * n + k], o = v[3 * n + k];
                const float d = dc[k] + dh[k] * o * slope_at(&act, a[k]);
                v[k] = d * g * slope_at(&gate, i);
                v[n + k] = before ? d * before[k] * slope_at(&gate, f) : 0;
                v[2 * n + k] = d * i * slope_at(&act, g);
                v[3 * n + k] = dh[k] * a[k] * slope_at(&gate, o);
                dc[k] = d * f;
            }
        }
        if (!t) break;
        gemm_rows(false, false, s->batch, n, width, s->sum + (int64_t)at * width, s->steps * width, s->u, n,
                  0, s->dh, n);
        sweep_mask(s, s->dh);
    }
}
