// What only moves or renames values in the ONNX writer: reshapes, transposes, dropout.
#include "onnx_write.h"
#include <string.h>

bool onnx_write_reshape(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    const bool kept = x->rank > 0 && y->rank > 0 && x->dim[0] == 1 && y->dim[0] == 1;
    if (!kept && !batch_fixed(w, "it moves the batch")) return false;
    struct forms *to = forms_of(w, y), *from = forms_of(w, x);
    // (n, t, c) <-> (n, 1, t, c) is only a question of form.
    bool grows = x->rank == 3 && y->rank == 4 && y->dim[1] == 1 && !memcmp(x->dim + 1, y->dim + 2, 8);
    bool shrinks = y->rank == 3 && x->rank == 4 && x->dim[1] == 1 && !memcmp(y->dim + 1, x->dim + 2, 8);
    to = forms_of(w, y); // the list may have moved
    from = forms_of(w, x);
    if (!graph_output_is(w, y) && (grows || shrinks)) {
        enum form plain = grows ? PLAIN : NTC, first = grows ? FIRST : NCT;
        if (!from->name[plain] && !from->name[first]) {
            form_get(w, x, first);
            to = forms_of(w, y);
            from = forms_of(w, x);
        }
        to->name[grows ? NTC : PLAIN] = from->name[plain];
        to->name[grows ? NCT : FIRST] = from->name[first];
        return true;
    }
    int64_t shape[GRAPH_MAX_RANK] = {0};
    for (int i = kept; i < y->rank; i++) shape[i] = y->dim[i];
    enum form f = from->name[PLAIN] || !form_fits(x, NTC) ? PLAIN : NTC;
    const char *in[] = {form_get(w, x, f), NULL}, *out = form_name(w, y, PLAIN);
    in[1] = onnx_const_ints(w, arena_printf(w->a, "%s/shape", n->name), y->rank, shape);
    onnx_node(w, "Reshape", n->name, 2, in, out);
    return true;
}

bool onnx_write_dropout(struct writer *w, const struct node *n) // the identity: left out
{
    struct forms *to = forms_of(w, n->out[0]), *from = forms_of(w, n->in[0]);
    to = forms_of(w, n->out[0]);
    if (!graph_output_is(w, n->out[0])) {
        memcpy(to->name, from->name, sizeof to->name);
        return true;
    }
    const char *in = form_get(w, n->in[0], PLAIN);
    onnx_node(w, "Identity", n->name, 1, &in, form_name(w, n->out[0], PLAIN));
    return true;
}

bool onnx_write_transpose(struct writer *w, const struct node *n)
{
    int64_t perm[GRAPH_MAX_RANK];
    if (n->as.transpose.perm[0] != 0 && !batch_fixed(w, "it moves the batch")) return false;
    for (int i = 0; i < n->in[0]->rank; i++) perm[i] = n->as.transpose.perm[i];
    const char *in = form_get(w, n->in[0], PLAIN);
    onnx_attr_ints(w, onnx_node(w, "Transpose", n->name, 1, &in, form_name(w, n->out[0], PLAIN)), "perm",
                   n->in[0]->rank, perm);
    return true;
}
