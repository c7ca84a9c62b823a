// The firmware. Without arguments: classifies the golden windows and compares every byte of the scores; exit
// status 0 when all are equal. With two, IN and OUT: reads windows (float32) from the file IN, hops of samples when
// the model streams, writes the scores of each to OUT, and tells how deep the stack went.
#include "io.h"
#include "firmware.h"
#include "golden.h"

static float window[FIRMWARE_WINDOW * FIRMWARE_CHANNELS], scores[FIRMWARE_CLASSES];

static int differ(const float *a, const float *b, int n)
{
    const unsigned char *p = (const unsigned char *)a, *q = (const unsigned char *)b;
    for (int i = 0; i < n * (int)sizeof *a; i++)
        if (p[i] != q[i]) return 1;
    return 0;
}

static int self_check(void)
{
    int good = 0;
    for (int i = 0; i < GOLDEN_WINDOWS; i++) {
        firmware_invoke(golden_window[i], scores);
        good += !differ(scores, golden_scores[i], FIRMWARE_CLASSES);
    }
    io_dec((unsigned long)good), io_puts(" of "), io_dec(GOLDEN_WINDOWS), io_puts(" golden windows equal\n");
    return good == GOLDEN_WINDOWS ? 0 : 1;
}

enum { PAINT = 0x5aa55aa5, GAP = 64 }; // nothing below the stack pointer is ours but what an ABI keeps there

static int run_file(const char *in_name, const char *out_name)
{
    long in = io_open(in_name, 0), out = io_open(out_name, 1);
    if (in < 0 || out < 0) {
        io_puts(in < 0 ? in_name : out_name), io_puts(": cannot be opened\n");
        return 2;
    }
    volatile uint32_t *sp, *end = (volatile uint32_t *)(void *)io_stack_end;
    IO_SP(sp);
    if (sp)
        for (volatile uint32_t *p = end; p < sp - GAP / 4; p++) *p = PAINT;
    unsigned long n = 0;
    fw_mark(0), fw_mark(1); // what a mark costs by itself
#ifdef FIRMWARE_STEP
    const long each = FIRMWARE_HOP * FIRMWARE_CHANNELS * (long)sizeof *window;
#else
    const long each = sizeof window;
#endif
    for (; io_read(in, window, (size_t)each) == each; n++) {
        fw_mark(0);
#ifdef FIRMWARE_STEP
        FIRMWARE_STEP(window, scores);
#else
        firmware_invoke(window, scores);
#endif
        fw_mark(1);
        if (io_write(out, scores, sizeof scores) != (long)sizeof scores) {
            io_puts(out_name), io_puts(": cannot be written\n");
            return 2;
        }
    }
    io_close(in), io_close(out);
    io_puts("windows "), io_dec(n);
    if (sp) {
        volatile uint32_t *p = end;
        while (p < sp - GAP / 4 && *p == PAINT) p++;
        io_puts(" stack "), io_dec((unsigned long)((uintptr_t)sp - (uintptr_t)p));
    }
    io_puts("\n");
    return 0;
}

int firmware_main(void);
int firmware_main(void)
{
    static char line[512];
    char *word[3] = {0};
    int n = 0, inside = 0;
    io_args(line, sizeof line);
    for (char *p = line; *p; p++) {
        if (*p == ' ') {
            *p = 0, inside = 0;
        } else if (!inside) {
            if (n < 3) word[n++] = p;
            inside = 1;
        }
    }
    return n == 3 ? run_file(word[1], word[2]) : self_check();
}
