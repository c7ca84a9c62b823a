// The wire format is in FlatBuffers' "internals" document: little endian; a record starts with the signed
// distance to its vtable (u16 bytes of vtable, u16 bytes of record, then u16 offsets per field, 0: default);
// references are unsigned distances forward; vectors and strings start with their length.
#include "flatbuf.h"
#include <assert.h>
#include <string.h>

// ---- reading ----

static bool inside(struct fb *fb, uint64_t at, uint64_t n)
{
    bool ok = at <= fb->file.n && n <= fb->file.n - at;
    if (!ok) fb->bad = true;
    return ok;
}

static uint64_t le(struct fb *fb, uint64_t at, int n)
{
    uint64_t v = 0;
    if (!inside(fb, at, (uint64_t)n)) return 0;
    for (int i = 0; i < n; i++) v |= (uint64_t)fb->file.p[at + (uint64_t)i] << (8 * i);
    return v;
}

static struct fb_table table_at(struct fb *fb, uint64_t at)
{
    struct fb_table t = {.fb = fb};
    if (!inside(fb, at, 4)) return t;
    int64_t vtable = (int64_t)at - (int32_t)le(fb, at, 4);
    if (vtable < 0 || !inside(fb, (uint64_t)vtable, 4)) {
        fb->bad = true;
        return t;
    }
    uint16_t vtable_n = (uint16_t)le(fb, (uint64_t)vtable, 2);
    uint16_t size_n = (uint16_t)le(fb, (uint64_t)vtable + 2, 2);
    if (vtable_n < 4 || size_n < 4 || !inside(fb, (uint64_t)vtable, vtable_n) || !inside(fb, at, size_n)) {
        fb->bad = true;
        return t;
    }
    return (struct fb_table){fb, (uint32_t)at, (uint32_t)vtable, vtable_n, size_n};
}

struct fb_table fb_root(struct fb *fb)
{
    if (fb->file.n > INT32_MAX) fb->bad = true;
    if (fb->bad) return (struct fb_table){.fb = fb};
    return table_at(fb, le(fb, 0, 4));
}

// Where a field of n bytes is; 0: it has its default.
static uint32_t field(const struct fb_table *t, int id, uint32_t n)
{
    uint32_t entry = 4 + 2 * (uint32_t)id;
    if (!t->at || entry + 2 > t->vtable_n) return 0;
    uint32_t offset = (uint32_t)le(t->fb, t->vtable + entry, 2);
    if (!offset) return 0;
    if (offset < 4 || offset + n > t->size_n) {
        t->fb->bad = true;
        return 0;
    }
    return t->at + offset;
}

bool fb_has(const struct fb_table *t, int id)
{
    return field(t, id, 1) != 0;
}

uint8_t fb_u8(const struct fb_table *t, int id, uint8_t otherwise)
{
    uint32_t at = field(t, id, 1);
    return at ? (uint8_t)le(t->fb, at, 1) : otherwise;
}

int8_t fb_i8(const struct fb_table *t, int id, int8_t otherwise)
{
    return (int8_t)fb_u8(t, id, (uint8_t)otherwise);
}

uint32_t fb_u32(const struct fb_table *t, int id, uint32_t otherwise)
{
    uint32_t at = field(t, id, 4);
    return at ? (uint32_t)le(t->fb, at, 4) : otherwise;
}

int32_t fb_i32(const struct fb_table *t, int id, int32_t otherwise)
{
    return (int32_t)fb_u32(t, id, (uint32_t)otherwise);
}

uint64_t fb_u64(const struct fb_table *t, int id, uint64_t otherwise)
{
    uint32_t at = field(t, id, 8);
    return at ? le(t->fb, at, 8) : otherwise;
}

static float to_float(uint32_t bits)
{
    float v;
    memcpy(&v, &bits, 4);
    return v;
}

float fb_f32(const struct fb_table *t, int id, float otherwise)
{
    uint32_t at = field(t, id, 4);
    return at ? to_float((uint32_t)le(t->fb, at, 4)) : otherwise;
}

// What a reference points to; 0: absent. A distance of 0 would be the reference itself.
static uint64_t follow(struct fb *fb, uint32_t at)
{
    uint64_t distance = le(fb, at, 4);
    if (!distance) {
        fb->bad = true;
        return 0;
    }
    return at + distance;
}

struct fb_table fb_sub(const struct fb_table *t, int id)
{
    uint32_t at = field(t, id, 4);
    uint64_t to = at ? follow(t->fb, at) : 0;
    return to ? table_at(t->fb, to) : (struct fb_table){.fb = t->fb};
}

struct fb_vec fb_vec(const struct fb_table *t, int id, uint32_t element_bytes)
{
    struct fb_vec v = {.fb = t->fb, .size = element_bytes};
    uint32_t at = field(t, id, 4);
    uint64_t to = at ? follow(t->fb, at) : 0;
    if (!to) return v;
    uint64_t n = le(t->fb, to, 4);
    if (!inside(t->fb, to, 4) || !inside(t->fb, to + 4, n * element_bytes)) return v;
    v.at = (uint32_t)(to + 4);
    v.p = t->fb->file.p + v.at;
    v.n = (uint32_t)n;
    return v;
}

const char *fb_str(const struct fb_table *t, int id)
{
    struct fb_vec v = fb_vec(t, id, 1);
    if (!v.p) return NULL;
    if (!inside(t->fb, (uint64_t)v.at + v.n, 1)) return NULL;
    if (v.p[v.n]) {
        t->fb->bad = true;
        return NULL;
    }
    return (const char *)v.p;
}

struct fb_table fb_vec_table(const struct fb_vec *v, uint32_t i)
{
    assert(v->size == 4);
    if (i >= v->n) {
        v->fb->bad = true;
        return (struct fb_table){.fb = v->fb};
    }
    uint64_t to = follow(v->fb, v->at + 4 * i);
    return to ? table_at(v->fb, to) : (struct fb_table){.fb = v->fb};
}

static uint64_t element(const struct fb_vec *v, uint32_t i, uint32_t n)
{
    assert(v->size == n);
    if (i >= v->n) {
        v->fb->bad = true;
        return 0;
    }
    return le(v->fb, (uint64_t)v->at + (uint64_t)i * n, (int)n);
}

int32_t fb_vec_i32(const struct fb_vec *v, uint32_t i)
{
    return (int32_t)(uint32_t)element(v, i, 4);
}

int64_t fb_vec_i64(const struct fb_vec *v, uint32_t i)
{
    return (int64_t)element(v, i, 8);
}

// ---- writing ----

static uint32_t here(const struct fbw *w)
{
    return (uint32_t)(w->out->n - w->base);
}

static void put(struct fbw *w, uint64_t v, uint32_t n)
{
    uint8_t b[8];
    for (uint32_t i = 0; i < n; i++) b[i] = (uint8_t)(v >> (8 * i));
    buf_put(w->out, b, n);
}

static void poke(struct fbw *w, uint32_t at, uint64_t v, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) w->out->p[w->base + at + i] = (uint8_t)(v >> (8 * i));
}

// Zeros until (here + ahead) is a multiple of n.
static void align(struct fbw *w, uint32_t ahead, uint32_t n)
{
    while ((here(w) + ahead) % n) put(w, 0, 1);
}

static void resolve(struct fbw *w)
{
    if (w->link) poke(w, w->link - 1, here(w) - (w->link - 1), 4);
    w->link = 0;
}

void fbw_start(struct fbw *w, struct buf *out, const char *identifier)
{
    assert(strlen(identifier) == 4);
    *w = (struct fbw){.out = out, .base = out->n, .link = 1};
    put(w, 0, 4);
    buf_put(out, identifier, 4);
}

void fbw_begin(struct fbw *w)
{
    memset(w->bytes, 0, sizeof w->bytes);
}

static void set(struct fbw *w, int id, uint64_t v, uint8_t bytes)
{
    assert(id >= 0 && id < FBW_MAX_FIELD && !w->bytes[id]);
    w->value[id] = v;
    w->bytes[id] = bytes;
}

void fbw_u8(struct fbw *w, int id, uint8_t v, uint8_t otherwise)
{
    if (v != otherwise) set(w, id, v, 1);
}

void fbw_i32(struct fbw *w, int id, int32_t v, int32_t otherwise)
{
    if (v != otherwise) set(w, id, (uint32_t)v, 4);
}

void fbw_f32(struct fbw *w, int id, float v, float otherwise)
{
    uint32_t bits;
    memcpy(&bits, &v, 4);
    if (v != otherwise) set(w, id, bits, 4);
}

void fbw_ref(struct fbw *w, int id)
{
    set(w, id, 0, 4);
}

void fbw_end(struct fbw *w)
{
    uint8_t vtable[4 + 2 * FBW_MAX_FIELD] = {0};
    uint32_t n = 0, size = 4;
    for (uint32_t bytes = 4; bytes; bytes /= 4) // the wide fields first, so that none needs a gap
        for (uint32_t id = 0; id < FBW_MAX_FIELD; id++)
            if (w->bytes[id] == bytes) {
                vtable[4 + 2 * id] = (uint8_t)size;
                w->slot[id] = size;
                size += bytes;
                if (id + 1 > n) n = id + 1;
            }
    n = 4 + 2 * n;
    vtable[0] = (uint8_t)n;
    vtable[2] = (uint8_t)size;

    uint32_t at = 0;
    bool shared = false;
    for (uint32_t i = 0; i < w->vtable_used && !shared; i++) {
        at = w->vtable[i];
        const uint8_t *p = w->out->p + w->base + at;
        shared = p[0] == n && !memcmp(p, vtable, n);
    }
    if (!shared) {
        align(w, 0, 2);
        at = here(w);
        buf_put(w->out, vtable, n);
        if (w->vtable_used < sizeof w->vtable / sizeof *w->vtable) w->vtable[w->vtable_used++] = at;
    }
    align(w, 0, 4);
    resolve(w);
    uint32_t start = here(w);
    put(w, start - at, 4);
    for (uint32_t bytes = 4; bytes; bytes /= 4)
        for (uint32_t id = 0; id < FBW_MAX_FIELD; id++)
            if (w->bytes[id] == bytes) {
                w->slot[id] += start;
                put(w, w->value[id], bytes);
            }
}

uint32_t fbw_slot(const struct fbw *w, int id)
{
    assert(w->bytes[id] == 4);
    return w->slot[id];
}

void fbw_link(struct fbw *w, uint32_t slot)
{
    assert(!w->link);
    w->link = slot + 1; // 0 means none
}

void fbw_str(struct fbw *w, const char *s)
{
    fbw_vec(w, s, (uint32_t)strlen(s), 1, 4);
    put(w, 0, 1);
}

void fbw_vec(struct fbw *w, const void *p, uint32_t n, uint32_t element_bytes, uint32_t alignment)
{
    align(w, 0, 4);
    align(w, 4, alignment > 4 ? alignment : 4);
    resolve(w);
    put(w, n, 4);
    buf_put(w->out, p, (size_t)n * element_bytes);
}

uint32_t fbw_vec_refs(struct fbw *w, uint32_t n)
{
    align(w, 0, 4);
    resolve(w);
    put(w, n, 4);
    uint32_t first = here(w);
    for (uint32_t i = 0; i < n; i++) put(w, 0, 4);
    return first;
}
