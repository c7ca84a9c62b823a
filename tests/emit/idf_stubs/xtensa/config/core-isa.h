// ESP32's values of the macros used.
#define XCHAL_HAVE_MAC16 1
#define XCHAL_HAVE_FP 1
#ifdef STUB_NO_MULSH // our emulated core
#define XCHAL_HAVE_MUL32_HIGH 0
#else
#define XCHAL_HAVE_MUL32_HIGH 1
#endif
