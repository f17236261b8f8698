// Started by DecoderPool; decodes pictures behind a lock (src/decode).
#include "src/decode/worker.h"

// A locked process cannot look for leaks; used by sanitizer builds only.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

int main() { return kenal::decode::RunWorker(); }
