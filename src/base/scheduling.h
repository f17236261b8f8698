// How the kernel's scheduler treats the calling thread, and the threads and
// processes that it starts from then on.
#ifndef KENAL_SRC_BASE_SCHEDULING_H_
#define KENAL_SRC_BASE_SCHEDULING_H_

namespace kenal::base {

// For threads that somebody waits for: short turns, soon after they wake.
// Kernels before Linux 6.12 have no such wish and ignore it.
void AskForShortTurns();

// For work that others come before: of at least that niceness, for good, and
// with turns of the usual length.
// niceness  0..19; 0 leaves the niceness as it is
void LowerPriority(int niceness);

// Whether LowerPriority lowered that of the calling thread.
bool HasLowPriority();

// As a wish: in a container the processor may not be ours.
void PinTo(int processor);

}  // namespace kenal::base

#endif  // KENAL_SRC_BASE_SCHEDULING_H_
