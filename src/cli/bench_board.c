#include "../study/figure.h"
#include "bench_board.h"
#include <math.h>
#include <stdio.h>

// The app reports after 20 pulses of its golden windows (4, if emit was not asked for others) and five seconds later
// again: two such turns, at the slowest that the chip may be, and the start.
static int wait_seconds(const struct measurement *m)
{
    const double turns = 2 * 20 * 4 * m->latency_us.high / 1e6;
    return 30 + (turns > 0 ? (int)fmin(turns, 600) : 0); // no latency where the emulated chip failed
}

bool bench_board_read(const char *port, const struct plan *p, const struct measurement *m,
                      struct board_report *r, struct arena *a, struct err *e)
{
    if (!board_read(port, wait_seconds(m), r, a, e)) return false;
    return board_check(r, p, m->target, e) || fail_in(e, "%s", port);
}

void board_estimate(const struct board_report *r, const struct measurement *m, struct energy *out)
{
    const struct energy_setting at = {.clock_hz =
                                          r && r->cpu_hz > 0 ? (uint32_t)r->cpu_hz : m->target->clock_hz};
    energy_of(m, &at, out);
}

void bench_board_print(const char *port, const struct board_report *r, const struct measurement *m)
{
    const struct interval e = board_energy_uj(r, m->target);
    struct energy f;
    board_estimate(r, m, &f);
    const struct interval l = f.latency_us;
    printf("\n%-14s %s on %s", "board", *r->chip ? r->chip : m->target->name, port);
    if (r->cpu_hz > 0) printf(", %.0f MHz", r->cpu_hz / 1e6);
    printf(": %d windows, every byte of the scores as on the host, %d runs each\n", r->windows, r->repeat);
    printf("%-14s %.0f us measured", "latency", r->latency_us);
    if (!isnan(r->latency_us_least)) printf(" (least %.0f)", r->latency_us_least);
    printf("; %.0f us (%.0f to %.0f) estimated: ratio %.2f\n", l.value, l.low, l.high,
           r->latency_us / l.value);
    if (isnan(e.value))
        printf("%-14s not known: no documented power at the board's clock\n", "energy");
    else
        printf("%-14s %.4g uJ (%.4g to %.4g): measured time, documented power\n", "energy", e.value, e.low,
               e.high);
}

json_t *bench_board_json(const struct board_report *r, const struct measurement *m)
{
    const struct interval e = board_energy_uj(r, m->target);
    struct energy f;
    board_estimate(r, m, &f);
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:f, s:f}", "model", r->model, "target", r->target,
                  "chip", r->chip, "id", r->id, "windows", r->windows, "equal", r->equal, "repeat", r->repeat,
                  "latency_us", r->latency_us, "latency_us_estimated", f.latency_us.value);
    const struct {
        const char *key;
        double v;
    } known[] = {{"cpu_hz", r->cpu_hz > 0 ? r->cpu_hz : NAN},
                 {"latency_us_least", r->latency_us_least},
                 {"cycles", r->cycles},
                 {"cycles_least", r->cycles_least},
                 {"ram_bytes", (double)r->ram_bytes},
                 {"const_bytes", (double)r->const_bytes},
                 {"energy_uj", e.value},
                 {"energy_uj_low", e.low},
                 {"energy_uj_high", e.high}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) figure_put(o, known[i].key, known[i].v);
    json_object_set_new(o, "energy_origin", isnan(e.value) ? json_null() : json_string("modelled"));
    return o;
}
