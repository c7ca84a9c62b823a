#define _GNU_SOURCE
#include "http.h"
#include "../base/buf.h"
#include "../base/file.h"
#include "../base/hash.h"
#include "../base/log.h"
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

static const curl_off_t BYTES_MAX = (curl_off_t)8 << 30;

struct transfer {
    CURL *curl;
    int fd;                  // of path.part
    curl_off_t start;        // bytes that were there when this try began
    long long answered_from; // first byte of the answer to a Range
    bool looked;             // at the status of the answer
    bool wrong_range;        // the answer begins elsewhere
    int write_errno;
    char etag[256]; // the server's name for this version of the file; empty: it gave none
    struct progress progress;
};

bool is_url(const char *s)
{
    return !strncasecmp(s, "http://", 7) || !strncasecmp(s, "https://", 8);
}

static size_t on_header(char *p, size_t size, size_t n, void *user)
{
    struct transfer *t = user;
    size_t len = size * n, at = 5;
    if (len > 5 && !strncasecmp(p, "HTTP/", 5)) t->etag[0] = 0; // a new answer, after a redirection
    if (len > 20 && len < 100 && !strncasecmp(p, "Content-Range: bytes ", 21)) {
        char copy[101] = "";
        memcpy(copy, p + 21, len - 21);
        t->answered_from = strtoll(copy, NULL, 10);
    }
    if (len > 5 && !strncasecmp(p, "ETag:", 5)) {
        while (at < len && (p[at] == ' ' || p[at] == '\t')) at++;
        while (len > at && (unsigned char)p[len - 1] <= ' ') len--;
        // A weak tag does not promise the same bytes, so nothing may be joined by it.
        if (len - at < sizeof t->etag && len > at && p[at] == '"') {
            memcpy(t->etag, p + at, len - at);
            t->etag[len - at] = 0;
        }
    }
    return size * n;
}

static size_t on_body(char *p, size_t size, size_t n, void *user)
{
    struct transfer *t = user;
    size_t len = size * n, put = 0;
    long status = 0;
    if (!t->looked) {
        t->looked = true;
        curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
        if (status == 200 && t->start) { // the server sends the whole file
            t->start = 0;
            if (ftruncate(t->fd, 0) || lseek(t->fd, 0, SEEK_SET) < 0) return t->write_errno = errno, 0;
        }
        if (status == 206 && t->answered_from != t->start) return t->wrong_range = true, 0;
    }
    while (put < len) {
        ssize_t w = write(t->fd, p + put, len - put);
        if (w < 0 && errno == EINTR) continue;
        if (w <= 0) return t->write_errno = errno ? errno : EIO, 0;
        put += (size_t)w;
    }
    return len;
}

static int on_progress(void *user, curl_off_t total, curl_off_t now, curl_off_t utotal, curl_off_t unow)
{
    struct transfer *t = user;
    (void)utotal, (void)unow;
    double have = (double)(t->start + now);
    t->progress.total = total > 0 ? (double)(t->start + total) : 0;
    if (now > 0) progress_step(&t->progress, have, "%.1f MB", have / 1e6);
    return interrupted();
}

static void remember(const char *tag_path, const char *url, const char *etag)
{
    struct buf b = {0};
    struct err ignored; // without it the next call starts over, no more
    buf_printf(&b, "%s\n%s\n", url, etag);
    if (*etag)
        file_write(tag_path, buf_span(&b), &ignored);
    else
        unlink(tag_path);
    buf_free(&b);
}

static void recall(const char *tag_path, const char *url, char etag[256], struct arena *a)
{
    struct span s;
    struct err ignored;
    etag[0] = 0;
    size_t n = strlen(url);
    if (!file_exists(tag_path) || !file_read(tag_path, a, &s, &ignored)) return;
    if (s.n < n + 2 || memcmp(s.p, url, n) || s.p[n] != '\n') return;
    size_t len = strcspn((const char *)s.p + n + 1, "\r\n");
    if (len < 256) memcpy(etag, s.p + n + 1, len), etag[len] = 0;
}

enum outcome { GOT, AGAIN, NEVER };

// One try; what arrives is appended to t->fd.
static enum outcome http_try(struct transfer *t, const char *url, const struct http_opt *o, struct err *e)
{
    char why[CURL_ERROR_SIZE] = "", if_range[300], range[32];
    long status = 0;
    struct curl_slist *headers = NULL;
    CURL *c = t->curl;
    t->start = lseek(t->fd, 0, SEEK_END);
    t->looked = t->wrong_range = false;
    t->write_errno = 0;
    if (t->start > 0 && !t->etag[0]) { // what is there may be of another version
        if (ftruncate(t->fd, 0) || lseek(t->fd, 0, SEEK_SET) < 0)
            return fail(e, "%s", strerror(errno)), NEVER;
        t->start = 0;
    }
    curl_easy_reset(c);
    if (t->start > 0) {
        snprintf(if_range, sizeof if_range, "If-Range: %s", t->etag);
        headers = curl_slist_append(NULL, if_range);
        snprintf(range, sizeof range, "%lld-", (long long)t->start);
    }
    long patience = (long)(o->patience_s > 0 ? o->patience_s : 15);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_RANGE, t->start > 0 ? range : NULL);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, 8L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, BYTES_MAX);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, patience);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, patience);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "wearlite");
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    CURLcode rc = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    if (rc == CURLE_OK) return GOT;
    if (interrupted()) return fail(e, "%s: interrupted; the same command goes on from here", url), NEVER;
    if (t->write_errno)
        return fail(e,
                    "the download cannot be written: %s; free some space or set WEARLITE_DATA to another "
                    "folder",
                    strerror(t->write_errno)),
               NEVER;
    if (status == 416 || t->wrong_range) { // what is there is not a beginning of the file
        t->etag[0] = 0;
        return fail(e, "%s: the server cannot go on where it stopped", url), AGAIN;
    }
    if (rc == CURLE_HTTP_RETURNED_ERROR) {
        fail(e, "%s: the server answered %ld; give a copy with --from FILE, DIR or URL", url, status);
        return status >= 500 || status == 429 || status == 408 ? AGAIN : NEVER;
    }
    fail(e, "%s: %s; check the network, or give a copy with --from FILE, DIR or URL", url,
         *why ? why : curl_easy_strerror(rc));
    switch (rc) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_OUT_OF_MEMORY:
        return NEVER;
    default:
        return AGAIN;
    }
}

// Sleeps, but not through a Ctrl-C.
static void wait_s(double s)
{
    for (double end = seconds_now() + s; !interrupted() && seconds_now() < end;)
        nanosleep(&(struct timespec){0, 50 * 1000 * 1000}, NULL);
}

static bool sum_matches(const char *path, const char *want, const char *url, struct err *e)
{
    char got[65];
    static uint8_t block[1 << 16];
    struct sha256 sum;
    FILE *f = fopen(path, "rb");
    if (!f) return fail(e, "%s: %s", path, strerror(errno));
    sha256_init(&sum);
    for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;) sha256_add(&sum, block, n);
    fclose(f);
    sha256_hex(&sum, got);
    if (!strcasecmp(got, want)) return true;
    return fail(
        e,
        "%s: the checksum is %s, not %s; the file was damaged under way or has changed; try again, or give "
        "a copy you trust with --from",
        url, got, want);
}

static bool http_tries(struct transfer *t, const char *url, const char *tag, const struct http_opt *o,
                       struct err *e)
{
    int tries = o->tries ? o->tries : 5;
    double wait = o->first_wait_s > 0 ? o->first_wait_s : 1;
    for (int left = tries;;) {
        off_t before = lseek(t->fd, 0, SEEK_END);
        enum outcome got = http_try(t, url, o, e);
        remember(tag, url, t->etag);
        if (got == GOT) return true;
        // A try that brought something does not count against us; the server is there.
        left = lseek(t->fd, 0, SEEK_END) > before && t->etag[0] ? tries - 1 : left - 1;
        if (got == NEVER || left <= 0 || interrupted()) return false;
        log_info("%s; trying again in %.0f s", e->text, wait);
        wait_s(wait);
        wait = wait < 30 ? 2 * wait : wait;
    }
}

bool http_get(const char *url, const char *path, const struct http_opt *o, struct arena *a, struct err *e)
{
    static bool ready;
    if (!ready) ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    const char *part = arena_printf(a, "%s.part", path), *tag = arena_printf(a, "%s.tag", part);
    struct transfer t = {.curl = curl_easy_init()};
    if (!t.curl) return fail(e, "%s: libcurl cannot be started", url);
    t.fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (t.fd < 0) {
        curl_easy_cleanup(t.curl);
        return fail(e, "%s: cannot be written: %s; set WEARLITE_DATA to another folder", part,
                    strerror(errno));
    }
    bool ok = !flock(t.fd, LOCK_EX | LOCK_NB);
    if (!ok) fail(e, "%s: another download is writing it; wait for its end", part);
    recall(tag, url, t.etag, a);
    t.progress = progress_start(o->what ? o->what : "download", 0);
    ok = ok && http_tries(&t, url, tag, o, e);
    double bytes = (double)lseek(t.fd, 0, SEEK_END);
    if (ok && fsync(t.fd)) ok = fail(e, "%s: cannot be written: %s", part, strerror(errno));
    if (ok && o->sha256 && !sum_matches(part, o->sha256, url, e)) {
        unlink(part), unlink(tag); // going on from wrong bytes would be wrong for ever
        ok = false;
    }
    if (ok && rename(part, path)) ok = fail(e, "%s: cannot be written: %s", path, strerror(errno));
    if (!ok && bytes <= 0) unlink(part);
    if (ok) {
        unlink(tag);
        progress_end(&t.progress, "%.1f MB", bytes / 1e6);
    } else if (t.progress.terminal && t.progress.shown > 0) {
        fputc('\n', stderr);
    }
    close(t.fd);
    curl_easy_cleanup(t.curl);
    return ok;
}
