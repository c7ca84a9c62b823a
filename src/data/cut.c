#include "cut.h"
#include <string.h>

bool cut_start(struct cutter *c, const struct data_opt *o, int window, int hop, int nchannel,
               struct arena *scratch, struct err *e)
{
    if (o->window && o->window != window) window = o->window, hop = window > 1 ? window / 2 : 1;
    if (o->hop) hop = o->hop;
    if (window < 4 || window > 65536)
        return fail(e, "window of %d samples; take 4 to 65536, 2 to 3 seconds are usual", window);
    if (hop < 1 || hop > 1 << 20)
        return fail(e, "hop of %d samples; take 1 to 1048576, half a window is usual", hop);
    *c = (struct cutter){.window = window, .hop = hop, .nchannel = nchannel, .scratch = scratch};
    return true;
}

void cut_stretch(struct cutter *c, const float *x, int n, int y, int person)
{
    for (int at = 0; at <= n - c->window; at += c->hop) {
        if (c->n == c->cap) {
            c->cap = c->cap ? 2 * c->cap : 1024;
            struct cut *more = arena_array(c->scratch, (size_t)c->cap, sizeof *more);
            if (c->n) memcpy(more, c->cut, (size_t)c->n * sizeof *more);
            c->cut = more;
        }
        c->cut[c->n++] = (struct cut){x + (size_t)at * (size_t)c->nchannel, y, person, c->split, at > 0};
    }
}

bool cut_finish(const struct cutter *c, struct dataset *d, struct arena *a, struct err *e)
{
    size_t values = (size_t)c->window * (size_t)c->nchannel;
    if (!c->n)
        return fail(e, "no labelled stretch holds a window of %d samples; take a shorter window", c->window);
    if (values * sizeof(float) > ((size_t)4 << 30) / (size_t)c->n)
        return fail(e, "windows of %d with a hop of %d are %d and need more than 4 GiB; take a larger hop",
                    c->window, c->hop, c->n);
    d->window = c->window;
    d->hop = c->hop;
    d->nchannel = c->nchannel;
    d->n = c->n;
    d->x = arena_array(a, (size_t)c->n, values * sizeof(float));
    d->y = arena_array(a, (size_t)c->n, sizeof *d->y);
    d->person = arena_array(a, (size_t)c->n, sizeof *d->person);
    d->split = arena_array(a, (size_t)c->n, sizeof *d->split);
    d->follows = arena_array(a, (size_t)c->n, sizeof *d->follows);
    for (int i = 0; i < c->n; i++) {
        memcpy(d->x + (size_t)i * values, c->cut[i].x, values * sizeof(float));
        d->y[i] = c->cut[i].y;
        d->person[i] = c->cut[i].person;
        d->split[i] = c->cut[i].split;
        d->follows[i] = c->cut[i].follows;
    }
    return true;
}
