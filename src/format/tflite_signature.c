// Entry points of a file: which subgraph to read, and the names by which programs know its inputs and outputs. The names
// travel as metadata, so that they are there again when the graph is written.
#include "tflite_read.h"
#include <string.h>

enum { LONGEST = 100 };

bool tflite_pick_subgraph(const struct fb_table *model, const struct fb_vec *subgraphs, uint32_t *pick,
                          struct fb_table *signature, struct err *e)
{
    struct fb_vec sign = fb_vec(model, MODEL_SIGNATURES, 4);
    uint32_t k = 0;
    *pick = 0;
    *signature = (struct fb_table){.fb = model->fb};
    for (; k < sign.n; k++) {
        struct fb_table s = fb_vec_table(&sign, k);
        const char *key = fb_str(&s, SIGNATURE_KEY);
        if (key && !strcmp(key, "serving_default")) break;
    }
    if (k == sign.n && sign.n > 1) {
        struct fb_table a = fb_vec_table(&sign, 0), b = fb_vec_table(&sign, 1);
        const char *first = fb_str(&a, SIGNATURE_KEY), *second = fb_str(&b, SIGNATURE_KEY);
        return fail(e, "holds %u entry points (%s, %s, ...), none called serving_default; export one network",
                    sign.n, first ? first : "?", second ? second : "?");
    }
    if (!sign.n) return true;
    *signature = fb_vec_table(&sign, k < sign.n ? k : 0);
    *pick = fb_u32(signature, SIGNATURE_SUBGRAPH, 0);
    if (*pick < subgraphs->n) return true;
    const char *key = fb_str(signature, SIGNATURE_KEY);
    return fail(e, "signature %.100s names subgraph %u, the file has %u", key ? key : "?", *pick,
                subgraphs->n);
}

// A name that can stand in a list of names joined by commas.
static bool is_plain(const char *s)
{
    const size_t n = s ? strlen(s) : 0;
    for (size_t i = 0; i < n; i++)
        if (s[i] <= ' ' || s[i] > '~' || s[i] == ',') return false;
    return n > 0 && n <= LONGEST;
}

// Are the names those that the writer gives by itself, the tensors' own?
static bool is_usual(const char *names, struct tensor *const *t, int n)
{
    for (int i = 0; i < n; i++) {
        const size_t m = strlen(t[i]->name);
        if (strncmp(names, t[i]->name, m) || names[m] != (i + 1 < n ? ',' : 0)) return false;
        names += m + 1;
    }
    return true;
}

// The signature's names in the order of the subgraph's tensors; NULL when one of them has none.
static const char *names_of(struct reader *r, const struct fb_table *signature, int id,
                            const struct fb_vec *index)
{
    struct fb_vec map = fb_vec(signature, id, 4);
    const char *all = "";
    if (index->n > 64 || map.n > 64) return NULL;
    for (uint32_t i = 0; i < index->n; i++) {
        const char *name = NULL;
        for (uint32_t k = 0; k < map.n && !name; k++) {
            struct fb_table entry = fb_vec_table(&map, k);
            if (fb_i32(&entry, TENSORMAP_INDEX, 0) == fb_vec_i32(index, i))
                name = fb_str(&entry, TENSORMAP_NAME);
        }
        if (!is_plain(name)) return NULL;
        all = arena_printf(r->a, "%s%s%s", all, *all ? "," : "", name);
    }
    return all;
}

bool tflite_read_signature(struct reader *r, const struct fb_table *signature, const struct fb_table *sub,
                           struct err *e)
{
    struct fb_vec in = fb_vec(sub, SUBGRAPH_INPUTS, 4), out = fb_vec(sub, SUBGRAPH_OUTPUTS, 4);
    if (!reader_room(r, 64 * 64 * LONGEST, e)) return false;
    const char *key = fb_str(signature, SIGNATURE_KEY);
    const char *from = names_of(r, signature, SIGNATURE_INPUTS, &in);
    const char *to = names_of(r, signature, SIGNATURE_OUTPUTS, &out);
    const bool named = from && to && *from && *to &&
                       !(is_usual(from, r->g->in, r->g->nin) && is_usual(to, r->g->out, r->g->nout));
    if (is_plain(key) && (named || strcmp(key, "serving_default") != 0))
        graph_meta_set(r->g, r->a, META_SIGNATURE, key);
    if (!named) return true;
    graph_meta_set(r->g, r->a, META_SIGNATURE_INPUTS, from);
    graph_meta_set(r->g, r->a, META_SIGNATURE_OUTPUTS, to);
    return true;
}
