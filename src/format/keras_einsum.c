// EinsumDense: a Dense between rearrangements, for equations that have one summed-over part.
#include "keras.h"
#include <string.h>

// One side of an equation: letters, where dots stand for a run of dimensions ('0', '1' ... here).
static int side(const char *from, size_t n, int rank, char *out)
{
    int k = 0, letters = 0;
    for (size_t i = 0; i < n; i++) letters += from[i] != '.' && from[i] != ' ';
    for (size_t i = 0; i < n; i++) {
        if (from[i] == ' ') continue;
        if (from[i] == '.') {
            for (int d = 0; d < rank - letters && k < VALUE_MAX_RANK; d++) out[k++] = (char)('0' + d);
            while (i + 1 < n && from[i + 1] == '.') i++;
        } else if (k < VALUE_MAX_RANK)
            out[k++] = from[i];
    }
    out[k] = 0;
    return k;
}

static int place(const char *s, char c)
{
    const char *p = strchr(s, c);
    return p && c ? (int)(p - s) : -1;
}

// "abc,cd->abd": letters of the input that the kernel has, too, are summed over; those that only the kernel
// has are new. Everything else stays.
bool keras_einsum_dense(struct keras *k, struct keras_layer *l)
{
    const char *eq = config_text(l, "equation", ""), *comma = strchr(eq, ','), *arrow = strstr(eq, "->");
    struct value v = l->in[0];
    char in[VALUE_MAX_RANK + 1], w[VALUE_MAX_RANK + 1], out[VALUE_MAX_RANK + 1], made[2 * VALUE_MAX_RANK + 1];
    if (l->lead) return layer_fail(k, l, "inside of TimeDistributed it is not supported");
    if (!comma || !arrow || comma > arrow || strlen(eq) > 64)
        return layer_fail(k, l, "its equation %s cannot be read", eq);
    const int nin = side(eq, (size_t)(comma - eq), v.rank, in),
              nw = side(comma + 1, (size_t)(arrow - comma - 1), 0, w);
    if (nin != v.rank) return layer_fail(k, l, "equation %s for an input of %d dimensions", eq, v.rank);
    // out has the dots' dimensions of the input, and nothing else that is not a letter
    int dots = 0, nout;
    for (int i = 0; i < nin; i++) dots += in[i] >= '0' && in[i] <= '9';
    const char *right = arrow + 2;
    int letters = 0;
    for (const char *p = right; *p; p++) letters += *p != '.' && *p != ' ';
    nout = side(right, strlen(right), letters + dots, out);
    // the input's free letters in order, then what is summed over in the kernel's order
    int perm[VALUE_MAX_RANK], n = 0, free_n = 0, wdim_in = 0, nmade = 0;
    int32_t wdim[VALUE_MAX_RANK] = {0}, shape[VALUE_MAX_RANK], worder[VALUE_MAX_RANK];
    for (int i = 0; i < nin; i++)
        if (place(w, in[i]) < 0) {
            perm[n++] = i;
            made[nmade++] = in[i];
        }
    free_n = n;
    const json_t *given = json_object_get(l->config, "output_shape");
    int nwhole = 0;
    for (int pass = 0; pass < 2; pass++) // first the kernel's letters that are summed over, then the new ones
        for (int i = 0; i < nw; i++) {
            const int at = place(in, w[i]), to = place(out, w[i]);
            if (strchr(w + i + 1, w[i]) || (at >= 0 && to >= 0) || (at < 0 && to < 0))
                return layer_fail(k, l, "equation %s is not supported; use Dense", eq);
            if ((at >= 0) != (pass == 0)) continue;
            worder[nwhole++] = i;
            if (at >= 0) {
                perm[n++] = at;
                wdim[i] = v.dim[at];
                wdim_in++;
                continue;
            }
            const size_t size = json_is_array(given) ? json_array_size(given) : 1;
            const int from_end = nout - to; // output_shape lacks the batch
            const json_t *one =
                json_is_array(given)
                    ? from_end <= (int)size ? json_array_get(given, size - (size_t)from_end) : NULL
                    : given;
            if (!keras_int(one, 1, &wdim[i]))
                return layer_fail(k, l, "output_shape does not tell dimension %c", w[i]);
            made[nmade++] = w[i];
        }
    made[nmade] = 0;
    if (n != nin || nmade != nout || free_n < 1 || perm[0] != 0)
        return layer_fail(k, l, "equation %s is not supported; use Dense", eq);
    const float *kernel = keras_weight(k, l, "kernel", 0, nw, wdim);
    if (!kernel) return false;
    // the kernel as (summed, new), in that order of letters
    int64_t summed = 1, units = 1, step[VALUE_MAX_RANK], s = 1;
    for (int i = nw - 1; i >= 0; i--) {
        step[i] = s;
        s *= wdim[i];
    }
    for (int i = 0; i < nw; i++) *(i < wdim_in ? &summed : &units) *= wdim[worder[i]];
    float *turned = arena_new_n(k->scratch, (size_t)(summed * units), float);
    for (int64_t o = 0; o < summed * units; o++) {
        int64_t rest = o, from = 0;
        for (int i = nw - 1; i >= 0; i--) {
            from += rest % wdim[worder[i]] * step[worder[i]];
            rest /= wdim[worder[i]];
        }
        turned[o] = kernel[from];
    }
    value_transpose(&v, perm);
    for (int i = 0; i < free_n; i++) shape[i] = v.dim[i];
    shape[free_n] = (int32_t)summed;
    if (!build_reshape(k, l, "summed", &v, free_n + 1, shape) ||
        !build_dense(k, l, NULL, &v, turned, NULL, (int32_t)units))
        return false;
    for (int i = wdim_in; i < nw; i++) shape[free_n + i - wdim_in] = wdim[worder[i]];
    if (!build_reshape(k, l, "units", &v, nout, shape)) return false;
    for (int i = 0; i < nout; i++)
        if ((perm[i] = place(made, out[i])) < 0) return layer_fail(k, l, "equation %s is not supported", eq);
    value_transpose(&v, perm);
    const char *bias = config_text(l, "bias_axes", NULL);
    if (bias && *bias) {
        int32_t wide[VALUE_MAX_RANK];
        int first = nout;
        for (int i = nout - 1; i >= 0; i--) {
            const bool has = place(bias, out[i]) >= 0;
            wide[i] = has ? v.dim[i] : 1;
            if (has) first = i;
        }
        const float *b = first < nout ? keras_weight(k, l, "bias", 1, nout - first, wide + first) : NULL;
        if (first == nout) return layer_fail(k, l, "bias_axes %s is not part of %s", bias, eq);
        if (!b || !build_const(k, l, OP_ADD, "bias", &v, nout - first, wide + first, b)) return false;
    }
    l->out = v;
    return layer_activation(k, l, json_object_get(l->config, "activation"), &l->out);
}
