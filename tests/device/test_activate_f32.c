// device/xtensa/nn_activate_f32.h, its plain C form, against nn_math.h, bit for bit: floats from one end to the other, and all
// those around where the ways part. WEARLITE_EVERY_FLOAT=1 tries each of the 2^32.
#define NN_FMA 1
#include "../../device/xtensa/nn_activate_f32.h"
#include "../test.h"
#include <stdlib.h>

static int differ(uint32_t bits)
{
    const float x = nn_float((int32_t)bits);
    const float want[2] = {nn_logistic(x), nn_tanh(x)};
    float got[2];
    nn_logistics_f32(&x, 1, &got[0]);
    nn_tanhs_f32(&x, 1, &got[1]);
    return memcmp(want, got, sizeof want) != 0;
}

TEST(device_activate_f32)
{
    static const float parts[] = {0x1p-20f, 0x1p-24f, 0.55f, 1.0f, 10.0f, 87.0f, 87.3f, 88.7f, 0.0f};
    const uint64_t step = getenv("WEARLITE_EVERY_FLOAT") ? 1 : 30011;
    int bad = 0;
    for (uint64_t b = 0; b < UINT64_C(1) << 32; b += step) bad += differ((uint32_t)b);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (int32_t k = -100; k <= 100; k++) {
            const uint32_t bits = (uint32_t)(nn_bits(parts[i]) + k);
            bad += differ(bits) + differ(bits ^ 0x80000000u);
        }
    CHECK_EQ(0, bad);
}
