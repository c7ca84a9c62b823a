// Samples an inertial sensor by its FIFO, classifies on every hop, sleeps between.
#include <stdio.h>
#include "driver/i2c_master.h"
#include "esp_sleep.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"
#include "imu.h"
#include "model.h"
#include "sampler.h"

enum { TIMEOUT_MS = 100, BURST_BYTES = 128, BURST_SAMPLES = 32 };

// ---- the bus ----

struct i2c {
    i2c_master_bus_handle_t bus;
    i2c_master_dev_handle_t device; // the one that we talked to last
    int address;                    // -1: none
};

static bool i2c_select(struct i2c *c, uint8_t address)
{
    if (c->address == address) return true;
    if (c->address >= 0) i2c_master_bus_rm_device(c->device);
    c->address = -1;
    const i2c_device_config_t config = {
        .dev_addr_length = I2C_ADDR_BIT_LEN_7, .device_address = address, .scl_speed_hz = 400000};
    // Probed first: where nobody is, a transfer would only print an error of the driver.
    if (i2c_master_probe(c->bus, address, TIMEOUT_MS) != ESP_OK) return false;
    if (i2c_master_bus_add_device(c->bus, &config, &c->device) != ESP_OK) return false;
    c->address = address;
    return true;
}

static int i2c_read(void *ctx, uint8_t address, uint8_t reg, uint8_t *to, size_t n)
{
    struct i2c *c = ctx;
    if (!i2c_select(c, address)) return 1;
    return i2c_master_transmit_receive(c->device, &reg, 1, to, n, TIMEOUT_MS) != ESP_OK;
}

static int i2c_write(void *ctx, uint8_t address, uint8_t reg, const uint8_t *from, size_t n)
{
    struct i2c *c = ctx;
    uint8_t b[1 + 32] = {reg};
    if (n > sizeof b - 1 || !i2c_select(c, address)) return 1;
    for (size_t i = 0; i < n; i++) b[1 + i] = from[i];
    return i2c_master_transmit(c->device, b, 1 + n, TIMEOUT_MS) != ESP_OK;
}

static void i2c_wait(void *ctx, unsigned ms)
{
    (void)ctx;
    vTaskDelay(pdMS_TO_TICKS(ms) + 1);
}

// ---- time ----

// The sensor samples on by itself; its FIFO keeps what comes. Light sleep stops USB consoles, so it is a
// choice.
static void sleep_us(int64_t us)
{
    if (us < 1000) return;
#ifdef CONFIG_WEARLITE_LIGHT_SLEEP
    fflush(stdout);
    esp_sleep_enable_timer_wakeup((uint64_t)us);
    esp_light_sleep_start();
#else
    vTaskDelay(pdMS_TO_TICKS(us / 1000) + 1);
#endif
}

// ---- from samples to labels ----

struct state {
    struct imu imu;
    struct sampler sampler;
    int due;       // model samples until the next window is full
    long reported; // saturated samples that were told
    int told;      // the last status, so that one trouble is one line
};

static void trouble(struct state *s, int status)
{
    if (status != s->told) printf("%s: %s\n", s->imu.part ? s->imu.part->name : "IMU", imu_text(status));
    s->told = status;
    model_reset(); // a window has no gaps
    s->due = MODEL_WINDOW;
    sampler_start(&s->sampler, model_channel, MODEL_CHANNELS, &s->imu, (float)MODEL_RATE_HZ);
    s->reported = 0;
}

static void print_scores(struct state *s, const float *scores, int64_t us)
{
    int best = 0;
    for (int i = 1; i < MODEL_CLASSES; i++)
        if (scores[i] > scores[best]) best = i;
    printf("%s", MODEL_LABEL(best));
    for (int i = 0; i < MODEL_CLASSES; i++) printf(" %.3f", (double)scores[i]);
    printf(" (%ld us)\n", (long)us);
    if (s->sampler.saturated > s->reported)
        printf("%s: %ld samples at the end of the range; the label may be wrong\n", s->imu.part->name,
               s->sampler.saturated - s->reported);
    s->reported = s->sampler.saturated;
}

static void take(struct state *s, const struct imu_sample *x)
{
    static float sample[MODEL_CHANNELS], scores[MODEL_CLASSES];
    const int got = sampler_take(&s->sampler, x, sample);
    if (got < 0) {
        // The sampler goes on counting, so that a sensor that lives again is noticed.
        if (s->told != got) printf("%s: %s\n", s->imu.part->name, imu_text(got));
        s->told = got;
        model_reset();
        s->due = MODEL_WINDOW;
        return;
    }
    s->told = IMU_OK;
    if (!got) return;
    s->due--;
    const int64_t from = esp_timer_get_time();
    if (!model_push(sample, scores)) return;
    s->due = MODEL_HOP;
    print_scores(s, scores, esp_timer_get_time() - from);
}

static void drain(struct state *s)
{
    static struct imu_sample x[BURST_SAMPLES];
    int n;
    do {
        n = imu_read(&s->imu, x, BURST_SAMPLES);
        if (n < 0) trouble(s, n);
        for (int i = 0; i < n; i++) take(s, &x[i]);
    } while (n == BURST_SAMPLES);
}

static int start(struct state *s, const struct imu_bus *bus)
{
    int status = imu_find(&s->imu, bus);
    if (status == IMU_WRONG_ID) printf("identity 0x%02x at 0x%02x: ", s->imu.id, s->imu.address);
#ifdef CONFIG_WEARLITE_BMI270_CONFIG
    extern const uint8_t bmi270_config_file[]; // of the maker's driver; add its file to main/CMakeLists.txt
    s->imu.config = bmi270_config_file;
    s->imu.config_bytes = 8192;
#endif
    if (!status) status = imu_start(&s->imu, (float)MODEL_RATE_HZ);
    return status;
}

void app_main(void)
{
    static struct i2c i2c = {.address = -1};
    static struct state s;
    const i2c_master_bus_config_t config = {.i2c_port = -1, // any
                                            .sda_io_num = CONFIG_WEARLITE_SDA,
                                            .scl_io_num = CONFIG_WEARLITE_SCL,
                                            .clk_source = I2C_CLK_SRC_DEFAULT,
                                            .glitch_ignore_cnt = 7,
                                            .flags = {.enable_internal_pullup = true}};
    const struct imu_bus bus = {i2c_read, i2c_write, i2c_wait, &i2c, BURST_BYTES};
    int status = i2c_new_master_bus(&config, &i2c.bus) == ESP_OK ? IMU_OK : IMU_NO_ANSWER;
    if (status) {
        printf("the I2C bus does not start; check the pins in menuconfig\n");
        return;
    }
    while ((status = start(&s, &bus)) != IMU_OK) {
        printf("%s\n", imu_text(status));
        vTaskDelay(pdMS_TO_TICKS(2000));
    }
    printf("%s at 0x%02x, %.4g samples a second, the model takes %.4g\n", s.imu.part->name, s.imu.address,
           (double)s.imu.rate_hz, (double)MODEL_RATE_HZ);
    trouble(&s, IMU_OK);
    for (;;) {
        // Until the window is full, or the FIFO three quarters.
        const float due = (float)s.due * s.sampler.step, room = 0.75f * (float)s.imu.part->fifo_samples;
        sleep_us((int64_t)(1e6f * ((due < room ? due : room) + 1.0f) / s.imu.rate_hz));
        drain(&s);
    }
}
