// GRU cell over a batch: h = n + z * (h - n); sums in the order z r n. reset_after: n = act(sum + r * q), q =
// U h + rb kept in cell; else n = act(sum + U (r * h)), r * h kept in cell.
#include "gemm.h"
#include "recurrent.h"

static void candidates(struct sweep *s, int t)
{
    const int n = s->units, width = 3 * n, at = sweep_at(s, t);
    const float *u = s->u + 2 * n * n;
    for (int b = 0; b < s->batch; b++) {
        float *restrict v = row(s->sum, s, b, at, width), *restrict q = row(s->cell, s, b, at, n);
        const float *restrict h = row(s->prev, s, b, at, n);
        cells_act(s->gate_act, v, 2 * n);
        for (int i = 0; i < n; i++) q[i] = s->reset_after ? s->rb ? s->rb[2 * n + i] : 0 : v[n + i] * h[i];
    }
    if (t && s->reset_after)
        gemm_rows(false, true, s->batch, n, n, s->prev + (int64_t)at * n, s->steps * n, u, n, 1,
                  s->cell + (int64_t)at * n, s->steps * n);
    if (t && !s->reset_after)
        gemm_rows(false, true, s->batch, n, n, s->cell + (int64_t)at * n, s->steps * n, u, n, 1,
                  s->sum + (int64_t)at * width + 2 * n, s->steps * width);
}

void gru_forward(struct sweep *s)
{
    const int n = s->units, width = 3 * n;
    for (int t = 0; t < s->steps; t++) {
        const int at = sweep_at(s, t);
        if (t)
            gemm_rows(false, true, s->batch, 2 * n, n, s->prev + (int64_t)at * n, s->steps * n, s->u, n, 1,
                      s->sum + (int64_t)at * width, s->steps * width);
        candidates(s, t);
        for (int b = 0; b < s->batch; b++) {
            float *restrict v = row(s->sum, s, b, at, width), h[SWEEP_UNITS];
            const float *restrict q = row(s->cell, s, b, at, n), *restrict before =
                                                                     row(s->carry, s, b, at, n);
            for (int i = 0; s->reset_after && i < n; i++) v[2 * n + i] += v[n + i] * q[i];
            cells_act(s->act, v + 2 * n, n);
            for (int i = 0; i < n; i++) h[i] = v[2 * n + i] + v[i] * (before[i] - v[2 * n + i]);
            sweep_store(s, t, b, h);
        }
    }
}

// dc holds the candidate's gradient with respect to r * h, without reset_after.
static void back_through_reset(struct sweep *s, int t)
{
    const int n = s->units, width = 3 * n, at = sweep_at(s, t);
    gemm_rows(false, false, s->batch, n, n, s->sum + (int64_t)at * width + 2 * n, s->steps * width,
              s->u + 2 * n * n, n, 0, s->dc, n);
}

void gru_backward(struct sweep *s)
{
    const int n = s->units, width = 3 * n;
    const struct slope act = slope_of(s->act), gate = slope_of(s->gate_act);
    for (int t = s->steps - 1; t >= 0; t--) {
        const int at = sweep_at(s, t);
        sweep_take(s, t);
        for (int b = 0; b < s->batch; b++) {
            float *restrict v = row(s->sum, s, b, at, width), *restrict dh = s->dh + (int64_t)b * n;
            const float *restrict before = row(s->carry, s, b, at, n);
            float *restrict q = row(s->cell, s, b, at, n);
            for (int k = 0; k < n; k++) {
                const float z = v[k], r = v[n + k], c = v[2 * n + k];
                const float dn = dh[k] * (1 - z) * slope_at(&act, c);
                v[k] = dh[k] * (before[k] - c) * slope_at(&gate, z);
                v[2 * n + k] = dn;
                dh[k] *= z;
                if (!s->reset_after) continue;
                v[n + k] = dn * q[k] * slope_at(&gate, r);
                q[k] = dn * r;
            }
        }
        if (!s->reset_after) {
            back_through_reset(s, t);
            for (int b = 0; b < s->batch; b++) {
                float *restrict v = row(s->sum, s, b, at, width), *restrict dh = s->dh + (int64_t)b * n;
                const float *restrict before = row(s->prev, s, b, at, n), *restrict dq =
                                                                              s->dc + (int64_t)b * n;
                for (int k = 0; k < n; k++) {
                    const float r = v[n + k];
                    dh[k] += dq[k] * r * (s->mask ? s->mask[b * n + k] : 1);
                    v[n + k] = dq[k] * before[k] * slope_at(&gate, r);
                }
            }
        }
        if (!t) break;
        float *through = s->mask ? s->dc : s->dh; // what comes back through the products
        gemm_rows(false, false, s->batch, n, 2 * n, s->sum + (int64_t)at * width, s->steps * width, s->u, n,
                  s->mask ? 0 : 1, through, n);
        if (s->reset_after)
            gemm_rows(false, false, s->batch, n, n, s->cell + (int64_t)at * n, s->steps * n, s->u + 2 * n * n,
                      n, 1, through, n);
        sweep_mask(s, s->dc);
        for (int i = 0; s->mask && i < s->batch * n; i++) s->dh[i] += s->dc[i];
    }
}
