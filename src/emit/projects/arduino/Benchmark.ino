// Classifies the golden windows, compares every byte of the scores with those of the host, and reports the time on
// one line: "wearlite-report " and a JSON object. A pin is high during the inferences, so that an instrument sees when
// they run.
#include <@name@.h>
#include "golden.h"

// Nothing else may hang on this pin; -1: none.
#ifndef WEARLITE_PULSE_PIN
#define WEARLITE_PULSE_PIN 4
#endif
// Least length of a pulse: all golden windows once or, where that is shorter, 2, 4, 8 ... times.
#ifndef WEARLITE_PULSE_MS
#define WEARLITE_PULSE_MS 20
#endif

static const int pulses = 20, most_rounds = 1024;
static float scores[@upper@_CLASSES];
static bool differ[GOLDEN_WINDOWS + 1];
static int rounds = 1; // of all golden windows in a pulse

struct times { // of one window
    unsigned long us, least, n;
};

static void print_number(const char *key, unsigned long value)
{
    Serial.print(",\"");
    Serial.print(key);
    Serial.print("\":");
    Serial.print(value);
}

static void pin_set(int level)
{
#if WEARLITE_PULSE_PIN >= 0
    digitalWrite(WEARLITE_PULSE_PIN, level);
#else
    (void)level;
#endif
}

static void classify(int count, struct times *t)
{
    for (int k = 0; k < count; k++) {
        @name@_reset(); // layers that keep their state saw the windows in this order on the host
        for (int i = 0; i < GOLDEN_WINDOWS; i++) {
            const unsigned long from = micros();
            @name@_invoke(golden_window[i], scores);
            const unsigned long took = micros() - from;
            t->us += took;
            if (t->n++ == 0 || took < t->least) t->least = took;
            if (memcmp(scores, golden_scores[i], sizeof scores)) differ[i] = true;
        }
    }
}

void setup()
{
    struct times first = {0, 0, 0};
    Serial.begin(115200);
#if WEARLITE_PULSE_PIN >= 0
    pinMode(WEARLITE_PULSE_PIN, OUTPUT);
#endif
    pin_set(LOW);
    classify(1, &first);
    // Powers of two: should the first run take another time after a reset, the pulses are twice as long, not a little.
    while (rounds < most_rounds && first.us * (unsigned long)rounds < WEARLITE_PULSE_MS * 1000UL) rounds *= 2;
}

void loop()
{
    struct times t = {0, 0, 0};
    unsigned long equal = 0;
    memset(differ, 0, sizeof differ);
    for (int k = 0; k < pulses; k++) {
        pin_set(HIGH);
        classify(rounds, &t);
        pin_set(LOW);
        delay(10);
    }
    for (int i = 0; i < GOLDEN_WINDOWS; i++) equal += !differ[i];
    Serial.print("wearlite-report {\"model\":\"@name@\",\"target\":\"@target@\",\"id\":\"@id@\"");
#ifdef F_CPU
    print_number("cpu_mhz", F_CPU / 1000000UL);
#endif
    print_number("windows", GOLDEN_WINDOWS);
    print_number("equal", equal);
    print_number("repeat", (unsigned long)(pulses * rounds));
    print_number("latency_us", t.n ? t.us / t.n : 0);
    print_number("latency_us_least", t.least);
    print_number("ram_bytes", @ram@UL);
    print_number("const_bytes", @consts@UL);
#if WEARLITE_PULSE_PIN >= 0
    print_number("pin", WEARLITE_PULSE_PIN);
    print_number("pulse_inferences", (unsigned long)(rounds * GOLDEN_WINDOWS));
#endif
    Serial.println("}");
    delay(5000);
}
