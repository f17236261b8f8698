#include "src/base/scheduling.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "src/base/check.h"

namespace kenal::base {
namespace {

// As in sched_setattr(2): glibc has none, and the kernel's header cannot be
// included beside <sched.h>.
struct SchedulingAttributes {
  uint32_t size = 0;
  uint32_t policy = 0;
  uint64_t flags = 0;
  int32_t niceness = 0;
  uint32_t priority = 0;
  uint64_t runtime_ns = 0;
  uint64_t deadline_ns = 0;
  uint64_t period_ns = 0;
};
static_assert(sizeof(SchedulingAttributes) == 48);

// The shortest that Linux grants.
constexpr uint64_t kShortTurnNs = 100'000;

thread_local bool has_low_priority = false;

// 0: the usual length.
void SetTurn(uint64_t turn_ns) {
  SchedulingAttributes attributes;
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) {
    return;
  }
  if (attributes.policy != SCHED_OTHER) return;
  attributes.size = sizeof attributes;
  attributes.flags = 0;
  attributes.runtime_ns = turn_ns;
  syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace

void AskForShortTurns() { SetTurn(kShortTurnNs); }

void LowerPriority(int niceness) {
  SetTurn(0);
  if (niceness == 0) return;
  // On Linux this is the calling thread's alone. Anybody may lower a priority.
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  if (getpriority(PRIO_PROCESS, thread) < niceness) {
    KENAL_CHECK(setpriority(PRIO_PROCESS, thread, niceness) == 0);
  }
  has_low_priority = true;
}

bool HasLowPriority() { return has_low_priority; }

void PinTo(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(processor), &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

}  // namespace kenal::base
