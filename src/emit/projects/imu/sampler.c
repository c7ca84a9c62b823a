#include "sampler.h"

// A sensor's noise changes the last bit long before that; a gyro at rest is the quieter one.
enum { STUCK_ACC = 64, STUCK_GYRO = 256 };

void sampler_start(struct sampler *s, const struct sampler_channel *channel, int nchannel,
                   const struct imu *m, float model_hz)
{
    const float ratio = m->rate_hz / model_hz;
    s->channel = channel;
    s->nchannel = nchannel;
    s->acc_g = m->part->acc_g;
    s->gyro_dps = m->part->gyro_dps;
    // Slower by up to 2 % (imu_start lets no more pass) is within the tolerance of the sensor's clock.
    s->step = ratio < 1.001f ? 1.0f : ratio;
    s->at = 0.0f;
    s->started = false;
    s->same_acc = s->same_gyro = 0;
    s->saturated = 0;
}

static bool equal(const int16_t *a, const int16_t *b)
{
    return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
}

static bool at_end(int16_t v)
{
    return v == INT16_MAX || v <= -INT16_MAX;
}

static float count_of(const struct imu_sample *x, int axis)
{
    return (float)(axis < 3 ? x->acc[axis] : x->gyro[axis - 3]);
}

int sampler_take(struct sampler *s, const struct imu_sample *x, float *out)
{
    const struct imu_sample last = s->last;
    bool acc = false, gyro = false, end = false;
    int status = 0;
    for (int i = 0; i < s->nchannel; i++) {
        const int axis = s->channel[i].axis;
        if (axis < 3)
            acc = true;
        else
            gyro = true;
        end = end || at_end(axis < 3 ? x->acc[axis] : x->gyro[axis - 3]);
    }
    s->saturated += end;
    s->same_acc = s->started && equal(x->acc, last.acc) ? s->same_acc + 1 : 0;
    s->same_gyro = s->started && equal(x->gyro, last.gyro) ? s->same_gyro + 1 : 0;
    s->last = *x;
    if (!s->started) s->at = 1.0f; // the first sensor sample is the first of the model
    const float at = s->at;
    const bool due = at <= 1.0f;
    s->at = at - 1.0f + (due ? s->step : 0.0f);
    for (int i = 0; due && i < s->nchannel; i++) {
        const int axis = s->channel[i].axis;
        const float b = count_of(x, axis), a = s->started ? count_of(&last, axis) : b;
        const float v = (a + (b - a) * at) * (axis < 3 ? s->acc_g : s->gyro_dps) * s->channel[i].per;
        out[i] = v;
        if (!(v - v == 0.0f)) status = IMU_NOT_A_NUMBER; // NaN and infinity
    }
    s->started = true;
    if ((acc && s->same_acc >= STUCK_ACC) || (gyro && s->same_gyro >= STUCK_GYRO)) return IMU_STUCK;
    return status ? status : due;
}
