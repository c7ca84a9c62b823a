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
inline void yield() {}
inline void delay(unsigned long)
{
    exit(0);
}
#endif
