#include "work.h"
#include "../base/file.h"
#include "../base/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_FORMAT = 1 }; // raised when the meaning of kept results changes

struct sha256 step_hash(const struct study *s, const char *kind)
{
    struct sha256 h;
    sha256_init(&h);
    step_depends(&h, "%s %d", kind, STEP_FORMAT);
    step_depends(&h, "data %s", s->data_hash);
    return h;
}

void step_depends(struct sha256 *h, const char *fmt, ...)
{
    char line[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    sha256_add(h, line, strlen(line) + 1); // the zero parts one line from the next
}

static const char *step_path(const struct study *s, const char *name, struct arena *a)
{
    return arena_printf(a, "%s/cells/%s.json", s->dir, name);
}

json_t *step_take(const struct study *s, const char *name, struct sha256 h)
{
    char hex[65];
    sha256_hex(&h, hex);
    struct arena a = {0};
    json_t *kept = json_load_file(step_path(s, name, &a), 0, NULL), *result = NULL;
    arena_free(&a);
    if (kept && figure_is(kept, "made_from", hex)) {
        result = json_object_get(kept, "result");
        json_incref(result);
    }
    json_decref(kept);
    return result;
}

bool step_keep(const struct study *s, const char *name, struct sha256 h, const json_t *result, struct err *e)
{
    char hex[65];
    sha256_hex(&h, hex);
    struct arena a = {0};
    json_t *kept = json_object();
    json_object_set_new(kept, "made_from", json_string(hex));
    json_object_set(kept, "result", (json_t *)result);
    char *text =
        json_dumps(kept, JSON_INDENT(1) | JSON_REAL_PRECISION(17)); // exact: taken up or fresh, the same
    bool ok = file_write(step_path(s, name, &a), (struct span){(const uint8_t *)text, strlen(text)}, e);
    free(text);
    json_decref(kept);
    arena_free(&a);
    return ok;
}

void step_say(struct study *s, const char *fmt, ...)
{
    char line[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    log_info("[%d/%d] %s", s->done, s->total, line);
}

bool step_file_hash(const char *path, char hex[65])
{
    struct arena a = {0};
    struct err e;
    struct span bytes;
    bool ok = file_read(path, &a, &bytes, &e);
    if (ok) hash_hex(bytes, hex);
    arena_free(&a);
    return ok;
}
