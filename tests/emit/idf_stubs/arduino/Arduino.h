// Arduino's names that the sketches use, for the host.
#ifndef ARDUINO_H
#define ARDUINO_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
struct serial_stub {
    void begin(unsigned long) {}
    void print(const char *s)
    {
        fputs(s, stdout);
    }
    void print(unsigned long v)
    {
        printf("%lu", v);
    }
    void println(const char *s)
    {
        puts(s);
    }
};
static serial_stub Serial;
inline unsigned long micros()
{
    return (unsigned long)clock();
}
enum { LOW, HIGH, OUTPUT = 3 };
struct pin_stub {
    int output = -1, level = LOW, pulses = 0;
};
static pin_stub pin;
inline void pinMode(int number, int mode)
{
    if (mode == OUTPUT) pin.output = number;
}
inline void digitalWrite(int number, int level)
{
    if (number != pin.output) exit(2);
    pin.pulses += pin.level == HIGH && level == LOW;
    pin.level = level;
}
inline void delay(unsigned long ms)
{
    if (ms <= 100) return;
    if (pin.pulses) printf("pin %d: %d pulses\n", pin.output, pin.pulses);
    exit(0);
}
#endif
