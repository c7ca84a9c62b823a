#include "place.h"
#include "../base/file.h"
#include "source.h"
#include <stdlib.h>
#include <string.h>

const char *place_of(const struct dataset_def *d, const char *path, struct arena *a)
{
    if (!d->probe || !file_exists(path)) return NULL;
    if (d->probe(path)) return path;
    int n;
    char **name = file_is_dir(path) ? dir_list(path, a, &n) : NULL;
    for (int i = 0; name && i < n; i++) {
        const char *zip = arena_printf(a, "%s/%s", path, name[i]);
        if (has_suffix(name[i], ".zip") && d->probe(zip)) return zip;
    }
    return NULL;
}

static const char *home_base(struct arena *a)
{
    const char *own = getenv("WEARLITE_DATA"), *home = getenv("HOME");
    if (own && *own) return arena_strdup(a, own);
    return home && *home ? arena_printf(a, "%s/.local/share/wearlite", home) : NULL;
}

const char *place_home(const struct dataset_def *d, struct arena *a)
{
    const char *base = home_base(a);
    return base ? arena_printf(a, "%s/%s", base, d->name) : NULL;
}

// base/NAME, then base/NAME* (an excerpt, an archive), then base itself.
static const char *place_below(const struct dataset_def *d, const char *base, struct arena *a)
{
    int n;
    char **name = dir_list(base, a, &n);
    if (!name) return NULL;
    const char *at = place_of(d, arena_printf(a, "%s/%s", base, d->name), a);
    for (int i = 0; !at && i < n; i++)
        if (!strncmp(name[i], d->name, strlen(d->name)) && strcmp(name[i], d->name))
            at = place_of(d, arena_printf(a, "%s/%s", base, name[i]), a);
    return at ? at : place_of(d, base, a);
}

const char *dataset_locate(const struct dataset_def *d, struct arena *a)
{
    const char *own = getenv("WEARLITE_DATA"), *home = getenv("HOME");
    const char *at = NULL;
    if (!d->probe) return NULL;
    if (own && *own) at = place_below(d, own, a);
    if (!at && home && *home) at = place_below(d, arena_printf(a, "%s/.local/share/wearlite", home), a);
    return at ? at : place_below(d, "../shared/data", a);
}
