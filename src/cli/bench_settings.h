// What a measured model costs at the chip's other settings, as text.
#ifndef CLI_BENCH_SETTINGS_H
#define CLI_BENCH_SETTINGS_H
#include "../study/settings.h"

void settings_print(const struct measurement *m, const struct energy_setting *from);
// The whole sum of the chip's own setting and of the cheapest, each constant with its source.
void settings_explain(const struct measurement *m, const struct energy_setting *from);
#endif
