// nn_unpack_codes against index arithmetic.
#include "../../src/graph/kernels.h"
#include "../../device/nn.h"
#include "device.h"

TEST(device_unpack_codes)
{
    struct rng r = rng_new(3);
    for (int i = 0; i < 200; i++) {
        const nn_codes p = {.n = 1 + (int32_t)rng_below(&r, 70), .borrow = i % 2};
        const int32_t bytes = (p.n + 1) / 2;
        uint8_t codes[36];
        int8_t book[16], y[72];
        for (int k = 0; k < bytes; k++) codes[k] = (uint8_t)rng_below(&r, 256);
        for (int k = 0; k < 16; k++) book[k] = (int8_t)((int)rng_below(&r, 255) - 127);
        memset(y, 0x55, sizeof y);
        kernel_nn_unpack_codes.call(&p, (void *[]){codes, book, y});
        for (int32_t k = 0; k < p.n; k++) {
            int want = book[(codes[k / 2] >> 4 * (k % 2)) & 15];
            if (p.borrow && k % 2 && book[codes[k / 2] & 15] < 0) want--;
            CHECK_EQ(want, y[k]);
        }
        CHECK_EQ(0x55, y[p.n]);
    }
}
