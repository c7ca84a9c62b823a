// Recordings of people, cut into labelled windows, split by person.
#ifndef DATA_DATASET_H
#define DATA_DATASET_H
#include "../base/arena.h"
#include "../base/err.h"
#include <stdint.h>

enum split { SPLIT_TRAIN, SPLIT_VALID, SPLIT_TEST, SPLIT_COUNT };
const char *split_name(enum split s);
bool split_find(const char *name, enum split *s);

struct dataset {
    const char *name;    // "hapt"
    const char *about;   // one line
    const char *licence; // and how to cite
    const char *origin;  // the file or folder that was read, or "simulated, seed 1"
    bool synthetic;
    float rate_hz;
    int window, hop; // samples
    int nchannel, nclass, nperson;
    const char **channel, **unit; // one a channel: acc_x, g
    const char **label;           // one a class
    const char **person_name;     // one a person, as the authors number or name them
    int n;                        // windows
    float *x;                     // (n, window, nchannel), sensor units
    int32_t *y;                   // (n) class, 0 .. nclass-1
    int32_t *person;              // (n) 0 .. nperson-1: person or, where persons are unknown, recording
    uint8_t *split;               // (n) enum split
    uint8_t *follows; // (n) 1: begins a hop behind the window before, in its recording; NULL: not known
    bool by_person;   // false: split by recording, since the set names no persons
};

struct data_opt {     // zero: the set's own default
    const char *from; // folder or archive to read instead of the usual places
    int window, hop;
    bool all_classes; // hapt: 12 instead of 6
    uint64_t seed;    // synth, and the choice of validation persons
};

struct dataset_def { // one file each; the table is in dataset.c
    const char *name, *about, *licence;
    const char *url, *sha256,
        *archive; // official address, checksum of the archive (NULL: not published), file name
    bool (*probe)(const char *path); // is this folder or archive the set?
    struct dataset *(*read)(const char *path, const struct data_opt *o, struct arena *a, struct err *e);
};
extern const struct dataset_def *const dataset_defs[]; // hapt uci-har st-har csv synth; NULL at the end
const struct dataset_def *dataset_find(const char *name);

// Where a set is on this machine: $WEARLITE_DATA, ~/.local/share/wearlite, ../shared/data, each with and
// without a folder of the set's name; NULL when nowhere.
const char *dataset_locate(const struct dataset_def *d, struct arena *a);
// NAME of the table, or a folder or archive (recognised by content, else read as csv).
struct dataset *dataset_load(const char *name_or_path, const struct data_opt *o, struct arena *a,
                             struct err *e);
// For study and demo: the set when it is here, else tries to get it (gives up within 5 s without a network),
// else synth with a warning; never NULL but for errors in what was found.
struct dataset *dataset_load_or_synth(const char *name, const struct data_opt *o, struct arena *a,
                                      struct err *e);
// Downloads or copies the set to ~/.local/share/wearlite/NAME (or $WEARLITE_DATA); from NULL: the official
// address.
bool dataset_get(const char *name, const char *from, struct arena *a, struct err *e);

// The windows of one split, copied together, in the set's order. index (may be NULL) gets the place of each
// in d.
struct dataset *dataset_split(const struct dataset *d, enum split s, struct arena *a);
// count windows of s for calibration or comparison: spread evenly over classes and persons, repeatable.
const float *dataset_sample(const struct dataset *d, enum split s, int count, uint64_t seed, int *got,
                            struct arena *a);
// Mean and standard deviation of every channel over the training windows.
void dataset_moments(const struct dataset *d, float *mean, float *std);
#endif
