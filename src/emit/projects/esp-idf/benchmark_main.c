// Classifies the golden windows, compares every byte of the scores with those of the host, and reports time
// and cycles on one line: "wearlite-report " and a JSON object. A pin is high during the inferences, so that an
// instrument sees when they run.
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "driver/gpio.h"
#include "esp_cpu.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"
#include "golden.h"
#include "model.h"

enum { PULSES = 20, PULSE_US = CONFIG_WEARLITE_PULSE_MS * 1000, MOST_ROUNDS = 1024 };

struct times { // of one window
    uint32_t cycles_least;
    uint64_t cycles, us;
    uint32_t n;
};

static float scores[MODEL_CLASSES];
static bool differ[GOLDEN_WINDOWS + 1];

static void measure(const float *window, struct times *t)
{
    const int64_t start = esp_timer_get_time();
    const uint32_t from = esp_cpu_get_cycle_count();
    model_invoke(window, scores);
    const uint32_t cycles = esp_cpu_get_cycle_count() - from;
    t->us += (uint64_t)(esp_timer_get_time() - start);
    t->cycles += cycles;
    if (t->n == 0 || cycles < t->cycles_least) t->cycles_least = cycles;
    t->n++;
}

static void pin_set(int level)
{
#if CONFIG_WEARLITE_PULSE_PIN >= 0
    gpio_set_level(CONFIG_WEARLITE_PULSE_PIN, (uint32_t)level);
#else
    (void)level;
#endif
}

static void pin_start(void)
{
#if CONFIG_WEARLITE_PULSE_PIN >= 0
    gpio_reset_pin(CONFIG_WEARLITE_PULSE_PIN);
    gpio_set_direction(CONFIG_WEARLITE_PULSE_PIN, GPIO_MODE_OUTPUT);
#endif
    pin_set(0);
}

// The golden windows, one after the other, so many times.
static void classify(int rounds, struct times *t)
{
    for (int k = 0; k < rounds; k++) {
        model_reset(); // layers that keep their state saw the windows in this order on the host
        for (int i = 0; i < GOLDEN_WINDOWS; i++) {
            measure(golden_window[i], t);
            if (memcmp(scores, golden_scores[i], sizeof scores)) differ[i] = true;
        }
    }
}

void app_main(void)
{
    struct times first = {0};
    int rounds = 1;
    pin_start();
    classify(1, &first);
    // Powers of two: should the first run take another time after a reset, the pulses are twice as long, not a little.
    while (rounds < MOST_ROUNDS && first.us * (uint64_t)rounds < PULSE_US) rounds *= 2;
    for (;;) {
        struct times t = {0};
        int equal = 0;
        memset(differ, 0, sizeof differ);
        for (int k = 0; k < PULSES; k++) {
            pin_set(1);
            classify(rounds, &t);
            pin_set(0);
            vTaskDelay(1); // the idle task feeds the watchdog
        }
        for (int i = 0; i < GOLDEN_WINDOWS; i++) equal += !differ[i];
        const uint32_t n = t.n ? t.n : 1;
        printf(
            "wearlite-report "
            "{\"model\":\"%s\",\"target\":\"%s\",\"id\":\"%s\",\"chip\":\"%s\",\"cpu_mhz\":%d,\"windows\":%d,"
            "\"equal\":%d,\"repeat\":%d,\"latency_us\":%" PRIu32 ",\"cycles\":%" PRIu32
            ",\"cycles_least\":%" PRIu32 ",\"ram_bytes\":%d,\"const_bytes\":%d",
            MODEL_NAME, MODEL_TARGET, MODEL_ID, CONFIG_IDF_TARGET, CONFIG_ESP_DEFAULT_CPU_FREQ_MHZ,
            GOLDEN_WINDOWS, equal, PULSES * rounds, (uint32_t)(t.us / n), (uint32_t)(t.cycles / n),
            t.cycles_least, MODEL_RAM_BYTES, MODEL_CONST_BYTES);
        if (CONFIG_WEARLITE_PULSE_PIN >= 0)
            printf(",\"pin\":%d,\"pulse_inferences\":%d", CONFIG_WEARLITE_PULSE_PIN, rounds * GOLDEN_WINDOWS);
        printf("}\n");
        fflush(stdout);
        vTaskDelay(pdMS_TO_TICKS(5000));
    }
}
