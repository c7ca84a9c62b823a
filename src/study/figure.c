#include "figure.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

double figure(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

const char *figure_text(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

bool figure_true(const json_t *o, const char *key)
{
    return json_is_true(json_object_get(o, key));
}

const json_t *figure_list(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_array(v) ? v : NULL; // jansson's size of NULL is 0
}

void figure_put(json_t *o, const char *key, double v)
{
    json_t *j;
    if (!isfinite(v))
        j = json_null();
    else if (v == floor(v) && fabs(v) < 9e15)
        j = json_integer((json_int_t)v);
    else
        j = json_real(v);
    json_object_set_new(o, key, j);
}

void figure_put_interval(json_t *o, const char *key, struct interval v)
{
    char end[64];
    figure_put(o, key, v.value);
    snprintf(end, sizeof end, "%s_low", key);
    figure_put(o, end, v.low);
    snprintf(end, sizeof end, "%s_high", key);
    figure_put(o, end, v.high);
}

void figure_put_text(json_t *o, const char *key, const char *v)
{
    json_t *j = v ? json_string(v) : NULL; // NULL for bytes that are not UTF-8
    json_object_set_new(o, key, j ? j : json_null());
}

bool figure_is(const json_t *o, const char *key, const char *text)
{
    const char *v = figure_text(o, key);
    return v && text && !strcmp(v, text);
}

const json_t *figure_find(const json_t *list, ...)
{
    size_t i;
    const json_t *o;
    json_array_foreach (list, i, o) {
        va_list ap;
        va_start(ap, list);
        bool same = true;
        for (const char *key; same && (key = va_arg(ap, const char *));)
            same = figure_is(o, key, va_arg(ap, const char *));
        va_end(ap);
        if (same) return o;
    }
    return NULL;
}
