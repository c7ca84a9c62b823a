// HDF5 files as a flat list of datasets and attributes. libhdf5 is called in h5.c and nowhere else.
#ifndef FORMAT_H5_H
#define FORMAT_H5_H
#include "../base/arena.h"
#include "../base/err.h"
#include "../base/span.h"
#include <stdint.h>

enum { H5_MAX_RANK = 6 };

struct h5_data { // a dataset of numbers, as floats
    const char *path;
    int rank;
    int32_t dim[H5_MAX_RANK];
    const float *v;
};
struct h5_text {             // an attribute of strings
    const char *path, *name; // of the group, without a slash in front; of the attribute
    int n;
    const char **v;
};
struct h5 {
    struct h5_data *data;
    struct h5_text *text;
    int ndata, ntext;
};

bool h5_probe(struct span bytes);
// Reads everything but groups named optimizer*. libhdf5 has memory errors on damaged files, so it works in a
// child process with a limited memory and time; a crash there is "damaged" here.
struct h5 *h5_read(struct span bytes, struct arena *a, struct err *e);
const struct h5_data *h5_data_find(const struct h5 *h, const char *path);
const struct h5_text *h5_text_find(const struct h5 *h, const char *path, const char *name);
#endif
