#include "parts.h"
#include <pthread.h>
#include <unistd.h>

int part_start(int first, int last, int part)
{
    return first + (int)((long long)(last - first) * part / PARTS);
}

struct job {
    void (*fn)(void *who, int part);
    void *who;
    int part;
};

static void *start(void *arg)
{
    struct job *j = arg;
    j->fn(j->who, j->part);
    return NULL;
}

void parts_run(void (*fn)(void *who, int part), void *who)
{
    struct job job[PARTS];
    pthread_t thread[PARTS];
    int running[PARTS] = {0}, several = sysconf(_SC_NPROCESSORS_ONLN) > 1;
    for (int p = 1; p < PARTS && several; p++) {
        job[p] = (struct job){fn, who, p};
        running[p] = !pthread_create(&thread[p], NULL, start, &job[p]);
    }
    for (int p = 0; p < PARTS; p++)
        if (!running[p]) fn(who, p);
    for (int p = 1; p < PARTS; p++)
        if (running[p]) pthread_join(thread[p], NULL);
}
