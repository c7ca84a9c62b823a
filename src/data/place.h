// Where data sets are on this machine.
#ifndef DATA_PLACE_H
#define DATA_PLACE_H
#include "dataset.h"

// path itself or an archive or folder right inside it that is the set; NULL when none is.
const char *place_of(const struct dataset_def *d, const char *path, struct arena *a);
// Where dataset_get puts what it gets: $WEARLITE_DATA/NAME or ~/.local/share/wearlite/NAME.
const char *place_home(const struct dataset_def *d, struct arena *a);
#endif
