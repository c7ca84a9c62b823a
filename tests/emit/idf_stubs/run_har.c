// Runs examples/har on the host: a simulated sensor behind the I2C driver's functions, time that only passes by sleeping.
// Arguments: seconds, and what goes wrong at half of them: none, gone, stuck, loud, late, id.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../sim_imu.h"
#include "driver/i2c_master.h"
#include "esp_sleep.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

void app_main(void);

struct i2c_master_bus_t {
    int unused;
};
struct i2c_master_dev_t {
    uint8_t address;
    bool added;
};
static struct i2c_master_bus_t bus;
static struct i2c_master_dev_t device;
static struct sim sim;
static int64_t now_us, end_us, wake_us;
static double next_us;
static long k;
static const char *trouble;

static void pass(int64_t us)
{
    const bool wrong = now_us > end_us / 2;
    if (wrong && !strcmp(trouble, "late") && us > 100000) { // once
        us += 120000000;
        trouble = "none";
    }
    now_us += us;
    if (wrong && !strcmp(trouble, "gone")) sim.nack_after = now_us > end_us * 3 / 4 ? -1 : 0;
    const float hz = sim_rate(&sim);
    for (; hz > 0 && next_us <= (double)now_us; next_us += 1e6 / (double)hz, k++) {
        const bool stuck = wrong && !strcmp(trouble, "stuck"), loud = wrong && !strcmp(trouble, "loud");
        const float t = stuck ? 0 : (float)k, peak = loud ? 9 : 1.5f;
        const float acc[3] = {peak * sinf(0.3f * t), sinf(0.2f * t), 1},
                    gyro[3] = {0, 0, 90 * cosf(0.1f * t)};
        sim_measure(&sim, acc, gyro);
    }
    if (hz <= 0) next_us = (double)now_us;
    if (now_us > end_us) exit(0);
}

int64_t esp_timer_get_time(void)
{
    return now_us;
}
void vTaskDelay(const TickType_t ticks)
{
    pass((int64_t)ticks * 10000);
}
esp_err_t esp_sleep_enable_timer_wakeup(uint64_t us)
{
    wake_us = (int64_t)us;
    return ESP_OK;
}
esp_err_t esp_light_sleep_start(void)
{
    pass(wake_us);
    return ESP_OK;
}
esp_err_t i2c_new_master_bus(const i2c_master_bus_config_t *c, i2c_master_bus_handle_t *b)
{
    *b = &bus;
    return c->sda_io_num == c->scl_io_num ? ESP_FAIL : ESP_OK;
}
esp_err_t i2c_master_bus_add_device(i2c_master_bus_handle_t b, const i2c_device_config_t *c,
                                    i2c_master_dev_handle_t *d)
{
    if (b != &bus || device.added || c->scl_speed_hz > 400000) return ESP_FAIL;
    device = (struct i2c_master_dev_t){(uint8_t)c->device_address, true};
    *d = &device;
    return ESP_OK;
}
esp_err_t i2c_master_bus_rm_device(i2c_master_dev_handle_t d)
{
    d->added = false;
    return ESP_OK;
}
esp_err_t i2c_master_transmit(i2c_master_dev_handle_t d, const uint8_t *w, size_t n, int ms)
{
    return ms > 0 && n > 1 && !sim_write(&sim, d->address, w[0], w + 1, n - 1) ? ESP_OK : ESP_ERR_TIMEOUT;
}
esp_err_t i2c_master_transmit_receive(i2c_master_dev_handle_t d, const uint8_t *w, size_t n, uint8_t *r,
                                      size_t m, int ms)
{
    return ms > 0 && n == 1 && !sim_read(&sim, d->address, w[0], r, m) ? ESP_OK : ESP_ERR_TIMEOUT;
}
esp_err_t i2c_master_probe(i2c_master_bus_handle_t b, uint16_t address, int ms)
{
    return b == &bus && ms > 0 && address == sim.address && sim.nack_after ? ESP_OK : ESP_ERR_NOT_FOUND;
}

int main(int argc, char **argv)
{
    end_us = argc > 1 ? atoi(argv[1]) * 1000000ll : 10000000;
    trouble = argc > 2 ? argv[2] : "none";
    sim_init(&sim, argc > 3 && !strcmp(argv[3], "bmi160") ? SIM_BMI160 : SIM_MPU6050, 0x69);
    if (!strcmp(trouble, "id")) sim.id = 0x19;
    app_main();
    return 1;
}
