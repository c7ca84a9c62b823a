// synth: simulated recordings of a body-worn IMU, so that everything runs where no data set is. NOT people.
// Each simulated person has a gait of their own (cadence, strength, harmonics, asymmetry), wears the sensor a
// little rotated, and each sensor has its bias and noise. Body frame: x up, y left, z forward (as in hapt).
// Only + - * / and sqrt: the same seed gives the same bytes on every machine.
#include "../base/rng.h"
#include "cut.h"
#include "har_labels.h"
#include "split.h"
#include <math.h>
#include <string.h>

enum { PERSONS = 30, TRIALS = 2, SAMPLES = 896, CHANNELS = 6, HARMONICS = 4, RATE = 50 };

struct vec {
    double x, y, z;
};

static double normal(struct rng *r, double mean, double deviation)
{
    return mean + deviation * (double)rng_normal(r);
}

static double positive(struct rng *r, double mean, double deviation)
{
    double v = normal(r, mean, deviation);
    return v > 0.2 * mean ? v : 0.2 * mean;
}

// sin(2 pi turns), error below 1e-8.
static double wave(double turns)
{
    double t = turns - floor(turns + 0.5);
    t = t > 0.25 ? 0.5 - t : t < -0.25 ? -0.5 - t : t;
    double x = 6.283185307179586 * t, q = x * x;
    return x * (1 - q / 6 * (1 - q / 20 * (1 - q / 42 * (1 - q / 72 * (1 - q / 110 * (1 - q / 156))))));
}

// v turned about the axis x, y or z (0, 1, 2) by an angle in degrees.
static struct vec turn(struct vec v, int axis, double degrees)
{
    double s = wave(degrees / 360), c = wave(degrees / 360 + 0.25);
    if (axis == 0) return (struct vec){v.x, c * v.y - s * v.z, s * v.y + c * v.z};
    if (axis == 1) return (struct vec){c * v.x + s * v.z, v.y, c * v.z - s * v.x};
    return (struct vec){c * v.x - s * v.y, s * v.x + c * v.y, v.z};
}

struct person {
    double cadence, strength, asymmetry;      // against the average of the activity
    double part[HARMONICS], phase[HARMONICS]; // of the vertical movement
    double sway, lean;                        // how restless, degrees
    double rotation[3];                       // degrees, how the sensor is worn
    struct vec acc_bias, gyro_bias;           // g, rad/s
    double acc_noise, gyro_noise;
};

static struct person person_new(struct rng *r)
{
    struct person p;
    p.cadence = positive(r, 1, 0.07);
    p.strength = positive(r, 1, 0.22);
    p.asymmetry = positive(r, 0.25, 0.1);
    for (int k = 0; k < HARMONICS; k++) {
        p.part[k] = positive(r, 1.0 / (1 + k * k), 0.3 / (1 + k));
        p.phase[k] = rng_float(r) * (k ? 0.35 : 0);
    }
    p.sway = positive(r, 1, 0.35);
    p.lean = normal(r, 0, 3);
    p.rotation[0] = normal(r, 0, 12);
    p.rotation[1] = normal(r, 0, 7);
    p.rotation[2] = normal(r, 0, 8);
    p.acc_bias = (struct vec){normal(r, 0, 0.015), normal(r, 0, 0.015), normal(r, 0, 0.015)};
    p.gyro_bias = (struct vec){normal(r, 0, 0.02), normal(r, 0, 0.02), normal(r, 0, 0.02)};
    p.acc_noise = positive(r, 0.012, 0.004);
    p.gyro_noise = positive(r, 0.03, 0.01);
    return p;
}

// What tells the activities apart: means, and how far a trial strays from them.
static const struct activity {
    double steps_hz, steps_dev;       // 0: still
    double strength, strength_dev;    // g
    double impact, pitching, turning; // heel strike in g, rad/s, rad/s
    double lean, lean_dev;            // degrees forward
    double sway;                      // of still postures, g
} activities[HAR_BASIC] = {
    {1.90, 0.10, 0.24, 0.04, 0.15, 0.46, 0.50, 2, 3, 0},  // walking
    {1.70, 0.12, 0.22, 0.04, 0.10, 0.59, 0.43, 6, 4, 0},  // upstairs
    {2.02, 0.14, 0.32, 0.05, 0.32, 0.62, 0.55, -2, 4, 0}, // downstairs
    {0, 0, 0, 0, 0, 0, 0, -20, 6, 0.0040},                // sitting
    {0, 0, 0, 0, 0, 0, 0, 2, 3, 0.0080},                  // standing
    {0, 0, 0, 0, 0, 0, 0, -84, 8, 0.0035},                // laying
};

struct state { // of one trial
    const struct person *p;
    const struct activity *a;
    double turns, hz, strength, lean, impact; // gait
    double drift[3], fidget;                  // slow movement of still postures; 1 decaying to 0
    double breath_hz, breath_at;
};

static void gait(struct state *s, struct rng *r, struct vec *acc, struct vec *rot)
{
    const struct person *p = s->p;
    double jitter = normal(r, 0, 0.012), up = 0;
    s->turns += s->hz * (1 + 4 * jitter) / RATE; // one turn a step; a stride is two
    double step = s->turns, half = s->turns / 2, limp = 1 + p->asymmetry * wave(half);
    for (int k = 0; k < HARMONICS; k++) up += p->part[k] * wave((k + 1) * step + p->phase[k]);
    double since = step - floor(step), strike = since < 0.24 ? wave(since / 0.48) : 0; // half a sine
    strike *= strike * strike * s->impact * limp;
    acc->x += s->strength * limp * up + strike;
    acc->y += 0.5 * s->strength * wave(half + 0.1) + 0.2 * strike * wave(half);
    acc->z += 0.6 * s->strength * limp * wave(step + 0.3) - 0.5 * strike;
    rot->x += p->strength * s->a->turning * wave(half + 0.2);
    rot->y += p->strength * s->a->pitching * (wave(step + 0.15) + 0.3 * wave(2 * step + p->phase[1]));
    rot->z += 0.6 * p->strength * s->a->turning * wave(half + 0.45);
}

static void rest(struct state *s, struct rng *r, struct vec *acc, struct vec *rot)
{
    double size = s->a->sway * s->p->sway;
    if (rng_float(r) < 0.0025f) s->fidget = (double)rng_uniform(r, 0.3f, 1.2f);
    s->fidget *= 0.965;
    for (int i = 0; i < 3; i++) s->drift[i] = 0.97 * s->drift[i] + 0.24 * normal(r, 0, size);
    s->breath_at += s->breath_hz / RATE;
    double shake = s->fidget * normal(r, 0, 0.05);
    acc->x += s->drift[0] * 0.4 + shake;
    acc->y += s->drift[1] + s->fidget * normal(r, 0, 0.05);
    acc->z += s->drift[2] + 0.004 * wave(s->breath_at) + 0.5 * shake;
    rot->x += 3 * s->drift[2] + s->fidget * normal(r, 0, 0.25);
    rot->y += 3 * s->drift[1] + 0.01 * wave(s->breath_at + 0.25) + s->fidget * normal(r, 0, 0.25);
    rot->z += 2 * s->drift[0] + s->fidget * normal(r, 0, 0.15);
}

// (SAMPLES, 6)
static void trial(const struct person *p, const struct activity *a, struct rng *r, float *x)
{
    struct state s = {.p = p, .a = a, .turns = (double)rng_float(r), .breath_at = (double)rng_float(r)};
    s.hz = positive(r, a->steps_hz, a->steps_dev) * p->cadence;
    s.strength = positive(r, a->strength, a->strength_dev) * p->strength;
    s.impact = positive(r, a->impact, 0.3 * a->impact) * p->strength;
    s.lean = normal(r, a->lean, a->lean_dev) + p->lean;
    s.breath_hz = (double)rng_uniform(r, 0.2f, 0.35f);
    double side = a->lean < -45 ? normal(r, 0, 15) : normal(r, 0, 2), worn[3];
    for (int i = 0; i < 3; i++) worn[i] = p->rotation[i] + normal(r, 0, 2.5);
    for (int i = 0; i < SAMPLES; i++) {
        struct vec acc = {0, 0, 0}, rot = {0, 0, 0};
        if (a->steps_hz > 0)
            gait(&s, r, &acc, &rot);
        else
            rest(&s, r, &acc, &rot);
        struct vec g = turn(turn((struct vec){1, 0, 0}, 1, s.lean), 2, side);
        acc = (struct vec){acc.x + g.x, acc.y + g.y, acc.z + g.z};
        for (int k = 0; k < 3; k++) acc = turn(acc, k, worn[k]), rot = turn(rot, k, worn[k]);
        *x++ = (float)(acc.x + p->acc_bias.x + normal(r, 0, p->acc_noise));
        *x++ = (float)(acc.y + p->acc_bias.y + normal(r, 0, p->acc_noise));
        *x++ = (float)(acc.z + p->acc_bias.z + normal(r, 0, p->acc_noise));
        *x++ = (float)(rot.x + p->gyro_bias.x + normal(r, 0, p->gyro_noise));
        *x++ = (float)(rot.y + p->gyro_bias.y + normal(r, 0, p->gyro_noise));
        *x++ = (float)(rot.z + p->gyro_bias.z + normal(r, 0, p->gyro_noise));
    }
}

static struct dataset *synth_read(const char *path, const struct data_opt *o, struct arena *a, struct err *e)
{
    struct arena scratch = {0};
    struct cutter c;
    bool test[PERSONS];
    (void)path;
    struct dataset *d = arena_new(a, struct dataset);
    *d = (struct dataset){.synthetic = true,
                          .rate_hz = RATE,
                          .nclass = HAR_BASIC,
                          .nperson = PERSONS,
                          .channel = har_channels,
                          .unit = har_units,
                          .label = har_labels,
                          .by_person = true};
    d->origin = arena_printf(a, "simulated, seed %llu", (unsigned long long)o->seed);
    d->person_name = arena_new_n(a, PERSONS, const char *);
    bool ok = cut_start(&c, o, 128, 64, CHANNELS, &scratch, e);
    if (ok && c.window > SAMPLES)
        ok = fail(e, "synth: a trial has %d samples, less than one window of %d; take a shorter window",
                  SAMPLES, c.window);
    struct rng all = rng_new(o->seed ^ 0x5eed);
    for (int i = 0; ok && i < PERSONS; i++) {
        struct rng r = rng_fork(&all);
        struct person p = person_new(&r);
        d->person_name[i] = arena_printf(a, "simulated %d", i + 1);
        test[i] = i % 10 == 2 || i % 10 == 5 || i % 10 == 8;
        for (int k = 0; k < HAR_BASIC * TRIALS; k++) {
            float *x = arena_new_n(&scratch, SAMPLES * CHANNELS, float);
            trial(&p, &activities[k % HAR_BASIC], &r, x);
            cut_stretch(&c, x, SAMPLES, k % HAR_BASIC, i);
        }
    }
    ok = ok && cut_finish(&c, d, a, e);
    if (ok) split_persons(d, test, NULL, o->seed);
    arena_free(&scratch);
    return ok ? d : NULL;
}

const struct dataset_def data_synth = {
    .name = "synth",
    .about = "SIMULATED body-worn IMU, 30 simulated persons, 50 Hz, 6 channels, 6 activities; for trying "
             "things out",
    .licence = "made by this program; figures on it say nothing about people",
    .read = synth_read,
};
