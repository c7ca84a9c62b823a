// From the sensor's counts to the model's samples: its channels, its units, its rate; bad samples found out.
#ifndef SAMPLER_H
#define SAMPLER_H
#include "imu.h"

#ifdef __cplusplus
extern "C" {
#endif
// A channel of the model: axis 0 to 2 accelerometer x, y, z, 3 to 5 gyro; per: model units in a g, or in a
// degree a second.
struct sampler_channel {
    int axis;
    float per;
};

struct sampler {
    const struct sampler_channel *channel;
    int nchannel;
    float acc_g, gyro_dps; // of one count
    float step;            // sensor samples in a model sample, 1 or more
    float at;              // the next model sample, in sensor samples behind `last`
    struct imu_sample last;
    bool started;
    int same_acc, same_gyro; // samples without a change
    long saturated;          // samples at the end of the range, since sampler_start
};

void sampler_start(struct sampler *s, const struct sampler_channel *channel, int nchannel,
                   const struct imu *m, float model_hz);
// One sensor sample. 1: a model sample was written to out; 0: none is due; IMU_STUCK, IMU_NOT_A_NUMBER. Where
// the rates differ samples lie on a straight line between their neighbours.
int sampler_take(struct sampler *s, const struct imu_sample *x, float *out);
#ifdef __cplusplus
}
#endif
#endif
