// What the user sees on stderr while work goes on.
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include <stdbool.h>

enum log_level { LOG_QUIET, LOG_WARN, LOG_INFO, LOG_DEBUG };
extern enum log_level log_level; // the one global: set by the cli, read here

void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// Progress of long work: a bar with the time left on a terminal, a plain line now and then elsewhere.
//     struct progress p = progress_start("train cnn", epochs);
//     progress_step(&p, done, "loss %.3f", loss);   progress_end(&p, "93.1 %%");
struct progress {
    const char *what;
    double total, started, shown; // seconds; total in the caller's unit, 0: not known
    bool terminal;
};
struct progress progress_start(const char *what, double total);
void progress_step(struct progress *p, double done, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void progress_end(struct progress *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// Ctrl-C: the first sets this flag, long loops look at it and leave what is finished; a second one ends at
// once.
bool interrupted(void);
void interrupt_catch(void);
double seconds_now(void); // monotonic
#endif
