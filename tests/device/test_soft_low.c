// The same for cores whose products have 32 bits.
#define NN_MUL32_LOW 1
#define SOFT_TEST(name) TEST(device_soft_low_##name)
#include "test_soft.c"
