// Inertial sensors over a register bus: found by their identity, set to +-8 g and +-1000 degrees a second,
// read in bursts from their FIFO. C99, no heap, no chip's headers: whoever has the bus gives three functions.
// Registers are from the makers' public data sheets and register maps, named at each driver.
#ifndef IMU_H
#define IMU_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct imu_bus { // one I2C bus; the functions return 0, or another number where the device does not answer
                 // (NACK)
    int (*read)(void *ctx, uint8_t address, uint8_t reg, uint8_t *to, size_t n);
    int (*write)(void *ctx, uint8_t address, uint8_t reg, const uint8_t *from, size_t n);
    void (*wait_ms)(void *ctx, unsigned ms);
    void *ctx;
    size_t most_bytes; // the longest read that the bus can do; at least 16
};

enum imu_status {
    IMU_OK = 0,
    IMU_NO_ANSWER = -1, // nobody at the addresses, or a device that stopped to answer
    IMU_WRONG_ID = -2,  // somebody answers, but no sensor of the table (id says what it said)
    IMU_NO_RATE = -3,   // the sensor has no rate from the model's up to twice that
    IMU_OVERFLOW = -4,  // samples were lost: the FIFO was read too late; it is empty now
    IMU_BAD_FIFO = -5,  // what came out of the FIFO is no sample; it is empty now
    IMU_NO_CONFIG = -6, // a BMI270 needs its maker's configuration file (imu_bmi270_config)
    IMU_NOT_READY = -7, // the sensor did not start
    IMU_STUCK = -8,     // the same sample for seconds: no living sensor does that
    IMU_NOT_A_NUMBER = -9
};
const char *imu_text(int status); // what to tell the user, and what to try

struct imu_sample { // as the sensor counts
    int16_t acc[3], gyro[3];
};

struct imu;
struct imu_rate {
    float hz;
    uint8_t code;
};
struct imu_part { // one row of the table
    const char *name;
    uint8_t address[2], id_reg, id[3]; // ids: 0 where there are fewer
    const struct imu_rate *rate;       // rising, hz 0 at the end; NULL: 1000 / (1 + n), n up to 255
    uint16_t fifo_samples;             // what the FIFO holds
    float acc_g, gyro_dps;             // of one count
    int (*start)(struct imu *m, uint8_t rate_code);
    int (*flush)(struct imu *m);
    int (*count)(struct imu *m); // samples waiting, or a status
    int (*read)(struct imu *m, struct imu_sample *to, int n);
};
extern const struct imu_part *const imu_parts[]; // NULL at the end

struct imu {
    const struct imu_bus *bus;
    const struct imu_part *part;
    uint8_t address, id; // id: what the device said
    float rate_hz;       // of the sensor
    const uint8_t *config;
    size_t config_bytes; // BMI270: bmi270_config_file of its maker's driver, given before imu_start
};

int imu_find(struct imu *m, const struct imu_bus *bus);
// The sensor's lowest rate that is no lower than the model's (2 % are forgiven: sensors' clocks are no
// better).
int imu_start(struct imu *m, float model_hz);
// Up to `most` samples, oldest first; how many, or a status. 0: none are waiting.
int imu_read(struct imu *m, struct imu_sample *to, int most);

// ---- for the drivers ----
int imu_get(const struct imu *m, uint8_t reg, uint8_t *to, size_t n);
int imu_set(const struct imu *m, uint8_t reg, uint8_t value);
// Pairs of register and value, n of them.
int imu_set_all(const struct imu *m, const uint8_t (*pair)[2], int n);
void imu_wait(const struct imu *m, unsigned ms);
extern const struct imu_part imu_mpu6050, imu_mpu6500, imu_icm42688, imu_lsm6ds3, imu_lsm6ds3trc, imu_lsm6dso,
    imu_bmi160, imu_bmi270;
#ifdef __cplusplus
}
#endif
#endif
