#define _GNU_SOURCE
#include "proc.h"
#include "buf.h"
#include "file.h"
#include "log.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *proc_find(const char *name, struct arena *a)
{
    if (strchr(name, '/')) return access(name, X_OK) ? NULL : name;
    const char *path = getenv("PATH");
    for (const char *p = path ? path : "/usr/bin:/bin"; *p;) {
        size_t n = strcspn(p, ":");
        char *full = arena_printf(a, "%.*s/%s", (int)n, p, name);
        if (!access(full, X_OK) && !file_is_dir(full)) return full;
        p += n + (p[n] == ':');
    }
    return NULL;
}

static void child(const char *const *argv, const char *dir, const int out[2], const int err[2])
{
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(out[1], 1);
    dup2(err[1], 2);
    setpgid(0, 0); // so that a time limit ends what it started, too
    if (dir && chdir(dir)) _exit(126);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

bool proc_run(const char *const *argv, const char *dir, int timeout_s, struct arena *a, struct proc_result *r,
              struct err *e)
{
    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC)) return fail(e, "%s: no pipe: %s", argv[0], strerror(errno));
    if (pipe2(err, O_CLOEXEC)) {
        close(out[0]), close(out[1]);
        return fail(e, "%s: no pipe: %s", argv[0], strerror(errno));
    }
    pid_t pid = fork();
    if (pid == 0) child(argv, dir, out, err);
    close(out[1]), close(err[1]);
    if (pid < 0) {
        close(out[0]), close(err[0]);
        return fail(e, "%s: cannot be started: %s", argv[0], strerror(errno));
    }
    struct buf text[2] = {0};
    struct pollfd f[2] = {{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
    double end = seconds_now() + timeout_s;
    bool late = false;
    while (f[0].fd >= 0 || f[1].fd >= 0) {
        if (!late && (seconds_now() > end || interrupted())) late = true, kill(-pid, SIGKILL);
        poll(f, 2, 200);
        for (int i = 0; i < 2; i++) {
            char block[8192];
            if (f[i].fd < 0 || !f[i].revents) continue;
            ssize_t n = read(f[i].fd, block, sizeof block);
            if (n > 0)
                buf_put(&text[i], block, (size_t)n);
            else if (n == 0 || errno != EINTR)
                f[i].fd = -1;
        }
    }
    close(out[0]), close(err[0]);
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    r->out = (struct span){arena_copy(a, text[0].n ? text[0].p : (uint8_t *)"", text[0].n + 1), text[0].n};
    r->err = (struct span){arena_copy(a, text[1].n ? text[1].p : (uint8_t *)"", text[1].n + 1), text[1].n};
    buf_free(&text[0]), buf_free(&text[1]);
    r->status = late ? 124 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (interrupted()) return fail(e, "%s: interrupted", argv[0]);
    if (r->status == 127 && !r->err.n) return fail(e, "%s: cannot be started; is it installed?", argv[0]);
    return true;
}
