// test_border.c once more, of the file in Xtensa's folder.
#define NN_FMA 1
#define NN_API static inline
#include "../../device/xtensa/nn_border.h"
#include "test_border.c"

TEST(input_quantised_without_division_on_xtensa)
{
    CHECK_EQ(0, all_wrong());
}
