// Files: read whole, written whole (to a temporary name, then renamed).
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include "arena.h"
#include "err.h"
#include "span.h"

// The file's bytes, in the arena, with one zero byte behind them that is not counted.
bool file_read(const char *path, struct arena *a, struct span *out, struct err *e);
// Writes path.tmp-PID beside it, syncs, renames: the file is old or new, never half.
bool file_write(const char *path, struct span bytes, struct err *e);
bool file_exists(const char *path);
bool file_is_dir(const char *path);
// Makes the folder and those above it; one that exists is fine.
bool dir_make(const char *path, struct err *e);
// Names in a folder, sorted, without "." and ".."; *n = -1 and NULL when it cannot be read.
char **dir_list(const char *path, struct arena *a, int *n);
// Removes a folder and all in it (used on our own scratch folders only).
void dir_remove(const char *path);
#endif
