#include "opt.h"
#include "../base/err.h"
#include "../base/log.h"
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_help(const struct usage *u)
{
    printf("usage: wearlite %s%s%s%s\n\n%s\n", u->command, *u->arguments ? " " : "", u->arguments,
           u->opt->name ? " [options]" : "", u->about);
    if (u->opt->name) printf("\noptions:\n");
    for (const struct opt *o = u->opt; o->name; o++) {
        char left[64], letter[8] = "    ";
        if (o->letter) snprintf(letter, sizeof letter, "-%c, ", o->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->arg ? " " : "", o->arg ? o->arg : "");
        printf("  %-28s %s\n", left, o->about);
    }
    printf("  %-28s %s\n", "-q, --quiet", "say nothing but errors");
    printf("  %-28s %s\n", "-h, --help", "this text");
    if (u->more) printf("\n%s\n", u->more);
}

int usage_error(const struct usage *u, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "wearlite %s: ", u->command);
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, "; see 'wearlite %s --help'\n", u->command);
    va_end(ap);
    return EXIT_USAGE;
}

int report_error(const struct err *e)
{
    fprintf(stderr, "wearlite: %s\n", e->text);
    return EXIT_FAILED;
}

static const struct opt *find(const struct usage *u, const char *word, const char **value)
{
    *value = NULL;
    for (const struct opt *o = u->opt; o->name; o++) {
        size_t n = strlen(o->name);
        if (!strncmp(word, "--", 2) && !strncmp(word + 2, o->name, n) &&
            (word[2 + n] == 0 || word[2 + n] == '=')) {
            if (word[2 + n] == '=') *value = word + 3 + n;
            return o;
        }
        if (word[0] == '-' && word[1] == o->letter && o->letter) {
            if (word[2]) *value = word + 2;
            return o;
        }
    }
    return NULL;
}

static int set(const struct usage *u, const struct opt *o, const char *value)
{
    char *end;
    errno = 0;
    if (o->kind == OPT_TEXT) {
        *(const char **)o->value = value;
    } else if (o->kind == OPT_INT) {
        long v = strtol(value, &end, 10);
        if (!*value || *end || errno || v < INT_MIN || v > INT_MAX)
            return usage_error(u, "--%s wants a whole number, not '%s'", o->name, value);
        *(int *)o->value = (int)v;
    } else {
        float v = strtof(value, &end);
        if (!*value || *end || errno || v != v)
            return usage_error(u, "--%s wants a number, not '%s'", o->name, value);
        *(float *)o->value = v;
    }
    return -1;
}

int opt_parse(const struct usage *u, int argc, char **argv, int *nargs)
{
    int n = 0;
    bool only_arguments = false;
    for (int i = 1; i < argc; i++) {
        const char *w = argv[i], *value;
        if (only_arguments || w[0] != '-' || !w[1]) {
            argv[n++] = argv[i];
            continue;
        }
        if (!strcmp(w, "--")) {
            only_arguments = true;
            continue;
        }
        if (!strcmp(w, "-h") || !strcmp(w, "--help")) {
            print_help(u);
            return EXIT_DONE;
        }
        if (!strcmp(w, "-q") || !strcmp(w, "--quiet")) {
            log_level = LOG_QUIET;
            continue;
        }
        const struct opt *o = find(u, w, &value);
        if (!o) return usage_error(u, "unknown option '%s'", w);
        if (o->kind == OPT_FLAG) {
            if (value) return usage_error(u, "--%s takes no value", o->name);
            *(bool *)o->value = true;
            continue;
        }
        if (!value && i + 1 == argc) return usage_error(u, "--%s wants %s", o->name, o->arg);
        int rc = set(u, o, value ? value : argv[++i]);
        if (rc >= 0) return rc;
    }
    if (n < u->least) return usage_error(u, "missing %s", u->arguments);
    if (u->most >= 0 && n > u->most) return usage_error(u, "'%s' is one argument too many", argv[u->most]);
    *nargs = n;
    return -1;
}
