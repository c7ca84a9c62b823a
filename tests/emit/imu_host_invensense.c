#include "../../src/emit/projects/imu/imu_invensense.c"
