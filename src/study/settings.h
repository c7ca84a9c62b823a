// The settings that a measurement is priced at beside the chip's own.
#ifndef STUDY_SETTINGS_H
#define STUDY_SETTINGS_H
#include "../measure/measure.h"
#include <jansson.h>

// hop: samples, 0 for the model's own; sensor: a name of sensors[] or NULL; battery_mah at 3.7 V.
bool settings_from(const struct graph *g, int hop, const char *sensor, double battery_mah, bool awake,
                   struct energy_setting *s, struct err *e);
// The one with the least energy an hour, or an inference where no hop is known; -1: energy is not known.
int settings_cheapest(const struct measurement *m, const struct energy_setting *s, int n);
// One object a setting; keys in docs/results.md.
json_t *settings_json(const struct measurement *m, const struct energy_setting *from);
#endif
