// Getting data sets: from their official address, another URL, a file or a folder.
#define _GNU_SOURCE
#include "dataset.h"
#include "../base/file.h"
#include "../base/log.h"
#include "http.h"
#include "place.h"
#include "source.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool file_copy(const char *from, const char *to, struct err *e)
{
    struct arena scratch = {0};
    struct span bytes;
    bool ok = file_read(from, &scratch, &bytes, e) && file_write(to, bytes, e);
    arena_free(&scratch);
    return ok;
}

// The files of a folder, below another.
static bool folder_copy(const char *from, const char *to, struct arena *a, struct err *e)
{
    struct source s;
    bool ok = source_open(&s, from, a, e);
    for (int i = 0; ok && i < s.n; i++) {
        char *path = arena_printf(a, "%s/%s", to, s.entry[i].name), *slash = strrchr(path, '/');
        *slash = 0;
        ok = dir_make(path, e);
        *slash = '/';
        ok = ok && file_copy(source_where(&s, i, a), path, e);
    }
    source_close(&s);
    return ok;
}

// Reads the whole set: what is damaged is found now and not in the middle of a study.
static bool set_is_whole(const struct dataset_def *d, const char *path, struct err *e)
{
    struct arena scratch = {0};
    bool ok = d->read(path, &(struct data_opt){0}, &scratch, e) != NULL;
    arena_free(&scratch);
    return ok;
}

static bool set_get(const struct dataset_def *d, const char *from, const struct http_opt *h, struct arena *a,
                    struct err *e)
{
    const char *home = place_home(d, a), *at = from;
    if (!home)
        return fail(e, "neither WEARLITE_DATA nor HOME is set; set WEARLITE_DATA to a folder for data");
    const char *incoming = arena_printf(a, "%s/incoming.zip", home);
    const char *final = arena_printf(a, "%s/%s", home, d->archive);
    bool folder = false, ok = dir_make(home, e);
    if (!ok) return false;
    if (is_url(from)) {
        ok = http_get(from, incoming, h, a, e);
    } else {
        if (!file_exists(from))
            return fail(e, "%s: no such file or folder; check the spelling, or give a URL with http://",
                        from);
        at = place_of(d, from, a);
        if (!at) at = from; // set_is_whole says what lacks
        if (!set_is_whole(d, at, e)) return false;
        folder = file_is_dir(at);
        if (folder) {
            incoming = arena_printf(a, "%s/incoming", home);
            final = arena_printf(a, "%s/%s", home, d->name);
            dir_remove(incoming);
        }
        ok = folder ? folder_copy(at, incoming, a, e) : file_copy(at, incoming, e);
    }
    ok = ok && set_is_whole(d, incoming, e);
    if (ok && folder) dir_remove(final);
    if (ok && rename(incoming, final)) ok = fail(e, "%s: cannot be written: %s", final, strerror(errno));
    if (!ok && folder) dir_remove(incoming);
    if (!ok && !folder) unlink(incoming);
    if (!ok) rmdir(home); // stays when it holds anything, such as the beginning of a download
    if (ok) log_info("%s: now in %s", d->name, final);
    return ok;
}

static const struct dataset_def *def_to_get(const char *name, struct arena *a, struct err *e)
{
    const struct dataset_def *d = dataset_find(name);
    const char *names = "";
    if (d && d->url) return d;
    for (int i = 0; dataset_defs[i]; i++)
        if (dataset_defs[i]->url) names = arena_printf(a, "%s %s", names, dataset_defs[i]->name);
    if (d) return FAIL_NULL(e, "%s: there is nothing to get; sets to get are%s", name, names);
    return FAIL_NULL(e, "%s: no such data set; sets to get are%s", name, names);
}

bool dataset_get(const char *name, const char *from, struct arena *a, struct err *e)
{
    const struct dataset_def *d = def_to_get(name, a, e);
    if (!d) return false;
    const char *home = place_home(d, a), *there = home ? place_of(d, home, a) : NULL;
    if (!from && there) {
        log_info("%s: already in %s", name, there);
        return true;
    }
    struct http_opt h = {.what = arena_printf(a, "get %s", name), .sha256 = from ? NULL : d->sha256};
    return set_get(d, from ? from : d->url, &h, a, e);
}

struct dataset *dataset_load_or_synth(const char *name, const struct data_opt *o, struct arena *a,
                                      struct err *e)
{
    const struct dataset_def *d = dataset_find(name);
    const char *offline = getenv("WEARLITE_OFFLINE");
    if (!d || !d->url || (o && o->from) || dataset_locate(d, a)) return dataset_load(name, o, a, e);
    struct http_opt h = {
        .what = arena_printf(a, "get %s", name), .sha256 = d->sha256, .tries = 1, .patience_s = 5};
    if (offline && *offline)
        fail(e, "WEARLITE_OFFLINE is set");
    else if (log_info("%s: not on this machine, asking %s", name, d->url), set_get(d, d->url, &h, a, e))
        return dataset_load(name, o, a, e);
    log_warn("%s is not here and cannot be had (%s)", name, e->text);
    log_warn("using synth instead: SIMULATED recordings, their figures say nothing about people");
    *e = (struct err){""};
    return dataset_load("synth", o, a, e);
}
