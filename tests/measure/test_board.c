// Reports of boards: what is taken, what is refused; read from a pseudo terminal among the lines of a boot log.
#define _XOPEN_SOURCE 600 // pseudo terminals
#include "../../src/base/file.h"
#include "../../src/emit/emit.h"
#include "../../src/measure/board.h"
#include "../test.h"
#include "../tiny.h"
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOOD                                                                                                 \
    "wearlite-report "                                                                                       \
    "{\"model\":\"gait\",\"target\":\"esp32\",\"id\":\"0123456789abcdef\",\"chip\":\"esp32\","               \
    "\"cpu_mhz\":160,\"windows\":4,\"equal\":4,\"repeat\":20,\"latency_us\":800,\"cycles\":128000,"          \
    "\"cycles_least\":127000,\"ram_bytes\":9216,\"const_bytes\":30412}"

TEST(board_report_is_read)
{
    struct board_report r;
    struct err e = {""};
    CHECK(board_parse("I (312) main: " GOOD " and more", &r, &e));
    CHECK_STR("gait", r.model);
    CHECK_STR("esp32", r.chip);
    CHECK_EQ(160000000, (int64_t)r.cpu_hz);
    CHECK_EQ(800, (int64_t)r.latency_us);
    CHECK(fabs(r.latency_us_least - 793.75) < 1e-9);
    CHECK_EQ(30412, r.const_bytes);
    CHECK_EQ(-1, r.pin); // not said
    CHECK_EQ(0, r.pulse_inferences);
    // 800 us at the 160 MHz of the datasheet: 89.1 to 112.2 mW.
    const struct interval j = board_energy_uj(&r, target_find("esp32"));
    CHECK(fabs(j.low - 71.28) < 1e-6 && fabs(j.high - 89.76) < 1e-6);
    r.cpu_hz = 123e6;
    CHECK(isnan(board_energy_uj(&r, target_find("esp32")).value));
}

TEST(board_reports_that_are_damaged)
{
    static const char *const bad[] = {
        "",
        "hello",
        "wearlite-report",
        "wearlite-report ",
        "wearlite-report {\"model\":",
        "wearlite-report []",
        "wearlite-report {\"model\":\"g\",\"target\":\"esp32\"}",
        "wearlite-report "
        "{\"model\":\"g\",\"target\":\"esp32\",\"windows\":4,\"equal\":5,\"repeat\":1,\"latency_us\":1}",
        "wearlite-report "
        "{\"model\":\"g\",\"target\":\"esp32\",\"windows\":4,\"equal\":4,\"repeat\":1,\"latency_us\":-1}",
        "wearlite-report "
        "{\"model\":\"g\",\"target\":\"esp32\",\"windows\":4,\"equal\":4,\"repeat\":1,\"latency_us\":\"9\"}",
        "wearlite-report "
        "{\"model\":7,\"target\":\"esp32\",\"windows\":4,\"equal\":4,\"repeat\":1,\"latency_us\":9}",
        "wearlite-report "
        "{\"model\":\"a\",\"model\":\"g\",\"target\":\"esp32\",\"windows\":4,\"equal\":4,\"repeat\":1,"
        "\"latency_us\":9}",
        "wearlite-report {\"model\":\"g\",\"target\":\"a name longer than any chip that anybody has ever "
        "seen\","
        "\"windows\":4,\"equal\":4,\"repeat\":1,\"latency_us\":9}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct board_report r;
        struct err e = {""};
        if (board_parse(bad[i], &r, &e)) test_fail(__FILE__, __LINE__, "taken: %s", bad[i]);
        CHECK(e.text[0]);
    }
}

TEST(board_that_runs_something_else)
{
    struct arena a = {0};
    struct err e = {""};
    struct board_report r;
    const struct target *t = target_find("esp32");
    struct plan *p = plan_lower(tiny_cnn(&a, 32, 3, 3, 5), t->layout, &a, &e);
    struct plan *other = plan_lower(tiny_cnn(&a, 32, 3, 3, 6), t->layout, &a, &e);
    char id[17], id2[17];
    plan_id(p, id), plan_id(other, id2);
    CHECK(strcmp(id, id2)); // other weights, another firmware
    CHECK(board_parse(GOOD, &r, &e));
    CHECK(!board_check(&r, p, t, &e) && strstr(e.text, "another model"));
    strcpy(r.id, id);
    CHECK(board_check(&r, p, t, &e));
    r.equal = 3;
    CHECK(!board_check(&r, p, t, &e) && strstr(e.text, "3 of 4"));
    r.equal = 4;
    CHECK(!board_check(&r, p, target_find("cortex-m4f"), &e) && strstr(e.text, "--target esp32"));
    arena_free(&a);
}

// A board at the other end of a pseudo terminal: talks, and stays until it is told to go.
struct talk {
    int fd;
    const char *text;
};
static void *talk_run(void *arg)
{
    struct talk *t = arg;
    for (const char *s = t->text; *s;) { // in bits, as a port delivers them
        const size_t n = strlen(s) < 7 ? strlen(s) : 7;
        if (write(t->fd, s, n) < 0) break;
        s += n;
        usleep(500);
    }
    return NULL;
}

static bool read_talk(const char *text, int seconds, struct board_report *r, struct err *e)
{
    struct arena a = {0};
    struct talk t = {posix_openpt(O_RDWR | O_NOCTTY), text};
    CHECK(t.fd >= 0 && !grantpt(t.fd) && !unlockpt(t.fd));
    const char *name = arena_strdup(&a, ptsname(t.fd));
    const int stays = open(name, O_RDWR | O_NOCTTY); // what is written before anybody reads is not lost
    pthread_t thread;
    pthread_create(&thread, NULL, talk_run, &t);
    const bool good = board_read(name, seconds, r, &a, e);
    pthread_join(thread, NULL);
    close(stays), close(t.fd);
    arena_free(&a);
    return good;
}

TEST(board_is_read_at_its_port)
{
    struct board_report r;
    struct err e = {""};
    CHECK(read_talk("rst:0x1 (POWERON_RESET)\r\n\033[0;32mI (29) boot\033[0m\r\nwearlite-report "
                    "{\"mod\r\n\xff\xfe\r\n" GOOD "\r\n",
                    20, &r, &e));
    CHECK_STR("0123456789abcdef", r.id);
    CHECK(!read_talk("I (29) boot\nwearlite-report {\n", 1, &r, &e));
    CHECK(strstr(e.text, "no report within 1 s (2 lines, 1 damaged"));
    struct arena a = {0};
    CHECK(!board_read("/dev/null", 1, &r, &a, &e));
    // A file that holds what it printed: the last report counts.
    static const char log[] =
        "boot\n" GOOD "\nwearlite-report {\n"
        "wearlite-report {\"model\":\"gait\",\"target\":\"esp32\",\"windows\":4,\"equal\":4,"
        "\"repeat\":9,\"latency_us\":7,\"pin\":4,\"pulse_inferences\":32}";
    const char *path = test_path("log");
    CHECK(file_write(path, (struct span){(const uint8_t *)log, sizeof log - 1}, &e));
    CHECK(board_read(path, 1, &r, &a, &e));
    CHECK_EQ(9, r.repeat);
    CHECK_EQ(4, r.pin);
    CHECK_EQ(32, r.pulse_inferences);
    CHECK(file_write(path, (struct span){(const uint8_t *)log, 5}, &e) && !board_read(path, 1, &r, &a, &e));
    CHECK_STR("no report in it", e.text);
    CHECK(!board_read("no-such-port", 1, &r, &a, &e) && strstr(e.text, "serial ports here"));
    arena_free(&a);
}
