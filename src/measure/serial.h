// A serial port: lines from a board, bytes to and from an instrument. libserialport sits behind this file alone.
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
enum serial_way { SERIAL_READ, SERIAL_BOTH };
// 8 data bits, no parity, one stop bit. Fails with the ports that there are.
bool serial_open(struct serial *s, const char *name, int baud, enum serial_way way, struct arena *a,
                 struct err *e);
// The first port of the USB device that calls itself so; NULL: there is none.
const char *serial_find(const char *product, struct arena *a);
const char *serial_list(struct arena *a); // "/dev/ttyUSB0 (CP2102 USB to UART Bridge), /dev/ttyACM0"; "none"
// The next line without its end, control characters taken out; false when none is complete after `seconds`, the port is
// gone or Ctrl-C was pressed.
bool serial_line(struct serial *s, double seconds, char line[SERIAL_LINE], struct err *e);
// What has come, at most `most` bytes, after at most `seconds`: 0 when nothing came, -1 when the port is gone or Ctrl-C was
// pressed. Not to be mixed with serial_line.
int serial_read(struct serial *s, double seconds, void *to, size_t most, struct err *e);
bool serial_write(struct serial *s, const void *bytes, size_t n, struct err *e);
void serial_close(struct serial *s);
#endif
