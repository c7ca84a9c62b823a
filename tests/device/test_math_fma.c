// nn_math.h once more, with fused multiply-add.
#define NN_FMA 1
#include "../../device/nn_math.h"

void nn_math_fma(float (**e)(float), float (**s)(float), float (**t)(float));
void nn_math_fma(float (**e)(float), float (**s)(float), float (**t)(float))
{
    *e = nn_exp;
    *s = nn_logistic;
    *t = nn_tanh;
}
