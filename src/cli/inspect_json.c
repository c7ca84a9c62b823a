// `wearlite inspect --json`: one object, keys stable, units in the key.
#include "inspect.h"

static json_t *text(const char *s)
{
    json_t *o = s ? json_string(s) : json_null();
    return o ? o : json_string_nocheck("(not UTF-8)");
}

static json_t *whole(int64_t v)
{
    return json_integer((json_int_t)v);
}

static json_t *tensor_json(const struct tensor *t)
{
    json_t *o = json_object(), *shape = json_array();
    for (int i = 0; i < t->rank; i++) json_array_append_new(shape, whole(t->dim[i]));
    json_object_set_new(o, "name", text(t->name));
    json_object_set_new(o, "shape", shape);
    json_object_set_new(o, "type", text(dtype_name(t->type)));
    json_object_set_new(o, "bytes", whole(tensor_bytes(t)));
    json_object_set_new(o, "constant", json_boolean(tensor_is_const(t)));
    if (!t->q.n) {
        json_object_set_new(o, "quantization", json_null());
        return o;
    }
    json_t *scale = json_array(), *zero = json_array();
    for (int i = 0; i < t->q.n; i++) {
        json_array_append_new(scale, json_real((double)t->q.scale[i]));
        json_array_append_new(zero, whole(t->q.zero[i]));
    }
    json_object_set_new(o, "quantization",
                        json_pack("{s:o, s:o, s:o}", "scale", scale, "zero_point", zero, "axis",
                                  t->q.n > 1 ? json_integer(t->q.axis) : json_null()));
    return o;
}

static json_t *tensors_json(struct tensor *const *t, int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++) json_array_append_new(list, t[i] ? tensor_json(t[i]) : json_null());
    return list;
}

static json_t *layer_json(const struct node *n, int k)
{
    const struct opdef *d = op_def(n->op);
    json_t *o = json_object();
    json_object_set_new(o, "index", whole(k));
    json_object_set_new(o, "name", text(n->name));
    json_object_set_new(o, "op", text(d->name));
    json_object_set_new(o, "inputs", tensors_json(n->in, n->nin));
    json_object_set_new(o, "outputs", tensors_json(n->out, n->nout));
    json_object_set_new(o, "parameters", whole(node_params(n)));
    json_object_set_new(o, "constant_bytes", whole(node_constant_bytes(n)));
    json_object_set_new(o, "macs", whole(d->macs ? d->macs(n) : 0));
    if (n->op == OP_RECURRENT) json_object_set_new(o, "stateful", json_boolean(n->as.recurrent.stateful));
    return o;
}

static json_t *verdict_json(const struct verdict *v)
{
    const struct plan *p = v->plan;
    json_t *o = json_object();
    json_object_set_new(o, "target", text(v->target->name));
    json_object_set_new(o, "fits", json_boolean(!v->refusal));
    json_object_set_new(o, "refusal", text(v->refusal));
    json_object_set_new(o, "remedy", text(v->remedy));
    json_object_set_new(o, "constant_bytes", p ? whole(v->constant_bytes) : json_null());
    json_object_set_new(o, "code_bytes_at_most", whole(CODE_BYTES));
    json_object_set_new(o, "flash_limit_bytes", whole((int64_t)v->target->flash_bytes));
    json_object_set_new(o, "ram_bytes", p ? whole(v->arena_bytes + v->window_bytes) : json_null());
    json_object_set_new(o, "arena_bytes", p ? whole(v->arena_bytes) : json_null());
    json_object_set_new(o, "arena_lower_bound_bytes", p ? whole(p->lower_bound) : json_null());
    json_object_set_new(o, "window_bytes", p ? whole(v->window_bytes) : json_null());
    json_object_set_new(o, "ram_limit_bytes", whole((int64_t)v->target->ram_bytes));
    return o;
}

static json_t *memory_json(const struct inspected *m, const struct verdict *v)
{
    const struct plan *p = v->plan;
    if (!p) return json_null();
    int n;
    const struct live *live = plan_live(p, m->a, &n);
    const int peak = live_peak(p, live, n);
    json_t *o = json_object(), *buffers = json_array(), *steps = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(
            buffers, json_pack("{s:o, s:o, s:o, s:o, s:o}", "value", text(live[i].t ? live[i].t->name : NULL),
                               "offset_bytes", whole(live[i].offset), "size_bytes", whole(live[i].bytes),
                               "first_step", whole(live[i].first), "last_step", whole(live[i].last)));
    for (int s = 0; s < p->nstep; s++)
        json_array_append_new(steps, json_pack("{s:o, s:o, s:o}", "kernel", text(p->step[s].k->name), "layer",
                                               text(p->step[s].node->name), "live_bytes",
                                               whole(live_at(live, n, s))));
    json_object_set_new(o, "target", text(v->target->name));
    json_object_set_new(o, "arena_bytes", whole(p->arena_bytes));
    json_object_set_new(o, "lower_bound_bytes", whole(p->lower_bound));
    json_object_set_new(o, "peak_step", whole(peak));
    json_object_set_new(o, "steps", steps);
    json_object_set_new(o, "buffers", buffers);
    return o;
}

json_t *inspect_json(const struct inspected *m, const struct verdict *memory)
{
    const struct graph *g = m->g;
    json_t *o = json_object(), *meta = json_object(), *layers = json_array(), *notes = json_array(),
           *chips = json_array();
    for (int i = 0; i < g->nmeta; i++) json_object_set_new(meta, g->meta[i].key, text(g->meta[i].value));
    for (int k = 0; k < g->nnode; k++) json_array_append_new(layers, layer_json(g->node[k], k));
    for (int i = 0; i < g->nnote; i++) json_array_append_new(notes, text(g->note[i]));
    for (int i = 0; targets[i]; i++) {
        struct arena a = {0}; // of one chip's plan
        struct inspected one = *m;
        one.a = &a;
        const struct verdict v = verdict_of(&one, targets[i]);
        json_array_append_new(chips, verdict_json(&v));
        arena_free(&a);
    }
    json_object_set_new(o, "format", whole(1));
    json_object_set_new(o, "file", text(m->path));
    json_object_set_new(o, "file_format", text(m->format));
    json_object_set_new(o, "file_bytes", whole(m->file_bytes));
    json_object_set_new(o, "network", text(g->name));
    json_object_set_new(o, "metadata", meta);
    json_object_set_new(o, "inputs", tensors_json(g->in, g->nin));
    json_object_set_new(o, "outputs", tensors_json(g->out, g->nout));
    json_object_set_new(o, "parameters", whole(graph_params(g)));
    json_object_set_new(o, "constant_bytes", whole(graph_const_bytes(g)));
    json_object_set_new(o, "macs", whole(graph_macs(g)));
    json_object_set_new(o, "layers", layers);
    json_object_set_new(o, "folded", notes);
    json_object_set_new(o, "folded_left_out", whole(g->note_more));
    json_object_set_new(o, "targets", chips);
    json_object_set_new(o, "memory", memory ? memory_json(m, memory) : json_null());
    return o;
}
