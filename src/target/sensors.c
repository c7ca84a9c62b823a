// Power of the sensors that the emitted app drives: both parts on, as the data sheets' typical figures have it.
#include "target.h"

#define MILLIAMPERE(ma, volt, text)                                                                          \
    {                                                                                                        \
        (ma) * (volt), (ma) * (volt), (ma) * (volt), text                                                    \
    }

const struct sensor sensors[] = {
    {"mpu6050",
     MILLIAMPERE(3.8, 3.3, "MPU-6050, PS-MPU-6000A-00, gyroscope and accelerometer: 3.8 mA, at 3.3 V")},
    {"mpu6500", MILLIAMPERE(3.4, 3.3, "MPU-6500, PS-MPU-6500A-01, six axes: 3.4 mA, at 3.3 V")},
    {"lsm6ds3", MILLIAMPERE(0.9, 3.3, "LSM6DS3, DocID026899, combo normal mode: 0.9 mA, at 3.3 V")},
    {"lsm6dso", MILLIAMPERE(0.55, 3.3, "LSM6DSO, DS12140, combo high-performance mode: 0.55 mA, at 3.3 V")},
    {"bmi160", MILLIAMPERE(0.925, 3.3, "BMI160, BST-BMI160-DS000, both in normal mode: 0.925 mA, at 3.3 V")},
    {"bmi270", MILLIAMPERE(0.685, 3.3, "BMI270, BST-BMI270-DS000, both in normal mode: 0.685 mA, at 3.3 V")},
    {"icm42688",
     MILLIAMPERE(0.88, 3.3, "ICM-42688-P, DS-000347, six axes, low-noise mode: 0.88 mA, at 3.3 V")},
    {NULL, {0, 0, 0, NULL}}};
