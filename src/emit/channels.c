// The model's channels as an inertial sensor has them: which axis, and how many of the model's units.
#include "parts.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TEXT = 40 };

static const char *item(const char *list, int i, char *to)
{
    while (i-- > 0) list += strcspn(list, ",") + 1;
    size_t n = strcspn(list, ",");
    if (n >= TEXT) n = TEXT - 1;
    memcpy(to, list, n);
    to[n] = 0;
    return to;
}

static const char *after(const char *s, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncasecmp(s, prefix, n) ? NULL : s + n;
}

// "acc_x", "total_acc_y", "Gyroscope Z": 0 .. 5; -1: none. A "body_acc" has no gravity in it any more, so it
// is none.
static int axis_of(const char *name)
{
    static const struct {
        const char *text;
        int first;
    } start[] = {{"total_acc", 0}, {"accelerometer", 0}, {"accel", 0}, {"acc", 0},
                 {"body_gyro", 3}, {"gyroscope", 3},     {"gyro", 3},  {"gyr", 3}};
    for (size_t i = 0; i < sizeof start / sizeof *start; i++) {
        const char *rest = after(name, start[i].text);
        if (!rest) continue;
        if (*rest == '_' || *rest == ' ' || *rest == '-' || *rest == '.') rest++;
        const int axis = tolower((unsigned char)*rest) - 'x';
        if (*rest && !rest[1] && axis >= 0 && axis < 3) return start[i].first + axis;
    }
    return -1;
}

// Units in a g, or in a degree a second; 0: not known.
static double per_unit(const char *unit, bool gyro)
{
    static const struct {
        const char *text;
        bool gyro;
        double per;
    } known[] = {{"g", false, 1},          {"mg", false, 1000},       {"m/s^2", false, 9.80665},
                 {"m/s2", false, 9.80665}, {"m/s/s", false, 9.80665}, {"rad/s", true, 0.017453292519943295},
                 {"deg/s", true, 1},       {"dps", true, 1},          {"mdps", true, 1000}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].gyro == gyro && !strcasecmp(known[i].text, unit)) return known[i].per;
    return 0;
}

bool channels_print(const struct model *m, struct buf *out, const char **why)
{
    char name[TEXT], unit[TEXT];
    *why = !m->channel_names                  ? "the model does not name its channels"
           : !m->units                        ? "the model does not name its units"
           : !m->rate || !(atof(m->rate) > 0) ? "the model does not tell its sample rate"
                                              : NULL;
    if (*why) return false;
    buf_puts(out, "static const struct sampler_channel model_channel[] = {\n");
    for (int i = 0; i < m->channels; i++) {
        const int axis = axis_of(item(m->channel_names, i, name));
        const double per = per_unit(item(m->units, i, unit), axis >= 3);
        if (axis < 0 || !(per > 0)) {
            *why = arena_printf(m->arena,
                                "channel %d, '%s' in '%s', is nothing that an inertial sensor measures", i,
                                name, unit);
            return false;
        }
        buf_printf(out, "    {%d, ", axis);
        float_print((float)per, out);
        buf_puts(out, "},\n");
    }
    buf_puts(out, "};\n");
    return true;
}
