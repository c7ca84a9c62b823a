// Where a data set's files come from: a folder, a zip archive (also one inside another, as the UCI repository
// packs them), or one file. Archives are read in place, nothing is extracted.
#ifndef DATA_SOURCE_H
#define DATA_SOURCE_H
#include "../base/arena.h"
#include "../base/err.h"
#include "../base/span.h"

struct source_entry {
    const char *name; // below the folder or archive, parted by '/'
    uint64_t bytes;
    struct zip *zip; // NULL: a file on disk
    uint64_t index;  // in the archive
    uint64_t archive_bytes;
};
struct source {
    const char *path;
    int n;
    struct source_entry *entry; // sorted by name; no folders, no hidden files
    struct arena *a;
    struct zip *zip[9]; // the archive, then archives inside it
    int nzip;
};

// Close with source_close, after a failure, too.
bool source_open(struct source *s, const char *path, struct arena *a, struct err *e);
bool source_open_zip(struct source *s, struct span bytes, const char *name, struct arena *a, struct err *e);
void source_close(struct source *s);
// The entry that is called name or ends with "/name"; -1 when there is none.
int source_find(const struct source *s, const char *name);
// "archive.zip: folder/file.txt", for messages.
const char *source_where(const struct source *s, int i, struct arena *a);
// The bytes of an entry, in the arena, a zero byte behind them.
bool source_read(const struct source *s, int i, struct arena *a, struct span *out, struct err *e);
bool has_suffix(const char *s, const char *end);
#endif
