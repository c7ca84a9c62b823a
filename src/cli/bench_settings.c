#include "bench_settings.h"
#include <math.h>
#include <stdio.h>

void settings_print(const struct measurement *m, const struct energy_setting *from)
{
    struct energy_setting s[ENERGY_SETTINGS];
    const int n = energy_settings(m, from, s), best = settings_cheapest(m, s, n);
    if (best < 0 || (n == 1 && !(from->hop_s > 0))) return;
    printf("\n%-10s %-10s %12s %14s %14s %14s\n", "clock MHz", "constants", "latency us", "inference uJ",
           "an hour J", "battery days");
    for (int i = 0; i < n; i++) {
        struct energy f;
        energy_of(m, &s[i], &f);
        printf("%-10.0f %-10s %12.0f %14.1f", s[i].clock_hz / 1e6,
               s[i].weights == WEIGHTS_FLASH ? "in flash"
               : s[i].weights == WEIGHTS_RAM ? "in RAM"
                                             : "planned",
               f.latency_us.value, f.inference_uj.value);
        if (isnan(f.hour_j.value))
            printf(" %14s %14s", "-", "-");
        else
            printf(" %14.2f %14.1f", f.hour_j.value, f.battery_days.value);
        printf("%s\n", i == best ? "  cheapest" : s[i].awake && !from->awake ? "  awake between" : "");
    }
    if (from->hop_s > 0)
        printf("a window every %.3g s, %s between, %s\n", from->hop_s, from->awake ? "awake" : "light sleep",
               from->sensor ? from->sensor->mw.source : "without the sensor");
}

void settings_explain(const struct measurement *m, const struct energy_setting *from)
{
    struct energy_setting s[ENERGY_SETTINGS];
    struct buf text = {0};
    const int n = energy_settings(m, from, s), best = settings_cheapest(m, s, n);
    placement_explain(m, &text);
    buf_puts(&text, "\n");
    energy_explain(m, &s[0], &text);
    if (best > 0) {
        buf_puts(&text, "\nthe cheapest: ");
        energy_explain(m, &s[best], &text);
    }
    printf("\n%.*s", (int)text.n, (const char *)text.p);
    buf_free(&text);
}
