// Kernels of device/'s folders, built here with the plain C that stands in for their instructions: what
// surrounds those is checked on the host under ASan. tests/cross runs the real ones.
#ifndef TESTS_DEVICE_FOLDER_H
#define TESTS_DEVICE_FOLDER_H
#include "../../src/graph/plan.h"

// The call of the folder whose layout this is, else the host's own.
typedef void kernel_call(const void *params, void *const *buf);
kernel_call *folder_call(const struct layout *l, const struct kernel *k);
kernel_call *m4_call(const struct kernel *k); // NULL: the folder has no such file
kernel_call *m55_call(const struct kernel *k);
kernel_call *rv32_call(const struct kernel *k);
#endif
