#include "../base/file.h"
#include "../format/format.h"
#include "../run/run.h"
#include "cmd.h"
#include "windows.h"
#include <stdio.h>
#include <string.h>

// Raw bytes of the model's own types in and out.
static void run_raw(const struct plan *p, const struct npy *in, int n, struct npy *out, struct arena *a)
{
    const struct tensor *x = p->g->in[0], *y = p->g->out[0];
    struct runner *r = runner_new(p, a);
    size_t nx = (size_t)tensor_bytes(x), ny = (size_t)tensor_bytes(y);
    void **outs = arena_new_n(a, (size_t)p->g->nout, void *);
    for (int i = 1; i < p->g->nout; i++) outs[i] = arena_alloc(a, (size_t)tensor_bytes(p->g->out[i]));
    for (int i = 0; i < n; i++) {
        const void *ins[1] = {(const char *)in->data + (size_t)i * nx};
        outs[0] = (char *)out->data + (size_t)i * ny;
        run_invoke(r, ins, outs, NULL, NULL);
    }
}

// own: the output stays in the model's own type
static bool run_file(const char *model, const char *input, const char *output, bool fma, bool own,
                     struct arena *a, struct err *e)
{
    struct graph *g = model_load(model, a, e);
    struct layout layout = layout_host;
    layout.fma = fma;
    struct plan *p = g ? plan_lower(g, &layout, a, e) : NULL;
    if (!p) return g ? fail_in(e, "%s", model) : false;
    if (g->nin != 1) return fail(e, "%s: has %d inputs, one is supported", model, g->nin);
    struct npy in, out = {0};
    int n = 0;
    const struct tensor *y = g->out[0];
    if (!windows_npy(input, g->in[0], &in, &n, a, e)) return false;
    if (in.type != F32 && in.type != g->in[0]->type)
        return fail(e, "%s: holds %s, the model's input is %s; give float32 or that type", input,
                    dtype_name(in.type), dtype_name(g->in[0]->type));
    const struct node *keeps = graph_stateful(g);
    if (keeps && n > 1)
        fprintf(
            stderr,
            "layer %s keeps its state: the %d windows are taken as one recording, each goes on from the one "
            "before\n",
            keeps->name, n);
    if (own && in.type != g->in[0]->type)
        return fail(e, "%s: holds %s; with --raw it must be the model's own %s", input, dtype_name(in.type),
                    dtype_name(g->in[0]->type));
    // float32 in gives float32 out, unless the model computes integers that stand for no real numbers
    const bool raw = in.type != F32 || (g->in[0]->type == F32 && (own || !y->q.n));
    out.type = raw ? y->type : F32;
    out.rank = y->rank < GRAPH_MAX_RANK ? y->rank : GRAPH_MAX_RANK - 1;
    memcpy(out.dim, y->dim, sizeof out.dim);
    if (!out.rank) out.rank = 1;
    if (y->rank && y->dim[0] == 1)
        out.dim[0] = n; // the batch takes the place of the model's 1
    else if (n > 1) {
        memmove(out.dim + 1, y->dim, (size_t)out.rank * sizeof *out.dim);
        out.dim[0] = n;
        out.rank++;
    }
    out.data = arena_array(a, (size_t)n, (size_t)tensor_count(y) * (size_t)dtype_size(out.type));
    if (raw)
        run_raw(p, &in, n, &out, a);
    else if (!run_batch(p, in.data, n, out.data, e))
        return false;
    struct buf bytes = {0};
    npy_write(&out, &bytes);
    bool ok = file_write(output, buf_span(&bytes), e);
    buf_free(&bytes);
    return ok;
}

int cmd_run(int argc, char **argv)
{
    const char *input = NULL, *output = NULL;
    bool fma = false, own = false;
    const struct opt opts[] = {
        {"input", 'i', OPT_TEXT, "X.npy",
         "windows (n, ...) as the model's input; float32, or the model's own type", &input},
        {"output", 'o', OPT_TEXT, "Y.npy", "where the first output of each window goes", &output},
        {"fma", 0, OPT_FLAG, NULL, "float arithmetic of a target with fused multiply-add", &fma},
        {"raw", 0, OPT_FLAG, NULL, "nothing is quantised or dequantised on the way in or out", &own},
        {NULL, 0, 0, NULL, NULL, NULL},
    };
    const struct usage u = {
        "run",
        "MODEL --input X.npy -o Y.npy",
        "Executes a model with the kernels that the device runs. float32 in gives float32 out;\n"
        "integers in, of the model's own type, give the model's own integers out.",
        NULL,
        opts,
        1,
        1};
    int n, rc = opt_parse(&u, argc, argv, &n);
    if (rc >= 0) return rc;
    if (!input || !output) return usage_error(&u, "--input X.npy and -o Y.npy are needed");
    struct arena a = {0};
    struct err e = {""};
    bool ok = run_file(argv[0], input, output, fma, own, &a, &e);
    arena_free(&a);
    return ok ? EXIT_DONE : report_error(&e);
}
