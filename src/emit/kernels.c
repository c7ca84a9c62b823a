// The device sources that a plan needs, copied out of this program: the first folder of target->kernels that
// has a file wins, then device/ itself.
#include "parts.h"
#include "../base/file.h"
#include <string.h>

enum { MOST = 96 };
struct copied {
    const char *name[MOST];
    int n;
};

static const struct embedded *kernel_find(const struct target *t, const char *name, struct arena *a)
{
    for (int i = 0; i < 4 && t->kernels[i]; i++) {
        const struct embedded *f = embedded_find(arena_printf(a, "device/%s/%s", t->kernels[i], name));
        if (f) return f;
    }
    return embedded_find(arena_printf(a, "device/%s", name));
}

static bool copy(const struct target *t, const char *name, const char *dir, struct copied *done,
                 struct arena *a, struct err *e)
{
    for (int i = 0; i < done->n; i++)
        if (!strcmp(done->name[i], name)) return true;
    if (done->n == MOST) return fail(e, "%s: more device sources than a project can hold", name);
    done->name[done->n++] = name;
    const struct embedded *f = kernel_find(t, name, a);
    if (!f) return fail(e, "no device source %s inside this program; rebuild it (make clean all)", name);
    // All files land in one folder, so an include of "../nn_math.h" loses its path.
    struct buf out = {0};
    const char *p = (const char *)f->bytes, *end = p + f->n;
    bool good = true;
    while (p < end && good) {
        const char *nl = memchr(p, '\n', (size_t)(end - p)), *next = nl ? nl + 1 : end;
        static const char key[] = "#include \"";
        size_t n = sizeof key - 1;
        const char *q =
            (size_t)(next - p) > n && !memcmp(p, key, n) ? memchr(p + n, '"', (size_t)(next - p) - n) : NULL;
        if (q) {
            char *path = arena_strndup(a, p + n, (size_t)(q - p) - n), *slash = strrchr(path, '/');
            const char *base = slash ? slash + 1 : path;
            good = copy(t, base, dir, done, a, e);
            buf_printf(&out, "#include \"%s\"\n", base);
        } else {
            buf_put(&out, p, (size_t)(next - p));
        }
        p = next;
    }
    good = good && file_write(arena_printf(a, "%s/nn/%s", dir, name), buf_span(&out), e);
    buf_free(&out);
    return good;
}

bool kernels_copy(const struct plan *p, const struct target *t, const char *dir, struct arena *a,
                  struct err *e)
{
    struct copied done = {.n = 0};
    if (!dir_make(arena_printf(a, "%s/nn", dir), e)) return false;
    static const char *const always[] = {"nn.h", "nn_math.h", "nn_border.h"};
    for (int i = 0; i < 3; i++)
        if (!copy(t, always[i], dir, &done, a, e)) return false;
    for (int s = 0; s < p->nstep; s++)
        if (!copy(t, arena_printf(a, "%s.c", p->step[s].k->name), dir, &done, a, e)) return false;
    return true;
}
