// The ONNX standard's own tests of operators (Debian's libonnx-testdata): every one that concerns supported
// operators goes through read, plan and run. Prints those that are skipped, with reasons.
#include "../test.h"
#include "../../src/base/file.h"
#include "../../src/format/format.h"
#include "../../src/format/onnx_read.h"
#include "../../src/run/run.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA "/usr/share/libonnx-testdata/data"

enum { MAX_IN = 16, MAX_OUT = 8, RAN = 600 };

struct node_case {
    const char *name, *dir;
    Onnx__ModelProto *m;
    Onnx__TensorProto *in[MAX_IN];
    struct value want[MAX_OUT];
    int nin, nout;
};

static void *arena_take(void *a, size_t n)
{
    return arena_alloc(a, n);
}

static void arena_keep(void *a, void *p)
{
    (void)a, (void)p;
}

static Onnx__TensorProto *tensor_load(const char *path, struct arena *a)
{
    struct span s;
    struct err e;
    ProtobufCAllocator alloc = {arena_take, arena_keep, a};
    return file_exists(path) && file_read(path, a, &s, &e) ? onnx__tensor_proto__unpack(&alloc, s.n, s.p)
                                                           : NULL;
}

// The model with the inputs of `fixed` turned into initializers, as bytes.
static struct span model_with(const struct node_case *c, unsigned fixed, struct arena *a)
{
    Onnx__GraphProto g = *c->m->graph;
    Onnx__ModelProto m = *c->m;
    m.graph = &g;
    g.initializer = arena_new_n(a, g.n_initializer + MAX_IN, Onnx__TensorProto *);
    for (size_t i = 0; i < g.n_initializer; i++) g.initializer[i] = c->m->graph->initializer[i];
    for (int i = 0; i < c->nin; i++) {
        if (!(fixed & 1u << i)) continue;
        Onnx__TensorProto *t = arena_copy(a, c->in[i], sizeof *t);
        t->name = c->m->graph->input[i]->name;
        g.initializer[g.n_initializer++] = t;
    }
    size_t n = onnx__model_proto__get_packed_size(&m);
    uint8_t *p = arena_alloc(a, n);
    onnx__model_proto__pack(&m, p);
    return (struct span){p, n};
}

static bool value_load(const Onnx__TensorProto *t, struct arena *a, struct value *v, struct err *e)
{
    struct onnx r = {.a = a, .scratch = a, .e = e};
    return onnx_tensor_read(&r, t, t->name ? t->name : "?", v);
}

static double number_at(const struct tensor *t, const void *bytes, int64_t i)
{
    switch (t->type) {
    case F32:
        return (double)((const float *)bytes)[i];
    case I32:
        return ((const int32_t *)bytes)[i];
    case BOOL:
        return ((const uint8_t *)bytes)[i] != 0;
    case I8:
        return ((const int8_t *)bytes)[i];
    default:
        return (double)((const int64_t *)bytes)[i];
    }
}

// Compares output k of the graph; bytes: what was computed, or the constant.
static bool output_same(const struct node_case *c, int k, const struct tensor *t, const void *bytes)
{
    const struct value *w = &c->want[k];
    if (tensor_count(t) != value_count(w)) {
        test_fail(__FILE__, __LINE__, "%s: output %d has %lld numbers, want %lld", c->name, k,
                  (long long)tensor_count(t), (long long)value_count(w));
        return false;
    }
    for (int i = 0; i < w->rank; i++)
        if (w->rank != t->rank || w->dim[i] != t->dim[i]) {
            test_fail(__FILE__, __LINE__, "%s: output %d has another shape", c->name, k);
            return false;
        }
    // the reference's windows are made with 3.1415
    const double tolerance = strstr(c->name, "window") ? 1e-4 : 1e-5;
    for (int64_t i = 0; i < value_count(w); i++) {
        double want = w->f ? (double)w->f[i] : (double)w->i[i];
        double got = number_at(t, bytes, i) + (t->type == I8 && w->elem == 2 ? 128 : 0); // uint8 as int8
        if (!(fabs(want - got) <= tolerance * (1 + fabs(want))) && !(isnan(want) && isnan(got)) &&
            want != got) {
            test_fail(__FILE__, __LINE__, "%s: output %d[%lld]: want %.9g, got %.9g", c->name, k,
                      (long long)i, want, got);
            return false;
        }
    }
    return true;
}

// False with a reason when it cannot be run with these inputs fixed.
static bool attempt(const struct node_case *c, unsigned fixed, struct arena *a, bool *folded, struct err *e)
{
    struct span bytes = model_with(c, fixed, a);
    struct graph *g = onnx_read(bytes, true, a, e);
    if (!g) return false;
    const void *in[MAX_IN];
    void *out[MAX_OUT];
    for (int i = 0, k = 0; i < c->nin && k < g->nin; i++) {
        struct value v;
        if (fixed & 1u << i) continue;
        if (!value_load(c->in[i], a, &v, e)) return false;
        if (!v.f) return fail(e, "input %d is not of floats", i);
        in[k++] = v.f;
    }
    int computed = 0;
    for (int k = 0; k < g->nout; k++) {
        if (!tensor_is_const(g->out[k])) computed++;
        out[k] = arena_alloc(a, (size_t)tensor_bytes(g->out[k]));
    }
    if (computed && computed < g->nout) return fail(e, "some outputs are constant");
    if (computed && g->nnode) { // no node: the input itself, seen otherwise
        if (!graph_check(g, e)) return false;
        const struct plan *p = plan_lower(g, &layout_host, a, e);
        if (!p) return false;
        run_invoke(runner_new(p, a), in, out, NULL, NULL);
    } else if (computed)
        memcpy(out[0], in[0], (size_t)tensor_bytes(g->out[0]));
    *folded = !computed;
    for (int k = 0; k < g->nout; k++)
        if (!output_same(c, k, g->out[k], tensor_is_const(g->out[k]) ? g->out[k]->data : out[k])) break;
    return true;
}

static bool case_load(struct node_case *c, struct arena *a, struct err *e)
{
    struct span s;
    if (!file_read(arena_printf(a, "%s/model.onnx", c->dir), a, &s, e)) return false;
    if (!(c->m = onnx_unpack(s, a, e))) return false;
    if (c->m->graph->n_input > MAX_IN || c->m->graph->n_output > MAX_OUT)
        return fail(e, "too many inputs or outputs");
    size_t data = 0;
    for (; c->nin < (int)c->m->graph->n_input; c->nin++, data++) {
        c->in[c->nin] = tensor_load(arena_printf(a, "%s/test_data_set_0/input_%zu.pb", c->dir, data), a);
        if (!c->in[c->nin]) { // an initializer that is listed as an input has no file
            if (c->nin < 1) return fail(e, "its input is not a tensor");
            break;
        }
    }
    for (; c->nout < (int)c->m->graph->n_output; c->nout++) {
        Onnx__TensorProto *t =
            tensor_load(arena_printf(a, "%s/test_data_set_0/output_%d.pb", c->dir, c->nout), a);
        if (!t) return fail(e, "its output is not a tensor");
        if (!value_load(t, a, &c->want[c->nout], e)) return false;
    }
    return true;
}

// Reasons for skipping, or for running on constants only, each with how often and one example.
struct reason {
    const char *text, *example;
    int count;
    bool folded;
};
struct tally {
    struct reason reason[400];
    int nreason, ran, folded, skipped;
};

static void reason_note(struct tally *t, struct arena *keep, const char *name, const char *why, bool folded)
{
    const char *p = !strncmp(why, "node ", 5) ? strstr(why, " (") : NULL; // without the node's name
    if (p) why = p + 1;
    int i = 0;
    while (i < t->nreason && (t->reason[i].folded != folded || strcmp(t->reason[i].text, why))) i++;
    if (i == 400) return;
    if (i == t->nreason)
        t->reason[t->nreason++] =
            (struct reason){arena_strdup(keep, why), arena_strdup(keep, name), 0, folded};
    t->reason[i].count++;
}

static void case_run(const char *name, const char *dir, struct arena *keep, struct tally *t)
{
    struct arena a = {0};
    struct err e = {""}, first = {""};
    struct node_case c = {.name = name, .dir = dir};
    bool done = false, folded = false;
    if (strstr(name, "FLOAT16"))
        fail(&e, "16-bit floats are computed in 32 bits here");
    else if (case_load(&c, &a, &e)) {
        unsigned ints = 0, all = (1u << c.nin) - 1; // integers, then all but one, then everything is constant
        for (int i = 0; i < c.nin; i++)
            if (c.in[i]->data_type != 1 && c.in[i]->data_type != 10 && c.in[i]->data_type != 11)
                ints |= 1u << i;
        const unsigned tries[] = {ints, all & ~1u, all & ~2u, all};
        for (int k = 0; k < 4 && !done; k++) {
            done = attempt(&c, tries[k], &a, &folded, &e);
            if (!k) first = e;
        }
        if (!done) e = first;
    }
    if (done)
        t->ran++;
    else
        t->skipped++;
    if (done && folded) t->folded++;
    if (!done || (folded && *first.text)) reason_note(t, keep, name, done ? first.text : e.text, done);
    arena_free(&a);
}

TEST(onnx_node_data)
{
    struct arena a = {0};
    static struct tally t;
    int n;
    if (!file_is_dir(DATA "/node")) {
        test_skip("the package libonnx-testdata is not installed");
        return;
    }
    static const char *const parts[] = {"node", "pytorch-operator", "pytorch-converted", "simple"};
    for (int k = 0; k < 4; k++) {
        char **dir = dir_list(arena_printf(&a, DATA "/%s", parts[k]), &a, &n);
        for (int i = 0; i < n; i++)
            case_run(dir[i], arena_printf(&a, DATA "/%s/%s", parts[k], dir[i]), &a, &t);
    }
    for (int i = 0; i < t.nreason; i++)
        printf("%s %3d (%s): %s\n", t.reason[i].folded ? "as constants only" : "skipped", t.reason[i].count,
               t.reason[i].example, t.reason[i].text);
    printf("ONNX's own tests: %d ran, %d of them on constants only, %d skipped\n", t.ran, t.folded,
           t.skipped);
    CHECK(t.ran >= RAN);
    arena_free(&a);
}
