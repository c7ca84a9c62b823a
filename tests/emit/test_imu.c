// The drivers that go into examples/har, against simulated sensors.
#include "../../src/emit/projects/imu/imu.h"
#include "../../src/emit/projects/imu/sampler.h"
#include "../test.h"
#include "sim_imu.h"
#include <math.h>
#include <string.h>

static const struct {
    enum sim_kind kind;
    const char *name;
    uint8_t address;
} sensors[] = {{SIM_MPU6050, "MPU-6050", 0x68},       {SIM_MPU6500, "MPU-6500", 0x69},
               {SIM_ICM42688, "ICM-42688-P", 0x69},   {SIM_LSM6DS3, "LSM6DS3", 0x6a},
               {SIM_LSM6DS3TRC, "LSM6DS3TR-C", 0x6b}, {SIM_LSM6DSO, "LSM6DSO", 0x6a},
               {SIM_BMI160, "BMI160", 0x69},          {SIM_BMI270, "BMI270", 0x68}};
enum { SENSORS = sizeof sensors / sizeof *sensors };
static const uint8_t config[8192];
static struct sim sim;

static struct imu_bus bus_of(struct sim *s)
{
    return (struct imu_bus){sim_read, sim_write, sim_wait, s, 64};
}

static int begin(int i, struct imu *m, struct imu_bus *bus, float hz)
{
    sim_init(&sim, sensors[i].kind, sensors[i].address);
    *bus = bus_of(&sim);
    *m = (struct imu){.config = config, .config_bytes = sizeof config};
    int s = imu_find(m, bus);
    return s ? s : imu_start(m, hz);
}

static void motion(int k, float *acc, float *gyro)
{
    for (int i = 0; i < 3; i++) {
        acc[i] = 2.0f * sinf(0.1f * (float)k + (float)i);
        gyro[i] = 300.0f * cosf(0.07f * (float)k + (float)i);
    }
}

static void measure(int from, int n)
{
    float acc[3], gyro[3];
    for (int k = from; k < from + n; k++) {
        motion(k, acc, gyro);
        sim_measure(&sim, acc, gyro);
    }
}

TEST(imu_finds_starts_and_reads)
{
    for (int i = 0; i < SENSORS; i++) {
        struct imu m;
        struct imu_bus bus;
        struct imu_sample x[40];
        const int status = begin(i, &m, &bus, 50);
        if (status) {
            test_fail(__FILE__, __LINE__, "%s: %s", sensors[i].name, imu_text(status));
            continue;
        }
        CHECK(!strcmp(sensors[i].name, m.part->name));
        CHECK_EQ(sensors[i].address, m.address);
        CHECK_NEAR(sim_rate(&sim), m.rate_hz, 0.01); // the registers say what the driver says
        CHECK(m.rate_hz >= 49.9f && m.rate_hz <= 52.1f);
        CHECK_EQ(0, imu_read(&m, x, 40));
        int taken = 0;
        double worst_acc = 0, worst_gyro = 0;
        for (int round = 0; round < 3; round++) { // in bursts of other lengths than were measured
            measure(round * 37, 37);
            for (int n; (n = imu_read(&m, x, 15)) > 0; taken += n)
                for (int k = 0; k < n; k++) {
                    float acc[3], gyro[3];
                    motion(taken + k, acc, gyro);
                    for (int c = 0; c < 3; c++) {
                        worst_acc =
                            fmax(worst_acc, fabs(x[k].acc[c] * (double)m.part->acc_g - (double)acc[c]));
                        worst_gyro =
                            fmax(worst_gyro, fabs(x[k].gyro[c] * (double)m.part->gyro_dps - (double)gyro[c]));
                    }
                }
        }
        CHECK_EQ(111, taken);
        CHECK_NEAR(0, worst_acc, 0.0002); // half a count, 4096 a g
        CHECK_NEAR(0, worst_gyro, 0.5);   // 131 / 4 is called 32.8: 0.15 % of 300
    }
}

TEST(imu_overflow_is_told_and_mended)
{
    for (int i = 0; i < SENSORS; i++) {
        struct imu m;
        struct imu_bus bus;
        struct imu_sample x[32];
        CHECK_EQ(0, begin(i, &m, &bus, 50));
        measure(0, m.part->fifo_samples + 5);
        CHECK_EQ(IMU_OVERFLOW, imu_read(&m, x, 32));
        CHECK_EQ(0, imu_read(&m, x, 32)); // empty now
        measure(0, 7);
        CHECK_EQ(7, imu_read(&m, x, 32));
    }
}

TEST(imu_device_that_is_gone)
{
    for (int i = 0; i < SENSORS; i++) {
        struct imu m;
        struct imu_bus bus;
        struct imu_sample x[32];
        CHECK_EQ(0, begin(i, &m, &bus, 50));
        measure(0, 20);
        sim.nack_after = 2; // within the burst
        const int got = imu_read(&m, x, 32);
        CHECK(got == IMU_NO_ANSWER || got == IMU_OK + 20);
        CHECK_EQ(IMU_NO_ANSWER, imu_read(&m, x, 32));
        // Gone at each step of the start.
        for (int after = 0; after < 6; after++) {
            sim_init(&sim, sensors[i].kind, sensors[i].address);
            CHECK_EQ(0, imu_find(&m, &bus));
            sim.nack_after = after;
            CHECK_EQ(IMU_NO_ANSWER, imu_start(&m, 50));
        }
    }
    struct imu m = {0};
    const struct imu_bus bus = bus_of(&sim);
    sim.nack_after = 0;
    CHECK_EQ(IMU_NO_ANSWER, imu_find(&m, &bus));
    CHECK_STR("pull-ups", imu_text(IMU_NO_ANSWER));
}

TEST(imu_wrong_identity)
{
    struct imu m = {0};
    const struct imu_bus bus = bus_of(&sim);
    sim_init(&sim, SIM_MPU6050, 0x68);
    sim.id = 0x19; // a clone
    CHECK_EQ(IMU_WRONG_ID, imu_find(&m, &bus));
    CHECK(!m.part);
    CHECK_EQ(0x19, m.id);
    CHECK_EQ(0x68, m.address);
    CHECK_EQ(IMU_WRONG_ID, imu_start(&m, 50));
    // An id of another sensor at this address is no identity either.
    sim_init(&sim, SIM_LSM6DSO, 0x68);
    CHECK_EQ(IMU_WRONG_ID, imu_find(&m, &bus));
}

TEST(imu_rates)
{
    static const struct {
        int sensor;
        float model, want; // 0: refused
    } c[] = {{0, 50, 50},           {0, 20, 20}, {0, 30, 1000.0f / 33}, {0, 1001, 1000}, {0, 1500, 0},
             {0, 2, 1000.0f / 256}, {0, 1, 0},   {2, 20, 25},           {2, 100, 100},   {2, 5, 0},
             {3, 50, 52},           {3, 13, 13}, {4, 13, 26},           {5, 32, 52},     {5, 500, 0},
             {6, 25, 25},           {6, 10, 0},  {7, 100, 100}};
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        struct imu m;
        struct imu_bus bus;
        const int status = begin(c[i].sensor, &m, &bus, c[i].model);
        if (status != (c[i].want > 0 ? IMU_OK : IMU_NO_RATE))
            test_fail(__FILE__, __LINE__, "%s at %g: %d", sensors[c[i].sensor].name, (double)c[i].model,
                      status);
        if (c[i].want > 0 && !status) {
            // 12.5 Hz for 13 is too slow: a sensor's clock is better than 4 %
            CHECK_NEAR(c[i].want, m.rate_hz, 0.01);
            CHECK_NEAR(c[i].want, sim_rate(&sim), 0.01);
        }
    }
    struct imu m;
    struct imu_bus bus;
    CHECK_EQ(IMU_NO_RATE, begin(0, &m, &bus, NAN));
    CHECK_EQ(IMU_NO_RATE, begin(0, &m, &bus, 0));
}

TEST(imu_what_is_no_sample)
{
    struct imu m;
    struct imu_bus bus;
    struct imu_sample x[8];
    static const int tagged[] = {2, 5};
    for (int k = 0; k < 2; k++) { // ICM-42688's header, LSM6DSO's tags
        CHECK_EQ(0, begin(tagged[k], &m, &bus, 50));
        measure(0, 3);
        sim.fifo[0] = 0xff;
        CHECK_EQ(IMU_BAD_FIFO, imu_read(&m, x, 8));
        CHECK_EQ(0, sim.n);
    }
    CHECK_EQ(0, begin(3, &m, &bus, 50)); // LSM6DS3 that lost its place
    measure(0, 3);
    sim.n -= 2;
    CHECK_EQ(IMU_BAD_FIFO, imu_read(&m, x, 8));
    CHECK_EQ(0, sim.n);
}

TEST(imu_bmi270_needs_its_file)
{
    struct imu m = {0};
    const struct imu_bus bus = bus_of(&sim);
    sim_init(&sim, SIM_BMI270, 0x68);
    CHECK_EQ(0, imu_find(&m, &bus));
    CHECK_EQ(IMU_NO_CONFIG, imu_start(&m, 50));
    m.config = config, m.config_bytes = 4096; // half of it
    CHECK_EQ(IMU_NOT_READY, imu_start(&m, 50));
    CHECK_STR("bmi270_config_file", imu_text(IMU_NO_CONFIG));
}

static const struct sampler_channel three[] = {{0, 9.80665f}, {2, 1000}, {5, 0.0174532925f}};

TEST(sampler_units_and_same_rate)
{
    struct imu m = {.part = &imu_mpu6050, .rate_hz = 50};
    struct sampler s;
    float y[3] = {0};
    sampler_start(&s, three, 3, &m, 50);
    for (int k = 0; k < 500; k++) {
        const struct imu_sample x = {{(int16_t)(4096 + k), 7, (int16_t)-k}, {1, 2, (int16_t)(328 + k)}};
        CHECK_EQ(1, sampler_take(&s, &x, y)); // one for each, none lost
        CHECK_NEAR((4096 + k) / 4096.0 * 9.80665, y[0], 1e-5);
        CHECK_NEAR(-k / 4.096, y[1], 1e-4);
        CHECK_NEAR((328 + k) / 32.8 * 0.0174532925, y[2], 1e-5);
    }
    CHECK_EQ(0, s.saturated);
}

// A straight line stays one, at the model's rate, over an hour.
TEST(sampler_other_rate)
{
    struct imu m = {.part = &imu_lsm6ds3, .rate_hz = 52};
    struct sampler s;
    float y[3];
    long n = 0;
    double worst = 0;
    sampler_start(&s, three, 3, &m, 50);
    for (long k = 0; k < 52 * 3600; k++) {
        const int16_t v = (int16_t)(k % 20000);
        const struct imu_sample x = {{v, 0, v}, {0, 0, (int16_t)(k & 1)}};
        const int got = sampler_take(&s, &x, y);
        CHECK(got == 0 || got == 1);
        if (!got) continue;
        const double at = fmod((double)n * 1.04, 20000);
        if (at < 19999 && at > 1) worst = fmax(worst, fabs((double)y[1] / 0.244 - at));
        n++;
    }
    CHECK_NEAR(50 * 3600, n, 1);
    CHECK(worst < 0.2); // counts; floats' drift in an hour
}

TEST(sampler_stuck_saturated_not_a_number)
{
    struct imu m = {.part = &imu_mpu6050, .rate_hz = 50};
    struct sampler s;
    float y[3];
    struct imu_sample x = {{1, 2, 3}, {0, 0, 0}};
    int k = 0, got;
    sampler_start(&s, three, 3, &m, 50);
    while ((got = sampler_take(&s, &x, y)) == 1 && k < 1000) x.gyro[0] = (int16_t)(k++ & 7);
    CHECK_EQ(IMU_STUCK, got);
    CHECK_EQ(64, k);
    x.acc[0]++; // alive again
    CHECK_EQ(1, sampler_take(&s, &x, y));
    for (k = 0; k < 1000 && (got = sampler_take(&s, &x, y)) == 1; k++) x.acc[0] ^= 1; // the gyro is dead
    CHECK_EQ(IMU_STUCK, got);
    static const struct sampler_channel acc_only[] = {{0, 1}};
    sampler_start(&s, acc_only, 1, &m, 50); // nobody asks for the gyro
    for (k = 0; k < 1000; k++) {
        x.acc[0] ^= 1;
        CHECK_EQ(1, sampler_take(&s, &x, y));
    }
    x.acc[0] = INT16_MAX;
    CHECK_EQ(1, sampler_take(&s, &x, y));
    x.acc[0] = INT16_MIN;
    CHECK_EQ(1, sampler_take(&s, &x, y));
    x.acc[1] = INT16_MAX; // not a channel of the model
    x.acc[0] = 5;
    CHECK_EQ(1, sampler_take(&s, &x, y));
    CHECK_EQ(2, s.saturated);
    const struct sampler_channel bad[] = {{0, NAN}};
    sampler_start(&s, bad, 1, &m, 50);
    CHECK_EQ(IMU_NOT_A_NUMBER, sampler_take(&s, &x, y));
}
