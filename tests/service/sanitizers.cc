// What ThreadSanitizer may overlook here: memory that gRPC hands from one of
// its threads to another. Debian's gRPC is not instrumented, so the order that
// it keeps is not seen. Races between our own threads stay visible.
#if defined(__SANITIZE_THREAD__)
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() {
  return "ignore_noninstrumented_modules=1";
}
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "race:grpc::\n"; }
#endif

// c-ares keeps ten bytes for the life of the process.
#if defined(__SANITIZE_ADDRESS__)
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libcares\n";
}
#endif
