// Runs examples/benchmark on the host: app_main until it waits after its first report.
#include <stdlib.h>
#include "esp_cpu.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

void app_main(void);
static int64_t now_us;

int64_t esp_timer_get_time(void)
{
    return now_us += 5;
}

esp_cpu_cycle_count_t esp_cpu_get_cycle_count(void)
{
    return (esp_cpu_cycle_count_t)(now_us += 5) * 240u;
}

void vTaskDelay(const TickType_t ticks)
{
    now_us += (int64_t)ticks * 10000;
    if (ticks > 100) exit(0);
}

int main(void)
{
    app_main();
    return 1;
}
