// The two numbers of a symmetric int8 row whose largest magnitude is range > 0: what makes int8 of a value, and its scale.
// Folders of faster cores have a file of the same name.
#ifndef NN_SCALE_127_H
#define NN_SCALE_127_H
#include "nn_math.h"

NN_INLINE float nn_scale_127(float range, float *factor)
{
    *factor = 127.0f / range;
    return range / 127.0f;
}
#endif
