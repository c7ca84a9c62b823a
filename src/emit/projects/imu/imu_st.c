// LSM6DS3 (DocID026899 rev. 10), LSM6DS3TR-C (DocID030071 rev. 3), LSM6DSO (DS12140 rev. 2).
#include "imu.h"

static void axes(const uint8_t *p, int16_t *to)
{
    for (int i = 0; i < 3; i++) to[i] = (int16_t)(uint16_t)(p[2 * i + 1] << 8 | p[2 * i]);
}

enum { CTRL1_XL = 0x10, CTRL2_G = 0x11, CTRL3_C = 0x12, FIFO_STATUS1 = 0x3a };

static int reset_and_range(struct imu *m, uint8_t code)
{
    int s = imu_set(m, CTRL3_C, 0x01 /* reset */);
    if (s) return s;
    imu_wait(m, 20);
    const uint8_t pair[][2] = {
        {CTRL3_C, 0x44 /* block data update, addresses count up */},
        {CTRL1_XL, (uint8_t)(code << 4 | 0x0c) /* 8 g */},
        {CTRL2_G, (uint8_t)(code << 4 | 0x08) /* 1000 degrees a second */},
    };
    s = imu_set_all(m, pair, 3);
    imu_wait(m, 80); // gyro's start
    return s;
}

// ---- LSM6DS3: a FIFO of 16-bit words, gyro first ----

enum { DS3_FIFO_CTRL5 = 0x0a, DS3_DATA = 0x3e, DS3_BYTES = 12 };

static int ds3_fifo(struct imu *m)
{
    uint8_t code;
    int s = imu_get(m, CTRL1_XL, &code, 1); // the FIFO has a rate of its own: the sensor's
    if (!s) s = imu_set(m, DS3_FIFO_CTRL5, 0 /* bypass: empties it */);
    if (!s) s = imu_set(m, DS3_FIFO_CTRL5, (uint8_t)((code >> 4) << 3 | 0x06 /* continuous */));
    return s;
}

static int ds3_start(struct imu *m, uint8_t code)
{
    int s = reset_and_range(m, code);
    if (!s) s = imu_set(m, 0x08 /* FIFO_CTRL3 */, 0x09 /* every sample of both */);
    return s ? s : ds3_fifo(m);
}

static int ds3_count(struct imu *m)
{
    uint8_t b[4]; // words, flags, place in the pattern of six words
    int s = imu_get(m, FIFO_STATUS1, b, 4);
    if (s) return s;
    if (b[1] & 0x40) return IMU_OVERFLOW;
    if (b[1] & 0x10) return 0; // empty
    // A read begins at the first word of a sample, or we have lost our place.
    if (b[2] || b[3] & 0x03) return IMU_BAD_FIFO;
    return ((b[1] & 0x0f) << 8 | b[0]) / 6;
}

static int ds3_read(struct imu *m, struct imu_sample *to, int n)
{
    uint8_t b[8 * DS3_BYTES]; // the address turns from 0x3f to 0x3e by itself
    const int most = m->bus->most_bytes < sizeof b ? (int)m->bus->most_bytes / DS3_BYTES : 8;
    for (int i = 0; i < n;) {
        const int k = n - i < most ? n - i : most;
        const int s = imu_get(m, DS3_DATA, b, (size_t)(k * DS3_BYTES));
        if (s) return s;
        for (int j = 0; j < k; j++, i++) {
            axes(b + j * DS3_BYTES, to[i].gyro);
            axes(b + j * DS3_BYTES + 6, to[i].acc);
        }
    }
    return IMU_OK;
}

// ---- LSM6DSO: a FIFO of tagged words of 7 bytes, gyro and accelerometer in any order ----

enum { DSO_FIFO_CTRL3 = 0x09, DSO_FIFO_CTRL4 = 0x0a, DSO_TAG = 0x78, DSO_WORD = 7 };

static int dso_flush(struct imu *m)
{
    int s = imu_set(m, DSO_FIFO_CTRL4, 0 /* bypass: empties it */);
    return s ? s : imu_set(m, DSO_FIFO_CTRL4, 0x06 /* continuous */);
}

static int dso_start(struct imu *m, uint8_t code)
{
    int s = reset_and_range(m, code);
    if (!s) s = imu_set(m, DSO_FIFO_CTRL3, (uint8_t)(code << 4 | code));
    return s ? s : dso_flush(m);
}

static int dso_count(struct imu *m)
{
    uint8_t b[2];
    int s = imu_get(m, FIFO_STATUS1, b, 2);
    if (s) return s;
    if (b[1] & 0x48) return IMU_OVERFLOW; // now, or since the last reading
    return ((b[1] & 0x03) << 8 | b[0]) / 2;
}

static int dso_read(struct imu *m, struct imu_sample *to, int n)
{
    uint8_t b[16 * DSO_WORD];
    const int most = m->bus->most_bytes < sizeof b ? (int)m->bus->most_bytes / (2 * DSO_WORD) : 8;
    for (int i = 0; i < n;) {
        const int k = n - i < most ? n - i : most;
        const int s = imu_get(m, DSO_TAG, b, (size_t)(k * 2 * DSO_WORD));
        if (s) return s;
        for (int j = 0; j < k; j++, i++) {
            int seen = 0;
            for (int w = 0; w < 2; w++) {
                const uint8_t *p = b + (2 * j + w) * DSO_WORD;
                const int tag = p[0] >> 3;
                if (tag != 1 && tag != 2) return IMU_BAD_FIFO;
                seen |= tag;
                axes(p + 1, tag == 1 ? to[i].gyro : to[i].acc);
            }
            if (seen != 3) return IMU_BAD_FIFO;
        }
    }
    return IMU_OK;
}

static const struct imu_rate ds3_rates[] = {{13, 1}, {26, 2}, {52, 3}, {104, 4}, {208, 5}, {416, 6}, {0, 0}},
                             low_rates[] = {{12.5f, 1}, {26, 2},  {52, 3}, {104, 4},
                                            {208, 5},   {416, 6}, {0, 0}};
#define ST(part_name, own_id, rates, samples, f)                                                             \
    {                                                                                                        \
        .name = part_name, .address = {0x6a, 0x6b}, .id_reg = 0x0f, .id = {own_id}, .rate = rates,           \
        .fifo_samples = samples, .acc_g = 0.000244f, .gyro_dps = 0.035f, .start = f##_start,                 \
        .flush = f##_flush, .count = f##_count, .read = f##_read                                             \
    }
#define ds3_flush ds3_fifo
// The LSM6DS3 counts up to 4095 words, 8 kB; the TR-C has 4 kB, the DSO 3 kB with 512 words.
const struct imu_part imu_lsm6ds3 = ST("LSM6DS3", 0x69, ds3_rates, 4095 / 6, ds3);
const struct imu_part imu_lsm6ds3trc = ST("LSM6DS3TR-C", 0x6a, low_rates, 2047 / 6, ds3);
const struct imu_part imu_lsm6dso = ST("LSM6DSO", 0x6c, low_rates, 511 / 2, dso);
