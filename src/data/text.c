#define _GNU_SOURCE
#include "text.h"
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
    return (unsigned)(c - '0') < 10;
}

// What the fast path cannot round for certain. The span p .. end is one well-formed number.
static bool number_slow(const char *p, const char *end, double *wide, float *v)
{
    char copy[64];
    size_t n = (size_t)(end - p);
    if (n >= sizeof copy) return false;
    memcpy(copy, p, n);
    copy[n] = 0;
    static locale_t plain; // strtof alone would read "0,5" in a German locale
    if (!plain) plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (wide) *wide = strtod_l(copy, NULL, plain);
    if (v) *v = strtof_l(copy, NULL, plain);
    return wide ? isfinite(*wide) : isfinite(*v);
}

const char *number_read_double(const char *p, const char *end, double *v)
{
    float narrow;
    // The scanner finds the end; a number beyond floats may still be a double, but is no time.
    const char *next = number_read(p, end, &narrow);
    return next && number_slow(p, next, v, NULL) ? next : NULL;
}

const char *number_read(const char *p, const char *end, float *v)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *first = p;
    bool minus = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) p++;
    uint64_t m = 0;
    int digits = 0, scale = 0; // value = m * 10^scale
    bool any = false, exact = true;
    for (int fraction = 0;; fraction = 1) {
        for (; p < end && is_digit(*p); p++) {
            any = true;
            if (digits < 19) {
                m = 10 * m + (uint64_t)(*p - '0');
                digits += m != 0;
                scale -= fraction;
            } else {
                exact = exact && *p == '0';
                scale += !fraction;
            }
        }
        if (fraction || p == end || *p != '.') break;
        p++;
    }
    if (!any) return NULL;
    if (p < end && (*p == 'e' || *p == 'E')) {
        const char *q = p + 1;
        bool down = q < end && *q == '-';
        if (q < end && (*q == '-' || *q == '+')) q++;
        if (q == end || !is_digit(*q)) return NULL;
        int power10 = 0;
        for (; q < end && is_digit(*q); q++)
            if (power10 < 10000) power10 = 10 * power10 + (*q - '0');
        scale += down ? -power10 : power10;
        p = q;
    }
    if (m == 0) {
        *v = minus ? -0.0f : 0.0f;
        return p;
    }
    if (exact && scale >= -22 && scale <= 22) {
        // At most two roundings of 2^-53 so far: the float is certain unless a tie of floats is that near.
        double d = scale < 0 ? (double)m / power[-scale] : (double)m * power[scale];
        uint64_t bits;
        memcpy(&bits, &d, sizeof bits);
        int64_t from_tie = (int64_t)(bits & 0x1fffffff) - 0x10000000;
        if (d > 1e-30 && d < 1e30 && (from_tie > 8 || from_tie < -8)) {
            *v = (float)(minus ? -d : d);
            return p;
        }
    }
    return number_slow(first, p, NULL, v) ? p : NULL;
}

// Rows of ncol numbers that the text can hold at most: a number and what parts it from the next take two
// bytes, so memory stays within twice the file whatever it claims.
static size_t rows_most(struct span text, int ncol)
{
    size_t lines = 1, fit = text.n / (2 * (size_t)ncol) + 1;
    for (const uint8_t *p = text.p, *end = p + text.n; (p = memchr(p, '\n', (size_t)(end - p))); p++) lines++;
    return lines < fit ? lines : fit;
}

static bool is_gap(char c)
{
    return c == ' ' || c == ',' || c == '\t' || c == '\r';
}

bool table_read(struct span text, const char *name, int ncol, struct arena *a, float **out, int *rows,
                struct err *e)
{
    *rows = 0;
    if (!text.n) return fail(e, "%s: the file is empty; get it again", name);
    float *v = *out = arena_array(a, rows_most(text, ncol) + 1, (size_t)ncol * sizeof *v);
    int line = 1;
    for (const char *p = (const char *)text.p, *end = p + text.n; p < end; line++, p++) {
        int n = 0;
        for (;;) {
            while (p < end && is_gap(*p)) p++;
            if (p == end || *p == '\n') break;
            const char *next = n < ncol ? number_read(p, end, v) : NULL;
            if (next && next < end && !is_gap(*next) && *next != '\n') next = NULL;
            if (!next && n < ncol) {
                int shown = 0;
                while (shown < 20 && p + shown < end && !is_gap(p[shown]) && p[shown] != '\n') shown++;
                return fail(e, "%s: line %d: \"%.*s\" is not a number; the file is damaged, get it again",
                            name, line, shown, p);
            }
            if (!next)
                return fail(e, "%s: line %d: more than %d numbers; is it the right file?", name, line, ncol);
            p = next;
            v++;
            n++;
        }
        if (n && n < ncol)
            return fail(e, "%s: line %d: %d numbers instead of %d; the file is truncated, get it again", name,
                        line, n, ncol);
        *rows += n != 0;
    }
    if (!*rows) return fail(e, "%s: no numbers in the file; get it again", name);
    return true;
}

bool table_read_int(struct span text, const char *name, int ncol, int lo, int hi, struct arena *a,
                    int32_t **out, int *rows, struct err *e)
{
    float *v;
    if (!table_read(text, name, ncol, a, &v, rows, e)) return false;
    size_t n = (size_t)*rows * (size_t)ncol;
    int32_t *w = *out = arena_array(a, n, sizeof *w);
    for (size_t i = 0; i < n; i++) {
        if (!(v[i] >= (float)lo && v[i] <= (float)hi) || v[i] != floorf(v[i]))
            return fail(e, "%s: row %zu: %g is not a whole number from %d to %d; is it the right file?", name,
                        i / (size_t)ncol + 1, (double)v[i], lo, hi);
        w[i] = (int32_t)v[i];
    }
    return true;
}
