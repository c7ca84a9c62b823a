#define _GNU_SOURCE
#include "log.h"
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum log_level log_level = LOG_INFO;
static volatile sig_atomic_t stop;

static void say(enum log_level at, const char *tag, const char *fmt, va_list ap)
{
    if (log_level < at) return;
    fprintf(stderr, "%s", tag);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
}

#define LOG(name, level, tag)                                                                                \
    void name(const char *fmt, ...)                                                                          \
    {                                                                                                        \
        va_list ap;                                                                                          \
        va_start(ap, fmt);                                                                                   \
        say(level, tag, fmt, ap);                                                                            \
        va_end(ap);                                                                                          \
    }
LOG(log_warn, LOG_WARN, "warning: ")
LOG(log_info, LOG_INFO, "")
LOG(log_debug, LOG_DEBUG, "debug: ")

double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct progress progress_start(const char *what, double total)
{
    double now = seconds_now();
    return (struct progress){what, total, now, 0, isatty(2)};
}

static void time_text(char *s, size_t n, double sec)
{
    if (!(sec >= 0) || sec > 359999)
        snprintf(s, n, "?");
    else if (sec < 60)
        snprintf(s, n, "%.0f s", ceil(sec));
    else if (sec < 3600)
        snprintf(s, n, "%.0f min %02.0f s", floor(sec / 60), fmod(floor(sec), 60));
    else
        snprintf(s, n, "%.0f h %02.0f min", floor(sec / 3600), floor(fmod(sec, 3600) / 60));
}

void progress_step(struct progress *p, double done, const char *fmt, ...)
{
    if (log_level < LOG_INFO) return;
    double now = seconds_now(), spent = now - p->started;
    if (now - p->shown < (p->terminal ? 0.1 : 5)) return;
    if (!p->terminal && p->shown == 0 && spent < 5) return; // short work says nothing but its end
    p->shown = now;
    char left[32], note[160];
    time_text(left, sizeof left, done > 0 && p->total > 0 ? spent * (p->total - done) / done : -1);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(note, sizeof note, fmt, ap);
    va_end(ap);
    int percent = p->total > 0 ? (int)(100 * done / p->total) : 0;
    if (!p->terminal) {
        fprintf(stderr, "%s: %d %%, %s left; %s\n", p->what, percent, left, note);
        return;
    }
    char bar[21];
    memset(bar, '.', 20);
    memset(bar, '#', (size_t)(percent < 0 ? 0 : percent > 100 ? 20 : percent / 5));
    bar[20] = 0;
    fprintf(stderr, "\r\033[K%s [%s] %d %%, %s left; %s", p->what, bar, percent, left, note);
}

void progress_end(struct progress *p, const char *fmt, ...)
{
    if (log_level < LOG_INFO) return;
    char spent[32], note[320];
    time_text(spent, sizeof spent, seconds_now() - p->started);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(note, sizeof note, fmt, ap);
    va_end(ap);
    fprintf(stderr, "%s%s: %s (%s)\n", p->terminal ? "\r\033[K" : "", p->what, note, spent);
}

static void on_interrupt(int sig)
{
    if (stop) _exit(128 + sig);
    stop = 1;
    static const char text[] = "\nstopping after the current step; once more ends at once\n";
    if (write(2, text, sizeof text - 1) < 0) return;
}

void interrupt_catch(void)
{
    struct sigaction s = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &s, NULL);
    sigaction(SIGTERM, &s, NULL);
}

bool interrupted(void)
{
    return stop;
}
