#include "ppk2.h"
#include "../data/text.h"
#include <math.h>
#include <string.h>

// "R0: 1031.64" into the number; false when there is no such line or it holds no number.
static bool line_read(const char *text, const char *name, int range, double *v)
{
    const size_t k = strlen(name);
    for (const char *p = text; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
        if (strncmp(p, name, k) || p[k] != '0' + range || p[k + 1] != ':') continue;
        p += k + 2;
        while (*p == ' ') p++;
        return number_read_double(p, p + strlen(p), v) != NULL;
    }
    return false;
}

bool ppk2_calibration_read(const char *text, struct ppk2_calibration *c, struct err *e)
{
    const struct {
        const char *name;
        double *v;
        bool may_lack; // user gains: 1
    } part[] = {{"R", c->r, false}, {"GS", c->gs, false}, {"GI", c->gi, false}, {"O", c->o, false},
                {"S", c->s, false}, {"I", c->i, false},   {"UG", c->ug, true}};
    if (!strstr(text, "END")) return fail(e, "no calibration");
    for (size_t k = 0; k < sizeof part / sizeof *part; k++)
        for (int r = 0; r < PPK2_RANGES; r++) {
            const bool good = line_read(text, part[k].name, r, &part[k].v[r]);
            if (!good && part[k].may_lack)
                part[k].v[r] = 1;
            else if (!good || fabs(part[k].v[r]) > 1e6 || (k == 0 && part[k].v[r] < 1e-3))
                return fail(e, "its calibration has no sensible %s%d; plug it in again", part[k].name, r);
        }
    return true;
}

void ppk2_start(struct ppk2_stream *s, const struct ppk2_calibration *c, double volts)
{
    *s = (struct ppk2_stream){.calibration = c, .volts = volts, .average = NAN, .average4 = NAN, .range = -1};
}

// 1.8 V over 163840 steps, across the range's resistor; then the range's gains and offsets.
static double amps_of(const struct ppk2_stream *s, uint32_t word, int r)
{
    const struct ppk2_calibration *c = s->calibration;
    const double adc = (double)(word & 0x3fff) * 4, raw = (adc - c->o[r]) * (1.8 / 163840) / c->r[r];
    return c->ug[r] * (raw * (c->gs[r] * raw + c->gi[r]) + (c->s[r] * s->volts + c->i[r]));
}

// Where the range changes the converter overshoots for three samples: these become the running average of what was before;
// in the last range a slower average of its own, which the first two samples do not enter.
static double filtered(struct ppk2_stream *s, double amps, int range)
{
    enum { REPLACED = 3, KEPT = 2 };
    const double alpha = 0.18, alpha4 = 0.06, before = s->average, before4 = s->average4;
    s->average = isnan(before) ? amps : alpha * amps + (1 - alpha) * before;
    s->average4 = isnan(before4) ? amps : alpha4 * amps + (1 - alpha4) * before4;
    if (s->range < 0) s->range = range;
    if (s->range != range)
        s->after = REPLACED, s->alike = 0;
    else
        s->alike++;
    s->range = range;
    if (s->after == 0) return amps;
    s->after--;
    if (range < PPK2_RANGES - 1) return s->average;
    if (s->alike < KEPT) s->average = before, s->average4 = before4;
    return s->average4;
}

static void frame_take(struct ppk2_stream *s, uint32_t word, struct trace *t)
{
    const unsigned counter = word >> 18 & 63;
    const int field = word >> 14 & 7, range = field < PPK2_RANGES ? field : PPK2_RANGES - 1;
    const unsigned missing = s->frames ? (counter - s->counter - 1) & 63 : 0;
    s->index += s->frames ? 1 + (int64_t)missing : 0;
    s->lost += missing, s->counter = counter, s->frames++;
    t->sample[t->n++] = (struct trace_sample){
        .s = (double)s->index / PPK2_HZ,
        .amps = (float)filtered(s, amps_of(s, word, range), range),
        .volts = (float)s->volts,
        .lines = (uint8_t)(word >> 24),
    };
}

void ppk2_take(struct ppk2_stream *s, const uint8_t *p, size_t n, struct trace *t)
{
    for (size_t i = 0; i < n; i++) {
        s->part[s->npart++] = p[i];
        if (s->npart < 4) continue;
        s->npart = 0;
        frame_take(s,
                   (uint32_t)s->part[0] | (uint32_t)s->part[1] << 8 | (uint32_t)s->part[2] << 16 |
                       (uint32_t)s->part[3] << 24,
                   t);
    }
}
