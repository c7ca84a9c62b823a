// The same work on several parts at once.
#ifndef TRAIN_PARTS_H
#define TRAIN_PARTS_H

// Every batch is cut into this many parts, whatever the number of processors: each has its own batch
// statistics and gradient, and they are added in their order, so the result does not depend on threads.
enum { PARTS = 2 };
// Where a part begins of first .. last: the same cut for everybody.
int part_start(int first, int last, int part);
// Calls fn(who, 0 .. PARTS-1), on as many processors as there are.
void parts_run(void (*fn)(void *who, int part), void *who);
#endif
