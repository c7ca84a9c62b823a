// Any line from a serial port as a board's report: refused with a message, or a report that makes sense.
#include "../../src/measure/board.h"
#include "../../src/measure/serial.h"
#include <assert.h>
#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char line[SERIAL_LINE] = "";
    struct board_report r;
    struct err e = {""};
    memcpy(line, data, n < sizeof line ? n : sizeof line - 1);
    if (!board_parse(line, &r, &e)) {
        assert(*e.text);
        return 0;
    }
    assert(*r.model && memchr(r.model, 0, sizeof r.model));
    assert(*r.target && memchr(r.target, 0, sizeof r.target));
    assert(memchr(r.chip, 0, sizeof r.chip) && memchr(r.id, 0, sizeof r.id));
    assert(r.windows >= 0 && r.equal >= 0 && r.equal <= r.windows && r.repeat >= 0);
    assert(isfinite(r.latency_us) && r.latency_us >= 0 && isfinite(r.cpu_hz) && r.cpu_hz >= 0);
    assert(isnan(r.cycles) || (isfinite(r.cycles) && r.cycles >= 0));
    assert(r.ram_bytes >= 0 && r.const_bytes >= 0);
    assert(r.pin >= -1 && r.pulse_inferences >= 0);
    return 0;
}
