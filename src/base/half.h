// IEEE binary16.
#ifndef BASE_HALF_H
#define BASE_HALF_H
#include <stdint.h>

float half_value(uint16_t h);   // exact
uint16_t half_nearest(float v); // ties to even; beyond 65504 (rounded) infinity
#endif
