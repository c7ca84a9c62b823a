// Runs examples/benchmark on the host: app_main until it waits after its first report. Then says what the pin did.
#include <stdio.h>
#include <stdlib.h>
#include "driver/gpio.h"
#include "esp_cpu.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

void app_main(void);
static int64_t now_us;
static int output = -1, level, pulses;
static long counts, least = 1 << 30,
                    most; // readings of the counter, two an inference: in this pulse, in all pulses

esp_err_t gpio_reset_pin(gpio_num_t gpio_num)
{
    (void)gpio_num;
    return ESP_OK;
}

esp_err_t gpio_set_direction(gpio_num_t gpio_num, gpio_mode_t mode)
{
    if (mode == GPIO_MODE_OUTPUT) output = gpio_num;
    return ESP_OK;
}

esp_err_t gpio_set_level(gpio_num_t gpio_num, uint32_t to)
{
    if (gpio_num != output) exit(2);
    if (level && !to) {
        pulses++;
        least = counts < least ? counts : least;
        most = counts > most ? counts : most;
    }
    level = (int)to, counts = 0;
    return ESP_OK;
}

int64_t esp_timer_get_time(void)
{
    return now_us += 5;
}

esp_cpu_cycle_count_t esp_cpu_get_cycle_count(void)
{
    counts++;
    return (esp_cpu_cycle_count_t)(now_us += 5) * 240u;
}

void vTaskDelay(const TickType_t ticks)
{
    now_us += (int64_t)ticks * 10000;
    if (ticks <= 100) return;
    if (pulses) printf("pin %d: %d pulses of %ld to %ld inferences\n", output, pulses, least / 2, most / 2);
    exit(0);
}

int main(void)
{
    app_main();
    return 1;
}
