#include "serial.h"
#include "../base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

const char *serial_list(struct arena *a)
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

const char *serial_find(const char *product, struct arena *a)
{
    struct sp_port **port = NULL;
    const char *found = NULL;
    if (sp_list_ports(&port) != SP_OK) return NULL;
    for (int i = 0; port[i]; i++) {
        const char *is = sp_get_port_usb_product(port[i]), *name = sp_get_port_name(port[i]);
        if (is && strstr(is, product) && (!found || strcmp(name, found) < 0)) found = arena_strdup(a, name);
    }
    sp_free_port_list(port);
    return found;
}

static bool terminal_open(struct serial *s, enum serial_way way, struct arena *a, struct err *e)
{
    struct termios t;
    s->fd = open(s->name, (way == SERIAL_BOTH ? O_RDWR : O_RDONLY) | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (s->fd < 0) return fail(e, "%s: %s; serial ports here: %s", s->name, strerror(errno), serial_list(a));
    if (tcgetattr(s->fd, &t)) {
        close(s->fd);
        return fail(e, "%s: not a serial port; serial ports here: %s", s->name, serial_list(a));
    }
    cfmakeraw(&t);
    tcsetattr(s->fd, TCSANOW, &t);
    return true;
}

bool serial_open(struct serial *s, const char *name, int baud, enum serial_way way, struct arena *a,
                 struct err *e)
{
    struct sp_port *p = NULL;
    *s = (struct serial){.name = name, .fd = -1};
    if (sp_get_port_by_name(name, &p) != SP_OK) return terminal_open(s, way, a, e);
    if (sp_open(p, way == SERIAL_BOTH ? SP_MODE_READ_WRITE : SP_MODE_READ) != SP_OK) {
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

int serial_read(struct serial *s, double seconds, void *to, size_t most, struct err *e)
{
    const double until = seconds_now() + seconds;
    for (;;) {
        const double left = until - seconds_now();
        if (interrupted()) return fail(e, "%s: stopped", s->name), -1;
        if (left <= 0) return 0;
        struct pollfd p = {.fd = s->fd, .events = POLLIN};
        const int ready = poll(&p, 1, left > 0.2 ? 200 : (int)(left * 1000) + 1);
        if (ready <= 0) continue; // also after a signal: interrupted() tells
        const ssize_t n = read(s->fd, to, most);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (n <= 0) return fail(e, "%s: the port was closed; is the device still connected?", s->name), -1;
        return (int)n;
    }
}

bool serial_write(struct serial *s, const void *bytes, size_t n, struct err *e)
{
    const char *p = bytes;
    for (const double until = seconds_now() + 2; n;) {
        const ssize_t put = write(s->fd, p, n);
        if (put > 0) p += put, n -= (size_t)put;
        if (put > 0 || errno == EINTR) continue;
        if (errno != EAGAIN || seconds_now() > until)
            return fail(e, "%s: cannot be written to: %s", s->name, strerror(errno));
        poll(&(struct pollfd){.fd = s->fd, .events = POLLOUT}, 1, 100);
    }
    return true;
}

bool serial_line(struct serial *s, double seconds, char line[SERIAL_LINE], struct err *e)
{
    const double until = seconds_now() + seconds;
    int n = 0;
    for (;;) {
        if (s->at == s->n) {
            const int got = serial_read(s, until - seconds_now(), s->bytes, sizeof s->bytes, e);
            if (got == 0) fail(e, "%s: no complete line came", s->name);
            if (got <= 0) return false;
            s->n = got, s->at = 0;
        }
        const char c = s->bytes[s->at++];
        if (c == '\n') break;
        if ((unsigned char)c >= 32 && c != 127 && n < SERIAL_LINE - 1) line[n++] = c;
    }
    line[n] = 0;
    return true;
}
