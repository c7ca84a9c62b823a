// Does a comparison hold, given how its operands lie? All three are 0 where one of them is NaN.
#ifndef NN_HOLDS_H
#define NN_HOLDS_H
#include "nn_math.h"

NN_INLINE uint8_t nn_holds(int32_t function, int less, int equal, int greater)
{
    switch (function) {
    case NN_EQUAL:
        return equal != 0;
    case NN_NOT_EQUAL:
        return !equal;
    case NN_LESS:
        return less != 0;
    case NN_LESS_EQUAL:
        return less || equal;
    case NN_GREATER:
        return greater != 0;
    default:
        return greater || equal;
    }
}
#endif
