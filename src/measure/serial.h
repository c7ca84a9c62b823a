// Lines from a board's serial port. libserialport sits behind this file alone.
#ifndef MEASURE_SERIAL_H
#define MEASURE_SERIAL_H
#include "../base/arena.h"
#include "../base/err.h"

enum { SERIAL_LINE = 1024 }; // longer lines are cut: what follows up to the line's end is lost

struct serial {
    const char *name;
    int fd;
    void *port;              // libserialport's; NULL: a terminal that it does not know (a pseudo terminal)
    char bytes[SERIAL_LINE]; // read and not yet handed out
    int n, at;
};
// 8 data bits, no parity, one stop bit. Fails with the ports that there are.
bool serial_open(struct serial *s, const char *name, int baud, struct arena *a, struct err *e);
// The next line without its end, control characters taken out; false when none is complete after `seconds`, the port is
// gone or Ctrl-C was pressed.
bool serial_line(struct serial *s, double seconds, char line[SERIAL_LINE], struct err *e);
void serial_close(struct serial *s);
#endif
