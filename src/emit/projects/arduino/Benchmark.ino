// Classifies the golden windows, compares every byte of the scores with those of the host, and reports the time on
// one line: "wearlite-report " and a JSON object.
#include <@name@.h>
#include "golden.h"

static const int repeat_count = 20;
static float scores[@upper@_CLASSES];
static bool differ[GOLDEN_WINDOWS + 1];

static void print_number(const char *key, unsigned long value)
{
    Serial.print(",\"");
    Serial.print(key);
    Serial.print("\":");
    Serial.print(value);
}

void setup()
{
    Serial.begin(115200);
}

void loop()
{
    unsigned long us = 0, least = 0, n = 0, equal = 0;
    memset(differ, 0, sizeof differ);
    for (int k = 0; k < repeat_count; k++) {
        @name@_reset(); // layers that keep their state saw the windows in this order on the host
        for (int i = 0; i < GOLDEN_WINDOWS; i++, n++) {
            const unsigned long from = micros();
            @name@_invoke(golden_window[i], scores);
            const unsigned long took = micros() - from;
            us += took;
            if (n == 0 || took < least) least = took;
            if (memcmp(scores, golden_scores[i], sizeof scores)) differ[i] = true;
        }
        yield();
    }
    for (int i = 0; i < GOLDEN_WINDOWS; i++) equal += !differ[i];
    Serial.print("wearlite-report {\"model\":\"@name@\",\"target\":\"@target@\",\"id\":\"@id@\"");
#ifdef F_CPU
    print_number("cpu_mhz", F_CPU / 1000000UL);
#endif
    print_number("windows", GOLDEN_WINDOWS);
    print_number("equal", equal);
    print_number("repeat", repeat_count);
    print_number("latency_us", n ? us / n : 0);
    print_number("latency_us_least", least);
    print_number("ram_bytes", @ram@UL);
    print_number("const_bytes", @consts@UL);
    Serial.println("}");
    delay(5000);
}
