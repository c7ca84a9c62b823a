// An ESP-IDF component with two example apps: benchmark (golden windows) and har (an inertial sensor).
#include "../base/file.h"
#include "parts.h"
#include <string.h>

#define IDF "src/emit/projects/esp-idf/"
#define IMU "src/emit/projects/imu/"

static bool fits(const struct target *t)
{
    const struct board *b = board_find(t);
    return b && b->idf;
}

static const char *path(const struct model *m, const char *dir, const char *below)
{
    return arena_printf(m->arena, "%s/%s", dir, below);
}

static bool example_write(const struct model *m, const char *example, const char *sources,
                          const char *const *pairs, const char *dir, struct err *e)
{
    struct arena *a = m->arena;
    const char *const own[] = {"example", example, "sources", sources, NULL};
    const char *to = arena_printf(a, "%s/examples/%s", dir, example), *main_dir = path(m, to, "main");
    const int64_t app = app_partition_bytes(m);
    (void)pairs;
    const char *const *all = pairs_common(m, own);
    if (!dir_make(main_dir, e) || !template_write(IDF "project.cmake.txt", all, to, "CMakeLists.txt", a, e) ||
        !template_write(IDF "main.cmake.txt", all, main_dir, "CMakeLists.txt", a, e) ||
        !file_copy(IDF, "main_component.yml", main_dir, "idf_component.yml", a, e) ||
        !file_copy(IDF, arena_printf(a, "%s_main.c", example), main_dir, "main.c", a, e) ||
        !file_copy(IDF, arena_printf(a, "%s_Kconfig.projbuild", example), main_dir, "Kconfig.projbuild", a,
                   e) ||
        !template_write(IDF "sdkconfig.defaults", pairs, to, "sdkconfig.defaults", a, e))
        return false;
    return !app || template_write(IDF "partitions.csv", pairs, to, "partitions.csv", a, e);
}

static bool har_write(const struct model *m, const char *const *pairs, const char *dir, struct err *e)
{
    static const char *const drivers[] = {"imu.c",       "imu.h",     "imu_invensense.c", "imu_st.c",
                                          "imu_bosch.c", "sampler.c", "sampler.h",        NULL};
    struct arena *a = m->arena;
    const char *to = path(m, dir, "examples/har/main");
    if (!example_write(m, "har",
                       "\"main.c\" \"imu.c\" \"imu_invensense.c\" \"imu_st.c\" \"imu_bosch.c\" \"sampler.c\"",
                       pairs, dir, e))
        return false;
    for (int i = 0; drivers[i]; i++)
        if (!file_copy(IMU, drivers[i], to, drivers[i], a, e)) return false;
    return model_names_write(m, true, to, e);
}

static bool write(const struct model *m, const char *dir, struct err *e)
{
    struct arena *a = m->arena;
    const struct target *t = m->target;
    const char *why, *idf = board_find(t)->idf, *list = "";
    struct buf unused = {0};
    const bool har = channels_print(m, &unused, &why);
    buf_free(&unused);
    for (const char *s = idf; *s;) {
        const size_t n = strcspn(s, " ");
        list = arena_printf(a, "%s  - %.*s\n", list, (int)n, s);
        s += n + (s[n] == ' ');
    }
    const int64_t app = app_partition_bytes(m);
    const char *const own[] = {
        "targets_yaml",
        list,
        "chip_first",
        arena_printf(a, "%.*s", (int)strcspn(idf, " "), idf),
        "app_bytes",
        arena_printf(a, "0x%llx", (long long)app),
        "example_har_yaml",
        har ? "  - path: ./examples/har\n" : "",
        "cpu_config",
        t->clock_hz == 240000000 ? "CONFIG_ESP_DEFAULT_CPU_FREQ_MHZ_240=y\n" : "",
        "flash_config",
        app ? arena_printf(a,
                           "CONFIG_ESPTOOLPY_FLASHSIZE_%uMB=y\nCONFIG_PARTITION_TABLE_CUSTOM=y\n"
                           "CONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\"partitions.csv\"\n",
                           t->flash_bytes >> 20)
            : "",
        "example_har_text",
        har ? "\n    cd examples/har && idf.py set-target ... && idf.py menuconfig (wearlite: sensor) && "
              "idf.py build flash "
              "monitor\n\nreads an inertial sensor over I2C (MPU-6050/6500/9250, ICM-42688-P, LSM6DS3, "
              "LSM6DS3TR-C, "
              "LSM6DSO,\nBMI160, BMI270), classifies on every hop, sleeps between, prints label and scores. "
              "The sensor's "
              "axes must lie as in the\ntraining data.\n"
            : arena_printf(a, "\nThere is no examples/har: %s.\n", why),
        NULL};
    const char *const *pairs = pairs_common(m, own);
    const char *include = path(m, dir, "include"), *bench = path(m, dir, "examples/benchmark/main");
    static const char *const filled[] = {"CMakeLists.txt", "idf_component.yml", "Kconfig", "README.md", NULL};
    if (!dir_make(include, e) || !model_write(m, dir, include, e)) return false;
    for (int i = 0; filled[i]; i++)
        if (!template_write(arena_printf(a, IDF "%s", filled[i]), pairs, dir, filled[i], a, e)) return false;
    return example_write(m, "benchmark", "\"main.c\" \"golden.c\"", pairs, dir, e) &&
           golden_write(m, bench, e) && model_names_write(m, false, bench, e) &&
           (!har || har_write(m, pairs, dir, e));
}

const struct project esp_idf = {"esp-idf", fits, write};
