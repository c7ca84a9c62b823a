// BMI160 (BST-BMI160-DS000 rev. 0.8), BMI270 (BST-BMI270-DS000 rev. 1.5). Both FIFOs without headers: 12
// bytes a sample, gyro first; when full the oldest whole samples go.
#include "imu.h"

enum { CMD = 0x7e, FLUSH = 0xb0, RESET = 0xb6, ACC_CONF = 0x40, BYTES = 12 };

static void axes(const uint8_t *p, int16_t *to)
{
    for (int i = 0; i < 3; i++) to[i] = (int16_t)(uint16_t)(p[2 * i + 1] << 8 | p[2 * i]);
}

static int flush(struct imu *m)
{
    return imu_set(m, CMD, FLUSH);
}

// There is no flag without an interrupt pin: a full FIFO has most likely lost samples.
static int count_at(struct imu *m, uint8_t reg, int mask)
{
    uint8_t b[2];
    int s = imu_get(m, reg, b, 2);
    if (s) return s;
    const int bytes = (b[1] << 8 | b[0]) & mask;
    return bytes / BYTES >= m->part->fifo_samples ? IMU_OVERFLOW : bytes / BYTES;
}

static int read_at(struct imu *m, uint8_t reg, struct imu_sample *to, int n)
{
    uint8_t b[8 * BYTES];
    const int most = m->bus->most_bytes < sizeof b ? (int)m->bus->most_bytes / BYTES : 8;
    for (int i = 0; i < n;) {
        const int k = n - i < most ? n - i : most;
        const int s = imu_get(m, reg, b, (size_t)(k * BYTES));
        if (s) return s;
        for (int j = 0; j < k; j++, i++) {
            axes(b + j * BYTES, to[i].gyro);
            axes(b + j * BYTES + 6, to[i].acc);
            // An empty FIFO is read as 0x8000.
            if (to[i].gyro[0] == INT16_MIN && to[i].acc[0] == INT16_MIN) return IMU_BAD_FIFO;
        }
    }
    return IMU_OK;
}

static int bmi160_start(struct imu *m, uint8_t code)
{
    int s = imu_set(m, CMD, RESET);
    if (s) return s;
    imu_wait(m, 20);
    s = imu_set(m, CMD, 0x11 /* accelerometer on */);
    imu_wait(m, 5);
    if (!s) s = imu_set(m, CMD, 0x15 /* gyro on */);
    imu_wait(m, 85);
    uint8_t power;
    if (!s) s = imu_get(m, 0x03 /* PMU_STATUS */, &power, 1);
    if (s) return s;
    if ((power & 0x3c) != 0x14) return IMU_NOT_READY;
    const uint8_t pair[][2] = {
        {ACC_CONF, (uint8_t)(0x20 | code)},
        {0x41 /* ACC_RANGE */, 0x08 /* 8 g */},
        {0x42 /* GYR_CONF */, (uint8_t)(0x20 | code)},
        {0x43 /* GYR_RANGE */, 0x01 /* 1000 degrees a second */},
        {0x45 /* FIFO_DOWNS */, 0x88 /* filtered, every sample */},
        {0x47 /* FIFO_CONFIG_1 */, 0xc0 /* both, no header */},
    };
    s = imu_set_all(m, pair, 6);
    return s ? s : flush(m);
}

static int bmi160_count(struct imu *m)
{
    return count_at(m, 0x22, 0x7ff);
}

static int bmi160_read(struct imu *m, struct imu_sample *to, int n)
{
    return read_at(m, 0x24, to, n);
}

// The BMI270's own processor runs only with the maker's file of 8 kB, 32 bytes at a time; without it the
// sensors give nothing.
static int bmi270_load(struct imu *m)
{
    enum { PIECE = 32 };
    int s = imu_set(m, 0x59 /* INIT_CTRL */, 0);
    for (size_t at = 0; !s && at < m->config_bytes; at += PIECE) {
        const uint8_t word[2] = {(uint8_t)(at / 2 & 0x0f), (uint8_t)(at / 2 >> 4)};
        const size_t n = m->config_bytes - at < PIECE ? m->config_bytes - at : PIECE;
        const struct imu_bus *b = m->bus;
        if (b->write(b->ctx, m->address, 0x5b /* INIT_ADDR_0 */, word, 2) ||
            b->write(b->ctx, m->address, 0x5e /* INIT_DATA */, m->config + at, n))
            s = IMU_NO_ANSWER;
    }
    if (!s) s = imu_set(m, 0x59, 1);
    imu_wait(m, 150);
    uint8_t status;
    if (!s) s = imu_get(m, 0x21 /* INTERNAL_STATUS */, &status, 1);
    return s ? s : (status & 0x0f) == 1 ? IMU_OK : IMU_NOT_READY;
}

static int bmi270_start(struct imu *m, uint8_t code)
{
    if (!m->config || !m->config_bytes) return IMU_NO_CONFIG;
    int s = imu_set(m, CMD, RESET);
    if (s) return s;
    imu_wait(m, 5);
    s = imu_set(m, 0x7c /* PWR_CONF */, 0 /* no power saving: the FIFO is read at full speed */);
    imu_wait(m, 1);
    if (!s) s = bmi270_load(m);
    if (s) return s;
    const uint8_t pair[][2] = {
        {0x7d /* PWR_CTRL */, 0x06 /* gyro and accelerometer on */},
        {ACC_CONF, (uint8_t)(0xa0 | code)},
        {0x41 /* ACC_RANGE */, 0x02 /* 8 g */},
        {0x42 /* GYR_CONF */, (uint8_t)(0xa0 | code)},
        {0x43 /* GYR_RANGE */, 0x01 /* 1000 degrees a second */},
        {0x48 /* FIFO_CONFIG_0 */, 0 /* overwrites, no time */},
        {0x49 /* FIFO_CONFIG_1 */, 0xc0 /* both, no header */},
    };
    s = imu_set_all(m, pair, 7);
    imu_wait(m, 50); // gyro's start
    return s ? s : flush(m);
}

static int bmi270_count(struct imu *m)
{
    return count_at(m, 0x24, 0x3fff);
}

static int bmi270_read(struct imu *m, struct imu_sample *to, int n)
{
    return read_at(m, 0x26, to, n);
}

static const struct imu_rate rates[] = {{25, 6}, {50, 7}, {100, 8}, {200, 9}, {400, 10}, {0, 0}};
#define BOSCH(part_name, own_id, fifo, f)                                                                    \
    {                                                                                                        \
        .name = part_name, .address = {0x68, 0x69}, .id_reg = 0x00, .id = {own_id}, .rate = rates,           \
        .fifo_samples = (fifo) / BYTES, .acc_g = 1.0f / 4096, .gyro_dps = 1.0f / 32.8f, .start = f##_start,  \
        .flush = flush, .count = f##_count, .read = f##_read                                                 \
    }
const struct imu_part imu_bmi160 = BOSCH("BMI160", 0xd1, 1024, bmi160);
const struct imu_part imu_bmi270 = BOSCH("BMI270", 0x24, 2048, bmi270);
