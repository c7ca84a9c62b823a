// Recurrent layers that give their sequence, what quantises it and what takes it row by row, as steps that take turns: the
// layer goes on from one turn to the next with h and c as a stateful one does, from zeros where each window begins anew.
// Not layers from the last sample to the first, and not those whose weights are widened in each call.
#include "tile.h"
#include "../../device/nn.h"
#include "lower.h"
#include <math.h>

static const struct
    row_kernel { // arguments: x, y, nstart initial states from `start`, nkept states from `kept`
    const struct kernel *k;
    const char *rows;
    int x, y, start, nstart, kept, nkept;
} kinds[] = {{&kernel_nn_quantize_dynamic, "rows", 0, 3, 0, 0, 0, 0},
             {&kernel_nn_dense_f32, "rows", 0, 3, 0, 0, 0, 0},
             {&kernel_nn_dense_dyn, "rows", 0, 7, 0, 0, 0, 0},
             {&kernel_nn_dense_s8, "rows", 0, 5, 0, 0, 0, 0},
             {&kernel_nn_lstm_f32, "steps", 0, 8, 3, 2, 5, 2},
             {&kernel_nn_lstm_dyn, "steps", 0, 11, 6, 2, 8, 2},
             {&kernel_nn_lstm_s8, "steps", 0, 11, 0, 0, 8, 2},
             {&kernel_nn_gru_f32, "steps", 0, 9, 6, 1, 7, 1},
             {&kernel_nn_gru_dyn, "steps", 0, 10, 7, 1, 8, 1},
             {&kernel_nn_gru_s8, "steps", 0, 11, 0, 0, 8, 2}};

static const struct row_kernel *kind_of(const struct step *s)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].k == s->k) return &kinds[i];
    return NULL;
}

static bool is_recurrent(const struct row_kernel *k)
{
    return k->nkept > 0;
}

// From zeros a float layer's first step adds products with 0, which an infinite weight would make NaN.
static bool is_finite(const struct tensor *t)
{
    for (int64_t i = 0; t && t->type == F32 && tensor_is_const(t) && i < tensor_count(t); i++)
        if (!isfinite(((const float *)t->data)[i])) return false;
    return true;
}

static bool can_turn(const struct step *s, const struct row_kernel *k)
{
    if (!is_recurrent(k)) return true;
    if (step_get(s, "backwards") || step_get(s, "widen") & (NN_WIDEN_W | NN_WIDEN_U)) return false;
    for (int i = 0; i < k->nstart; i++)
        if (s->buf[k->start + i].offset != REF_ABSENT) return false;
    for (int i = 0; i < s->k->nbuf; i++)
        if (!is_finite(s->buf[i].t)) return false;
    return true;
}

// Steps of a turn: enough to make the beginning of its calls, some instructions a unit, less than 2 % of it; a step of
// integers takes fewer instructions, and less room in a tile. 0: there are no two turns.
static int32_t rows_of(const struct step *s, const struct row_kernel *k, int32_t total)
{
    enum { PRODUCTS = 1500 }; // of a gate
    const int64_t units = step_get(s, "units"), each = units * (step_get(s, "in_c") + units);
    const int64_t enough = (PRODUCTS + each - 1) / each, least = s->buf[k->y].t->type == I8 ? 8 : 4;
    const int64_t rows = enough < least ? least : enough;
    return 2 * rows <= total ? (int32_t)rows : 0;
}

// How many steps from i on can take turns; *rows: of how many rows. The first recurrent layer gives its sequence to another.
static int chain_of(const struct plan *p, int i, int32_t *total, int32_t *rows)
{
    const struct tensor *seen = NULL; // what the step before gives
    int n = 0;
    bool sequence = false;
    *rows = 0;
    for (; i + n < p->nstep && n < GROUP_MOST && !(n && i + n == p->front); n++) {
        const struct step *s = &p->step[i + n];
        const struct row_kernel *k = kind_of(s);
        if (!k || s->turns || !can_turn(s, k) || !s->buf[k->x].t) break;
        if (n && (step_get(s, k->rows) != *total || plan_root(p, s->buf[k->x].t) != plan_root(p, seen)))
            break;
        if (!n) *total = step_get(s, k->rows);
        seen = s->buf[k->y].t;
        if (is_recurrent(k)) {
            if (!*rows) *rows = rows_of(s, k, *total);
            if (!step_get(s, "sequences")) return sequence && *rows ? n + 1 : 0;
        } else if (!*rows && n) {
            break;
        }
        sequence = *rows > 0;
    }
    while (n && p->step[i + n - 1].k == &kernel_nn_quantize_dynamic)
        n--; // what takes its numbers does not take turns
    return n > 1 && sequence ? n : 0;
}

static struct tensor *part_of(struct plan *p, const struct tensor *t, int32_t total, int32_t rows)
{
    return tensor_new(p->arena, arena_printf(p->arena, "(%d rows of %s)", rows, t->name), t->type, 2,
                      (int32_t[]){rows, (int32_t)(tensor_count(t) / total)});
}

static enum dtype type_of(const char *c)
{
    return *c == 'f' ? F32 : c[3] == '8' ? I8 : I16;
}

// h and c from turn to turn.
static void keep(struct plan *p, struct step *s, const struct row_kernel *k, struct turns *t)
{
    if (!k->nkept || s->buf[k->kept].offset != REF_ABSENT) return; // a stateful layer's are there
    t->zero = k->kept, t->nzero = k->nkept;
    const int32_t units = step_get(s, "units");
    for (int i = k->kept; i < k->kept + k->nkept; i++)
        s->buf[i] = ref_out(tensor_new(p->arena, arena_printf(p->arena, "%s/state", s->node->name),
                                       type_of(s->k->buf_type[i]), 1, &units));
}

bool rows_group(struct plan *p, int i, struct group *out)
{
    int32_t total = 0, rows;
    const int n = chain_of(p, i, &total, &rows);
    if (!n) return false;
    for (int j = i; j < i + n; j++) { // what one of them makes and another takes is nobody else's
        const struct step *s = &p->step[j];
        for (int b = 0; b < s->k->nbuf && j < i + n - 1; b++)
            if (s->buf[b].written && s->buf[b].t && s->buf[b].offset >= 0 &&
                !only_within(p, s->buf[b].t, i, n) && b != kind_of(s)->kept && b != kind_of(s)->kept + 1)
                return false;
    }
    *out = (struct group){.at = i, .n = n};
    const struct tensor *whole[2 * GROUP_MOST], *part[2 * GROUP_MOST];
    int nparts = 0;
    const struct step *last = &p->step[i + n - 1];
    const struct row_kernel *end = kind_of(last);
    if (!is_recurrent(end) || step_get(last, "sequences"))
        plan_rows(p, last->buf[end->y].t, p->step[i].buf[kind_of(&p->step[i])->x].t, total, false);
    for (int j = 0; j < n; j++) {
        const struct step *s = &p->step[i + j];
        const struct row_kernel *k = kind_of(s);
        const bool moves_in = !j, moves_out = j == n - 1 && (!is_recurrent(k) || step_get(s, "sequences"));
        const int moving = moves_in ? k->x : moves_out ? k->y : -1;
        struct turns t = {
            .total = total, .rows = rows, .each = 1, .in = -1, .out = step_field(s, k->rows), .pad = -1};
        t.buf = moving, t.at = j, t.n = n;
        t.bytes = moving < 0 ? 0 : (int32_t)(tensor_bytes(s->buf[moving].t) / total);
        struct step *now = &out->now[j];
        *now = step_turning(p, s, &t);
        for (int b = 0; b < s->k->nbuf; b++) {
            struct ref *r = &now->buf[b];
            for (int q = 0; q < nparts; q++)
                if (r->t && !r->written && plan_root(p, r->t) == plan_root(p, whole[q])) r->t = part[q];
            const bool kept = k->nkept && b >= k->kept && b < k->kept + k->nkept;
            if (!r->written || !r->t || r->offset < 0 || kept || j == n - 1) continue;
            whole[nparts] = r->t;
            part[nparts++] = r->t = part_of(p, r->t, total, rows);
        }
        keep(p, now, k, &t);
        now->turns = arena_copy(p->arena, &t, sizeof t);
    }
    return true;
}
