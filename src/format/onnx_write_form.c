// The forms of a tensor in the ONNX writer: which were made, and how one is made of another.
#include "onnx_write.h"
#include <string.h>

static const char *const form_suffix[] = {"", "/nchw", "/ntc", "/nct"};

struct forms *forms_of(struct writer *w, const struct tensor *t)
{
    for (int i = w->nforms - 1; i >= 0; i--)
        if (w->forms[i].t == t) return &w->forms[i];
    w->forms = arena_grow(w->a, w->forms, w->nforms, &w->forms_cap, sizeof *w->forms);
    w->forms[w->nforms].t = t;
    return &w->forms[w->nforms++];
}

bool graph_output_is(const struct writer *w, const struct tensor *t)
{
    for (int i = 0; i < w->g->nout; i++)
        if (w->g->out[i] == t) return true;
    return false;
}

// The name of a form of t that is about to be made: the tensor's own for its first form, or, of an output of
// the graph, for the plain one (claimed when the writing began).
const char *form_name(struct writer *w, const struct tensor *t, enum form f)
{
    struct forms *s = forms_of(w, t);
    bool first = !s->name[PLAIN] && !s->name[FIRST] && !s->name[NTC] && !s->name[NCT];
    if (graph_output_is(w, t))
        s->name[f] = f == PLAIN ? t->name : onnx_name(w, arena_printf(w->a, "%s%s", t->name, form_suffix[f]));
    else
        s->name[f] = onnx_name(w, first ? t->name : arena_printf(w->a, "%s%s", t->name, form_suffix[f]));
    return s->name[f];
}

bool form_fits(const struct tensor *t, enum form f)
{
    return f == PLAIN || (f == FIRST && (t->rank == 3 || t->rank == 4)) || (t->rank == 4 && t->dim[1] == 1);
}

static const char *transposed(struct writer *w, const struct tensor *t, const char *from, enum form to,
                              int rank, const int64_t *perm)
{
    const char *out = form_name(w, t, to);
    onnx_attr_ints(w, onnx_node(w, "Transpose", arena_printf(w->a, "%s/transpose", out), 1, &from, out),
                   "perm", rank, perm);
    return out;
}

static const char *reshaped(struct writer *w, const struct tensor *t, const char *from, enum form to,
                            int rank, const int64_t *shape)
{
    const char *out = form_name(w, t, to);
    const char *in[] = {from, onnx_const_ints(w, arena_printf(w->a, "%s/shape", out), rank, shape)};
    onnx_node(w, "Reshape", arena_printf(w->a, "%s/reshape", out), 2, in, out);
    return out;
}

// t's value in form f; converts from a form that is there, or from a constant. Shapes begin with 0: the batch is copied.
const char *form_get(struct writer *w, const struct tensor *t, enum form f)
{
    static const int64_t to_first_4[] = {0, 3, 1, 2}, to_plain_4[] = {0, 2, 3, 1}, swap[] = {0, 2, 1};
    const char *const *have = forms_of(w, t)->name;
    if (have[f]) return have[f];
    if (tensor_is_const(t) && !have[PLAIN]) {
        const char *made = onnx_const_plain(w, t);
        forms_of(w, t)->name[PLAIN] = made;
        return form_get(w, t, f);
    }
    bool four = t->rank == 4;
    switch (f) {
    case PLAIN:
        if (have[FIRST]) return transposed(w, t, have[FIRST], PLAIN, t->rank, four ? to_plain_4 : swap);
        return reshaped(w, t, form_get(w, t, NTC), PLAIN, 4, (int64_t[]){0, 1, t->dim[2], t->dim[3]});
    case FIRST:
        if (have[PLAIN]) return transposed(w, t, have[PLAIN], FIRST, t->rank, four ? to_first_4 : swap);
        return reshaped(w, t, form_get(w, t, NCT), FIRST, 4, (int64_t[]){0, t->dim[3], 1, t->dim[2]});
    case NTC:
        if (have[PLAIN]) return reshaped(w, t, have[PLAIN], NTC, 3, (int64_t[]){0, t->dim[2], t->dim[3]});
        return transposed(w, t, form_get(w, t, NCT), NTC, 3, swap);
    default:
        if (have[FIRST]) return reshaped(w, t, have[FIRST], NCT, 3, (int64_t[]){0, t->dim[3], t->dim[2]});
        return transposed(w, t, form_get(w, t, NTC), NCT, 3, swap);
    }
}

// The form in which t is there already; channels first before others.
enum form form_have(struct writer *w, const struct tensor *t)
{
    const char *const *have = forms_of(w, t)->name;
    return have[NCT] ? NCT : have[FIRST] ? FIRST : have[NTC] ? NTC : PLAIN;
}

// Where our dimension d stands in form f; -1: left out.
int form_axis(const struct tensor *t, enum form f, int d)
{
    static const int first_4[] = {0, 2, 3, 1}, first_3[] = {0, 2, 1}, ntc[] = {0, -1, 1, 2},
                     nct[] = {0, -1, 2, 1};
    if (f == PLAIN) return d;
    return f == NTC ? ntc[d] : f == NCT ? nct[d] : t->rank == 4 ? first_4[d] : first_3[d];
}

int form_rank(const struct tensor *t, enum form f)
{
    return f == NTC || f == NCT ? 3 : t->rank;
}

// The channels-first form for convolutions and pools: 1-D when height plays no part.
enum form form_spatial(const struct tensor *x, const struct tensor *y, int32_t kernel_h, int32_t pad_h)
{
    return x->dim[1] == 1 && y->dim[1] == 1 && kernel_h == 1 && pad_h == 0 ? NCT : FIRST;
}

static enum form form_shared(struct writer *w, const struct node *n)
{
    const struct tensor *y = n->out[0];
    enum form f = PLAIN;
    for (int i = n->nin - 1; i >= 0; i--)
        if (!tensor_is_const(n->in[i]) && n->in[i]->rank == y->rank) f = form_have(w, n->in[i]);
    for (int i = 0; i < n->nin; i++)
        if (!form_fits(y, f) ||
            (!tensor_is_const(n->in[i]) && (n->in[i]->rank != y->rank || !form_fits(n->in[i], f))))
            f = PLAIN;
    return f;
}

static bool form_operands(struct writer *w, const struct node *n, enum form f, const char **in)
{
    const struct tensor *y = n->out[0];
    for (int i = 0; i < n->nin; i++) {
        const struct tensor *t = n->in[i];
        const int ahead = y->rank - t->rank;
        int perm[GRAPH_MAX_RANK];
        if (!tensor_is_const(t) && ahead > 0 &&
            !batch_fixed(w, "its operands have other numbers of dimensions"))
            return false;
        if (tensor_is_const(t) && ahead == 0 && t->rank && t->dim[0] != 1 &&
            !batch_fixed(w, "its constant has a first dimension of its own"))
            return false;
        if (f == PLAIN || !tensor_is_const(t)) {
            in[i] = form_get(w, t, f);
            continue;
        }
        for (int d = 0; d < y->rank; d++) // a dimension of t for each of the form's
            if (form_axis(y, f, d) >= 0) perm[form_axis(y, f, d)] = d < ahead ? -1 : d - ahead;
        in[i] = onnx_const_permuted(w, t, form_rank(y, f), perm);
    }
    return true;
}

bool form_inputs(struct writer *w, const struct node *n, enum form *f, const char **in)
{
    *f = form_shared(w, n);
    return form_operands(w, n, *f, in);
}
