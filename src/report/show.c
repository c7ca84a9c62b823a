#include "show.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

void put_text(struct buf *out, const char *s)
{
    for (; s && *s; s++) {
        switch (*s) {
        case '&':
            buf_puts(out, "&amp;");
            break;
        case '<':
            buf_puts(out, "&lt;");
            break;
        case '>':
            buf_puts(out, "&gt;");
            break;
        case '"':
            buf_puts(out, "&quot;");
            break;
        case '\'':
            buf_puts(out, "&#39;");
            break;
        default:
            buf_put(out, s, 1);
        }
    }
}

void put_text_of(struct buf *out, const json_t *o, const char *key)
{
    const char *s = figure_text(o, key);
    put_text(out, s ? s : "not known");
}

// Copies the digits of from with a comma before every third of the whole part.
static char *with_commas(char s[SHOW_MAX], const char *from)
{
    size_t whole = strcspn(from, "."), o = 0;
    for (size_t i = 0; from[i] && o + 2 < SHOW_MAX; i++) {
        if (i && i < whole && (whole - i) % 3 == 0) s[o++] = ',';
        s[o++] = from[i];
    }
    s[o] = 0;
    return s;
}

static char *show(char s[SHOW_MAX], double v, int decimals, const char *plus)
{
    if (!isfinite(v) || fabs(v) > 1e18) {
        snprintf(s, SHOW_MAX, "not known");
        return s;
    }
    char digits[SHOW_MAX], grouped[SHOW_MAX];
    snprintf(digits, sizeof digits, "%.*f", decimals, fabs(v));
    bool zero = strspn(digits, "0.") == strlen(digits); // no minus zero
    snprintf(s, SHOW_MAX, "%s%.40s", zero ? "" : v < 0 ? "\xe2\x88\x92" : plus, with_commas(grouped, digits));
    return s;
}

char *show_count(char s[SHOW_MAX], double v)
{
    return show(s, v, 0, "");
}

char *show_fixed(char s[SHOW_MAX], double v, int decimals)
{
    return show(s, v, decimals, "");
}

char *show_signed(char s[SHOW_MAX], double v, int decimals)
{
    return show(s, v, decimals, "+");
}

char *show_short(char s[SHOW_MAX], double v)
{
    double a = fabs(v);
    int decimals = a >= 99.95 ? 0 : a >= 9.995 ? 1 : a >= 0.9995 ? 2 : a >= 0.09995 ? 3 : 4;
    return show(s, v, a == 0 ? 0 : decimals, "");
}

const char *show_energy_unit(double largest_uj, double *scale)
{
    *scale = largest_uj >= 10000 ? 1e-3 : 1;
    return largest_uj >= 10000 ? "mJ" : "\xc2\xb5J";
}
