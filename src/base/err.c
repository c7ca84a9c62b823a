#include "err.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool fail(struct err *e, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    for (char *p = e->text; *p; p++) // foreign names may hold anything; an error stays one line
        if ((unsigned char)*p < ' ' || *p == 127) *p = '?';
    return false;
}

bool fail_in(struct err *e, const char *fmt, ...)
{
    struct err context, inner = *e;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(context.text, sizeof context.text, fmt, ap);
    va_end(ap);
    return fail(e, "%.300s: %.460s", context.text, inner.text);
}

bool fail_short(struct err *e)
{
    char *to = e->text;
    for (const char *p = e->text; *p; p++) {
        if (*p == ';' && p[1] && p[1] != ' ') { // a sentence goes on with a blank
            p += strcspn(p, " ");
            const char end = p[-1]; // of the message
            if (end == ':' || end == ',' || end == ')') *to++ = end;
            if (!*p) break;
        }
        *to++ = *p;
    }
    *to = 0;
    return false;
}
