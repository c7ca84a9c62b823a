#include "test.h"
#include "../src/base/file.h"
#include "../src/base/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct test *first;
static int failed_here, skipped_here;
static char dir[64];

void test_add(struct test *t)
{
    struct test **at = &first;
    while (*at && strcmp((*at)->name, t->name) < 0) at = &(*at)->next;
    t->next = *at;
    *at = t;
}

void test_fail(const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    printf("%s:%d: ", file, line);
    vprintf(fmt, ap);
    printf("\n");
    va_end(ap);
    failed_here = 1;
}

void test_skip(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    printf("skip: ");
    vprintf(fmt, ap);
    printf("\n");
    va_end(ap);
    skipped_here = 1;
}

const char *test_dir(void)
{
    if (!*dir) {
        snprintf(dir, sizeof dir, "/tmp/wearlite-test-XXXXXX");
        if (!mkdtemp(dir)) abort();
    }
    return dir;
}

const char *test_path(const char *name)
{
    static char path[8][512];
    static int i;
    char *p = path[i++ % 8];
    snprintf(p, sizeof path[0], "%s/%s", test_dir(), name);
    return p;
}

const char *test_shared(const char *below)
{
    static char path[8][512];
    static int i;
    char *p = path[i++ % 8];
    snprintf(p, sizeof path[0], "../shared/%s", below);
    return access(p, R_OK) ? NULL : p;
}

int main(int argc, char **argv)
{
    int passed = 0, failed = 0, skipped = 0;
    log_level = LOG_QUIET;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (struct test *t = first; t; t = t->next) {
        if (argc > 1 && !strstr(t->name, argv[1])) continue;
        failed_here = skipped_here = 0;
        t->fn();
        if (failed_here)
            printf("FAIL %s\n", t->name), failed++;
        else if (skipped_here)
            printf("SKIP %s\n", t->name), skipped++;
        else
            passed++;
    }
    if (*dir) dir_remove(dir);
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed || !(passed + skipped); // no test run is a failure
}
