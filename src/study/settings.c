// The settings of a chip: clock, place of the weights, hop, sleep. What each costs, and which is the cheapest.
#include "settings.h"
#include "figure.h"
#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

bool settings_from(const struct graph *g, int hop, const char *sensor, double battery_mah, bool awake,
                   struct energy_setting *s, struct err *e)
{
    const char *rate = graph_meta(g, META_RATE), *own = graph_meta(g, META_HOP);
    *s = (struct energy_setting){.awake = awake, .battery_j = battery_mah * 3.6 * 3.7};
    if (!hop && own) hop = atoi(own);
    if (hop > 0 && rate && atof(rate) > 0) s->hop_s = hop / atof(rate);
    if (!sensor) return true;
    for (int i = 0; sensors[i].name; i++)
        if (!strcmp(sensors[i].name, sensor)) s->sensor = &sensors[i];
    if (s->sensor) return true;
    fail(e, "unknown sensor '%s'; there are mpu6050, mpu6500, lsm6ds3, lsm6dso, bmi160, bmi270, icm42688",
         sensor);
    return false;
}

static double cost_of(const struct energy *f)
{
    return isnan(f->hour_j.value) ? f->inference_uj.value : f->hour_j.value;
}

int settings_cheapest(const struct measurement *m, const struct energy_setting *s, int n)
{
    int best = -1;
    double least = INFINITY;
    for (int i = 0; i < n; i++) {
        struct energy f;
        energy_of(m, &s[i], &f);
        if (cost_of(&f) < least) {
            least = cost_of(&f);
            best = i;
        }
    }
    return best;
}

json_t *settings_json(const struct measurement *m, const struct energy_setting *from)
{
    struct energy_setting s[ENERGY_SETTINGS];
    const int n = energy_settings(m, from, s), best = settings_cheapest(m, s, n);
    json_t *list = json_array();
    for (int i = 0; i < n; i++) {
        struct energy f;
        energy_of(m, &s[i], &f);
        json_t *o =
            json_pack("{s:I, s:s, s:s, s:f, s:s?, s:b}", "clock_hz", (json_int_t)s[i].clock_hz, "constants",
                      weights_name(s[i].weights), "between", s[i].awake ? "awake" : "light-sleep", "hop_s",
                      s[i].hop_s, "sensor", s[i].sensor ? s[i].sensor->name : NULL, "cheapest", i == best);
        figure_put_interval(o, "latency_us", f.latency_us);
        figure_put_interval(o, "energy_uj", f.inference_uj);
        figure_put_interval(o, "hour_j", f.hour_j);
        figure_put_interval(o, "battery_days", f.battery_days);
        figure_put_text(o, "why", f.why);
        const bool planned = s[i].weights == WEIGHTS_PLANNED && m->planned;
        const int64_t in_ram = s[i].weights == WEIGHTS_RAM ? m->weight_bytes : 0;
        json_object_set_new(o, "weights_ahead", json_boolean(planned && m->planned_ahead));
        figure_put(o, "instructions", round(planned ? m->planned_instructions : m->instructions));
        figure_put(o, "flash_bytes", (double)(planned ? m->planned_flash_bytes : m->flash_bytes));
        figure_put(o, "ram_bytes", (double)(planned ? m->planned_ram_bytes : m->ram_bytes + in_ram));
        json_array_append_new(list, o);
    }
    return list;
}
