#include "sim_imu.h"
#include <math.h>
#include <string.h>

static const struct facts {
    uint8_t id_reg, id, data_reg;
    int frame, capacity; // bytes
} facts[] = {[SIM_MPU6050] = {0x75, 0x68, 0x74, 12, 1024},    [SIM_MPU6500] = {0x75, 0x70, 0x74, 12, 512},
             [SIM_ICM42688] = {0x75, 0x47, 0x30, 16, 2048},   [SIM_LSM6DS3] = {0x0f, 0x69, 0x3e, 12, 8190},
             [SIM_LSM6DS3TRC] = {0x0f, 0x6a, 0x3e, 12, 4096}, [SIM_LSM6DSO] = {0x0f, 0x6c, 0x78, 14, 3577},
             [SIM_BMI160] = {0x00, 0xd1, 0x24, 12, 1024},     [SIM_BMI270] = {0x00, 0x24, 0x26, 12, 2048}};

static bool mpu(const struct sim *s)
{
    return s->kind <= SIM_MPU6500;
}
static bool st_words(const struct sim *s)
{
    return s->kind == SIM_LSM6DS3 || s->kind == SIM_LSM6DS3TRC;
}
static bool st(const struct sim *s)
{
    return st_words(s) || s->kind == SIM_LSM6DSO;
}
static bool bosch(const struct sim *s)
{
    return s->kind >= SIM_BMI160;
}

void sim_init(struct sim *s, enum sim_kind kind, uint8_t address)
{
    *s = (struct sim){.kind = kind, .address = address, .nack_after = -1};
    s->id = facts[kind].id;
    s->capacity = facts[kind].capacity;
    if (mpu(s)) s->reg[0x6b] = 0x40; // asleep
}

static void empty(struct sim *s)
{
    s->n = 0;
    s->overflow = false;
}

static void reset(struct sim *s)
{
    memset(s->reg, 0, sizeof s->reg);
    if (mpu(s)) s->reg[0x6b] = 0x40;
    s->acc_on = s->gyro_on = s->config_bytes = 0;
    empty(s);
}

static bool gone(struct sim *s, uint8_t address)
{
    if (s->nack_after == 0) return true;
    if (s->nack_after > 0) s->nack_after--;
    return address != s->address;
}

// What a register reads as, where it is not what was written.
static int status(const struct sim *s, uint8_t r)
{
    const int n = s->n;
    if (r == facts[s->kind].id_reg) return s->id;
    if (mpu(s)) return r == 0x72 ? n >> 8 : r == 0x73 ? n & 255 : r == 0x3a ? (s->overflow ? 0x10 : 0) : -1;
    if (s->kind == SIM_ICM42688)
        return r == 0x2e ? n >> 8 : r == 0x2f ? n & 255 : r == 0x2d ? (s->overflow ? 0x02 : 0) : -1;
    if (st_words(s)) {
        if (r == 0x3a) return (n / 2) & 255;
        if (r == 0x3b) return (n / 2) >> 8 | (s->overflow ? 0x40 : 0) | (n ? 0 : 0x10);
        return r == 0x3c ? (n / 2 % 6 ? 6 - n / 2 % 6 : 0) : r == 0x3d ? 0 : -1;
    }
    if (s->kind == SIM_LSM6DSO)
        return r == 0x3a ? (n / 7) & 255 : r == 0x3b ? (n / 7) >> 8 | (s->overflow ? 0x48 : 0) : -1;
    if (s->kind == SIM_BMI160)
        return r == 0x03 ? s->acc_on << 4 | s->gyro_on << 2 : r == 0x22 ? n & 255 : r == 0x23 ? n >> 8 : -1;
    return r == 0x21   ? s->config_bytes == 8192 && (s->reg[0x59] & 1)
           : r == 0x24 ? n & 255
           : r == 0x25 ? n >> 8
                       : -1;
}

int sim_read(void *ctx, uint8_t address, uint8_t reg, uint8_t *to, size_t n)
{
    struct sim *s = ctx;
    if (gone(s, address)) return 1;
    if (reg == facts[s->kind].data_reg) {
        const int have = (int)n < s->n ? (int)n : s->n;
        for (size_t i = 0; i < n; i++) to[i] = bosch(s) ? i & 1 ? 0x80 : 0x00 : 0xff; // an empty FIFO
        memcpy(to, s->fifo, (size_t)have);
        memmove(s->fifo, s->fifo + have, (size_t)(s->n - have));
        s->n -= have;
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        const uint8_t r = (uint8_t)(reg + i) & 127;
        const int v = status(s, r);
        to[i] = v >= 0 ? (uint8_t)v : s->reg[r];
    }
    return 0;
}

int sim_write(void *ctx, uint8_t address, uint8_t reg, const uint8_t *from, size_t n)
{
    struct sim *s = ctx;
    if (gone(s, address)) return 1;
    if (s->kind == SIM_BMI270 && reg == 0x5e) { // INIT_DATA at the address in words of 0x5b, 0x5c
        if (((s->reg[0x5b] & 15) | s->reg[0x5c] << 4) * 2 == s->config_bytes) s->config_bytes += (int)n;
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        const uint8_t r = (uint8_t)(reg + i) & 127, v = from[i];
        s->reg[r] = v;
        if (mpu(s) && r == 0x6b && v & 0x80) reset(s);
        if (mpu(s) && r == 0x6a && v & 0x04) empty(s);
        if (s->kind == SIM_ICM42688 && r == 0x11 && v & 1) reset(s);
        if (s->kind == SIM_ICM42688 && r == 0x4b && v & 2) empty(s);
        if (st(s) && r == 0x12 && v & 1) reset(s);
        if (st(s) && r == 0x0a && !(v & 7)) empty(s);
        if (bosch(s) && r == 0x7e) {
            if (v == 0xb6) reset(s);
            if (v == 0xb0) empty(s);
            if (v == 0x11) s->acc_on = 1;
            if (v == 0x15) s->gyro_on = 1;
        }
    }
    return 0;
}

void sim_wait(void *ctx, unsigned ms)
{
    ((struct sim *)ctx)->waited_ms += ms;
}

static float st_hz(int code)
{
    static const float hz[] = {0, 12.5f, 26, 52, 104, 208, 416};
    return code < 7 ? hz[code] : 0;
}

float sim_rate(const struct sim *s)
{
    const uint8_t *r = s->reg;
    if (mpu(s)) {
        const bool on =
            !(r[0x6b] & 0x40) && r[0x6a] & 0x40 && r[0x23] == 0x78 && r[0x1a] >= 1 && r[0x1a] <= 6;
        return on ? 1000.0f / (1 + r[0x19]) : 0;
    }
    if (s->kind == SIM_ICM42688) {
        static const float hz[16] = {
            [6] = 1000, [7] = 200, [8] = 100, [9] = 50, [10] = 25, [11] = 12.5f, [15] = 500};
        const bool on =
            (r[0x4e] & 15) == 15 && r[0x16] >> 6 == 1 && (r[0x5f] & 15) == 7 && (r[0x4c] & 0x70) == 0x30;
        return on && (r[0x4f] & 15) == (r[0x50] & 15) ? hz[r[0x50] & 15] : 0;
    }
    if (st(s)) {
        const int code = r[0x10] >> 4;
        const bool same = r[0x11] >> 4 == code && r[0x12] & 4 && (r[0x0a] & 7) == 6;
        const bool fifo = st_words(s) ? r[0x08] == 9 && r[0x0a] >> 3 == code : r[0x09] == (code << 4 | code);
        const float hz = s->kind == SIM_LSM6DS3 && code == 1 ? 13 : st_hz(code);
        return same && fifo ? hz : 0;
    }
    const int code = r[0x40] & 15;
    const bool on = s->kind == SIM_BMI160 ? s->acc_on && s->gyro_on && r[0x47] == 0xc0
                                          : s->config_bytes == 8192 && (r[0x7d] & 6) == 6 && r[0x49] == 0xc0;
    return on && (r[0x42] & 15) == code ? 100.0f * powf(2, (float)code - 8) : 0;
}

// Full scale: g and degrees a second, from the registers.
static void scale(const struct sim *s, float *acc, float *gyro)
{
    const uint8_t *r = s->reg;
    if (mpu(s)) {
        *acc = 16384.0f / (float)(1 << (r[0x1c] >> 3 & 3));
        *gyro = 131.0f / (float)(1 << (r[0x1b] >> 3 & 3)); // 131, 65.5, 32.8, 16.4
    } else if (s->kind == SIM_ICM42688) {
        *acc = 2048.0f * (float)(1 << (r[0x50] >> 5));
        *gyro = 16.4f * (float)(1 << (r[0x4f] >> 5));
    } else if (st(s)) {
        static const float mg[] = {0.061f, 0.488f, 0.122f, 0.244f}, mdps[] = {8.75f, 17.5f, 35, 70};
        *acc = 1000 / mg[r[0x10] >> 2 & 3];
        *gyro = 1000 / mdps[r[0x11] >> 2 & 3];
    } else {
        const int a = r[0x41] & 15;
        const float g = s->kind == SIM_BMI160 ? (a == 3   ? 2
                                                 : a == 5 ? 4
                                                 : a == 8 ? 8
                                                          : 16)
                                              : (float)(2 << (a & 3));
        *acc = 32768.0f / g;
        *gyro = 16.4f * (float)(1 << (r[0x43] & 7));
    }
}

static int16_t counts(float v)
{
    return v >= 32767 ? 32767 : v <= -32768 ? -32768 : (int16_t)lroundf(v);
}

static void put(uint8_t *to, const int16_t *v, bool big)
{
    for (int i = 0; i < 3; i++) {
        to[2 * i + big] = (uint8_t)((uint16_t)v[i] & 255);
        to[2 * i + !big] = (uint8_t)((uint16_t)v[i] >> 8);
    }
}

void sim_measure(struct sim *s, const float *acc_g, const float *gyro_dps)
{
    const int frame = facts[s->kind].frame;
    uint8_t f[16] = {0};
    int16_t a[3], w[3];
    float sa, sw;
    if (!(sim_rate(s) > 0)) return;
    scale(s, &sa, &sw);
    for (int i = 0; i < 3; i++) a[i] = counts(acc_g[i] * sa), w[i] = counts(gyro_dps[i] * sw);
    if (mpu(s)) {
        put(f, a, true), put(f + 6, w, true);
    } else if (s->kind == SIM_ICM42688) {
        f[0] = 0x68;
        put(f + 1, a, true), put(f + 7, w, true);
    } else if (s->kind == SIM_LSM6DSO) {
        f[0] = 1 << 3, f[7] = 2 << 3;
        put(f + 1, w, false), put(f + 8, a, false);
    } else {
        put(f, w, false), put(f + 6, a, false);
    }
    if (s->n + frame > s->capacity) { // the oldest go
        s->overflow = true;
        memmove(s->fifo, s->fifo + frame, (size_t)(s->n - frame));
        s->n -= frame;
    }
    memcpy(s->fifo + s->n, f, (size_t)frame);
    s->n += frame;
}
