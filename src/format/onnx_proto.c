#include "onnx_proto.h"
#include <string.h>

// protobuf-c recurses once per nested message and allocates a whole struct for a message of two bytes; both
// are bounded here before and while it works.
enum { MAX_DEPTH = 32, BYTES_PER_BYTE = 32, BYTES_AT_LEAST = 1 << 20 };

struct cursor {
    const uint8_t *p, *end;
    bool bad;
};

static uint64_t varint(struct cursor *c)
{
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (c->p == c->end) break;
        uint8_t b = *c->p++;
        v |= (uint64_t)(b & 127) << shift;
        if (!(b & 128)) return v;
    }
    c->bad = true;
    return 0;
}

// Takes the next field; *body is its content when it is length-delimited.
static bool field_next(struct cursor *c, uint32_t *id, int *wire, struct span *body)
{
    uint64_t key = varint(c), n = 0;
    *wire = (int)(key & 7);
    *id = (uint32_t)(key >> 3);
    if (key >> 3 > UINT32_MAX >> 3 || !*id) c->bad = true;
    if (*wire == 0)
        varint(c);
    else if (*wire == 1)
        n = 8;
    else if (*wire == 5)
        n = 4;
    else if (*wire == 2)
        n = varint(c);
    else
        c->bad = true;
    if (c->bad || n > (uint64_t)(c->end - c->p)) return !(c->bad = true);
    *body = (struct span){c->p, (size_t)n};
    c->p += n;
    return true;
}

static bool nesting_check(const ProtobufCMessageDescriptor *d, struct span s, int depth, struct err *e)
{
    struct cursor c = {s.p, s.p + s.n, false};
    if (!depth)
        return fail(e, "its structures are nested more than %d deep; not a file of an exporter", MAX_DEPTH);
    while (c.p < c.end) {
        uint32_t id;
        int wire;
        struct span body;
        if (!field_next(&c, &id, &wire, &body))
            return fail(e, "its protobuf structure (%s) is damaged or cut off; copy or export the file again",
                        d->short_name);
        const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field(d, id);
        if (!f || f->type != PROTOBUF_C_TYPE_MESSAGE || wire != 2) continue;
        if (!nesting_check(f->descriptor, body, depth - 1, e)) return false;
    }
    return true;
}

bool onnx_probe(struct span bytes)
{
    struct cursor c = {bytes.p, bytes.p + bytes.n, false};
    bool graph = false;
    while (c.p < c.end) {
        uint32_t id;
        int wire;
        struct span body;
        if (!field_next(&c, &id, &wire,
                        &body)) // a cut-off file is still ours, so that the message is about it
            return graph || (bytes.p[0] == 0x08 && id == 7 && wire == 2);
        const ProtobufCFieldDescriptor *f =
            protobuf_c_message_descriptor_get_field(&onnx__model_proto__descriptor, id);
        if (!f || (f->type == PROTOBUF_C_TYPE_INT64 ? wire != 0 : wire != 2)) return false;
        graph |= id == 7;
    }
    return graph;
}

struct budget {
    struct arena *a;
    size_t left;
};

static void *budget_alloc(void *who, size_t n)
{
    struct budget *b = who;
    if (n > b->left || n + 64 > b->left) return NULL;
    b->left -= n + 64; // the arena rounds up to its alignment
    return arena_alloc(b->a, n);
}

static void budget_free(void *who, void *p)
{
    (void)who;
    (void)p;
}

Onnx__ModelProto *onnx_unpack(struct span bytes, struct arena *a, struct err *e)
{
    if (!nesting_check(&onnx__model_proto__descriptor, bytes, MAX_DEPTH, e)) return NULL;
    struct budget b = {a, bytes.n * BYTES_PER_BYTE + BYTES_AT_LEAST};
    ProtobufCAllocator alloc = {budget_alloc, budget_free, &b};
    Onnx__ModelProto *m = onnx__model_proto__unpack(&alloc, bytes.n, bytes.p);
    if (!m) return FAIL_NULL(e, "its protobuf structure is damaged; copy or export the file again");
    if (!m->graph) return FAIL_NULL(e, "an ONNX file without a graph; export the model again");
    return m;
}

void onnx_pack(const Onnx__ModelProto *m, struct buf *out)
{
    size_t n = onnx__model_proto__get_packed_size(m);
    struct arena a = {0};
    uint8_t *p = arena_alloc(&a, n);
    onnx__model_proto__pack(m, p);
    buf_put(out, p, n);
    arena_free(&a);
}
