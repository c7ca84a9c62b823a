#include "format.h"
#include "../base/file.h"
#include <string.h>
#include <strings.h>

const struct format *const formats[] = {&format_tflite, &format_onnx, &format_keras, &format_h5, NULL};

const struct format *format_find(const char *name)
{
    for (int i = 0; formats[i]; i++)
        if (!strcasecmp(formats[i]->name, name) || !strcasecmp(formats[i]->ext, name)) return formats[i];
    return NULL;
}

static const struct format *by_extension(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? format_find(dot) : NULL;
}

struct graph *model_load(const char *path, struct arena *a, struct err *e)
{
    struct span bytes;
    if (!file_read(path, a, &bytes, e)) return NULL;
    if (!bytes.n) return FAIL_NULL(e, "%s: the file is empty", path);
    const struct format *f = NULL;
    for (int i = 0; formats[i] && !f; i++)
        if (formats[i]->probe(bytes)) f = formats[i];
    if (!f) return FAIL_NULL(e, "%s: not a model in a known format (.tflite, .onnx, .keras, .h5)", path);
    struct graph *g = f->read(bytes, a, e);
    if (!g || !graph_check(g, e)) {
        fail_short(e);
        if (!strstr(e->text, "; "))
            fail(e, "%.650s; check that the file is complete, or export it again", arena_strdup(a, e->text));
        fail_in(e, "%s", path);
        return NULL;
    }
    return g;
}

bool model_save(const struct graph *g, const char *path, struct err *e)
{
    const struct format *f = by_extension(path);
    if (!f || !f->write) return fail(e, "%s: cannot write this kind of file; name it .tflite or .onnx", path);
    struct buf out = {0};
    bool ok = f->write(g, &out, e) ? file_write(path, buf_span(&out), e) : fail_in(e, "%s", path);
    buf_free(&out);
    return ok;
}
