#include "study.h"
#include <string.h>

static const char *name_of(const void *entry)
{
    return *(const char *const *)entry; // every table's struct begins with its name
}

// "cnn cnn-small ds-cnn", cut to size.
static void list_names(const void *const *table, char *s, size_t n)
{
    s[0] = 0;
    for (int i = 0; table[i]; i++) {
        size_t at = strlen(s);
        snprintf(s + at, n - at, "%s%s", i ? " " : "", name_of(table[i]));
    }
}

int study_choose(const char *list, const char *what, const void *const *table, const void **choice, int max,
                 struct err *e)
{
    char all[400], one[64];
    int n = 0;
    for (const char *p = list; *p;) {
        size_t len = strcspn(p, ",");
        snprintf(one, sizeof one, "%.*s", (int)(len < 63 ? len : 63), p);
        p += len + (p[len] == ',');
        if (!len) continue;
        const void *found = NULL;
        for (int i = 0; table[i] && !found; i++)
            if (!strcmp(name_of(table[i]), one)) found = table[i];
        if (!found) {
            list_names(table, all, sizeof all);
            fail(e, "unknown %s '%s'; there are %s", what, one, all);
            return -1;
        }
        bool twice = false;
        for (int i = 0; i < n; i++) twice |= choice[i] == found;
        if (twice) continue;
        if (n == max) {
            fail(e, "more than %d %ss; run several studies", max, what);
            return -1;
        }
        choice[n++] = found;
    }
    if (!n) {
        list_names(table, all, sizeof all);
        fail(e, "no %s named; there are %s", what, all);
        return -1;
    }
    return n;
}
