// Reductions in the ONNX writer, and the places of extremes.
#include "onnx_write.h"

bool onnx_write_mean(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0];
    const int32_t *axis = n->as.reduce.axis;
    bool all_4 = x->rank == 4 && n->as.reduce.naxis == 2 && axis[0] + axis[1] == 3 && axis[0] && axis[1];
    bool all_3 = x->rank == 3 && n->as.reduce.naxis == 1 && axis[0] == 1, keep = n->as.reduce.keep_dims;
    for (int i = 0; i < n->as.reduce.naxis; i++)
        if (axis[i] == 0 && !batch_fixed(w, "it reduces the batch")) return false;
    enum form f = all_4 ? (form_fits(x, NCT) ? NCT : FIRST) : all_3 ? FIRST : PLAIN;
    const char *in = form_get(w, x, f), *out = form_name(w, n->out[0], keep ? f : PLAIN);
    if (all_4 && keep) {
        onnx_node(w, "GlobalAveragePool", n->name, 1, &in, out);
        return true;
    }
    int64_t axes[GRAPH_MAX_RANK];
    int naxes = 0;
    for (int d = 0; d < x->rank; d++) // in ONNX's order
        for (int i = 0; i < n->as.reduce.naxis; i++)
            if (form_axis(x, f, axis[i]) == d) axes[naxes++] = d;
    Onnx__NodeProto *p = onnx_node(w, "ReduceMean", n->name, 1, &in, out);
    onnx_attr_ints(w, p, "axes", naxes, axes);
    onnx_attr_int(w, p, "keepdims", keep);
    return true;
}

// SUM, REDUCE_MAX, _MIN, _PROD; in operator set 13 the axes of ReduceSum are an input.
bool onnx_write_reduce(struct writer *w, const struct node *n)
{
    const bool sum = n->op == OP_SUM;
    const char *const name = sum                      ? "ReduceSum"
                             : n->op == OP_REDUCE_MAX ? "ReduceMax"
                             : n->op == OP_REDUCE_MIN ? "ReduceMin"
                                                      : "ReduceProd";
    const int naxis = n->as.reduce.naxis;
    int64_t axes[GRAPH_MAX_RANK];
    for (int i = 0; i < naxis; i++) {
        axes[i] = n->as.reduce.axis[i];
        if (axes[i] == 0 && !batch_fixed(w, "it reduces the batch")) return false;
    }
    const char *in[2] = {form_get(w, n->in[0], PLAIN), NULL}, *out = form_name(w, n->out[0], PLAIN);
    if (sum) in[1] = onnx_const_ints(w, arena_printf(w->a, "%s/axes", n->name), naxis, axes);
    Onnx__NodeProto *p = onnx_node(w, name, n->name, sum ? 2 : 1, in, out);
    if (!sum) onnx_attr_ints(w, p, "axes", naxis, axes);
    onnx_attr_int(w, p, "keepdims", n->as.reduce.keep_dims);
    return true;
}

// ONNX gives places as int64, here they are int32.
bool onnx_write_arg(struct writer *w, const struct node *n)
{
    const int32_t axis = n->as.axis.axis;
    if (axis == 0 && !batch_fixed(w, "it reduces the batch")) return false;
    const char *in = form_get(w, n->in[0], PLAIN),
               *wide = onnx_name(w, arena_printf(w->a, "%s/int64", n->name));
    Onnx__NodeProto *p = onnx_node(w, n->op == OP_ARG_MAX ? "ArgMax" : "ArgMin", n->name, 1, &in, wide);
    onnx_attr_int(w, p, "axis", axis);
    onnx_attr_int(w, p, "keepdims", 0);
    p = onnx_node(w, "Cast", arena_printf(w->a, "%s/cast", n->name), 1, &wide,
                  form_name(w, n->out[0], PLAIN));
    onnx_attr_int(w, p, "to", onnx_type(n->out[0]->type));
    return true;
}
