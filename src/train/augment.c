#include "augment.h"
#include <math.h>
#include <string.h>

// How strong; chosen by cross-validation over the training persons of HAPT.
#define ROTATE 0.35f // standard deviation of the angle of a random turn, radians: the device sits elsewhere
#define SCALE 0.1f   // of the gain of each sensor
#define STRETCH 0.1f // largest change of pace
#define JITTER 0.05f // largest noise, in deviations of the channel

static bool ends_with(const char *name, char c)
{
    size_t n = strlen(name);
    return n && name[n - 1] == c;
}

struct augment augment_new(const struct dataset *d, const float *std, struct arena *a)
{
    struct augment g = {.window = d->window, .nchannel = d->nchannel};
    g.sensor = arena_new_n(a, (size_t)d->nchannel, int);
    g.std = arena_copy(a, std, (size_t)d->nchannel * sizeof *std);
    for (int c = 0; c + 2 < d->nchannel && g.ntriple < 8; c++) {
        const char *x = d->channel[c], *y = d->channel[c + 1], *z = d->channel[c + 2];
        size_t n = strlen(x);
        if (!ends_with(x, 'x') || !ends_with(y, 'y') || !ends_with(z, 'z') || strlen(y) != n ||
            strlen(z) != n || memcmp(x, y, n - 1) || memcmp(x, z, n - 1))
            continue;
        for (int k = 0; k < 3; k++) g.sensor[c + k] = g.ntriple;
        g.triple[g.ntriple++] = c;
        c += 2;
    }
    return g;
}

// A turn by a small random angle about a random axis (Rodrigues).
static void rotation(float m[3][3], struct rng *r)
{
    float u[3], n = 0, angle = ROTATE * rng_normal(r), s = sinf(angle), k = 1 - cosf(angle);
    for (int i = 0; i < 3; i++) {
        u[i] = rng_normal(r);
        n += u[i] * u[i];
    }
    n = 1 / sqrtf(n + 1e-12f);
    for (int i = 0; i < 3; i++) u[i] *= n;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) m[i][j] = k * u[i] * u[j] + (i == j ? 1 - k : 0);
    m[0][1] -= s * u[2], m[1][0] += s * u[2];
    m[0][2] += s * u[1], m[2][0] -= s * u[1];
    m[1][2] -= s * u[0], m[2][1] += s * u[0];
}

static void rotate(const struct augment *g, float *y, struct rng *r)
{
    float m[3][3];
    rotation(m, r);
    for (int t = 0; t < g->ntriple; t++)
        for (int i = 0; i < g->window; i++) {
            float *v = y + i * g->nchannel + g->triple[t], a = v[0], b = v[1], c = v[2];
            for (int k = 0; k < 3; k++) v[k] = m[k][0] * a + m[k][1] * b + m[k][2] * c;
        }
}

// Time runs a little faster or slower about a random middle, with linear interpolation; what lies outside of
// the window is mirrored at its ends.
static void stretch(const struct augment *g, const float *x, float *y, struct rng *r)
{
    float speed = 1 + STRETCH * rng_uniform(r, -1, 1), last = (float)(g->window - 1);
    float middle = rng_uniform(r, 0, last);
    for (int i = 0; i < g->window; i++) {
        float t = middle + ((float)i - middle) * speed;
        if (t < 0) t = -t;
        if (t > last) t = 2 * last - t;
        t = t < 0 ? 0 : t > last ? last : t;
        int k = (int)t < g->window - 1 ? (int)t : g->window - 2;
        float f = t - (float)k;
        const float *p = x + k * g->nchannel;
        for (int c = 0; c < g->nchannel; c++) *y++ = p[c] + f * (p[c + g->nchannel] - p[c]);
    }
}

void augment_window(const struct augment *g, const float *x, float *y, struct rng *r)
{
    if (g->window >= 2)
        stretch(g, x, y, r);
    else
        memcpy(y, x, (size_t)(g->window * g->nchannel) * sizeof *y);
    if (g->ntriple) rotate(g, y, r);
    int sensors = g->ntriple ? g->ntriple : 1;
    float jitter = JITTER * rng_float(r), gain[8];
    for (int k = 0; k < sensors; k++) gain[k] = 1 + SCALE * rng_normal(r);
    for (int i = 0; i < g->window; i++)
        for (int c = 0; c < g->nchannel; c++, y++) {
            uint32_t u = rng_u32(r); // its halves make a triangle from -1 to 1, deviation 1 / sqrt(6)
            float noise = (float)((u & 0xffff) + (u >> 16)) * 0x1p-16f - 1;
            *y = *y * gain[g->sensor[c]] + jitter * 2.45f * g->std[c] * noise;
        }
}
