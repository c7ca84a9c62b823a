// FlatBuffers without a schema compiler: a reader that never leaves the file, a writer that goes forward.
// Field numbers are the schema's ids; see tflite_schema.h.
#ifndef FORMAT_FLATBUF_H
#define FORMAT_FLATBUF_H
#include "../base/buf.h"
#include "../base/span.h"
#include <stdbool.h>

// ---- reading ----
// A sticky cursor: what points outside the file reads as absent, zero or empty and sets bad; look at bad
// after each record. Nothing is copied. Positions are bytes from the file's start; 0 is "absent".
struct fb {
    struct span file; // at most 2^31 - 1 bytes
    bool bad;
};
struct fb_table {
    struct fb *fb;
    uint32_t at;               // 0: absent; every field then has its default
    uint32_t vtable;           // where the table of field offsets is
    uint16_t vtable_n, size_n; // bytes of that table; bytes of the record's inline part
};
struct fb_vec {
    struct fb *fb;
    const uint8_t *p; // the first element; NULL: absent
    uint32_t at, n;   // n elements, all inside the file
    uint32_t size;    // bytes of one
};
struct fb_table fb_root(struct fb *fb);
bool fb_has(const struct fb_table *t, int id);
uint8_t fb_u8(const struct fb_table *t, int id, uint8_t otherwise);
int8_t fb_i8(const struct fb_table *t, int id, int8_t otherwise);
int32_t fb_i32(const struct fb_table *t, int id, int32_t otherwise);
uint32_t fb_u32(const struct fb_table *t, int id, uint32_t otherwise);
uint64_t fb_u64(const struct fb_table *t, int id, uint64_t otherwise);
float fb_f32(const struct fb_table *t, int id, float otherwise);
struct fb_table fb_sub(const struct fb_table *t, int id);
// The string, ended by a zero inside the file; NULL when absent or not ended.
const char *fb_str(const struct fb_table *t, int id);
struct fb_vec fb_vec(const struct fb_table *t, int id, uint32_t element_bytes);
struct fb_table fb_vec_table(const struct fb_vec *v, uint32_t i); // of a vector of offsets (4 bytes each)
int32_t fb_vec_i32(const struct fb_vec *v, uint32_t i);
int64_t fb_vec_i64(const struct fb_vec *v, uint32_t i);

// ---- writing ----
// A record is described (fbw_begin, fields, fbw_end), laid out at the end of the file, and its references are
// filled in when the things they point to are written behind it:
//     fbw_begin(w); fbw_i32(w, 0, 3, 0); fbw_ref(w, 1); fbw_end(w);
//     uint32_t name = fbw_slot(w, 1);
//     fbw_link(w, name), fbw_str(w, "main");
enum { FBW_MAX_FIELD = 24 };
struct fbw {
    struct buf *out;
    size_t base; // where the FlatBuffer starts in out
    uint64_t value[FBW_MAX_FIELD];
    uint8_t bytes[FBW_MAX_FIELD];     // of each field of the open record; 0: left out
    uint32_t slot[FBW_MAX_FIELD];     // after fbw_end: where each field is
    uint32_t link;                    // the reference that the next thing written resolves; 0: none
    uint32_t vtable[64], vtable_used; // earlier ones, to be shared
};
// Root reference and file identifier (4 letters); the first record written is the root.
void fbw_start(struct fbw *w, struct buf *out, const char *identifier);
void fbw_begin(struct fbw *w);
void fbw_u8(struct fbw *w, int id, uint8_t v, uint8_t otherwise); // a field equal to its default is left out
void fbw_i32(struct fbw *w, int id, int32_t v, int32_t otherwise);
void fbw_f32(struct fbw *w, int id, float v, float otherwise);
void fbw_ref(struct fbw *w, int id);
void fbw_end(struct fbw *w);
uint32_t fbw_slot(const struct fbw *w, int id);
void fbw_link(struct fbw *w, uint32_t slot);
void fbw_str(struct fbw *w, const char *s);
void fbw_vec(struct fbw *w, const void *p, uint32_t n, uint32_t element_bytes, uint32_t align);
uint32_t fbw_vec_refs(struct fbw *w, uint32_t n); // the first slot; the others follow at 4 bytes each
#endif
