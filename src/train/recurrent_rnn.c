// Simple recurrent cell over a batch: h = act(sum).
#include "gemm.h"
#include "recurrent.h"

void rnn_forward(struct sweep *s)
{
    const int n = s->units;
    for (int t = 0; t < s->steps; t++) {
        const int at = sweep_at(s, t);
        if (t)
            gemm_rows(false, true, s->batch, n, n, s->prev + (int64_t)at * n, s->steps * n, s->u, n, 1,
                      s->sum + (int64_t)at * n, s->steps * n);
        for (int b = 0; b < s->batch; b++) {
            float *v = row(s->sum, s, b, at, n);
            cells_act(s->act, v, n);
            sweep_store(s, t, b, v);
        }
    }
}

void rnn_backward(struct sweep *s)
{
    const int n = s->units;
    const struct slope act = slope_of(s->act);
    for (int t = s->steps - 1; t >= 0; t--) {
        const int at = sweep_at(s, t);
        sweep_take(s, t);
        for (int b = 0; b < s->batch; b++) {
            float *restrict v = row(s->sum, s, b, at, n);
            const float *restrict dh = s->dh + (int64_t)b * n;
            for (int k = 0; k < n; k++) v[k] = dh[k] * slope_at(&act, v[k]);
        }
        if (!t) break;
        gemm_rows(false, false, s->batch, n, n, s->sum + (int64_t)at * n, s->steps * n, s->u, n, 0, s->dh, n);
        sweep_mask(s, s->dh);
    }
}
