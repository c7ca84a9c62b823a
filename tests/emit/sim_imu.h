// Inertial sensors as their register maps describe them, for the drivers' tests. A motion in g and degrees a second is
// turned into counts by the range that the driver wrote, so a wrong range code shows.
#ifndef SIM_IMU_H
#define SIM_IMU_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_kind {
    SIM_MPU6050,
    SIM_MPU6500,
    SIM_ICM42688,
    SIM_LSM6DS3,
    SIM_LSM6DS3TRC,
    SIM_LSM6DSO,
    SIM_BMI160,
    SIM_BMI270
};
struct sim {
    enum sim_kind kind;
    uint8_t address, id;
    uint8_t reg[128];
    uint8_t fifo[8192];
    int n, capacity; // bytes
    bool overflow;
    int nack_after; // transfers until the device is gone; -1: never
    int acc_on, gyro_on, config_bytes;
    unsigned waited_ms;
};
void sim_init(struct sim *s, enum sim_kind kind, uint8_t address);
// Bus functions of imu.h; ctx: struct sim.
int sim_read(void *ctx, uint8_t address, uint8_t reg, uint8_t *to, size_t n);
int sim_write(void *ctx, uint8_t address, uint8_t reg, const uint8_t *from, size_t n);
void sim_wait(void *ctx, unsigned ms);
float sim_rate(const struct sim *s); // Hz, from the registers; 0: not running
// The sensor measures once.
void sim_measure(struct sim *s, const float *acc_g, const float *gyro_dps);
#endif
