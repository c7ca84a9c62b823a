// What the path of a recording says about it.
#ifndef DATA_CSV_PATH_H
#define DATA_CSV_PATH_H
#include "../base/arena.h"

struct path_words {
    const char *label, *person; // NULL: none
    int split;                  // enum split; -1: none
};
// "test/person03/walking/a.csv", "walking/user_3-left.csv": the last folder that is neither a split nor a
// person is the label.
struct path_words path_read(const char *path, struct arena *a);
#endif
