// Which boards have a target's core, and whether the model fits on them.
#include "parts.h"
#include <stdlib.h>
#include <string.h>

static const struct board boards[] = {
    // ESP32 and ESP32-S3 both have MAC16, the high half of products and an FPU (xtensa/config/core-isa.h).
    {"esp32", "esp32 esp32s3", "esp32", "espressif32", false},
    {"esp32s3", "esp32s3", "esp32", "espressif32", false},
    {"esp32c6", "esp32c6", "esp32", "espressif32", false},
    {"rv32imc", "esp32c3 esp32c6", "esp32", "espressif32", false},
    {"rv32imafc", "esp32p4", "esp32", "espressif32", false},
    {"lx106", NULL, "esp8266", "espressif8266", true},
    {"cortex-m0", NULL, "samd,mbed_rp2040,rp2040", "atmelsam raspberrypi", false},
    {"cortex-m4f", NULL, "mbed_nano,nrf52,renesas_uno,samd,stm32", "nordicnrf52 renesas-ra atmelsam ststm32",
     false},
    {"cortex-m7", NULL, "mbed_portenta,mbed_giga,stm32,teensy", "ststm32 teensy", false},
    {"cortex-m33", NULL, "stm32,rp2040", "ststm32 raspberrypi", false},
};

const struct board *board_find(const struct target *t)
{
    for (size_t i = 0; i < sizeof boards / sizeof *boards; i++)
        if (!strcmp(boards[i].target, t->name)) return &boards[i];
    return NULL;
}

int64_t model_copied_bytes(const struct model *m)
{
    int64_t bytes = 0;
    for (int i = 0; i < m->nconstant; i++)
        if (m->in_ram && m->in_ram[i]) bytes += constant_ram_bytes(&m->constant[i]);
    return bytes;
}

int64_t model_ram_bytes(const struct model *m)
{
    return m->plan->arena_bytes + model_copied_bytes(m) + plan_window_bytes(m->plan, m->hop < m->window);
}

enum {
    SYSTEM_BYTES = 256 << 10,  // ESP-IDF with drivers, and our own code: hello_world has 130 to 180 kB
    TABLE_BYTES = 64 << 10,    // boot loader, partition table, nvs: the app starts at 0x10000
    DEFAULT_APP = 1024 << 10,  // "Single factory app, no OTA"
    PARTITION_STEP = 64 << 10, // app partitions start and end there
};

int64_t app_partition_bytes(const struct model *m)
{
    const int64_t need = plan_const_bytes(m->plan) + SYSTEM_BYTES;
    return need <= DEFAULT_APP ? 0 : (need + PARTITION_STEP - 1) / PARTITION_STEP * PARTITION_STEP;
}

bool budget_check(const struct model *m, const struct project *kind, const struct emit_opt *o, struct err *e)
{
    const struct target *t = m->target;
    const struct board *b = board_find(t);
    const bool boards_only = kind != &bare_metal; // on an emulated chip measure says what fits
    const char *hop = graph_meta(m->plan->g, META_HOP);
    // Counting instructions needs no hop; on a board it decides when a window is classified.
    if (boards_only && !m->stateful && !o->hop && hop && atoi(hop) > m->window)
        return fail(
            e,
            "the model was trained on windows of %d samples every %d, and samples between would never be "
            "seen; choose --hop 1 to %d",
            m->window, atoi(hop), m->window);
    const int64_t consts = plan_const_bytes(m->plan),
                  system = kind == &esp_idf ? SYSTEM_BYTES + TABLE_BYTES : 0;
    int64_t ram = model_ram_bytes(m), flash = consts + system;
    if (kind == &arduino && b->rodata_in_ram) ram += consts;
    const int64_t ram_most = o->ram_bytes ? o->ram_bytes : boards_only ? (int64_t)t->ram_bytes : ram;
    const int64_t flash_most = o->flash_bytes ? o->flash_bytes
                               : boards_only  ? (int64_t)t->flash_bytes
                                              : flash;
    if (ram > ram_most)
        return fail(
            e,
            "%s takes %lld bytes of RAM (values %d, window %lld%s%s) and there are %lld: %lld too many; "
            "take full-integer quantization, a shorter window or a smaller model, or tell of more by --ram",
            m->name, (long long)ram, m->plan->arena_bytes,
            (long long)(model_ram_bytes(m) - m->plan->arena_bytes - model_copied_bytes(m)),
            model_copied_bytes(m)
                ? arena_printf(m->arena, ", constants %lld", (long long)model_copied_bytes(m))
                : "",
            kind == &arduino && b->rodata_in_ram ? ", and the constants, which this core keeps in RAM" : "",
            (long long)ram_most, (long long)(ram - ram_most));
    if (flash > flash_most)
        return fail(
            e,
            "%s has %lld bytes of constants%s; the flash has %lld: %lld too many; take full-integer or "
            "dynamic quantization or a smaller model, or tell of a larger flash by --flash",
            m->name, (long long)consts,
            system ? arena_printf(m->arena, ", with the system %lld", (long long)flash) : "",
            (long long)flash_most, (long long)(flash - flash_most));
    return true;
}
