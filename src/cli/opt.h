// Options of a command as a table: parsing, --help and error messages come from it.
#ifndef CLI_OPT_H
#define CLI_OPT_H
#include <stdbool.h>
#include <stdint.h>

enum opt_kind { OPT_FLAG, OPT_TEXT, OPT_INT, OPT_FLOAT };
struct opt {
    const char *name; // "seed" (--seed N, --seed=N)
    char letter;      // 'o', or 0
    enum opt_kind kind;
    const char *arg;   // "N", "FILE"
    const char *about; // one line
    void *value;       // bool *, const char **, int *, float *
};
struct usage {
    const char *command;   // "convert"
    const char *arguments; // "MODEL"
    const char *about;     // one line
    const char *more;      // paragraphs below the options; NULL
    const struct opt *opt; // name NULL at the end
    int least, most;       // positional arguments; most -1: any number
};

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

// Parses argv[1..]; positional arguments are gathered at argv[0..*nargs-1]. Returns -1 to go on, else the
// exit code (0 after --help, 2 after wrong usage, which it has printed).
int opt_parse(const struct usage *u, int argc, char **argv, int *nargs);
// "wearlite COMMAND: message" on stderr; returns EXIT_USAGE.
int usage_error(const struct usage *u, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct err;
// "wearlite: message" on stderr; returns EXIT_FAILED.
int report_error(const struct err *e);
#endif
