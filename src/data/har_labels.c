#include "har_labels.h"

const char *har_labels[HAR_ALL] = {"walking",    "upstairs",   "downstairs",   "sitting",
                                   "standing",   "laying",     "stand-to-sit", "sit-to-stand",
                                   "sit-to-lie", "lie-to-sit", "stand-to-lie", "lie-to-stand"};
const char *har_channels[6] = {"acc_x", "acc_y", "acc_z", "gyro_x", "gyro_y", "gyro_z"};
const char *har_units[6] = {"g", "g", "g", "rad/s", "rad/s", "rad/s"};
