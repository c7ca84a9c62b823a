// io.h for a PC, so that the same project is tried there first (make host).
#include "io.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

volatile uint32_t fw_slots[4];
char io_stack_end[1];
static char args[1024];
static FILE *file[4];
int firmware_main(void);

void fw_mark(unsigned id)
{
    fw_slots[id] = id;
}
int io_args(char *line, size_t n)
{
    snprintf(line, n, "%s", args);
    return 0;
}
long io_open(const char *name, int write)
{
    for (long i = 0; i < 4; i++)
        if (!file[i]) return (file[i] = fopen(name, write ? "wb" : "rb")) ? i : -1;
    return -1;
}
long io_read(long h, void *to, size_t n)
{
    return (long)fread(to, 1, n, file[h]);
}
long io_write(long h, const void *from, size_t n)
{
    return (long)fwrite(from, 1, n, file[h]);
}
void io_close(long h)
{
    fclose(file[h]);
    file[h] = NULL;
}
void io_puts(const char *s)
{
    fputs(s, stdout);
}
void io_dec(unsigned long v)
{
    printf("%lu", v);
}
void io_exit(int code)
{
    exit(code);
}

int main(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        size_t n = strlen(args);
        snprintf(args + n, sizeof args - n, "%s%s", i ? " " : "", argv[i]);
    }
    return firmware_main();
}
