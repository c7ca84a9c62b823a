// Who trains, who validates, who is tested.
#ifndef DATA_SPLIT_H
#define DATA_SPLIT_H
#include "dataset.h"

// Gives every window the split of its person (or recording): the test ones are named by the set, about one in
// five of the others validates, chosen by seed. is_test: nperson flags. class_of: where recordings of one
// class each are split, their classes, so that every class validates; NULL for persons.
void split_persons(struct dataset *d, const bool *is_test, const int *class_of, uint64_t seed);
#endif
