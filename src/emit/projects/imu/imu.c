#include "imu.h"

const struct imu_part *const imu_parts[] = {&imu_mpu6050, &imu_mpu6500,    &imu_icm42688,
                                            &imu_lsm6ds3, &imu_lsm6ds3trc, &imu_lsm6dso,
                                            &imu_bmi160,  &imu_bmi270,     NULL};

const char *imu_text(int status)
{
    switch (status) {
    case IMU_OK:
        return "good";
    case IMU_NO_ANSWER:
        return "no answer on the bus; check power, SDA, SCL, pull-ups and the pins in menuconfig";
    case IMU_WRONG_ID:
        return "a device answers, but its identity is none that the driver table knows";
    case IMU_NO_RATE:
        return "the sensor has no sample rate from the model's up to twice that; take another sensor, or "
               "train "
               "at another rate";
    case IMU_OVERFLOW:
        return "samples were lost, the FIFO was full; the window starts anew";
    case IMU_BAD_FIFO:
        return "the FIFO gave something else than samples; the window starts anew";
    case IMU_NO_CONFIG:
        return "a BMI270 starts only with its maker's configuration file: set imu.config to the array "
               "bmi270_config_file of Bosch's BMI270 driver";
    case IMU_NOT_READY:
        return "the sensor did not start; cut its power and try again";
    case IMU_STUCK:
        return "the sensor repeats the same sample; cut its power, check its soldering";
    case IMU_NOT_A_NUMBER:
        return "a sample is not a number; check the channel table";
    default:
        return "unknown status";
    }
}

int imu_get(const struct imu *m, uint8_t reg, uint8_t *to, size_t n)
{
    return m->bus->read(m->bus->ctx, m->address, reg, to, n) ? IMU_NO_ANSWER : IMU_OK;
}

int imu_set(const struct imu *m, uint8_t reg, uint8_t value)
{
    return m->bus->write(m->bus->ctx, m->address, reg, &value, 1) ? IMU_NO_ANSWER : IMU_OK;
}

int imu_set_all(const struct imu *m, const uint8_t (*pair)[2], int n)
{
    int s = IMU_OK;
    for (int i = 0; i < n && s == IMU_OK; i++) s = imu_set(m, pair[i][0], pair[i][1]);
    return s;
}

void imu_wait(const struct imu *m, unsigned ms)
{
    m->bus->wait_ms(m->bus->ctx, ms);
}

static bool id_known(const struct imu_part *p, uint8_t id)
{
    for (int i = 0; i < 3; i++)
        if (p->id[i] && p->id[i] == id) return true;
    return false;
}

int imu_find(struct imu *m, const struct imu_bus *bus)
{
    uint8_t stranger = 0, stranger_id = 0; // the first that answered as none of the table; a message names it
    m->bus = bus;
    m->part = NULL;
    for (int i = 0; imu_parts[i]; i++)
        for (int k = 0; k < 2; k++) {
            const struct imu_part *p = imu_parts[i];
            m->address = p->address[k];
            m->id = 0;
            if (imu_get(m, p->id_reg, &m->id, 1)) continue;
            if (id_known(p, m->id)) {
                m->part = p;
                return IMU_OK;
            }
            if (!stranger) stranger = m->address, stranger_id = m->id;
        }
    m->address = stranger;
    m->id = stranger_id;
    return stranger ? IMU_WRONG_ID : IMU_NO_ANSWER;
}

int imu_start(struct imu *m, float model_hz)
{
    const struct imu_part *p = m->part;
    const float least = model_hz * 0.98f, most = model_hz * 2.0f;
    uint8_t code = 0;
    float hz = 0;
    if (!p) return IMU_WRONG_ID;
    if (!(model_hz > 0.0f)) return IMU_NO_RATE;
    if (p->rate) {
        for (const struct imu_rate *r = p->rate; r->hz > 0.0f && !(hz > 0.0f); r++)
            if (r->hz >= least) hz = r->hz, code = r->code;
    } else if (least <= 1000.0f) { // the largest divider that is fast enough
        int n = (int)(1000.0f / model_hz);
        n = n > 256 ? 256 : n < 1 ? 1 : n;
        hz = 1000.0f / (float)n, code = (uint8_t)(n - 1);
    }
    if (!(hz > 0.0f) || hz > most) return IMU_NO_RATE;
    m->rate_hz = hz;
    return p->start(m, code);
}

int imu_read(struct imu *m, struct imu_sample *to, int most)
{
    int n = m->part->count(m);
    if (n > most) n = most;
    int s = n > 0 ? m->part->read(m, to, n) : n;
    if (s < 0 && s != IMU_NO_ANSWER) {
        const int f = m->part->flush(m);
        return f < 0 ? f : s;
    }
    return s < 0 ? s : n;
}
