#define _GNU_SOURCE
#include "../../src/base/file.h"
#include "../../src/base/hash.h"
#include "../../src/base/log.h"
#include "../../src/data/dataset.h"
#include "../../src/data/http.h"
#include "../test.h"
#include "make.h"
#include "server.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char body[300000];
static enum log_level level;

static struct server *start(void)
{
    for (size_t i = 0; i < sizeof body; i++) body[i] = (char)(i * i / 7);
    setenv("no_proxy", "*", 1);
    level = log_level;
    log_level = LOG_QUIET;
    return server_start(body, sizeof body);
}

static void stop(struct server *s)
{
    log_level = level;
    server_stop(s);
}

static bool get(struct server *s, const char *path, const char *to, const char *sha256, int tries,
                struct err *e)
{
    struct arena a = {0};
    struct http_opt o = {
        .what = "test", .sha256 = sha256, .tries = tries, .patience_s = 1, .first_wait_s = 0.01};
    const char *url = arena_printf(&a, "http://127.0.0.1:%d%s", server_port(s), path);
    *e = (struct err){""};
    bool ok = http_get(url, to, &o, &a, e);
    arena_free(&a);
    return ok;
}

static bool holds(const char *path, const char *want, size_t n)
{
    struct arena a = {0};
    struct err e;
    struct span got;
    bool is = file_read(path, &a, &got, &e) && got.n == n && !memcmp(got.p, want, n);
    arena_free(&a);
    return is;
}

static void gets_body(const char *path, int requests, int ranges)
{
    struct server *s = start();
    struct err e;
    const char *to = test_path("got.bin");
    CHECK(get(s, path, to, NULL, 5, &e));
    CHECK_STR("", e.text);
    CHECK(holds(to, body, sizeof body));
    CHECK(!file_exists(test_path("got.bin.part")) && !file_exists(test_path("got.bin.part.tag")));
    CHECK_EQ(requests, server_requests(s));
    CHECK_EQ(ranges, server_ranges(s));
    unlink(to);
    stop(s);
}

TEST(data_http_whole)
{
    gets_body("/whole", 1, 0);
}
TEST(data_http_follows_redirection)
{
    gets_body("/moved", 2, 0);
}
TEST(data_http_tries_again_when_busy)
{
    gets_body("/busy", 3, 0);
}
TEST(data_http_goes_on_after_a_break)
{
    gets_body("/break", 3, 2);
}
TEST(data_http_starts_over_without_ranges)
{
    gets_body("/norange", 3, 0);
}
TEST(data_http_starts_over_on_weak_tags)
{
    gets_body("/weak", 3, 0);
}

TEST(data_http_takes_the_changed_file_whole)
{
    struct server *s = start();
    struct err e;
    const char *to = test_path("changed.bin");
    char *fresh = malloc(sizeof body);
    memset(fresh, 'n', sizeof body);
    CHECK(get(s, "/changed", to, NULL, 5, &e));
    CHECK(holds(to, fresh, sizeof body));
    free(fresh);
    stop(s);
}

// A first run that gives up leaves what it has; the next run asks for the rest only.
TEST(data_http_resumes_in_another_run)
{
    struct server *s = start();
    struct err e;
    const char *to = test_path("resume.bin");
    CHECK(!get(s, "/break", to, NULL, 1, &e));
    CHECK_STR("check the network, or give a copy with --from", e.text);
    CHECK(!file_exists(to) && file_exists(test_path("resume.bin.part")));
    CHECK(get(s, "/break", to, NULL, 2, &e));
    CHECK(holds(to, body, sizeof body));
    CHECK_EQ(2, server_ranges(s));
    // What was left of another address is not gone on from.
    CHECK(file_write(test_path("resume.bin.part"), (struct span){(const uint8_t *)"junk", 4}, &e));
    CHECK(file_write(test_path("resume.bin.part.tag"),
                     (struct span){(const uint8_t *)"http://x/\n\"one\"\n", 16}, &e));
    CHECK(get(s, "/whole", to, NULL, 2, &e));
    CHECK(holds(to, body, sizeof body));
    stop(s);
}

TEST(data_http_checks_the_sum)
{
    struct server *s = start();
    struct err e;
    char sum[65], wrong[65];
    const char *to = test_path("sum.bin");
    hash_hex((struct span){(const uint8_t *)body, sizeof body}, sum);
    CHECK(get(s, "/whole", to, sum, 1, &e));
    unlink(to);
    memset(wrong, 'a', 64);
    wrong[64] = 0;
    CHECK(!get(s, "/whole", to, wrong, 1, &e));
    CHECK_STR("/whole: the checksum is", e.text);
    CHECK_STR("not aaaa", e.text);
    CHECK_STR("--from", e.text);
    CHECK(!file_exists(to) && !file_exists(test_path("sum.bin.part")));
    stop(s);
}

TEST(data_http_says_what_failed)
{
    struct server *s = start();
    struct err e;
    const char *to = test_path("none.bin");
    CHECK(!get(s, "/gone", to, NULL, 5, &e));
    CHECK_STR("/gone: the server answered 404; give a copy with --from", e.text);
    CHECK_EQ(1, server_requests(s)); // asking again would not help
    double began = seconds_now();
    CHECK(!get(s, "/silent", to, NULL, 1, &e));
    CHECK(seconds_now() - began < 4);
    CHECK_STR("check the network", e.text);
    CHECK(!get(s, "/whole", test_path("no/such/folder.bin"), NULL, 1, &e));
    CHECK_STR("cannot be written: No such file or directory; set WEARLITE_DATA to another folder", e.text);
    struct arena a = {0};
    struct http_opt o = {.tries = 2, .patience_s = 2, .first_wait_s = 0.01};
    stop(s);
    log_level = LOG_QUIET;
    CHECK(!http_get("http://127.0.0.1:1/x", to, &o, &a, &e));
    CHECK_STR("http://127.0.0.1:1/x: Failed to connect", e.text);
    CHECK(!http_get("http://", to, &o, &a, &e));
    CHECK(!file_exists(test_path("none.bin.part"))); // nothing came, nothing stays
    log_level = level;
    arena_free(&a);
}

// dataset_get, all ways, into a folder of the test.
static char *data_was;
static void home_begin(struct arena *a)
{
    data_was = getenv("WEARLITE_DATA") ? arena_strdup(a, getenv("WEARLITE_DATA")) : NULL;
    level = log_level;
    log_level = LOG_QUIET;
    dir_remove(test_path("home"));
    setenv("WEARLITE_DATA", test_path("home"), 1);
}

static void home_end(struct arena *a)
{
    log_level = level;
    if (data_was)
        setenv("WEARLITE_DATA", data_was, 1);
    else
        unsetenv("WEARLITE_DATA");
    arena_free(a);
}

static const char *small_zip(struct arena *a)
{
    const char *rows = make_rows(a, 200, 3, " ");
    const char *pairs[] = {"RawData/labels.txt",
                           "1 1 5 1 200\n2 2 4 1 200\n",
                           "RawData/acc_exp01_user01.txt",
                           rows,
                           "RawData/gyro_exp01_user01.txt",
                           rows,
                           "RawData/acc_exp02_user02.txt",
                           rows,
                           "RawData/gyro_exp02_user02.txt",
                           rows,
                           NULL};
    return make_zip(a, "small-hapt.zip", pairs);
}

TEST(data_get_from_file_folder_and_url)
{
    struct arena a = {0};
    struct err e = {""};
    home_begin(&a);
    const char *zip = small_zip(&a);
    CHECK(dataset_get("hapt", zip, &a, &e));
    CHECK_STR("", e.text);
    CHECK(file_exists(test_path("home/hapt/hapt.zip")) && !file_exists(test_path("home/hapt/incoming.zip")));
    struct dataset *d = dataset_load("hapt", NULL, &a, &e);
    CHECK_EQ(4, d ? d->n : 0);
    CHECK(dataset_get("hapt", NULL, &a, &e)); // there already: nothing is asked of the network

    dir_remove(test_path("home"));
    CHECK(dataset_get("hapt", make_hapt(&a, "folder-hapt", 3, 200), &a, &e));
    d = dataset_load("hapt", NULL, &a, &e);
    CHECK_EQ(6, d ? d->n : 0);
    CHECK(file_exists(test_path("home/hapt/hapt/RawData/labels.txt")));

    dir_remove(test_path("home"));
    struct span bytes;
    CHECK(file_read(zip, &a, &bytes, &e));
    setenv("no_proxy", "*", 1);
    struct server *s = server_start(bytes.p, bytes.n);
    CHECK(dataset_get("hapt", arena_printf(&a, "http://127.0.0.1:%d/whole", server_port(s)), &a, &e));
    d = dataset_load("hapt", NULL, &a, &e);
    CHECK_EQ(4, d ? d->n : 0);

    dir_remove(test_path("home"));
    CHECK(!dataset_get("hapt", arena_printf(&a, "http://127.0.0.1:%d/page", server_port(s)), &a, &e));
    CHECK_STR("incoming.zip: not a readable zip archive", e.text);
    CHECK(!file_exists(test_path("home/hapt/incoming.zip")) && !file_exists(test_path("home/hapt/hapt.zip")));
    server_stop(s);
    home_end(&a);
}

TEST(data_get_refuses)
{
    struct arena a = {0};
    struct err e = {""};
    home_begin(&a);
    CHECK(!dataset_get("nosuch", NULL, &a, &e));
    CHECK_STR("nosuch: no such data set; sets to get are hapt uci-har st-har", e.text);
    CHECK(!dataset_get("synth", NULL, &a, &e));
    CHECK_STR("synth: there is nothing to get", e.text);
    CHECK(!dataset_get("hapt", "/no/such.zip", &a, &e));
    CHECK_STR("/no/such.zip: no such file or folder; check the spelling, or give a URL", e.text);
    CHECK(!dataset_get("hapt", make_file(&a, "wrong/a.txt", "1"), &a, &e));
    CHECK_STR("no RawData/labels.txt; give the HAPT v2.1 archive or its folder", e.text);
    CHECK(!file_exists(test_path("home/hapt/hapt.zip")));
    home_end(&a);
}

TEST(data_load_or_synth_says_so)
{
    struct arena a = {0};
    struct err e = {""};
    home_begin(&a);
    setenv("WEARLITE_OFFLINE", "1", 1);
    // From a folder that has no ../shared, with a home that has nothing.
    char here[4096], *home = getenv("HOME") ? arena_strdup(&a, getenv("HOME")) : NULL;
    make_file(&a, "far/away/file", "");
    CHECK(getcwd(here, sizeof here) && !chdir(test_path("far/away")));
    setenv("HOME", test_dir(), 1);
    struct dataset *d = dataset_load_or_synth("hapt", NULL, &a, &e);
    CHECK(d && d->synthetic);
    CHECK_STR("", e.text);
    CHECK(!dataset_load("hapt", NULL, &a, &e));
    CHECK_STR("hapt: not on this machine; get it with: wearlite data get hapt", e.text);
    // What was found but is damaged is an error, not a reason for simulated recordings.
    make_file(&a, "home/hapt/RawData/labels.txt", "1 1 5 1\n");
    CHECK(!dataset_load_or_synth("hapt", NULL, &a, &e));
    CHECK_STR("4 numbers instead of 5", e.text);
    // Without a network it gives up soon.
    dir_remove(test_path("home"));
    unsetenv("WEARLITE_OFFLINE");
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    char *no = getenv("no_proxy") ? arena_strdup(&a, getenv("no_proxy")) : NULL;
    unsetenv("no_proxy");
    double began = seconds_now();
    d = dataset_load_or_synth("hapt", NULL, &a, &e);
    CHECK(d && d->synthetic && seconds_now() - began < 20);
    unsetenv("https_proxy");
    if (no) setenv("no_proxy", no, 1);
    if (home) setenv("HOME", home, 1);
    CHECK(!chdir(here));
    home_end(&a);
}

// A full disk, played by a limit on the size of files.
TEST(data_http_says_that_the_disk_is_full)
{
    struct server *s = start();
    struct err e;
    struct rlimit was, small;
    CHECK(!getrlimit(RLIMIT_FSIZE, &was));
    small = was;
    small.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    CHECK(!setrlimit(RLIMIT_FSIZE, &small));
    CHECK(!get(s, "/whole", test_path("full.bin"), NULL, 5, &e));
    CHECK(!setrlimit(RLIMIT_FSIZE, &was));
    signal(SIGXFSZ, SIG_DFL);
    CHECK_STR("the download cannot be written: File too large; free some space or set WEARLITE_DATA", e.text);
    CHECK_EQ(1, server_requests(s));
    stop(s);
}

// Ctrl-C keeps what has come.
TEST(data_http_interrupted)
{
    struct server *s = start();
    int status = 0;
    const char *to = test_path("stopped.bin");
    pid_t pid = fork();
    if (pid == 0) {
        struct err e;
        interrupt_catch();
        freopen("/dev/null", "w", stderr);
        bool ok = get(s, "/silent", to, NULL, 5, &e);
        _exit(!ok && strstr(e.text, "interrupted; the same command goes on from here") ? 7 : 1);
    }
    while (!server_requests(s)) usleep(10000);
    usleep(50000);
    kill(pid, SIGINT);
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(7, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    stop(s);
}
