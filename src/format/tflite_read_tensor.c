// Tensors of a .tflite file: shape, type, scales, constant bytes, each checked, one slot a tensor.
#include "tflite_read.h"
#include <string.h>

// n bytes at p, moved where their type may be read from if need be.
static const void *aligned(struct reader *r, const uint8_t *p, uint64_t n, size_t size, struct err *e)
{
    if ((uintptr_t)p % size == 0) return p;
    return reader_room(r, n, e) ? arena_copy(r->a, p, n) : NULL;
}

static bool read_shape(const struct fb_table *record, struct slot *s, bool input, struct err *e)
{
    struct fb_vec shape = fb_vec(record, TENSOR_SHAPE, 4), sign = fb_vec(record, TENSOR_SIGNATURE, 4);
    struct tensor *t = s->t;
    if (shape.n > GRAPH_MAX_RANK) {
        s->why_not = "has too many dimensions (6 at most)";
        return true;
    }
    if (!shape.n && input && !record->fb->bad)
        return fail(e, "input %s has no shape; export the model with a fixed window length", t->name);
    t->rank = (int)shape.n;
    s->shaped = shape.n > 0;
    for (uint32_t i = 0; i < shape.n; i++) {
        int32_t stated = fb_vec_i32(&shape, i);
        bool open = (sign.n == shape.n && fb_vec_i32(&sign, i) == -1) || stated == -1;
        if (open && input && i > 0)
            return fail(
                e, "input %s: dimension %u has no fixed size; export the model with a fixed window length",
                t->name, (unsigned)i);
        if (open && !input) s->open |= 1u << i;
        t->dim[i] = stated == -1 ? 1 : stated; // the batch is 1
    }
    return true;
}

static bool read_quant(struct reader *r, const struct fb_table *record, struct slot *s, struct err *e)
{
    struct fb_table q = fb_sub(record, TENSOR_QUANT);
    struct fb_vec scale = fb_vec(&q, QUANT_SCALE, 4), zero = fb_vec(&q, QUANT_ZERO, 8);
    struct tensor *t = s->t;
    if (fb_u8(&q, QUANT_DETAILS, 0)) {
        s->why_not = "is quantized in blocks or by a custom scheme";
        return true;
    }
    if (!scale.n || t->type == F32 || t->type == F16 || t->type == BOOL)
        return true; // a leftover of training
    if (zero.n && zero.n != scale.n && zero.n != 1)
        return fail(e, "tensor %s: %u scales, %u zero points", t->name, scale.n, zero.n);
    if (!reader_room(r, (uint64_t)scale.n * 8, e)) return false;
    const float *values = aligned(r, scale.p, (uint64_t)scale.n * 4, sizeof(float), e);
    if (!values) return false;
    int32_t *zeros = arena_new_n(r->a, scale.n, int32_t);
    for (uint32_t i = 0; i < scale.n && zero.n; i++) {
        int64_t z = fb_vec_i64(&zero, zero.n == 1 ? 0 : i);
        if (z < INT32_MIN || z > INT32_MAX)
            return fail(e, "tensor %s: zero point %lld is outside of %s", t->name, (long long)z,
                        dtype_name(t->type));
        zeros[i] = (int32_t)z;
    }
    t->q = (struct quant){(int)scale.n, scale.n > 1 ? fb_i32(&q, QUANT_AXIS, 0) : 0, values, zeros};
    return true;
}

// The constant bytes of a tensor, when it has some.
static bool read_data(struct reader *r, const struct fb_table *record, struct slot *s, struct err *e)
{
    struct tensor *t = s->t;
    uint32_t index = fb_u32(record, TENSOR_BUFFER, 0);
    if (index == 0) return true;
    if (index >= r->buffers.n)
        return fail(e, "tensor %s: names buffer %u, the file has %u", t->name, index, r->buffers.n);
    struct fb_table buffer = fb_vec_table(&r->buffers, index);
    struct fb_vec data = fb_vec(&buffer, BUFFER_DATA, 1);
    const uint8_t *p = data.p;
    uint64_t n = data.n, offset = fb_u64(&buffer, BUFFER_OFFSET, 0);
    if (offset > 1) { // large models keep their constants behind the FlatBuffer
        n = fb_u64(&buffer, BUFFER_SIZE, 0);
        if (offset > r->fb.file.n || n > r->fb.file.n - offset)
            return fail(e, "tensor %s: its constant lies outside of the file; it was cut off", t->name);
        p = r->fb.file.p + offset;
    }
    if (!n || s->why_not) return true;
    if (!tensor_check(t, e)) return false;
    if ((uint64_t)tensor_bytes(t) != n) {
        char shape[64];
        return fail(e, "tensor %s: its constant has %llu bytes, %s %s wants %lld", t->name,
                    (unsigned long long)n, dtype_name(t->type), tensor_shape(t, shape, sizeof shape),
                    (long long)tensor_bytes(t));
    }
    t->data = aligned(r, p, n, (size_t)dtype_size(t->type), e);
    s->bytes = p;
    s->n = n;
    s->made = true;
    return t->data != NULL;
}

// A name from the file; `otherwise` when there is none. Foreign names may hold anything and be shared by all
// tensors: what reaches a terminal is printable and not long. NULL: not enough room.
const char *reader_text(struct reader *r, const struct fb_table *record, int id, const char *otherwise,
                        struct err *e)
{
    enum { LONGEST = 1000 };
    const char *name = fb_str(record, id);
    size_t length = fb_vec(record, id, 1).n, n = length < LONGEST ? length : LONGEST, i = 0;
    if (!name || !*name) return otherwise;
    while (i < n && (unsigned char)name[i] >= ' ' && name[i] != 127) i++;
    if (i == length) return name;
    if (!reader_room(r, n, e)) return NULL;
    char *copy = arena_strndup(r->a, name, n);
    for (i = 0; i < n; i++)
        if ((unsigned char)copy[i] < ' ' || copy[i] == 127) copy[i] = '?';
    return copy;
}

static bool read_tensor(struct reader *r, const struct fb_table *record, int index, bool input, struct err *e)
{
    struct slot *s = &r->slot[index];
    if (!reader_room(r, 512, e)) return false;
    const char *name = reader_text(r, record, TENSOR_NAME, "", e);
    if (!name) return false;
    if (!*name) name = arena_printf(r->a, "tensor %d", index);
    s->t = tensor_new(r->a, name, F32, 0, NULL);
    int tfl = fb_i8(record, TENSOR_TYPE, TFL_F32), type = tflite_type_to(tfl);
    if (type < 0)
        s->why_not = arena_printf(r->a, "is %s", tflite_type_name(tfl));
    else
        s->t->type = (enum dtype)type;
    if (fb_has(record, TENSOR_SPARSITY))
        s->why_not = "is stored sparse; convert the model again without pruning";
    if (fb_has(record, TENSOR_EXTERNAL)) s->why_not = "lies in another file";
    s->variable = fb_u8(record, TENSOR_VARIABLE, 0) != 0;
    s->made = s->variable;
    if (!read_shape(record, s, input, e) || !read_quant(r, record, s, e)) return false;
    if (input) return true;
    return read_data(r, record, s, e);
}

bool reader_slots(struct reader *r, const struct fb_table *sub, struct err *e)
{
    struct fb_vec tensors = fb_vec(sub, SUBGRAPH_TENSORS, 4), in = fb_vec(sub, SUBGRAPH_INPUTS, 4);
    if (!reader_room(r, (uint64_t)tensors.n * (sizeof *r->slot + 1), e)) return false;
    r->slot = arena_new_n(r->a, tensors.n, struct slot);
    r->nslot = (int)tensors.n;
    bool *is_input = arena_new_n(r->a, tensors.n, bool);
    for (uint32_t i = 0; i < in.n; i++) {
        int32_t k = fb_vec_i32(&in, i);
        if (k >= 0 && k < r->nslot) is_input[k] = !r->loop; // a loop's variables are its own matter
    }
    for (int i = 0; i < r->nslot; i++) {
        struct fb_table t = fb_vec_table(&tensors, (uint32_t)i);
        if (!read_tensor(r, &t, i, is_input[i], e)) return false;
        if (r->fb.bad) return fail(e, "tensor %d: %s", i, reader_damaged);
        r->slot[i].made |= is_input[i];
    }
    return true;
}
