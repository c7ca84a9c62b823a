// MPU-6050 (RM-MPU-6000A rev. 4.2), MPU-6500 and its kin (RM-MPU-6500A rev. 2.1), ICM-42688-P (DS-000347
// rev. 1.6).
#include "imu.h"

static int16_t big(const uint8_t *p)
{
    return (int16_t)(uint16_t)(p[0] << 8 | p[1]);
}

static void axes(const uint8_t *p, int16_t *to)
{
    for (int i = 0; i < 3; i++) to[i] = big(p + 2 * i);
}

// ---- MPU: 12 bytes a sample, accelerometer first ----

enum { SMPLRT_DIV = 0x19, FIFO_EN = 0x23, INT_STATUS = 0x3a, USER_CTRL = 0x6a, PWR_MGMT_1 = 0x6b };
enum { FIFO_COUNT = 0x72, FIFO_R_W = 0x74, MPU_BYTES = 12 };

static int mpu_flush(struct imu *m)
{
    static const uint8_t pair[][2] = {{FIFO_EN, 0},
                                      {USER_CTRL, 0x04 /* reset */},
                                      {USER_CTRL, 0x40 /* on */},
                                      {FIFO_EN, 0x78 /* gyro x, y, z, accelerometer */}};
    return imu_set_all(m, pair, 4);
}

static int mpu_start(struct imu *m, uint8_t divider)
{
    static const uint8_t pair[][2] = {
        {PWR_MGMT_1, 0x01 /* gyro's clock */},
        {0x1a /* CONFIG */, 0x04 /* low-pass about 20 Hz, 1 kHz */},
        {0x1b /* GYRO_CONFIG */, 0x10 /* 1000 degrees a second */},
        {0x1c /* ACCEL_CONFIG */, 0x10 /* 8 g */},
    };
    int s = imu_set(m, PWR_MGMT_1, 0x80 /* reset */);
    if (s) return s;
    imu_wait(m, 100);
    s = imu_set_all(m, pair, 4);
    // The MPU-6500's accelerometer has a low-pass of its own; in the MPU-6050 the register is reserved.
    if (!s && m->part == &imu_mpu6500) s = imu_set(m, 0x1d, 0x04);
    if (!s) s = imu_set(m, SMPLRT_DIV, divider);
    imu_wait(m, 35); // gyro's start
    return s ? s : mpu_flush(m);
}

static int mpu_count(struct imu *m)
{
    uint8_t b[2], status;
    int s = imu_get(m, INT_STATUS, &status, 1);
    if (!s) s = imu_get(m, FIFO_COUNT, b, 2);
    if (s) return s;
    const int bytes = b[0] << 8 | b[1];
    // Full: the oldest bytes are gone, so that samples start anywhere.
    if (status & 0x10 || bytes > m->part->fifo_samples * MPU_BYTES) return IMU_OVERFLOW;
    return bytes / MPU_BYTES;
}

static int mpu_read(struct imu *m, struct imu_sample *to, int n)
{
    uint8_t b[8 * MPU_BYTES];
    const int most = m->bus->most_bytes < sizeof b ? (int)m->bus->most_bytes / MPU_BYTES : 8;
    for (int i = 0; i < n;) {
        const int k = n - i < most ? n - i : most;
        const int s = imu_get(m, FIFO_R_W, b, (size_t)(k * MPU_BYTES));
        if (s) return s;
        for (int j = 0; j < k; j++, i++) {
            axes(b + j * MPU_BYTES, to[i].acc);
            axes(b + j * MPU_BYTES + 6, to[i].gyro);
        }
    }
    return IMU_OK;
}

#define MPU(part_name, fifo, ...)                                                                            \
    {                                                                                                        \
        .name = part_name, .address = {0x68, 0x69}, .id_reg = 0x75, .id = {__VA_ARGS__}, .rate = NULL,       \
        .fifo_samples = (fifo) / MPU_BYTES, .acc_g = 1.0f / 4096, .gyro_dps = 1.0f / 32.8f,                  \
        .start = mpu_start, .flush = mpu_flush, .count = mpu_count, .read = mpu_read                         \
    }
const struct imu_part imu_mpu6050 = MPU("MPU-6050", 1024, 0x68);
const struct imu_part imu_mpu6500 = MPU("MPU-6500", 512, 0x70, 0x71 /* 9250 */, 0x73 /* 9255 */);

// ---- ICM-42688-P: packets of 16 bytes: header, accelerometer, gyro, temperature, time ----

enum { ICM_BYTES = 16, ICM_SIGNAL_PATH_RESET = 0x4b, ICM_STATUS = 0x2d, ICM_COUNT = 0x2e, ICM_DATA = 0x30 };

static int icm_flush(struct imu *m)
{
    return imu_set(m, ICM_SIGNAL_PATH_RESET, 0x02);
}

static int icm_start(struct imu *m, uint8_t code)
{
    int s = imu_set(m, 0x11 /* DEVICE_CONFIG */, 0x01 /* reset */);
    if (s) return s;
    imu_wait(m, 2);
    const uint8_t pair[][2] = {
        {0x4c /* INTF_CONFIG0 */, 0x30 /* count and data big-endian, count in bytes */},
        {0x4f /* GYRO_CONFIG0 */, (uint8_t)(0x20 | code) /* 1000 degrees a second */},
        {0x50 /* ACCEL_CONFIG0 */, (uint8_t)(0x20 | code) /* 8 g */},
        {0x5f /* FIFO_CONFIG1 */, 0x07 /* accelerometer, gyro, temperature */},
        {0x16 /* FIFO_CONFIG */, 0x40 /* stream */},
        {0x4e /* PWR_MGMT0 */, 0x0f /* both, low noise */},
    };
    s = imu_set_all(m, pair, 6);
    imu_wait(m, 45); // gyro's start; the first 200 us no register may be written
    return s ? s : icm_flush(m);
}

static int icm_count(struct imu *m)
{
    uint8_t b[2], status;
    int s = imu_get(m, ICM_STATUS, &status, 1);
    if (!s) s = imu_get(m, ICM_COUNT, b, 2);
    if (s) return s;
    const int bytes = b[0] << 8 | b[1];
    if (status & 0x02 || bytes > m->part->fifo_samples * ICM_BYTES) return IMU_OVERFLOW;
    return bytes / ICM_BYTES;
}

static int icm_read(struct imu *m, struct imu_sample *to, int n)
{
    uint8_t b[8 * ICM_BYTES];
    const int most = m->bus->most_bytes < sizeof b ? (int)m->bus->most_bytes / ICM_BYTES : 8;
    for (int i = 0; i < n;) {
        const int k = n - i < most ? n - i : most;
        const int s = imu_get(m, ICM_DATA, b, (size_t)(k * ICM_BYTES));
        if (s) return s;
        for (int j = 0; j < k; j++, i++) {
            const uint8_t *p = b + j * ICM_BYTES;
            // bit 7: empty; 6 and 5: accelerometer and gyro are there; 4: 20-bit packet
            if ((p[0] & 0xf0) != 0x60) return IMU_BAD_FIFO;
            axes(p + 1, to[i].acc);
            axes(p + 7, to[i].gyro);
        }
    }
    return IMU_OK;
}

static const struct imu_rate icm_rates[] = {{12.5f, 11}, {25, 10},  {50, 9},   {100, 8},
                                            {200, 7},    {500, 15}, {1000, 6}, {0, 0}};
const struct imu_part imu_icm42688 = {.name = "ICM-42688-P",
                                      .address = {0x68, 0x69},
                                      .id_reg = 0x75,
                                      .id = {0x47},
                                      .rate = icm_rates,
                                      .fifo_samples = 2048 / ICM_BYTES,
                                      .acc_g = 1.0f / 4096,
                                      .gyro_dps = 1.0f / 32.8f,
                                      .start = icm_start,
                                      .flush = icm_flush,
                                      .count = icm_count,
                                      .read = icm_read};
