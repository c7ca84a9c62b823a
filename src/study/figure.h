// Figures in JSON: a number, or null when it is not known.
#ifndef STUDY_FIGURE_H
#define STUDY_FIGURE_H
#include "../measure/measure.h"
#include <jansson.h>
#include <stdbool.h>

double figure(const json_t *o, const char *key);           // NAN: absent, null, or not a number
const char *figure_text(const json_t *o, const char *key); // NULL: absent, null, or not a text
bool figure_true(const json_t *o, const char *key);
const json_t *figure_list(const json_t *o, const char *key); // NULL, which counts as empty, when absent
// NAN and infinities become null, whole numbers integers.
void figure_put(json_t *o, const char *key, double v);
void figure_put_interval(json_t *o, const char *key, struct interval v); // key, key_low, key_high
void figure_put_text(json_t *o, const char *key,
                     const char *v); // NULL becomes null; bytes that are not UTF-8 too
// The object of a list whose text members equal the given ones; key, value pairs, NULL at the end.
const json_t *figure_find(const json_t *list, ...);
bool figure_is(const json_t *o, const char *key, const char *text);
#endif
