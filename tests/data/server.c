#define _GNU_SOURCE
#include "server.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct server {
    int fd, port, requests, ranges;
    int stop[2];
    pthread_t thread;
    const char *body;
    size_t n;
};

static void say(int fd, const void *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t w = send(fd, (const char *)p + at, n - at, MSG_NOSIGNAL);
        if (w <= 0) return;
        at += (size_t)w;
    }
}

static void say_status(int fd, const char *text)
{
    char s[512];
    int n = snprintf(s, sizeof s, "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", text);
    say(fd, s, (size_t)n);
}

static void say_file(struct server *s, int fd, const char *request, const char *etag, const char *body,
                     int ranges, int breaks)
{
    char head[512];
    size_t from = 0;
    const char *range = strcasestr(request, "\r\nRange: bytes="),
               *only_if = strcasestr(request, "\r\nIf-Range: ");
    if (range && ranges && only_if && !strncmp(only_if + 12, etag, strlen(etag)))
        from = strtoul(range + 15, NULL, 10);
    int n =
        snprintf(head, sizeof head, "HTTP/1.1 %s\r\nETag: %s\r\nContent-Length: %zu\r\nConnection: close\r\n",
                 from ? "206 Partial Content" : "200 OK", etag, s->n - from);
    if (from)
        n += snprintf(head + n, sizeof head - (size_t)n, "Content-Range: bytes %zu-%zu/%zu\r\n", from,
                      s->n - 1, s->n);
    n += snprintf(head + n, sizeof head - (size_t)n, "\r\n");
    s->ranges += from > 0;
    say(fd, head, (size_t)n);
    say(fd, body + from, breaks ? (s->n - from) / 3 : s->n - from);
}

static void answer(struct server *s, int fd)
{
    char request[4096] = "", path[64] = "", etag[80], *fresh;
    size_t n = 0;
    while (n + 1 < sizeof request && !strstr(request, "\r\n\r\n")) {
        ssize_t r = recv(fd, request + n, sizeof request - 1 - n, 0);
        if (r <= 0) return;
        n += (size_t)r;
    }
    sscanf(request, "GET %63s", path);
    int before = s->requests++;
    snprintf(etag, sizeof etag, "\"one\"");
    if (!strcmp(path, "/gone")) {
        say_status(fd, "404 Not Found");
    } else if (!strcmp(path, "/busy") && before < 2) {
        say_status(fd, "503 Service Unavailable");
    } else if (!strcmp(path, "/moved")) {
        say_status(fd, "302 Found\r\nLocation: /whole");
    } else if (!strcmp(path, "/page")) {
        static const char page[] =
            "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<html>hi</html>";
        say(fd, page, sizeof page - 1);
    } else if (!strcmp(path, "/silent")) {
        struct pollfd p = {s->stop[0], POLLIN, 0};
        poll(&p, 1, 3000);
    } else if (!strcmp(path, "/weak")) {
        say_file(s, fd, request, "W/\"one\"", s->body, 1, before < 2);
    } else if (!strcmp(path, "/changed") && before) {
        fresh = malloc(s->n);
        memset(fresh, 'n', s->n);
        say_file(s, fd, request, "\"two\"", fresh, 1, 0);
        free(fresh);
    } else {
        int breaks = strcmp(path, "/whole") && strcmp(path, "/busy") && before < 2;
        say_file(s, fd, request, etag, s->body, strcmp(path, "/norange") != 0, breaks);
    }
}

static void *serve(void *arg)
{
    struct server *s = arg;
    for (;;) {
        struct pollfd p[2] = {{s->fd, POLLIN, 0}, {s->stop[0], POLLIN, 0}};
        poll(p, 2, -1);
        if (p[1].revents) return NULL;
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0) continue;
        answer(s, fd);
        shutdown(fd, SHUT_WR);
        char rest[256]; // read to the end, else the peer may lose what it has not read yet
        struct timeval patience = {1, 0};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        while (recv(fd, rest, sizeof rest, 0) > 0)
            ;
        close(fd);
    }
}

struct server *server_start(const void *body, size_t n)
{
    struct server *s = calloc(1, sizeof *s);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    s->body = body;
    s->n = n;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&at, sizeof at) || listen(s->fd, 8) ||
        getsockname(s->fd, (struct sockaddr *)&at, &len) || pipe(s->stop) ||
        pthread_create(&s->thread, NULL, serve, s))
        abort();
    s->port = ntohs(at.sin_port);
    return s;
}

void server_stop(struct server *s)
{
    if (write(s->stop[1], "x", 1) != 1) abort();
    pthread_join(s->thread, NULL);
    close(s->fd), close(s->stop[0]), close(s->stop[1]);
    free(s);
}

int server_port(const struct server *s)
{
    return s->port;
}

int server_requests(const struct server *s)
{
    return s->requests;
}

int server_ranges(const struct server *s)
{
    return s->ranges;
}
