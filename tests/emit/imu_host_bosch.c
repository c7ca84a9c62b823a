#include "../../src/emit/projects/imu/imu_bosch.c"
