#include "serial.h"
#include "../base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

// "/dev/ttyUSB0 (CP2102 USB to UART Bridge), /dev/ttyACM0"
static const char *ports_list(struct arena *a)
{
    struct sp_port **port = NULL;
    const char *list = "";
    if (sp_list_ports(&port) != SP_OK) return "none";
    for (int i = 0; port[i]; i++) {
        const char *about = sp_get_port_description(port[i]);
        list = arena_printf(a, "%s%s%s", list, *list ? ", " : "", sp_get_port_name(port[i]));
        if (about && *about && strcmp(about, sp_get_port_name(port[i])))
            list = arena_printf(a, "%s (%s)", list, about);
    }
    sp_free_port_list(port);
    return *list ? list : "none";
}

static bool terminal_open(struct serial *s, struct arena *a, struct err *e)
{
    struct termios t;
    s->fd = open(s->name, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (s->fd < 0) return fail(e, "%s: %s; serial ports here: %s", s->name, strerror(errno), ports_list(a));
    if (tcgetattr(s->fd, &t)) {
        close(s->fd);
        return fail(e, "%s: not a serial port; serial ports here: %s", s->name, ports_list(a));
    }
    cfmakeraw(&t);
    tcsetattr(s->fd, TCSANOW, &t);
    return true;
}

bool serial_open(struct serial *s, const char *name, int baud, struct arena *a, struct err *e)
{
    struct sp_port *p = NULL;
    *s = (struct serial){.name = name, .fd = -1};
    if (sp_get_port_by_name(name, &p) != SP_OK) return terminal_open(s, a, e);
    if (sp_open(p, SP_MODE_READ) != SP_OK) {
        const int why = errno;
        sp_free_port(p);
        return fail(e, "%s: %s; is another program reading it, and are you in the group dialout?", name,
                    strerror(why));
    }
    // A port that cannot be set (USB devices that have no baud rate) is read as it is.
    if (sp_set_baudrate(p, baud) != SP_OK || sp_set_bits(p, 8) != SP_OK ||
        sp_set_parity(p, SP_PARITY_NONE) != SP_OK || sp_set_stopbits(p, 1) != SP_OK ||
        sp_set_flowcontrol(p, SP_FLOWCONTROL_NONE) != SP_OK)
        log_warn("%s: the port cannot be set to %d baud, 8N1; reading it as it is", name, baud);
    s->port = p;
    if (sp_get_port_handle(p, &s->fd) == SP_OK) return true;
    serial_close(s);
    return fail(e, "%s: cannot be waited for", name);
}

void serial_close(struct serial *s)
{
    if (s->port) {
        sp_close(s->port);
        sp_free_port(s->port);
    } else if (s->fd >= 0) {
        close(s->fd);
    }
    *s = (struct serial){.name = s->name, .fd = -1};
}

// More bytes into the buffer; false: none came in time.
static bool fill(struct serial *s, double until, struct err *e)
{
    for (;;) {
        const double left = until - seconds_now();
        if (interrupted()) return fail(e, "%s: stopped", s->name);
        if (left <= 0) return fail(e, "%s: no complete line came", s->name);
        struct pollfd p = {.fd = s->fd, .events = POLLIN};
        const int ready = poll(&p, 1, left > 0.2 ? 200 : (int)(left * 1000) + 1);
        if (ready <= 0) continue; // also after a signal: interrupted() tells
        const ssize_t n = read(s->fd, s->bytes, sizeof s->bytes);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (n <= 0) return fail(e, "%s: the port was closed; is the board still connected?", s->name);
        s->n = (int)n, s->at = 0;
        return true;
    }
}

bool serial_line(struct serial *s, double seconds, char line[SERIAL_LINE], struct err *e)
{
    const double until = seconds_now() + seconds;
    int n = 0;
    for (;;) {
        if (s->at == s->n && !fill(s, until, e)) return false;
        const char c = s->bytes[s->at++];
        if (c == '\n') break;
        if ((unsigned char)c >= 32 && c != 127 && n < SERIAL_LINE - 1) line[n++] = c;
    }
    line[n] = 0;
    return true;
}
