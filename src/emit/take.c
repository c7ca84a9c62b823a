// From samples to what the first layer reads: `gather` of some numbers, as they come, and `take` of a whole window.
#include "parts.h"

bool window_is_shared(const struct model *m)
{
    return !plan_window_bytes(m->plan, m->hop < m->window);
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

void take_print(const struct model *m, struct buf *out)
{
    const struct plan *p = m->plan;
    int steps;
    const struct ref *r = plan_window(p, &steps);
    const int n = (int)tensor_count(r->t);
    const char *type = c_type(r->t->type);
    buf_printf(out, "NN_INLINE void gather(const float *x, int32_t n, %s *y)\n{\n", type);
    if (steps) // as the first layer would
        buf_printf(out, "    const nn_quantize p = {n, %d, %d};\n    nn_quantize_s8(&p, x, y);\n",
                   p->step[0].params[1], p->step[0].params[2]);
    else if (r->t->type == F32)
        buf_puts(out, "    memcpy(y, x, (size_t)n * sizeof *y);\n");
    else
        quantise_print(r->t, out);
    buf_puts(out, "}\n\nNN_INLINE void take(uint8_t *a, const float *window)\n{\n");
    if (steps)
        buf_printf(
            out,
            "    memcpy(a + %d, window, %d * sizeof *window);\n    MARK();\n    layer0(a);\n    MARK();\n",
            p->in[0].offset, n);
    else
        buf_printf(out, "    gather(window, %d, (%s *)(void *)(a + %d));\n    MARK();\n", n, type, r->offset);
    buf_puts(out, "}\n\n");
}
