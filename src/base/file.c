#define _GNU_SOURCE
#include "file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_read(const char *path, struct arena *a, struct span *out, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(e, "%s: %s", path, strerror(errno));
    struct stat st;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        close(fd);
        return fail(e, "%s: not a regular file", path);
    }
    size_t n = (size_t)st.st_size, got = 0;
    uint8_t *p = arena_alloc(a, n + 1);
    while (got < n) {
        ssize_t r = read(fd, p + got, n - got);
        if (r < 0 && errno == EINTR) continue;
        if (r <= 0) break;
        got += (size_t)r;
    }
    close(fd);
    if (got < n) return fail(e, "%s: only %zu of %zu bytes could be read", path, got, n);
    *out = (struct span){p, n};
    return true;
}

bool file_write(const char *path, struct span bytes, struct err *e)
{
    char tmp[PATH_MAX];
    if (snprintf(tmp, sizeof tmp, "%s.tmp-%d", path, (int)getpid()) >= (int)sizeof tmp)
        return fail(e, "%s: the path is too long", path);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return fail(e, "%s: cannot be written: %s", path, strerror(errno));
    size_t put = 0;
    bool ok = true;
    while (ok && put < bytes.n) {
        ssize_t w = write(fd, bytes.p + put, bytes.n - put);
        if (w < 0 && errno == EINTR) continue;
        ok = w > 0;
        if (ok) put += (size_t)w;
    }
    ok = ok && !fsync(fd);
    int why = errno;
    if (close(fd) && ok) ok = false, why = errno;
    if (ok && rename(tmp, path)) ok = false, why = errno;
    if (ok) return true;
    unlink(tmp);
    return fail(e, "%s: cannot be written: %s; free some space or choose another place", path, strerror(why));
}

bool file_exists(const char *path)
{
    struct stat st;
    return !stat(path, &st);
}

bool file_is_dir(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISDIR(st.st_mode);
}

bool dir_make(const char *path, struct err *e)
{
    char part[PATH_MAX];
    size_t n = strlen(path);
    if (n >= sizeof part) return fail(e, "%s: the path is too long", path);
    for (size_t i = 1; i <= n; i++) {
        if (i < n && path[i] != '/') continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0777) && errno != EEXIST)
            return fail(e, "%s: the folder cannot be made: %s; choose another with -o", part,
                        strerror(errno));
    }
    if (!file_is_dir(path)) return fail(e, "%s: exists and is not a folder", path);
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **dir_list(const char *path, struct arena *a, int *n)
{
    *n = -1;
    DIR *d = opendir(path);
    if (!d) return NULL;
    size_t cap = 16, count = 0;
    char **names = arena_array(a, cap, sizeof *names);
    for (struct dirent *f; (f = readdir(d));) {
        if (!strcmp(f->d_name, ".") || !strcmp(f->d_name, "..")) continue;
        if (count == cap) {
            char **more = arena_array(a, 2 * cap, sizeof *names);
            memcpy(more, names, cap * sizeof *names);
            names = more;
            cap *= 2;
        }
        names[count++] = arena_strdup(a, f->d_name);
    }
    closedir(d);
    qsort(names, count, sizeof *names, by_name);
    *n = (int)count;
    return names;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
    (void)st, (void)type, (void)f;
    return remove(path);
}

void dir_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
