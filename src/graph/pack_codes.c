// Packs the int8 weights of layers that hold at most 16 values as 4-bit codes and a code book; in front of its kernel
// each such layer gets them back in scratch, in whatever layout the kernel wants. Same bits, less flash, more time.
#include "kernels.h"
#include "../../device/nn.h"
#include "lower.h"
#include <string.h>

// Bytes of flash that a packed layer needs besides its codes: the book; its call, parameters and the loop inlined, about.
enum { BOOK = 16, CALL = 96 };

static int32_t param(const struct step *s, const char *field)
{
    for (int i = 0; i < s->k->nfield; i++)
        if (!strcmp(s->k->field[i], field)) return s->params[i];
    return 0;
}

// Which argument of a call is the layer's weights; -1: none that can be packed.
static int weights_of(const struct step *s)
{
    if (s->k == &kernel_nn_conv2d_s8 || s->k == &kernel_nn_dense_s8) return 1;
    if (s->k == &kernel_nn_conv2d_dyn || s->k == &kernel_nn_dense_dyn) return 3;
    return -1;
}

// The call that unpacks, with u as its result; false when w has more than 16 values or nothing is saved.
static bool pack(struct plan *p, const struct step *s, const struct tensor *w, const struct tensor *u,
                 struct step *out)
{
    const int64_t n = tensor_count(w), bytes = (n + 1) / 2;
    const bool pairs = param(s, "group") == PAIRS;
    if (n > INT32_MAX / 2 || bytes + BOOK + CALL >= n) return false;
    struct tensor *codes = lower_table(p, w->name, U8, bytes), *book = lower_table(p, "book", I8, BOOK);
    const int8_t *v = w->data;
    uint8_t *to = (uint8_t *)(uintptr_t)codes->data;
    int8_t *value = (int8_t *)(uintptr_t)book->data;
    int used = 0;
    memset(to, 0, (size_t)bytes);
    for (int64_t i = 0; i < n; i++) {
        const int q = v[i] + (pairs && i % 2 && v[i - 1] < 0);
        int k = 0;
        while (k < used && value[k] != q) k++;
        if (k == BOOK || q > 127) return false;
        if (k == used) value[used++] = (int8_t)q;
        to[i / 2] |= (uint8_t)(k << i % 2 * 4);
    }
    const nn_codes q = {.n = (int32_t)n, .borrow = pairs};
    const struct ref r[] = {ref_in(codes), ref_in(book), ref_out(u)};
    *out = (struct step){&kernel_nn_unpack_codes, s->node, arena_copy(p->arena, &q, sizeof q),
                         arena_copy(p->arena, r, sizeof r), NULL};
    return true;
}

// p as it was lowered, with another step in front of step i.
static void insert(struct plan *p, int i, struct step s)
{
    plan_step(p, s.node, s.k, s.params, s.buf);
    memmove(&p->step[i + 1], &p->step[i], (size_t)(p->nstep - 1 - i) * sizeof *p->step);
    p->step[i] = s;
    p->front += i < p->front;
}

bool plan_pack(struct plan *p, struct arena *a, struct err *e)
{
    for (int i = 0; i < p->nstep; i++) {
        struct step *s = &p->step[i], unpack;
        const int at = weights_of(s);
        if (at < 0 || s->buf[at].offset != REF_CONST) continue;
        const struct tensor *w = s->buf[at].t;
        const struct tensor *u = tensor_new(a, w->name, I8, w->rank, w->dim);
        if (!pack(p, s, w, u, &unpack)) continue;
        s->buf[at] = ref_in(u);
        insert(p, step_from(p, i), unpack); // once, in front of all turns
        i++;
        p->packed = true;
    }
    plan_keep_tables(p);
    return plan_place(p, e);
}
