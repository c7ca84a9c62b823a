#include "csv_path.h"
#include "dataset.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

// "person03", "user-7", "subject_12", "p4": the word, then digits.
static bool is_person(const char *p, size_t n)
{
    static const char *const words[] = {"person", "subject", "user", "participant", "p"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t w = strlen(words[i]), k = w;
        if (n <= w || strncasecmp(p, words[i], w)) continue;
        if (w > 1 && k < n && (p[k] == '-' || p[k] == '_')) k++;
        size_t digits = k;
        while (k < n && isdigit((unsigned char)p[k])) k++;
        if (k == n && k > digits) return true;
    }
    return false;
}

static int split_of_folder(const char *p, size_t n)
{
    static const struct {
        const char *name;
        enum split split;
    } known[] = {{"train", SPLIT_TRAIN},
                 {"valid", SPLIT_VALID},
                 {"validation", SPLIT_VALID},
                 {"val", SPLIT_VALID},
                 {"test", SPLIT_TEST}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == n && !strncasecmp(p, known[i].name, n)) return (int)known[i].split;
    return -1;
}

struct path_words path_read(const char *path, struct arena *a)
{
    struct path_words w = {NULL, NULL, -1};
    for (const char *p = path; *p;) {
        size_t n = strcspn(p, "/");
        if (!p[n]) break;
        int split = split_of_folder(p, n);
        if (split >= 0)
            w.split = split;
        else if (is_person(p, n))
            w.person = arena_strndup(a, p, n);
        else
            w.label = arena_strndup(a, p, n);
        p += n + 1;
    }
    const char *file = strrchr(path, '/');
    file = file ? file + 1 : path;
    size_t stem = strrchr(file, '.') ? (size_t)(strrchr(file, '.') - file) : strlen(file);
    // Parts of the file name, "user_03" as one: every run of parts is tried, the shortest first.
    for (size_t i = 0; i < stem && !w.person; i++) {
        if (i && !strchr("_-. ", file[i - 1])) continue;
        for (size_t end = i + 1; end <= stem && !w.person; end++)
            if ((end == stem || strchr("_-. ", file[end])) && is_person(file + i, end - i))
                w.person = arena_strndup(a, file + i, end - i);
    }
    return w;
}
