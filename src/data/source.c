#define _GNU_SOURCE
#include "source.h"
#include "../base/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <zip.h>

// No recording of people comes near these; a made-up archive or the wrong folder does.
enum { ENTRIES_MAX = 100000, DEPTH_MAX = 8 };
static const uint64_t FILE_MAX = 1u << 30;

bool has_suffix(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && !strcasecmp(s + n - m, end);
}

static bool is_hidden(const char *name)
{
    return name[0] == '.' || strstr(name, "/.") || !strncmp(name, "__MACOSX/", 9);
}

static bool entry_add(struct source *s, int *cap, struct source_entry entry, struct err *e)
{
    if (s->n == ENTRIES_MAX)
        return fail(e, "%s: more than %d files; give the folder of one data set", s->path, ENTRIES_MAX);
    if (s->n == *cap) {
        *cap = *cap ? 2 * *cap : 64;
        struct source_entry *more = arena_array(s->a, (size_t)*cap, sizeof *more);
        if (s->n) memcpy(more, s->entry, (size_t)s->n * sizeof *more);
        s->entry = more;
    }
    s->entry[s->n++] = entry;
    return true;
}

static bool folder_add(struct source *s, int *cap, const char *below, int depth, struct err *e)
{
    int n;
    const char *dir = *below ? arena_printf(s->a, "%s/%s", s->path, below) : s->path;
    char **name = dir_list(dir, s->a, &n);
    if (n < 0) return fail(e, "%s: the folder cannot be read; check its permissions", dir);
    for (int i = 0; i < n; i++) {
        struct stat st;
        const char *rel = *below ? arena_printf(s->a, "%s/%s", below, name[i]) : name[i];
        if (name[i][0] == '.' || stat(arena_printf(s->a, "%s/%s", s->path, rel), &st)) continue;
        if (S_ISDIR(st.st_mode)) {
            if (depth < DEPTH_MAX && !folder_add(s, cap, rel, depth + 1, e)) return false;
        } else if (S_ISREG(st.st_mode)) {
            if (!entry_add(s, cap, (struct source_entry){rel, (uint64_t)st.st_size, NULL, 0, 0}, e))
                return false;
        }
    }
    return true;
}

// Nothing is extracted, so such a name could do no harm here; but an archive that has one is not the
// authors', and the next tool may extract it.
static bool name_is_safe(const char *name)
{
    if (!*name || *name == '/' || (name[0] && name[1] == ':')) return false;
    for (const char *p = name; *p;) {
        size_t n = strcspn(p, "/");
        if (n == 2 && p[0] == '.' && p[1] == '.') return false;
        for (size_t i = 0; i < n; i++)
            if (p[i] == '\\' || (unsigned char)p[i] < ' ') return false;
        p += n + (p[n] == '/');
    }
    return true;
}

static bool zip_names_add(struct source *s, int *cap, struct zip *z, uint64_t bytes, const char *prefix,
                          struct err *e)
{
    zip_int64_t n = zip_get_num_entries(z, 0);
    for (zip_int64_t i = 0; i < n; i++) {
        struct zip_stat st;
        zip_stat_init(&st);
        if (zip_stat_index(z, (zip_uint64_t)i, 0, &st) || !(st.valid & ZIP_STAT_NAME) ||
            !(st.valid & ZIP_STAT_SIZE))
            return fail(e, "%s: the archive's directory is damaged; get it again", s->path);
        if (!name_is_safe(st.name))
            return fail(e,
                        "%s: the entry \"%.80s\" leads outside the archive; do not use it, get the "
                        "authors' own archive",
                        s->path, st.name);
        if (st.name[strlen(st.name) - 1] == '/' || is_hidden(st.name)) continue;
        const char *name = arena_printf(s->a, "%s%s", prefix, st.name);
        if (!entry_add(s, cap, (struct source_entry){name, st.size, z, (uint64_t)i, bytes}, e)) return false;
    }
    return true;
}

static bool zip_open_bytes(struct source *s, struct span bytes, const char *name, struct err *e)
{
    struct zip_error ze;
    zip_error_init(&ze);
    struct zip *z = NULL;
    struct zip_source *src = zip_source_buffer_create(bytes.p, bytes.n, 0, &ze);
    if (src && !(z = zip_open_from_source(src, ZIP_RDONLY, &ze))) zip_source_free(src);
    if (z) s->zip[s->nzip++] = z;
    if (!z)
        fail(e, "%s: not a readable zip archive (%s); it is damaged or incomplete, get it again", name,
             zip_error_strerror(&ze));
    zip_error_fini(&ze);
    return z != NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct source_entry *)a)->name, ((const struct source_entry *)b)->name);
}

// Archives inside the archive become folders of it, one level deep.
static bool zip_fill(struct source *s, uint64_t bytes, struct err *e)
{
    int cap = 0;
    if (!zip_names_add(s, &cap, s->zip[0], bytes, "", e)) return false;
    for (int i = 0, n = s->n; i < n && s->nzip < (int)(sizeof s->zip / sizeof *s->zip); i++) {
        struct span inner;
        if (!has_suffix(s->entry[i].name, ".zip")) continue;
        const char *prefix = arena_printf(s->a, "%s/", s->entry[i].name);
        if (!source_read(s, i, s->a, &inner, e) || !zip_open_bytes(s, inner, source_where(s, i, s->a), e) ||
            !zip_names_add(s, &cap, s->zip[s->nzip - 1], inner.n, prefix, e))
            return false;
    }
    if (s->n) qsort(s->entry, (size_t)s->n, sizeof *s->entry, by_name);
    return true;
}

bool source_open_zip(struct source *s, struct span bytes, const char *name, struct arena *a, struct err *e)
{
    *s = (struct source){.path = name, .a = a};
    return zip_open_bytes(s, bytes, name, e) && zip_fill(s, bytes.n, e);
}

static bool is_zip(const char *path)
{
    char head[4] = "";
    FILE *f = fopen(path, "rb");
    if (!f) return false;
    size_t n = fread(head, 1, 4, f);
    fclose(f);
    return n == 4 && !memcmp(head, "PK\3\4", 4);
}

bool source_open(struct source *s, const char *path, struct arena *a, struct err *e)
{
    int cap = 0, code;
    struct stat st;
    *s = (struct source){.path = arena_strdup(a, path), .a = a};
    if (stat(path, &st)) return fail(e, "%s: no such file or folder; check the spelling", path);
    if (file_is_dir(path)) {
        if (!folder_add(s, &cap, "", 0, e)) return false;
        if (s->n) qsort(s->entry, (size_t)s->n, sizeof *s->entry, by_name);
        return true;
    }
    if (!has_suffix(path, ".zip") && !is_zip(path)) {
        const char *base = strrchr(path, '/');
        if (!S_ISREG(st.st_mode)) return fail(e, "%s: not a regular file", path);
        return entry_add(
            s, &cap, (struct source_entry){base ? base + 1 : s->path, (uint64_t)st.st_size, NULL, 0, 0}, e);
    }
    struct zip *z = zip_open(path, ZIP_RDONLY, &code);
    if (!z) {
        struct zip_error ze;
        zip_error_init_with_code(&ze, code);
        fail(e, "%s: not a readable zip archive (%s); it is damaged or incomplete, get it again", path,
             zip_error_strerror(&ze));
        zip_error_fini(&ze);
        return false;
    }
    s->zip[s->nzip++] = z;
    return zip_fill(s, (uint64_t)st.st_size, e);
}

void source_close(struct source *s)
{
    while (s->nzip) zip_discard(s->zip[--s->nzip]);
    s->n = 0;
}

int source_find(const struct source *s, const char *name)
{
    size_t m = strlen(name);
    for (int i = 0; i < s->n; i++) {
        size_t n = strlen(s->entry[i].name);
        if (n >= m && !strcmp(s->entry[i].name + n - m, name) &&
            (n == m || s->entry[i].name[n - m - 1] == '/'))
            return i;
    }
    return -1;
}

const char *source_where(const struct source *s, int i, struct arena *a)
{
    const char *base = strrchr(s->path, '/'), *name = s->entry[i].name;
    if (s->entry[i].zip) return arena_printf(a, "%s: %s", s->path, name);
    if (base && !strcmp(base + 1, name) && !file_is_dir(s->path)) return s->path;
    return file_is_dir(s->path) ? arena_printf(a, "%s/%s", s->path, name) : s->path;
}

// Deflate makes at most 1032 bytes of one: what claims more lies. Other methods have no such bound and are
// not used by any publisher, so they are refused; memory stays bounded by the archive's size.
static bool zip_entry_read(const struct source_entry *f, const char *where, struct arena *a, struct span *out,
                           struct err *e)
{
    struct zip_stat st;
    zip_stat_init(&st);
    if (zip_stat_index(f->zip, f->index, 0, &st)) return fail(e, "%s: damaged; get the archive again", where);
    if (st.encryption_method != ZIP_EM_NONE)
        return fail(e, "%s: is encrypted; give an archive without a password", where);
    if (st.comp_method != ZIP_CM_STORE && st.comp_method != ZIP_CM_DEFLATE)
        return fail(e, "%s: packed by method %d; pack the archive again with plain deflate", where,
                    st.comp_method);
    if (st.comp_size > f->archive_bytes || st.size > FILE_MAX || st.size / 1040 > st.comp_size)
        return fail(
            e,
            "%s: claims to unpack to %llu bytes from %llu; the archive is damaged or a trap, do not use it",
            where, (unsigned long long)st.size, (unsigned long long)st.comp_size);
    struct zip_file *zf = zip_fopen_index(f->zip, f->index, 0);
    if (!zf) return fail(e, "%s: damaged (%s); get the archive again", where, zip_strerror(f->zip));
    uint8_t *p = arena_alloc(a, st.size + 1);
    uint64_t got = 0;
    zip_int64_t r = 1;
    while (got < st.size && (r = zip_fread(zf, p + got, st.size - got)) > 0) got += (uint64_t)r;
    char more;
    if (got == st.size && r >= 0) r = zip_fread(zf, &more, 1); // at the end libzip checks the CRC
    zip_fclose(zf);
    if (got < st.size || r != 0)
        return fail(e, "%s: truncated or damaged (the checksum differs); get the archive again", where);
    *out = (struct span){p, (size_t)st.size};
    return true;
}

bool source_read(const struct source *s, int i, struct arena *a, struct span *out, struct err *e)
{
    const struct source_entry *f = &s->entry[i];
    const char *where = source_where(s, i, a);
    if (f->zip) return zip_entry_read(f, where, a, out, e);
    if (f->bytes > FILE_MAX) return fail(e, "%s: larger than 1 GiB; split the recording", where);
    return file_read(where, a, out, e);
}
