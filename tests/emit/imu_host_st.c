#include "../../src/emit/projects/imu/imu_st.c"
