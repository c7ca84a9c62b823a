// Weights as IEEE float16, rounded to nearest. Files store two bytes each; they are executed as float32, here
// and on the chip.
#include "compress.h"
#include "../base/half.h"
#include "../base/log.h"
#include <math.h>

// False when a value lies outside of float16: such a constant stays as it is.
static bool rounded(struct tensor *t, struct arena *a)
{
    const float *v = t->data;
    const int64_t count = tensor_count(t);
    struct arena fresh = {0};
    float *to = arena_new_n(&fresh, (size_t)count, float);
    bool fits = true;
    for (int64_t i = 0; i < count && fits; i++) {
        to[i] = half_value(half_nearest(v[i]));
        fits = isfinite(to[i]);
    }
    if (fits) t->data = arena_once(a, to, (size_t)tensor_bytes(t));
    arena_free(&fresh);
    return t->half = fits;
}

void float16_weights(struct graph *g, struct arena *a)
{
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nin; i++) {
            struct tensor *t = g->node[k]->in[i];
            if (!t || !tensor_is_const(t) || t->type != F32 || t->half || rounded(t, a)) continue;
            tell_float("float16", g->node[k], "its constants exceed float16's 65504");
        }
}

void float32_weights(struct graph *g)
{
    for (int k = 0; k < g->nnode; k++)
        for (int i = 0; i < g->node[k]->nin; i++)
            if (g->node[k]->in[i]) g->node[k]->in[i]->half = false;
}
