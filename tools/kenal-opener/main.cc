// Started by container::Opener; opens disk images, archives and caches of
// thumbnails behind a lock (src/container).
#include "src/container/worker.h"

// A locked process cannot look for leaks; used by sanitizer builds only.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

int main() { return kenal::container::RunOpener(); }
