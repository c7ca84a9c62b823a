#ifndef INTTYPES_H
#define INTTYPES_H
#include <stdint.h>
#define PRIu32 "lu" // 32-bit chips of ours: uint32_t is unsigned long
#endif
