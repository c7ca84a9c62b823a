// What joins values or takes parts of them in the ONNX writer.
#include "onnx_write.h"

bool onnx_write_pad(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0];
    enum form f = form_have(w, x);
    if ((n->as.pad.before[0] || n->as.pad.after[0]) && !batch_fixed(w, "it pads the batch")) return false;
    if (!form_fits(n->out[0], f)) f = form_fits(x, FIRST) ? FIRST : PLAIN;
    int64_t pads[2 * GRAPH_MAX_RANK] = {0};
    int rank = form_rank(x, f);
    for (int d = 0; d < x->rank; d++) {
        int at = form_axis(x, f, d);
        if (at < 0) continue;
        pads[at] = n->as.pad.before[d];
        pads[rank + at] = n->as.pad.after[d];
    }
    const char *in[] = {form_get(w, x, f),
                        onnx_const_ints(w, arena_printf(w->a, "%s/pads", n->name), 2 * rank, pads)};
    onnx_node(w, "Pad", n->name, 2, in, form_name(w, n->out[0], f));
    return true;
}

bool onnx_write_concat(struct writer *w, const struct node *n)
{
    const struct tensor *y = n->out[0];
    enum form f = form_have(w, n->in[0]);
    if (n->as.axis.axis == 0 && !batch_fixed(w, "it joins along the batch")) return false;
    for (int i = 0; i < n->nin; i++) {
        if (tensor_is_const(n->in[i]) && !batch_fixed(w, "it joins a constant")) return false;
        if (!form_fits(n->in[i], f) || !form_fits(y, f)) f = PLAIN;
    }
    if (form_axis(y, f, n->as.axis.axis) < 0) f = PLAIN;
    const char **in = arena_new_n(w->a, (size_t)n->nin, const char *);
    for (int i = 0; i < n->nin; i++) in[i] = form_get(w, n->in[i], f);
    onnx_attr_int(w, onnx_node(w, "Concat", n->name, n->nin, in, form_name(w, y, f)), "axis",
                  form_axis(y, f, n->as.axis.axis));
    return true;
}

bool onnx_write_slice(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0], *y = n->out[0];
    enum form f = form_have(w, x);
    const bool part = n->as.slice.begin[0] || n->as.slice.stride[0] != 1 || x->dim[0] != y->dim[0];
    if (part && !batch_fixed(w, "it takes part of the batch")) return false;
    int64_t start[GRAPH_MAX_RANK], end[GRAPH_MAX_RANK], axes[GRAPH_MAX_RANK], step[GRAPH_MAX_RANK];
    int count = 0;
    for (int d = 0; d < x->rank; d++) {
        int64_t from = n->as.slice.begin[d], s = n->as.slice.stride[d], to = from + s * y->dim[d];
        if (form_axis(x, f, d) < 0 || (from == 0 && s == 1 && to == x->dim[d])) continue;
        start[count] = from;
        end[count] = s < 0 && to < 0 ? INT32_MIN : to;
        axes[count] = form_axis(x, f, d);
        step[count++] = s;
    }
    const char *in[] = {form_get(w, x, f),
                        onnx_const_ints(w, arena_printf(w->a, "%s/starts", n->name), count, start),
                        onnx_const_ints(w, arena_printf(w->a, "%s/ends", n->name), count, end),
                        onnx_const_ints(w, arena_printf(w->a, "%s/axes", n->name), count, axes),
                        onnx_const_ints(w, arena_printf(w->a, "%s/steps", n->name), count, step)};
    onnx_node(w, "Slice", n->name, 5, in, form_name(w, y, f));
    return true;
}

bool onnx_write_gather(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0], *at = n->in[1];
    const int32_t axis = n->as.axis.axis;
    const bool kept = tensor_is_const(x) ? axis == 0 : tensor_is_const(at) && axis > 0;
    if (!kept && !batch_fixed(w, "it gathers along the batch")) return false;
    const char *in[] = {form_get(w, x, PLAIN), form_get(w, at, PLAIN)};
    onnx_attr_int(w, onnx_node(w, "Gather", n->name, 2, in, form_name(w, n->out[0], PLAIN)), "axis", axis);
    return true;
}

bool onnx_write_tile(struct writer *w, const struct node *n)
{
    const struct tensor *x = n->in[0];
    int64_t times[GRAPH_MAX_RANK];
    if (x->rank && n->as.tile.times[0] != 1 && !batch_fixed(w, "it repeats the batch")) return false;
    for (int i = 0; i < x->rank; i++) times[i] = n->as.tile.times[i];
    const char *in[] = {form_get(w, x, PLAIN),
                        onnx_const_ints(w, arena_printf(w->a, "%s/repeats", n->name), x->rank, times)};
    onnx_node(w, "Tile", n->name, 2, in, form_name(w, n->out[0], PLAIN));
    return true;
}
