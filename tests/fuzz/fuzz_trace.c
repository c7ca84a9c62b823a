// Any bytes as a recording: refused with a message, or samples whose time rises and pulses that lie within them.
#include "../../src/measure/meter.h"
#include <assert.h>
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a = {0};
    struct err e = {""};
    struct trace t;
    struct pulses p;
    struct metered m;
    const struct metered_opt o = {.line = -1, .inferences = 3, .volts = 3.3};
    const bool good = trace_read((struct span){data, n}, "fuzz", &a, &t, &e);
    assert(good == !*e.text);
    if (good) {
        assert(t.n >= 2 && t.period_s > 0 && t.lost >= 0);
        for (int i = 1; i < t.n; i++) assert(t.sample[i].s > t.sample[i - 1].s);
        for (int l = 0; l < TRACE_LINES; l++) {
            assert(pulses_find(&t, l, 3.3, &a, &p, &e));
            assert(p.n >= 0 && p.cut >= 0 && p.cut <= 2 && p.gaps >= 0 && p.odd >= 0);
            for (int i = 0; i < p.n; i++) {
                assert(p.p[i].first > 0 && p.p[i].n > 0 && p.p[i].first + p.p[i].n < t.n);
                assert(p.p[i].seconds > 0 && isfinite(p.p[i].joules));
            }
        }
        e.text[0] = 0;
        if (meter_energy(&t, NULL, &o, &a, &m, &e))
            assert(m.energy_uj.value > 0 && m.energy_uj.low <= m.energy_uj.high &&
                   m.pulses.n >= METER_PULSES);
        else
            assert(*e.text);
    }
    arena_free(&a);
    return 0;
}
