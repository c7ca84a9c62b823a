#include "dataset.h"
#include "../base/file.h"
#include "place.h"
#include <string.h>

extern const struct dataset_def data_hapt, data_uci_har, data_st_har, data_csv, data_synth;
const struct dataset_def *const dataset_defs[] = {&data_hapt, &data_uci_har, &data_st_har,
                                                  &data_csv,  &data_synth,   NULL};

const struct dataset_def *dataset_find(const char *name)
{
    for (int i = 0; dataset_defs[i]; i++)
        if (!strcmp(dataset_defs[i]->name, name)) return dataset_defs[i];
    return NULL;
}

static struct dataset *def_read(const struct dataset_def *def, const char *path, const struct data_opt *o,
                                struct arena *a, struct err *e)
{
    struct dataset *d = def->read(path, o, a, e);
    if (!d) return NULL;
    d->name = def->name;
    d->about = d->about ? d->about : def->about;
    d->licence = d->licence ? d->licence : def->licence;
    d->origin = d->origin ? d->origin : arena_strdup(a, path);
    return d;
}

static const char *names_text(struct arena *a)
{
    const char *s = "";
    for (int i = 0; dataset_defs[i]; i++)
        s = arena_printf(a, "%s%s%s", s, i ? " " : "", dataset_defs[i]->name);
    return s;
}

struct dataset *dataset_load(const char *name_or_path, const struct data_opt *opt, struct arena *a,
                             struct err *e)
{
    static const struct data_opt none;
    const struct data_opt *o = opt ? opt : &none;
    const struct dataset_def *def = dataset_find(name_or_path);
    const char *path = def ? o->from : name_or_path;
    if (def && !def->probe) return def_read(def, path, o, a, e); // synth and csv: no place of their own
    if (def && path) {
        const char *at = place_of(def, path, a);
        return def_read(def, at ? at : path, o, a, e); // when it is not the set, the reader says what lacks
    }
    if (def) {
        path = dataset_locate(def, a);
        if (!path)
            return FAIL_NULL(e, "%s: not on this machine; get it with: wearlite data get %s", def->name,
                             def->name);
        return def_read(def, path, o, a, e);
    }
    if (!file_exists(path))
        return FAIL_NULL(e, "%s: neither a data set (%s) nor a file or folder; check the spelling", path,
                         names_text(a));
    for (int i = 0; dataset_defs[i]; i++) {
        const char *at = dataset_defs[i]->probe ? place_of(dataset_defs[i], path, a) : NULL;
        if (at) return def_read(dataset_defs[i], at, o, a, e);
    }
    def = dataset_find("csv");
    if (!def) return FAIL_NULL(e, "%s: no data set that is known", path);
    return def_read(def, path, o, a, e);
}
