#include "h5.h"
#include "../base/buf.h"
#include <errno.h>
#include <hdf5.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

enum { MAX_OBJECTS = 20000, MAX_DEPTH = 24, MAX_STRINGS = 4096, SECONDS = 20 };

// ---- in the child: the file becomes a run of records ----
// 'D' path rank dims values | 'T' path name count strings; strings are a uint32 length and bytes, numbers are
// ours.

struct walk {
    struct buf *out;
    size_t limit; // of out, in bytes
    int objects, depth;
    char path[1024];
};

static void put_u32(struct buf *b, uint32_t v)
{
    buf_put(b, &v, sizeof v);
}

static void put_text(struct buf *b, const char *s, size_t n)
{
    put_u32(b, (uint32_t)n);
    buf_put(b, s, n);
}

// Numbers in another file of this machine, which its sender may well want to be read: such data is not there.
static bool lies_elsewhere(hid_t id)
{
    const hid_t made = H5Dget_create_plist(id);
    const bool away = made < 0 || H5Pget_layout(made) == H5D_VIRTUAL || H5Pget_external_count(made) != 0;
    if (made >= 0) H5Pclose(made);
    return away;
}

static void put_dataset(struct walk *w, hid_t id)
{
    if (lies_elsewhere(id)) return;
    hid_t type = H5Dget_type(id), space = H5Dget_space(id);
    hsize_t dim[H5_MAX_RANK];
    int rank = H5Sget_simple_extent_ndims(space);
    H5T_class_t class = H5Tget_class(type);
    if (rank >= 0 && rank <= H5_MAX_RANK && (class == H5T_FLOAT || class == H5T_INTEGER)) {
        H5Sget_simple_extent_dims(space, dim, NULL);
        uint64_t n = 1;
        for (int i = 0; i < rank; i++)
            n = dim[i] > INT32_MAX || n * dim[i] > INT32_MAX ? (uint64_t)INT32_MAX + 1 : n * dim[i];
        if (n <= INT32_MAX && n * 4 + w->out->n <= w->limit) {
            float *v = calloc(n ? n : 1, 4);
            if (v && H5Dread(id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, v) >= 0) {
                buf_put(w->out, "D", 1);
                put_text(w->out, w->path, strlen(w->path));
                put_u32(w->out, (uint32_t)rank);
                for (int i = 0; i < rank; i++) put_u32(w->out, (uint32_t)dim[i]);
                buf_put(w->out, v, n * 4);
            }
            free(v);
        }
    }
    H5Sclose(space);
    H5Tclose(type);
}

static herr_t put_attribute(hid_t at, const char *name, const H5A_info_t *info, void *who)
{
    struct walk *w = who;
    (void)info;
    hid_t id = H5Aopen(at, name, H5P_DEFAULT), type = H5Aget_type(id), space = H5Aget_space(id);
    hssize_t n = H5Sget_simple_extent_npoints(space);
    size_t size = H5Tget_size(type);
    if (id >= 0 && H5Tget_class(type) == H5T_STRING && n >= 1 && n <= MAX_STRINGS) {
        buf_put(w->out, "T", 1);
        put_text(w->out, w->path, strlen(w->path));
        put_text(w->out, name, strlen(name));
        size_t count_at = w->out->n;
        put_u32(w->out, (uint32_t)n);
        bool ok = false;
        if (H5Tis_variable_str(type) > 0) {
            char **v = calloc((size_t)n, sizeof *v);
            ok = v && H5Aread(id, type, v) >= 0;
            for (hssize_t i = 0; ok && i < n && (ok = w->out->n <= w->limit); i++)
                put_text(w->out, v[i] ? v[i] : "", v[i] ? strlen(v[i]) : 0);
        } else if (size > 0 && size * (size_t)n + w->out->n <= w->limit) {
            char *v = calloc((size_t)n, size);
            ok = v && H5Aread(id, type, v) >= 0;
            for (hssize_t i = 0; ok && i < n; i++)
                put_text(w->out, v + (size_t)i * size, strnlen(v + (size_t)i * size, size));
            free(v);
        }
        if (!ok) memset(w->out->p + count_at, 0, 4);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(id);
    return w->out->n > w->limit;
}

static herr_t put_object(hid_t group, const char *name, const H5L_info_t *info, void *who)
{
    struct walk *w = who;
    size_t before = strlen(w->path), at = before, n = strlen(name);
    if (info->type != H5L_TYPE_HARD || !strncmp(name, "optimizer", 9)) return 0;
    if (++w->objects > MAX_OBJECTS || w->depth == MAX_DEPTH || at + n + 2 > sizeof w->path) return -1;
    if (at) w->path[at++] = '/';
    memcpy(w->path + at, name, n + 1);
    hid_t id = H5Oopen(group, name, H5P_DEFAULT);
    herr_t rc = id < 0 ? -1 : 0;
    w->depth++;
    if (id >= 0 && H5Iget_type(id) == H5I_DATASET)
        put_dataset(w, id);
    else if (id >= 0 && H5Iget_type(id) == H5I_GROUP) {
        rc = H5Aiterate2(id, H5_INDEX_NAME, H5_ITER_INC, NULL, put_attribute, w);
        if (!rc) rc = H5Literate(id, H5_INDEX_NAME, H5_ITER_INC, NULL, put_object, w);
    }
    w->depth--;
    if (id >= 0) H5Oclose(id);
    w->path[before] = 0;
    return rc;
}

static void child(struct span bytes, int pipe_out)
{
    struct buf out = {0};
    struct walk w = {.out = &out, .limit = bytes.n * 8 + (1 << 20)}; // weights may be stored compressed
#ifndef SANITIZED                                                    // which reserves terabytes of addresses
    struct rlimit memory = {bytes.n * 32 + (1ull << 30), bytes.n * 32 + (1ull << 30)};
    setrlimit(RLIMIT_AS, &memory);
#endif
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_NOFILE, &none); // whatever the image names, no file is opened
    signal(SIGALRM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    alarm(SECONDS);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5dont_atexit();
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, 1 << 16, 0);
    H5Pset_file_image(access, (void *)bytes.p, bytes.n);
    hid_t f = H5Fopen("image in memory", H5F_ACC_RDONLY, access);
    if (f < 0) _exit(2);
    herr_t rc = H5Aiterate2(f, H5_INDEX_NAME, H5_ITER_INC, NULL, put_attribute, &w);
    if (!rc) rc = H5Literate(f, H5_INDEX_NAME, H5_ITER_INC, NULL, put_object, &w);
    if (rc) _exit(3);
    for (size_t at = 0; at < out.n;) {
        ssize_t n = write(pipe_out, out.p + at, out.n - at);
        if (n < 0 && errno != EINTR) _exit(4);
        if (n > 0) at += (size_t)n;
    }
    _exit(0);
}

// ---- in the parent: the records become structs ----

struct cursor {
    const uint8_t *p, *end;
    bool bad;
};

static const uint8_t *take(struct cursor *c, size_t n)
{
    if (c->bad || n > (size_t)(c->end - c->p)) {
        c->bad = true;
        return NULL;
    }
    const uint8_t *p = c->p;
    c->p += n;
    return p;
}

static uint32_t take_u32(struct cursor *c)
{
    uint32_t v = 0;
    const uint8_t *p = take(c, 4);
    if (p) memcpy(&v, p, 4);
    return v;
}

static const char *take_text(struct cursor *c, struct arena *a)
{
    uint32_t n = take_u32(c);
    const uint8_t *p = take(c, n);
    return p ? arena_strndup(a, (const char *)p, n) : "";
}

// Counts records (h NULL) or fills them in.
static bool records(struct span s, struct arena *a, struct h5 *h)
{
    struct cursor c = {s.p, s.p + s.n, false};
    h->ndata = h->ntext = 0;
    while (c.p < c.end && !c.bad) {
        const uint8_t *kind = take(&c, 1);
        if (kind && *kind == 'D') {
            struct h5_data d = {.path = h->data ? take_text(&c, a) : (take(&c, take_u32(&c)), NULL)};
            d.rank = (int)take_u32(&c);
            if (d.rank < 0 || d.rank > H5_MAX_RANK) return false;
            size_t n = 1;
            for (int i = 0; i < d.rank; i++) n *= (size_t)(d.dim[i] = (int32_t)take_u32(&c));
            const uint8_t *v = take(&c, n * 4);
            if (h->data && v) d.v = arena_copy(a, v, n * 4);
            if (h->data) h->data[h->ndata] = d;
            h->ndata++;
        } else if (kind && *kind == 'T') {
            struct h5_text t = {.path = h->data ? take_text(&c, a) : (take(&c, take_u32(&c)), NULL)};
            t.name = h->data ? take_text(&c, a) : (take(&c, take_u32(&c)), NULL);
            t.n = (int)take_u32(&c);
            if (t.n < 0 || t.n > MAX_STRINGS) return false;
            if (h->data) t.v = arena_new_n(a, (size_t)t.n, const char *);
            for (int i = 0; i < t.n; i++)
                if (h->data)
                    t.v[i] = take_text(&c, a);
                else
                    take(&c, take_u32(&c));
            if (h->data) h->text[h->ntext] = t;
            h->ntext++;
        } else
            return false;
    }
    return !c.bad;
}

bool h5_probe(struct span bytes)
{
    return bytes.n >= 8 && !memcmp(bytes.p, "\x89HDF\r\n\x1a\n", 8);
}

struct h5 *h5_read(struct span bytes, struct arena *a, struct err *e)
{
    int ends[2], status = 0;
    struct buf got = {0};
    uint8_t part[65536];
    if (pipe(ends)) return FAIL_NULL(e, "no pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0) {
        close(ends[0]), close(ends[1]);
        return FAIL_NULL(e, "no process for reading HDF5: %s", strerror(errno));
    }
    if (!pid) {
        close(ends[0]);
        child(bytes, ends[1]);
    }
    close(ends[1]);
    for (;;) {
        ssize_t n = read(ends[0], part, sizeof part);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        buf_put(&got, part, (size_t)n);
    }
    close(ends[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    struct h5 *h = arena_new(a, struct h5);
    bool ok = WIFEXITED(status) && WEXITSTATUS(status) == 0 && records(buf_span(&got), a, h);
    if (ok) { // the second time round, with room for what was counted
        h->text = arena_new_n(a, (size_t)h->ntext, struct h5_text);
        h->data = arena_new_n(a, (size_t)h->ndata, struct h5_data);
        ok = records(buf_span(&got), a, h);
    }
    buf_free(&got);
    return ok ? h : FAIL_NULL(e, "the HDF5 structure is damaged or cut off; copy or save the file again");
}

const struct h5_data *h5_data_find(const struct h5 *h, const char *path)
{
    for (int i = 0; i < h->ndata; i++)
        if (!strcmp(h->data[i].path, path)) return &h->data[i];
    return NULL;
}

const struct h5_text *h5_text_find(const struct h5 *h, const char *path, const char *name)
{
    for (int i = 0; i < h->ntext; i++)
        if (!strcmp(h->text[i].path, path) && !strcmp(h->text[i].name, name)) return &h->text[i];
    return NULL;
}
