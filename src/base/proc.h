// Running another program: compilers, emulators. No shell between.
#ifndef BASE_PROC_H
#define BASE_PROC_H
#include "arena.h"
#include "err.h"
#include "span.h"

struct proc_result {
    int status;           // exit status; 128 + signal when killed; 124 after the time limit
    struct span out, err; // what it printed, in the arena, zero behind each
};
// argv ends with NULL; runs in folder dir (NULL: here). False only when it could not be started or
// interrupted.
bool proc_run(const char *const *argv, const char *dir, int timeout_s, struct arena *a, struct proc_result *r,
              struct err *e);
// The program's full path on PATH, or NULL.
const char *proc_find(const char *name, struct arena *a);
#endif
