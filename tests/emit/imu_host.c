// The drivers as they are, compiled for the tests.
#include "../../src/emit/projects/imu/imu.c"
#include "../../src/emit/projects/imu/sampler.c"
