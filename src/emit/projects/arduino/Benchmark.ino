// Classifies the golden windows, compares every byte of the scores with those of the host, and reports the time on
// one line: "wearlite-report " and a JSON object.
#include <@name@.h>
#include "golden.h"

static const int repeat_count = 20;
static float scores[@upper@_CLASSES];

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
    for (int i = 0; i < GOLDEN_WINDOWS; i++) {
        bool same = true;
        for (int k = 0; k < repeat_count; k++, n++) {
            const unsigned long from = micros();
            @name@_invoke(golden_window[i], scores);
            const unsigned long took = micros() - from;
            us += took;
            if (n == 0 || took < least) least = took;
            same = same && memcmp(scores, golden_scores[i], sizeof scores) == 0;
        }
        equal += same;
        yield();
    }
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
