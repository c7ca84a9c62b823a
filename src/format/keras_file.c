// The two containers of Keras: .keras, a zip of config.json and model.weights.h5, and .h5/.hdf5, where the
// config is an attribute and the weights have names.
#include "keras.h"
#include <ctype.h>
#include <math.h>
#include <string.h>
#include <zip.h>

// The bytes of a member of a zip archive; p NULL with a message when it is missing or claims an absurd size.
static struct span zip_member(zip_t *z, const char *name, size_t limit, struct arena *a, struct err *e)
{
    struct span none = {NULL, 0};
    zip_stat_t st;
    if (zip_stat(z, name, ZIP_FL_NODIR, &st) || !(st.valid & ZIP_STAT_SIZE)) {
        fail(e, "%s is not in the archive; save it with model.save(\"NAME.keras\")", name);
        return none;
    }
    if (st.size > limit) {
        fail(e, "%s claims %llu bytes unpacked; the archive is damaged", name, (unsigned long long)st.size);
        return none;
    }
    zip_file_t *f = zip_fopen_index(z, st.index, 0);
    uint8_t *p = arena_alloc(a, st.size + 1);
    zip_int64_t n = f ? zip_fread(f, p, st.size) : -1;
    if (f) zip_fclose(f);
    if (n < 0 || (zip_uint64_t)n != st.size) {
        fail(e, "%s cannot be unpacked; the archive is damaged, copy it again", name);
        return none;
    }
    return (struct span){p, (size_t)st.size};
}

static json_t *json_read(struct span s, struct err *e)
{
    json_error_t why;
    json_t *root = json_loadb((const char *)s.p, s.n, 0, &why);
    if (!root)
        fail(e, "the model's config is not JSON (%s, line %d); the file is damaged", why.text, why.line);
    else if (!json_is_object(root)) {
        json_decref(root);
        root = NULL;
        fail(e, "the model's config is not a JSON object; the file is damaged");
    }
    return root;
}

// The version of Keras, from metadata.json, stands in .h5 files as an attribute; here it is put beside the others.
static void version_add(struct h5 *h, struct span metadata, struct arena *scratch)
{
    struct err ignored;
    json_t *root = json_read(metadata, &ignored);
    const char *version = json_string_value(json_object_get(root, "keras_version"));
    if (version) {
        struct h5_text *more = arena_new_n(scratch, (size_t)h->ntext + 1, struct h5_text);
        if (h->ntext) memcpy(more, h->text, (size_t)h->ntext * sizeof *more);
        const char *copy = arena_strdup(scratch, version);
        more[h->ntext] = (struct h5_text){"", "keras_version", 1, arena_copy(scratch, &copy, sizeof copy)};
        h->text = more;
        h->ntext++;
    }
    json_decref(root);
}

static const struct h5 *open_zip(struct span bytes, json_t **root, struct arena *scratch, struct err *e)
{
    zip_error_t why;
    zip_error_init(&why);
    zip_source_t *src = zip_source_buffer_create(bytes.p, bytes.n, 0, &why);
    zip_t *z = src ? zip_open_from_source(src, ZIP_RDONLY, &why) : NULL;
    if (!z) {
        fail(e, "not a readable zip archive (%s); copy or save the model again", zip_error_strerror(&why));
        if (src) zip_source_free(src);
        zip_error_fini(&why);
        return NULL;
    }
    size_t limit = bytes.n * 64 + (1 << 20);
    struct span config = zip_member(z, "config.json", limit, scratch, e), weights = {0};
    if (config.p) weights = zip_member(z, "model.weights.h5", limit, scratch, e);
    struct err ignored;
    struct span metadata = weights.p ? zip_member(z, "metadata.json", limit, scratch, &ignored) : weights;
    zip_discard(z);
    zip_error_fini(&why);
    struct h5 *h = weights.p && (*root = json_read(config, e)) ? h5_read(weights, scratch, e) : NULL;
    if (h && metadata.p) version_add(h, metadata, scratch);
    return h;
}

const struct h5 *keras_open(struct span bytes, json_t **root, bool *v3, struct arena *scratch, struct err *e)
{
    *root = NULL;
    *v3 = !h5_probe(bytes);
    if (*v3) return open_zip(bytes, root, scratch, e);
    const struct h5 *h = h5_read(bytes, scratch, e);
    const struct h5_text *t = h ? h5_text_find(h, "", "model_config") : NULL;
    if (!h) return NULL;
    if (!t || !t->n)
        return FAIL_NULL(
            e, "an HDF5 file without model_config: it holds weights only, or is not of Keras; save the "
               "whole model with model.save");
    *root = json_read((struct span){(const uint8_t *)t->v[0], strlen(t->v[0])}, e);
    return *root ? h : NULL;
}

char *keras_snake_case(struct arena *a, const char *type)
{
    // Keras: "(.)([A-Z][a-z]+)" -> "\1_\2", then "([a-z])([A-Z])" -> "\1_\2", then lower case.
    size_t n = strlen(type), k = 0;
    char *s = arena_alloc(a, 2 * n + 1);
    for (size_t i = 0; i < n; i++) {
        bool word = i > 0 && isupper((unsigned char)type[i]) && islower((unsigned char)type[i + 1]);
        bool step = i > 0 && islower((unsigned char)type[i - 1]) && isupper((unsigned char)type[i]);
        if ((word || step) && k && s[k - 1] != '_') s[k++] = '_';
        s[k++] = (char)tolower((unsigned char)type[i]);
    }
    return s;
}

// ".../conv1d/kernel:0" has the role "kernel" and, in front of it, the layer "conv1d".
static bool has_component(const char *name, const char *end, const char *part)
{
    const size_t m = strlen(part);
    for (const char *p = name; p + m < end; p++)
        if ((p == name || p[-1] == '/') && !strncmp(p, part, m) && p[m] == '/') return true;
    return false;
}

static bool name_fits(const char *name, const char *role, const char *part, const char *sub)
{
    size_t n = strlen(name);
    const char *colon = strrchr(name, ':'), *end = colon ? colon : name + n, *slash = end;
    while (slash > name && slash[-1] != '/') slash--;
    if ((size_t)(end - slash) != strlen(role) || strncmp(slash, role, strlen(role))) return false;
    return (!part || has_component(name, slash, part)) && (!sub || has_component(name, slash, sub));
}

static const struct h5_data *weight_find(struct keras *k, const struct keras_layer *l, const char *role,
                                         int number)
{
    struct arena *s = k->scratch;
    if (k->v3) return h5_data_find(k->h5, arena_printf(s, "%s/vars/%d", l->path, number));
    const struct h5_text *names = h5_text_find(k->h5, l->path, "weight_names");
    for (int i = 0; names && i < names->n; i++)
        if (name_fits(names->v[i], role, l->part, l->sub))
            return h5_data_find(k->h5, arena_printf(s, "%s/%s", l->path, names->v[i]));
    for (int i = 0; names && !l->sub && i < names->n; i++) // by order, among those of the layer
        if ((!l->part || has_component(names->v[i], names->v[i] + strlen(names->v[i]), l->part)) && !number--)
            return h5_data_find(k->h5, arena_printf(s, "%s/%s", l->path, names->v[i]));
    return NULL;
}

const float *keras_weight(struct keras *k, const struct keras_layer *l, const char *role, int number,
                          int rank, const int32_t *dim)
{
    const struct h5_data *d = weight_find(k, l, role, number);
    if (!d) {
        layer_fail(k, l, "its %s is not in the file (%s); save the model again after it was built", role,
                   l->path);
        return NULL;
    }
    bool same = d->rank == rank;
    for (int i = 0; same && i < rank; i++) same = d->dim[i] == dim[i];
    if (!same) {
        struct tensor have = {.rank = d->rank}, want = {.rank = rank};
        char s[64], t[64];
        memcpy(have.dim, d->dim, sizeof have.dim);
        if (rank) memcpy(want.dim, dim, (size_t)rank * sizeof *dim);
        layer_fail(k, l, "its %s is %s in the file, the config wants %s", role,
                   tensor_shape(&have, s, sizeof s), tensor_shape(&want, t, sizeof t));
        return NULL;
    }
    int64_t n = 1;
    for (int i = 0; i < rank; i++) n *= dim[i];
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(d->v[i])) {
            layer_fail(k, l, "its %s holds %g; the training went astray, take an earlier checkpoint", role,
                       (double)d->v[i]);
            return NULL;
        }
    return d->v;
}
