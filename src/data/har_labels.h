// Names that hapt, uci-har and synth share.
#ifndef DATA_HAR_LABELS_H
#define DATA_HAR_LABELS_H
enum { HAR_BASIC = 6, HAR_ALL = 12 };   // activities without and with postural transitions
extern const char *har_labels[HAR_ALL]; // in the authors' order, from 1
extern const char *har_channels[6], *har_units[6];
#endif
