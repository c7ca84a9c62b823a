// The host compiles each call for several generations of x86 and picks one when the program starts; the bits
// are the same in all (no contraction, integers exact).
#ifndef GRAPH_KERNEL_CLONE_H
#define GRAPH_KERNEL_CLONE_H
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define CLONES
#endif
#endif
