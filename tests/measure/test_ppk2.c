// The PPK2: its samples as amperes, and a simulated one at the other end of a pseudo terminal.
#define _XOPEN_SOURCE 600 // pseudo terminals
#include "../../src/base/log.h"
#include "../../src/measure/meter.h"
#include "../../src/measure/ppk2.h"
#include "../test.h"
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const double R[] = {1003.35, 101.59, 10.3, 0.9636, 0.0564}, GS[] = {0, 112.8, 18.0, 2.4, 0.073},
                    GI[] = {1, 0.9695, 0.9609, 0.9519, 0.9582}, O[] = {112.9, 75.5, 64.6, 50.5, 88.2},
                    S[] = {0, 1e-8, 2e-8, 2e-5, 2e-5}, I[] = {0, 1e-8, 1e-7, -1e-5, -1e-5},
                    UG[] = {1, 1, 1, 1.01, 0.99};

static const char *metadata(struct arena *a)
{
    const char *s = "Calibrated: 0\n";
    const struct {
        const char *name;
        const double *v;
    } part[] = {{"R", R}, {"GS", GS}, {"GI", GI}, {"O", O}, {"S", S}, {"I", I}, {"UG", UG}};
    for (int k = 0; k < 7; k++)
        for (int r = 0; r < 5; r++) s = arena_printf(a, "%s%s%d: %.9g\n", s, part[k].name, r, part[k].v[r]);
    return arena_printf(a, "%sVDD: 5000\nHW: 37692\nmode: 2\nIA: 56\nEND\n", s);
}

static uint32_t word(unsigned field, unsigned range, unsigned counter, unsigned lines)
{
    return field | range << 14 | (counter & 63) << 18 | lines << 24;
}

static void put(uint8_t *to, uint32_t w)
{
    for (int i = 0; i < 4; i++) to[i] = (uint8_t)(w >> 8 * i);
}

// A plain calibration: 1000 * 4 steps of 1.8 V / 163840 across 10.15 ohm are 4.3296 mA.
TEST(ppk2_samples_are_amperes)
{
    struct ppk2_calibration c;
    struct err e = {""};
    struct arena a = {0};
    const char *text =
        "R0: 1031.64\nR1: 101.65\nR2: 10.15\nR3: 0.94\nR4: 0.043\nGS0: 0\nGS1: 0\nGS2: 0\nGS3: 0\n"
        "GS4: 0\nGI0: 1\nGI1: 1\nGI2: 1\nGI3: 1\nGI4: 1\nO0: 0\nO1: 0\nO2: 0\nO3: 0\nO4: 0\nS0: 0\nS1: "
        "0\nS2: 0\nS3: 0\nS4: 0\nI0: 0\nI1: 0\nI2: 0\nI3: 0\nI4: 0\nEND";
    CHECK(ppk2_calibration_read(text, &c, &e));
    struct ppk2_stream s;
    struct trace t = {.sample = arena_new_n(&a, 64, struct trace_sample)};
    uint8_t b[4 * 6];
    put(b, word(1000, 2, 62, 0x81)), put(b + 4, word(1000, 2, 63, 0)), put(b + 8, word(1001, 2, 0, 1));
    put(b + 12, word(0, 2, 3, 1)), put(b + 16, word(0, 2, 4, 1)), put(b + 20, word(0, 2, 5, 1));
    ppk2_start(&s, &c, 3.0);
    for (int i = 0; i < 21; i++) ppk2_take(&s, b + i, 1, &t); // byte by byte, and the last frame cut
    CHECK_EQ(5, t.n);
    CHECK_NEAR(4.32959e-3, t.sample[0].amps, 1e-8);
    CHECK_NEAR(4.33392e-3, t.sample[2].amps, 1e-8);
    CHECK_NEAR(0, t.sample[3].amps, 1e-9);
    CHECK_EQ(0x81, t.sample[0].lines);
    CHECK_NEAR(2e-5, t.sample[2].s, 1e-12);
    CHECK_NEAR(5e-5, t.sample[3].s, 1e-12); // 1 and 2 did not come
    CHECK_EQ(2, s.lost);
    // Range 7 is the last one: 1.8 / 163840 * 400 / 0.043 = 102.2 mA.
    t.n = 0;
    ppk2_start(&s, &c, 3.0);
    put(b, word(100, 7, 0, 0));
    ppk2_take(&s, b, 4, &t);
    CHECK_NEAR(0.102198, t.sample[0].amps, 1e-5);
    // Three samples after a change of the range are the average of before, 0.18 of it new; then it is believed.
    t.n = 0;
    ppk2_start(&s, &c, 3.0);
    for (int i = 0; i < 6; i++) put(b + 4 * i, word(i < 2 ? 1000 : 500, i < 2 ? 2 : 3, (unsigned)i, 0));
    ppk2_take(&s, b, 24, &t);
    const double was = 4.329587e-3, is = 1.8 / 163840 * 2000 / 0.94;
    CHECK_NEAR(0.82 * was + 0.18 * is, t.sample[2].amps, 1e-7);
    CHECK_NEAR(was + (is - was) * (1 - 0.82 * 0.82), t.sample[3].amps, 1e-7);
    CHECK_NEAR(was + (is - was) * (1 - 0.82 * 0.82 * 0.82), t.sample[4].amps, 1e-7);
    CHECK_NEAR(is, t.sample[5].amps, 1e-7);
    arena_free(&a);
}

TEST(ppk2_calibrations_that_are_damaged)
{
    struct arena a = {0};
    struct ppk2_calibration c;
    struct err e = {""};
    const char *good = metadata(&a);
    CHECK(ppk2_calibration_read(good, &c, &e));
    CHECK_NEAR(0.0564, c.r[4], 1e-12);
    CHECK_NEAR(112.8, c.gs[1], 1e-12);
    static const char *const spoil[] = {"R3: ", "GI2: ", "S0: ", "I4: ", "END"};
    for (size_t i = 0; i < sizeof spoil / sizeof *spoil; i++) {
        char *s = arena_strdup(&a, good), *at = strstr(s, spoil[i]);
        at[0] = '-';
        CHECK(!ppk2_calibration_read(s, &c, &e));
    }
    CHECK(!ppk2_calibration_read("R0: nan\nEND", &c, &e));
    CHECK(!ppk2_calibration_read("R0: -3\nEND", &c, &e));
    CHECK(!ppk2_calibration_read("", &c, &e));
    arena_free(&a);
}

// ---- the simulated instrument ----

enum trouble { NONE, MUTE, CHATTER, LOSSY, HOLE, STALLS };
struct sim {
    int fd;
    enum trouble trouble;
    const char *metadata;
    uint8_t got[256]; // commands
    int ngot;
    atomic_bool end;
};

// The board: 20 mA, and 80 mA for 12 of every 20 ms, while line 3 is high.
static double profile(long i, bool *high)
{
    *high = i % 2000 >= 500 && i % 2000 < 1700;
    return *high ? 0.080 : 0.020;
}

// The field that the converter has at this current: the calibration solved for it.
static unsigned field_of(double amps, int r, double volts)
{
    const double want = amps / UG[r] - (S[r] * volts + I[r]);
    const double raw =
        GS[r] > 0 ? (-GI[r] + sqrt(GI[r] * GI[r] + 4 * GS[r] * want)) / (2 * GS[r]) : want / GI[r];
    return (unsigned)lrint((raw * R[r] / (1.8 / 163840) + O[r]) / 4);
}

static int frames(struct sim *s, uint8_t *to, long from, int n)
{
    static long changed;
    static int range;
    int bytes = 0;
    for (long i = from; i < from + n; i++) {
        bool high;
        const double amps = profile(i, &high);
        const int r = amps > 0.05 ? 4 : 3;
        if (r != range) range = r, changed = i;
        // The converter overshoots after a change.
        const double seen = i - changed < 3 ? amps * 4 : amps;
        if (s->trouble == HOLE && i >= 21000 && i < 21007) continue; // in the eleventh pulse
        if (s->trouble == LOSSY && i % 100 < 3) continue;
        put(to + bytes, word(field_of(seen, r, 3.3), (unsigned)r, (unsigned)i, high ? 8 : 0));
        bytes += 4;
    }
    return bytes;
}

static void send_all(int fd, const void *p, int n)
{
    for (const char *s = p; n > 0;) {
        const ssize_t put_ = write(fd, s, (size_t)n);
        if (put_ <= 0) return;
        s += put_, n -= (int)put_;
    }
}

static void *sim_run(void *arg)
{
    enum { BLOCK = 1000 }; // ten milliseconds
    static uint8_t block[4 * BLOCK];
    struct sim *s = arg;
    bool running = false;
    long sample = 0;
    while (!s->end) {
        uint8_t c[64];
        struct pollfd p = {.fd = s->fd, .events = POLLIN};
        if (poll(&p, 1, running ? 2 : 10) > 0) {
            const ssize_t n = read(s->fd, c, sizeof c);
            for (ssize_t i = 0; i < n; i++) {
                if (s->ngot < (int)sizeof s->got) s->got[s->ngot++] = c[i];
                if (c[i] == PPK2_METADATA && s->trouble != MUTE)
                    send_all(s->fd, s->metadata, (int)strlen(s->metadata));
                if (c[i] == PPK2_START) running = true;
                if (c[i] == PPK2_STOP) running = false;
            }
        }
        if (s->trouble == CHATTER) send_all(s->fd, "hello, this is a modem\r\n", 24);
        if (!running || (s->trouble == STALLS && sample >= 5000)) continue;
        send_all(s->fd, block, frames(s, block, sample, BLOCK));
        sample += BLOCK;
    }
    return NULL;
}

// Records one second with the meter; what came.
static bool record_with(const struct meter *m, enum trouble trouble, double seconds, struct sim *s,
                        struct trace *t, struct arena *a, struct err *e)
{
    *s = (struct sim){.fd = posix_openpt(O_RDWR | O_NOCTTY), .trouble = trouble, .metadata = metadata(a)};
    CHECK(s->fd >= 0 && !grantpt(s->fd) && !unlockpt(s->fd));
    const char *name = arena_strdup(a, ptsname(s->fd));
    const int stays = open(name, O_RDWR | O_NOCTTY);
    pthread_t thread;
    pthread_create(&thread, NULL, sim_run, s);
    const struct meter_use use = {name, 3.3};
    void *state = m->open(&use, a, e);
    const bool good = state && m->record(state, seconds, t, a, e);
    if (state) m->close(state);
    usleep(50000); // the last commands arrive
    s->end = true;
    tcflush(stays, TCIOFLUSH); // a writer that waits goes on
    pthread_join(thread, NULL);
    close(stays), close(s->fd);
    return good;
}

// 80 mA * 3.3 V * 12 ms = 3168 uJ a pulse, 396 uJ for each of eight inferences. The filter replaces three of 1200 samples.
TEST(ppk2_measures_a_known_profile)
{
    struct arena a = {0};
    struct err e = {""};
    struct sim s;
    struct trace t;
    struct metered m;
    const struct metered_opt o = {.line = -1, .inferences = 8, .volts = NAN};
    if (!record_with(&meter_ppk2_source, NONE, 0.5, &s, &t, &a, &e) ||
        !meter_energy(&t, NULL, &o, &a, &m, &e)) {
        test_fail(__FILE__, __LINE__, "%s", e.text);
        return arena_free(&a);
    }
    CHECK_NEAR(396, m.energy_uj.value, 0.004 * 396);
    CHECK(m.energy_uj.high - m.energy_uj.low < 0.01 * 396);
    CHECK_NEAR(1500, m.latency_us, 1e-6);
    CHECK_NEAR(66, m.idle_mw, 0.02 * 66);
    CHECK_NEAR(3.3, m.volts, 1e-6);
    CHECK_EQ(3, m.line);
    CHECK(m.pulses.n >= 24);
    CHECK_EQ(0, t.lost);
    // What the board was supplied with: 3300 mV, then source meter, on; and off at the end.
    static const uint8_t start[] = {
        PPK2_STOP, PPK2_METADATA, PPK2_REGULATOR, 0x0c, 0xe4, PPK2_MODE, 2, PPK2_DEVICE, 1, PPK2_START};
    CHECK(s.ngot >= 13 && !memcmp(s.got, start, sizeof start));
    CHECK(s.ngot >= 13 && s.got[s.ngot - 2] == PPK2_DEVICE && s.got[s.ngot - 1] == 0);
    // In the board's supply: mode 1, and the board stays on.
    CHECK(record_with(&meter_ppk2, HOLE, 0.5, &s, &t, &a, &e) && meter_energy(&t, NULL, &o, &a, &m, &e));
    CHECK(s.ngot >= 10 && s.got[6] == 1 && s.got[s.ngot - 1] == PPK2_STOP);
    CHECK_EQ(7, t.lost);
    CHECK_EQ(1, m.pulses.gaps);
    CHECK_NEAR(396, m.energy_uj.value, 0.004 * 396);
    arena_free(&a);
}

TEST(ppk2_that_is_none_or_in_trouble)
{
    struct arena a = {0};
    struct err e = {""};
    struct sim s;
    struct trace t;
    struct metered m;
    const struct metered_opt o = {.line = 3, .inferences = 8, .volts = NAN};
    CHECK(!record_with(&meter_ppk2, MUTE, 0.5, &s, &t, &a, &e));
    CHECK_STR("no PPK2 answers there (0 bytes came", e.text);
    CHECK(!record_with(&meter_ppk2, CHATTER, 0.5, &s, &t, &a, &e));
    CHECK_STR("does not stop sending; is it a PPK2?", e.text);
    CHECK(!record_with(&meter_ppk2, STALLS, 0.5, &s, &t, &a, &e));
    CHECK_STR("the PPK2 sent 5000 of 50000 samples", e.text);
    CHECK(record_with(&meter_ppk2, LOSSY, 0.5, &s, &t, &a, &e));
    CHECK(!meter_energy(&t, NULL, &o, &a, &m, &e));
    CHECK_STR("samples were lost", e.text);
    const struct meter_use nothing = {"", NAN}, nowhere = {"/dev/null", 3.3}, much = {"/dev/null", 12};
    CHECK(!meter_ppk2.open(&nowhere, &a, &e) && strstr(e.text, "/dev/null"));
    CHECK(!meter_ppk2_source.open(&much, &a, &e) && strstr(e.text, "0.8 to 5"));
    CHECK(!meter_ppk2.open(&nothing, &a, &e));
    arena_free(&a);
}
