#include "src/container/reason.h"

#include <iterator>

namespace kenal::container {
namespace {

struct Words {
  const char* reason;
  const char* message;
};

// In the order of Reason.
constexpr Words kWords[] = {
    {"", ""},
    {"encrypted_archive", "it is encrypted, and there is no key"},
    {"bitlocker", "the volume is encrypted by BitLocker; unlock it first"},
    {"luks", "the volume is encrypted by LUKS; unlock it first"},
    {"filevault", "the volume is encrypted by FileVault; unlock it first"},
    {"damaged", "its bytes contradict themselves or end too early"},
    {"not_a_container", "there is nothing in it that can be opened"},
    {"not_supported", "it is of a form that cannot be read here"},
    {"too_many_members", "it has more entries than are listed"},
    {"member_too_large", "a member is larger than is read"},
    {"expands_too_much",
     "it unpacks to far more than its size, as made to exhaust its reader"},
    {"too_deep", "folders lie deeper in one another than are followed"},
    {"needs_too_much_memory", "reading it takes more memory than is allowed"},
    {"reallocated", "it was deleted, and its place belongs to another now"},
    {"unreadable", "its storage could not be read"},
    {"stopped", "reading was stopped"},
    {"timed_out", "there was no progress in the time allowed"},
    {"opener_died", "the process that read it ended"},
};
static_assert(std::size(kWords) == kReasonCount);

}  // namespace

std::optional<Failure> Describe(Reason reason) {
  if (reason == Reason::kNone) return std::nullopt;
  const Words& words = kWords[static_cast<size_t>(reason)];
  return Failure{words.reason, words.message};
}

}  // namespace kenal::container
