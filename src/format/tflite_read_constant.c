// Nodes whose inputs are all constants are computed once, when the file is read, with the kernels that would compute
// them on the device. What has no kernel, or would take long, stays a node.
#include "../run/run.h"
#include "tflite_read.h"

enum { MOST_VALUES = 1 << 22, MOST_MACS = 1 << 26 };

static bool all_constant(const struct node *n)
{
    for (int i = 0; i < n->nin; i++)
        if (n->in[i] && !tensor_is_const(n->in[i])) return false;
    return n->nin > 0 && n->in[0] && n->nout == 1 && n->op != OP_RECURRENT;
}

static bool compute(struct node *n, void *out)
{
    struct arena scratch = {0};
    struct err ignored;
    struct graph g = {.name = n->name, .node = &n, .nnode = 1, .out = n->out, .nout = 1};
    struct plan *p = plan_lower(&g, &layout_plain, &scratch, &ignored);
    if (p) run_invoke(runner_new(p, &scratch), NULL, &out, NULL, NULL);
    arena_free(&scratch);
    return p != NULL;
}

bool tflite_compute_constant(struct reader *r, struct node *n, bool *done, struct err *e)
{
    struct tensor *y = n->out[0];
    const struct opdef *d = op_def(n->op);
    *done = false;
    if (!all_constant(n) || !d->lower) return true;
    if (n->op == OP_RESHAPE && n->in[0]->q.n <= 1) { // the same bytes
        y->data = n->in[0]->data;
        *done = true;
        return true;
    }
    if (tensor_count(y) > MOST_VALUES || (d->macs && d->macs(n) > MOST_MACS)) return true;
    if (!reader_room(r, (uint64_t)tensor_bytes(y), e)) return false;
    void *out = arena_alloc(r->a, (size_t)tensor_bytes(y));
    if (compute(n, out)) {
        y->data = out;
        *done = true;
    }
    return true;
}
