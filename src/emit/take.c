// From samples to what the first layer reads: `gather` of some numbers, as they come, and `take` of a whole window.
#include "../graph/kernels.h"
#include "parts.h"

bool window_is_shared(const struct model *m)
{
    return !plan_window_bytes(m->plan, m->hop < m->window);
}

bool window_is_read(const struct model *m)
{
    int steps;
    return plan_window(m->plan, &steps)->offset == REF_WINDOW;
}

// round(x / scale) + zero, saturated, half away from zero: what a graph whose input is of integers leaves to its caller.
static void quantise_print(const struct tensor *t, struct buf *out)
{
    const float scale = t->q.n ? t->q.scale[0] : 1;
    const int zero = t->q.n ? t->q.zero[0] : 0;
    if (t->type == I8) {
        buf_puts(out, "    nn_window_s8(x, n, ");
        float_print(scale, out);
        buf_puts(out, ", ");
        float_print(4096 / scale, out);
        buf_printf(out, ", %d, y);\n", zero);
        return;
    }
    buf_printf(out,
               "    for (int32_t i = 0; i < n; i++)\n        y[i] = (%s)nn_clamp(nn_round_quotient(x[i], ",
               c_type(t->type));
    float_print(scale, out);
    buf_puts(out, ", ");
    float_print(4096 / scale, out);
    buf_printf(out, ") + %d, %d, %d);\n", zero, t->type == U8 ? 0 : -32768, t->type == U8 ? 255 : 32767);
}

// As the first layer would.
static void step_print(const struct model *m, const struct step *s, struct buf *out)
{
    const bool affine = s->k == &kernel_nn_affine_s8;
    buf_printf(out, "    %s p = p0;\n", s->k->params);
    if (affine)
        buf_printf(out, "    p.rows = n / %d;\n    nn_affine_s8(&p, x, c%d, c%d, y);\n", s->params[1],
                   constant_number(m, &s->buf[1]), constant_number(m, &s->buf[2]));
    else
        buf_puts(out, "    p.n = n;\n    nn_quantize_s8(&p, x, y);\n");
}

void take_print(const struct model *m, struct buf *out)
{
    const struct plan *p = m->plan;
    int steps;
    const struct ref *r = plan_window(p, &steps);
    const int n = (int)tensor_count(r->t);
    const char *type = c_type(r->t->type);
    buf_printf(out, "NN_INLINE void gather(const float *x, int32_t n, %s *y)\n{\n", type);
    if (steps)
        step_print(m, &p->step[0], out);
    else if (r->t->type == F32)
        buf_puts(out, "    memcpy(y, x, (size_t)n * sizeof *y);\n");
    else
        quantise_print(r->t, out);
    if (window_is_read(m)) {
        buf_puts(out, "}\n\n");
        return;
    }
    buf_puts(out, "}\n\nNN_INLINE void take(uint8_t *a, const float *window)\n{\n");
    buf_printf(out, "%s    gather(window, %d, (%s *)(void *)(a + %d));\n    MARK();\n",
               steps ? "    MARK();\n" : "", n, type, r->offset);
    buf_puts(out, "}\n\n");
}
