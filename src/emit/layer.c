// The calls of an emitted model: a function for each step, and `run`, which calls them in order.
#include "parts.h"
#include <string.h>

static void argument_print(const struct model *m, const struct step *t, int b, struct buf *out)
{
    const struct turns *turns = t->turns;
    const struct ref *r = &t->buf[b];
    const char *type = t->k->buf_type[b];
    const char *from = r->offset == REF_WINDOW   ? "window"
                       : r->offset == REF_SCORES ? "scores"
                                                 : arena_printf(m->arena, "a + %d", r->offset);
    if (r->offset == REF_ABSENT) {
        buf_puts(out, "NULL");
    } else if (r->offset == REF_CONST) {
        // A kernel that sees its bits in another type (int8 tables as uint8) gets them by a cast.
        bool same = !strcmp(type, arena_printf(m->arena, "const %s", c_type(r->t->type)));
        if (!same) buf_printf(out, "(%s *)(const void *)", type);
        buf_printf(out, "c%d", constant_number(m, r));
    } else if (turns && turns->buf == b) {
        const int32_t unit = r->offset < 0 ? dtype_size(r->t->type) : 1;
        buf_printf(out, "(%s *)(void *)(%s + first / %d * %d)", type, from, turns->each, turns->bytes / unit);
    } else if (r->offset < 0) {
        buf_puts(out, from);
    } else {
        buf_printf(out, "(%s *)(void *)(%s)", type, from);
    }
}

// Whether a turn depends on where it is.
static bool moves(const struct turns *t)
{
    return t->buf >= 0 || t->pad >= 0;
}

static bool uses(const struct step *t, bool arena, int32_t where)
{
    for (int b = 0; b < t->k->nbuf; b++)
        if (t->buf[b].offset == where || (arena && t->buf[b].offset >= 0)) return true;
    return false;
}

// What a layer gets of the arena and of the caller's memory; with types or as run passes it.
static void places_print(const struct step *t, bool types, struct buf *out)
{
    const bool places[] = {uses(t, true, 0), uses(t, false, REF_WINDOW), uses(t, false, REF_SCORES)};
    static const char *const text[][2] = {
        {"a", "uint8_t *a"}, {"window", "const float *window"}, {"scores", "float *scores"}};
    const char *comma = "";
    for (int i = 0; i < 3; i++) {
        if (!places[i]) continue;
        buf_printf(out, "%s%s", comma, text[i][types]);
        comma = ", ";
    }
}

// A function for each call, with the kernel inlined: the compiler then knows every shape. Left to itself it
// would keep one general kernel that reads them from memory.
static void layer_print(const struct model *m, int s, struct buf *out)
{
    const struct step *t = &m->plan->step[s];
    comment_print(t->node ? t->node->name : "", out);
    const struct turns *k = t->turns;
    if (k) { // positions `first` .. `first + n` of the layer's
        buf_printf(out, "\nLAYER layer%d(", s);
        places_print(t, true, out);
        buf_printf(out, "%s, int32_t n)\n{\n    %s p = p%d;\n", moves(k) ? ", int32_t first" : "",
                   t->k->params, s);
        if (k->in >= 0) buf_printf(out, "    p.%s = n;\n", t->k->field[k->in]);
        if (k->each > 1)
            buf_printf(out, "    p.%s = (n + %d) / %d;\n", t->k->field[k->out], k->each - 1, k->each);
        else
            buf_printf(out, "    p.%s = n;\n", t->k->field[k->out]);
        if (k->pad >= 0) buf_printf(out, "    p.%s -= first * %d;\n", t->k->field[k->pad], k->stride);
        buf_printf(out, "    %s(&p, ", t->k->name);
    } else {
        buf_printf(out, "\nLAYER layer%d(", s);
        places_print(t, true, out);
        buf_printf(out, ")\n{\n    %s(", t->k->name);
        if (t->k->params) buf_printf(out, "&p%d%s", s, t->k->nbuf ? ", " : "");
    }
    for (int b = 0; b < t->k->nbuf; b++) {
        if (b) buf_puts(out, ", ");
        argument_print(m, t, b, out);
    }
    buf_puts(out, ");\n}\n\n");
}

static int first_step(const struct model *m)
{
    int steps;
    plan_window(m->plan, &steps);
    return steps; // what `take` does is no step of run's
}

void layers_print(const struct model *m, struct buf *out)
{
    for (int s = first_step(m); s < m->plan->nstep; s++) layer_print(m, s, out);
}

static void call_print(const struct step *t, int s, const char *more, struct buf *out)
{
    buf_printf(out, "layer%d(", s);
    places_print(t, false, out);
    buf_printf(out, "%s);\n", more);
}

// What a step goes on from in its first turn.
static void zeros_print(const struct step *t, struct buf *out)
{
    for (int i = 0; i < t->turns->nzero; i++) {
        const struct ref *r = &t->buf[t->turns->zero + i];
        buf_printf(out, "    memset(a + %d, 0, %lld);\n", r->offset, (long long)tensor_bytes(r->t));
    }
}

void run_print(const struct model *m, struct buf *out)
{
    const struct plan *p = m->plan;
    buf_printf(out, "static int run(uint8_t *a, %sfloat *scores)\n{\n",
               window_is_read(m) ? "const float *window, " : "");
    if (window_is_read(m)) buf_puts(out, "    MARK();\n"); // no step takes it
    for (int s = first_step(m); s < p->nstep; s++) {
        const struct turns *k = p->step[s].turns;
        if (s && s == p->front) buf_puts(out, "    if (!scores) return -1; // a window is not full yet\n");
        if (!k) {
            buf_puts(out, "    ");
            call_print(&p->step[s], s, "", out);
            buf_puts(out, "    MARK();\n");
            continue;
        }
        for (int i = 0; i < k->n; i++) zeros_print(&p->step[s + i], out);
        buf_printf(
            out,
            "    for (int32_t i = 0; i < %d; i += %d) {\n        const int32_t n = nn_min(%d, %d - i);\n",
            k->total, k->rows, k->rows, k->total);
        for (int i = 0; i < k->n; i++) {
            buf_puts(out, "        ");
            call_print(&p->step[s + i], s + i, moves(p->step[s + i].turns) ? ", i, n" : ", n", out);
        }
        buf_puts(out, "    }\n");
        for (int i = 0; i < k->n; i++) buf_puts(out, "    MARK();\n");
        s += k->n - 1;
    }
}
