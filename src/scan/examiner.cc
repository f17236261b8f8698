#include "src/scan/examiner.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "src/base/digest.h"
#include "src/base/write_all.h"
#include "src/container/segments.h"
#include "src/scan/drive.h"
#include "src/scan/image_source.h"

namespace kenal::scan {
namespace {

using findings::Coverage;
using findings::Place;
using findings::Thumbnail;
namespace reason = findings::reason;

// Bytes of pictures that one thread holds before they are judged; a single
// picture may be larger.
constexpr uint64_t kHeldBytesMax = 16 << 20;
constexpr size_t kHeldCountMax = 64;

// Of all containers in memory that lie within one another.
constexpr uint64_t kNestedMemoryBytesMax = uint64_t{512} << 20;

Place With(Place place, Coverage coverage, std::string_view why,
           std::string message) {
  place.coverage = coverage;
  place.reason = why;
  place.message = std::move(message);
  return place;
}

// Judged as far as it was read, so that no hit is lost; not examined all the
// same.
void MarkUnread(Candidate& candidate) {
  candidate.place =
      With(std::move(candidate.place), Coverage::kNotExamined,
           candidate.problem->reason, std::move(candidate.problem->message));
}

StatusOr<base::Descriptor> InMemory(std::span<const uint8_t> bytes) {
  base::Descriptor file(
      memfd_create("kenal-container", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                              bytes.size());
  // Whoever opens it can read it and no more.
  constexpr int kSeals =
      F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (!file.is_open() || !base::WriteAll(file.number(), text) ||
      fcntl(file.number(), F_ADD_SEALS, kSeals) != 0) {
    return ResourceExhausted("no memory for a container");
  }
  return file;
}

Place PlaceOf(const container::Entry& entry, uint64_t number,
              const Place& holder, const container::Container& box) {
  Place place{.exhibit = holder.exhibit,
              .path = holder.path,
              .address = number,
              .deleted = entry.deleted || holder.deleted,
              .size_bytes = entry.size_bytes.value_or(0),
              .modified_unix_ms = entry.modified_ms,
              .created_unix_ms = entry.created_ms,
              .accessed_unix_ms = entry.accessed_ms};
  place.path.push_back(box.volumes().empty() ? entry.path : PathInImage(entry));
  if (entry.is_thumbnail) {
    place.thumbnail =
        box.format() == "exif" ? Thumbnail::kExif : Thumbnail::kCache;
  }
  return place;
}

bool IsContainer(const container::Recognised& what) {
  return what.kind != container::Kind::kNone;
}

bool IsThumbnails(const container::Recognised& what) {
  return what.kind == container::Kind::kThumbnails;
}

// Evidence may be made to deceive, so nothing weaker than a digest.
std::string ShortKey(const Place& place) {
  constexpr size_t kKeyBytes = 16;
  const base::Sha256Bytes digest =
      base::Sha256Of(base::AsBytes(findings::KeyOf(place)));
  return {reinterpret_cast<const char*>(digest.data()), kKeyBytes};
}

}  // namespace

size_t DonePlaces::Hasher::operator()(const std::string& key) const {
  size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof hash);  // It is a digest already.
  return hash;
}

void DonePlaces::Add(const Place& place) { keys_.insert(ShortKey(place)); }

bool DonePlaces::Contains(const Place& place) const {
  return !keys_.empty() && keys_.contains(ShortKey(place));
}

// A found file with what reading it gave.
struct Examiner::Held {
  Candidate candidate;
  const FoundFile* file = nullptr;
  base::Descriptor descriptor;
};

StatusOr<std::vector<FoundFile>> Examiner::Examine(
    Source& source, std::vector<FoundFile>&& files) {
  using Clock = std::chrono::steady_clock;
  std::vector<Held> held;
  uint64_t held_bytes = 0;
  size_t first = 0;  // of those that are held or were told
  size_t next = 0;
  Clock::time_point began = Clock::now();
  const auto settle = [&]() -> Status {
    KENAL_TRY(Settle(source, held));
    const Clock::time_point now = Clock::now();
    Count(std::span(files).subspan(first, next - first),
          std::chrono::duration<double>(now - began).count());
    began = now;
    first = next;
    held.clear();
    held_bytes = 0;
    return OkStatus();
  };
  while (next < files.size() && !events_.is_over()) {
    const FoundFile& file = files[next++];
    auto read = source.Read(file);
    if ((!read.ok() || read->problem) && source.IsGone()) {
      return Drive::Gone(file.path());
    }
    KENAL_TRY_ASSIGN(Reading reading, std::move(read));
    if (!reading.has_intake) {
      KENAL_TRY(Tell(std::move(reading.place), *std::move(reading.problem)));
      continue;
    }
    held_bytes += reading.intake.bytes.size();
    const bool is_large = reading.intake.turn != nullptr;
    Held one{.file = &file};
    if (IsContainer(reading.intake.container)) {
      one.descriptor = std::move(reading.descriptor);
    }
    one.candidate.place = std::move(reading.place);
    one.candidate.intake = std::move(reading.intake);
    one.candidate.problem = std::move(reading.problem);
    if (options_.scope.cameras) NoteCamera(one.candidate);
    held.push_back(std::move(one));
    // Whoever has a turn reads nothing else of a source before it is over.
    const bool is_enough =
        held_bytes >= kHeldBytesMax || held.size() >= kHeldCountMax;
    if (is_enough || is_large) KENAL_TRY(settle());
  }
  KENAL_TRY(settle());
  files.erase(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(next));
  return std::move(files);
}

// Time goes to each kind of file by what its files were expected to cost.
void Examiner::Count(std::span<const FoundFile> files, double seconds) {
  std::array<double, kHintCount> cost{};
  double total = 0;
  for (const FoundFile& file : files) {
    ++tally_.files;
    tally_.bytes += file.size_bytes;
    cost[static_cast<size_t>(file.hint)] += CostOf(file);
    total += CostOf(file);
  }
  for (size_t hint = 0; hint < kHintCount; ++hint) {
    if (cost[hint] == 0) continue;
    tally_.cost[hint] += cost[hint];
    tally_.seconds[hint] += seconds * cost[hint] / total;
  }
}

Status Examiner::Tell(Place&& place, Problem&& problem) {
  place.size_bytes = std::max(place.size_bytes, problem.size_bytes);
  return Put(With(std::move(place), Coverage::kNotExamined, problem.reason,
                  std::move(problem.message)),
             nullptr);
}

Status Examiner::Put(Place&& place, const findings::Content* hit) {
  ++tally_.places;
  if (place.coverage == Coverage::kNotExamined) {
    ++tally_.not_examined;
    KENAL_TRY(events_.not_examined(place));
  }
  if (hit != nullptr) {
    ++tally_.hit_places;
    events_.hit(place, *hit);
  }
  return journal_.Put(std::move(place));
}

// Before the picture is judged: the camera is part of its content.
void Examiner::NoteCamera(Candidate& candidate) {
  Intake& intake = candidate.intake;
  if (!IsThumbnails(intake.container) || !intake.is_picture ||
      !intake.is_kept) {
    return;
  }
  const auto file = InMemory(intake.bytes);
  if (!file.ok()) return;
  const int descriptor = file->number();
  const auto picture = opener_.Open(intake.container.kind,
                                    std::span(&descriptor, 1), options_.limits);
  if (!picture.ok()) return;
  for (container::Entry entry; (*picture)->Next(entry); entry = {}) {
    if (!entry.is_virtual || entry.path != container::kCameraSerial) continue;
    (*picture)->Read(entry, [&](std::span<const uint8_t> text) {
      for (const uint8_t byte : text) {
        if (byte > 0x20 && byte < 0x7f) {
          intake.camera += static_cast<char>(byte);
        }
      }
      return true;
    });
    return;
  }
}

Status Examiner::Settle(Source& source, std::vector<Held>& held) {
  std::vector<Candidate> candidates;
  candidates.reserve(held.size());
  for (Held& one : held) candidates.push_back(std::move(one.candidate));
  KENAL_TRY(judge_.Consider(candidates));
  for (size_t i = 0; i < held.size(); ++i) {
    Held& one = held[i];
    one.candidate = std::move(candidates[i]);
    if (one.candidate.problem) {
      MarkUnread(one.candidate);
    } else {
      KENAL_TRY(SettleContainer(source, one));
    }
    KENAL_TRY(Put(std::move(one.candidate.place), one.candidate.hit.get()));
    one.candidate.intake.DropBytes();
  }
  return OkStatus();
}

bool Examiner::IsToBeOpened(Candidate& candidate, bool is_at_hand) const {
  const container::Recognised& what = candidate.intake.container;
  Place& place = candidate.place;
  if (!IsContainer(what) || place.reason == reason::kKnownGood) return false;
  const auto say = [&](std::string_view why, std::string message) {
    // A picture says for itself how far it was looked at.
    if (candidate.intake.is_picture) return false;
    place =
        With(std::move(place), Coverage::kNotExamined, why, std::move(message));
    return false;
  };
  const findings::Scope& scope = options_.scope;
  if (IsThumbnails(what) ? !scope.thumbnails : !scope.containers) {
    return say(reason::kNotOpened, "it was not to be looked into");
  }
  if (candidate.intake.is_kept || is_at_hand) return true;
  return say(reason::kTooLarge,
             "a container within another, larger than may be held in memory; "
             "extract it and scan it by itself");
}

// Members come first: a container that has a place of its own is finished.
Status Examiner::SettleContainer(Source& source, Held& held) {
  Candidate& candidate = held.candidate;
  const container::Recognised& what = candidate.intake.container;
  const Nesting nesting{.source = &source,
                        .memory_bytes = kNestedMemoryBytesMax};
  if (!IsToBeOpened(candidate, held.descriptor.is_open())) {
    return OkStatus();
  }
  if (candidate.intake.is_kept) return LookIntoMember(candidate, nesting);
  const bool is_split = what.kind == container::Kind::kDisk &&
                        container::IsFirstSegment(held.file->name);
  if (what.kind == container::Kind::kEwf || is_split) {
    const std::string first = container::FirstSegmentOf(held.file->name);
    if (!first.empty() && first != held.file->name) {
      if (source.HasBeside(*held.file, first)) {
        candidate.place.message = "a part of " + first;
      } else {
        candidate.place =
            With(std::move(candidate.place), Coverage::kNotExamined,
                 reason::kDamaged,
                 "a part of " + first + ", which is not beside it");
      }
      return OkStatus();
    }
    const auto segments = source.Segments(*held.file);
    std::vector<int> descriptors;
    for (const base::Descriptor& segment : segments) {
      descriptors.push_back(segment.number());
    }
    if (!descriptors.empty()) {
      return LookInto(candidate.place, what, descriptors, nesting);
    }
  }
  const int descriptor = held.descriptor.number();
  return LookInto(candidate.place, what, std::span(&descriptor, 1), nesting);
}

Status Examiner::LookIntoMember(Candidate& member, Nesting nesting) {
  KENAL_TRY_ASSIGN(const base::Descriptor file, InMemory(member.intake.bytes));
  nesting.memory_bytes -=
      std::min<uint64_t>(nesting.memory_bytes, member.intake.bytes.size());
  const container::Recognised what = member.intake.container;
  const LargeContents::Turn turn = std::move(member.intake.turn);
  member.intake.DropBytes();
  const int descriptor = file.number();
  return LookInto(member.place, what, std::span(&descriptor, 1), nesting);
}

Status Examiner::LookInto(Place& holder, const container::Recognised& what,
                          std::span<const int> descriptors, Nesting nesting) {
  const bool is_thumbnails = IsThumbnails(what);
  const auto fail = [&](std::string_view why, std::string message) {
    holder = With(std::move(holder), Coverage::kNotExamined, why,
                  std::move(message));
    return OkStatus();
  };
  if (what.kind == container::Kind::kEncrypted) {
    return fail(what.format, "encrypted; nothing in it can be looked at");
  }
  if (nesting.depth > kDepthMax) {
    return fail(reason::kTooDeep, "containers within containers");
  }
  auto opened = opener_.Open(what.kind, descriptors, options_.limits);
  if (!opened.ok() && nesting.source->IsGone()) {
    return Drive::Gone(findings::PathText(holder));
  }
  if (!opened.ok()) {
    const container::Failure failure =
        opened.status().code() == StatusCode::kInvalidArgument
            ? container::ReasonOf(opened.status())
            : container::Failure{"opener_died",
                                 std::string(opened.status().message())};
    if (failure.reason == "not_a_container") return OkStatus();
    if (!is_thumbnails) return fail(ReasonOf(failure), failure.message);
    return TellLostThumbnail(holder, failure);
  }
  container::Container& box = **opened;
  KENAL_TRY_ASSIGN(const bool is_whole, GoThrough(holder, box, nesting));
  if (!is_whole) {
    return fail(reason::kNotReached,
                "the scan ended before all of it was looked at");
  }
  const auto incomplete = box.incomplete();
  if (incomplete && nesting.source->IsGone()) {
    return Drive::Gone(findings::PathText(holder));
  }
  if (incomplete && !is_thumbnails) {
    return fail(ReasonOf(*incomplete),
                "not all of it was looked at: " + incomplete->message);
  }
  return OkStatus();
}

StatusOr<bool> Examiner::GoThrough(const Place& holder,
                                   container::Container& box, Nesting nesting) {
  for (const container::Volume& volume : box.volumes()) {
    auto place = PlaceOfVolume(holder.exhibit, volume);
    if (!place) continue;
    place->path.insert(place->path.begin(), holder.path.begin(),
                       holder.path.end());
    if (done_.Contains(*place)) continue;
    KENAL_TRY(Put(*std::move(place), nullptr));
  }
  std::vector<Candidate> members;
  uint64_t held_bytes = 0;
  uint64_t number = 0;
  for (container::Entry entry; box.Next(entry); entry = {}) {
    if (events_.is_over()) return false;
    if (entry.type == container::EntryType::kFolder || entry.is_virtual) {
      continue;
    }
    Nesting within = nesting;
    within.held_bytes += held_bytes;
    KENAL_TRY_ASSIGN(
        std::optional<Candidate> member,
        ReadMember(PlaceOf(entry, ++number, holder, box), entry, box, within));
    if (!member) continue;
    held_bytes += member->intake.bytes.size();
    const bool is_large = member->intake.turn != nullptr;
    members.push_back(*std::move(member));
    const bool is_enough =
        held_bytes >= kHeldBytesMax || members.size() >= kHeldCountMax;
    if (!is_enough && !is_large) continue;
    KENAL_TRY(SettleMembers(members, nesting));
    members.clear();
    held_bytes = 0;
  }
  KENAL_TRY(SettleMembers(members, nesting));
  // One within may have been left: then this is not finished either.
  return !events_.is_over();
}

// Nothing to judge: it is done already, or was told as not examined.
StatusOr<std::optional<Candidate>> Examiner::ReadMember(
    Place&& place, const container::Entry& entry, container::Container& box,
    Nesting nesting) {
  if (done_.Contains(place)) return std::nullopt;
  if (entry.type == container::EntryType::kOther) {
    KENAL_TRY(Tell(std::move(place), {std::string(reason::kSpecial),
                                      "neither a file nor a folder"}));
    return std::nullopt;
  }
  if (entry.encrypted) {
    KENAL_TRY(Tell(std::move(place),
                   {std::string(reason::kEncryptedArchive), "encrypted"}));
    return std::nullopt;
  }
  const uint64_t in_memory =
      kNestedMemoryBytesMax - nesting.memory_bytes + nesting.held_bytes;
  IntakeStream intake(
      place.size_bytes,
      {.container_bytes_max = std::min(kNestedBytesMax, nesting.memory_bytes),
       .large = options_.large,
       .small_bytes_max =
           kSmallBytesMax - std::min(kSmallBytesMax, in_memory)});
  bool is_stopped = false;
  const container::ReadResult read =
      box.Read(entry, [&](std::span<const uint8_t> block) {
        intake.Add(block);
        is_stopped = events_.is_over();
        return !is_stopped;
      });
  if (read.failure && nesting.source->IsGone()) {
    return Drive::Gone(findings::PathText(place));
  }
  if (read.failure && (read.size_bytes == 0 || is_stopped)) {
    KENAL_TRY(Tell(std::move(place),
                   {ReasonOf(*read.failure), read.failure->message}));
    return std::nullopt;
  }
  Candidate member{.place = std::move(place), .intake = intake.Finish()};
  member.place.size_bytes = member.intake.size_bytes;
  if (read.failure) {
    member.problem = Problem{ReasonOf(*read.failure), read.failure->message};
  }
  if (options_.scope.cameras) NoteCamera(member);
  return member;
}

// The picture itself was examined, whatever became of its thumbnail. Damage
// there is as common as thumbnails that were cut off.
Status Examiner::TellLostThumbnail(const Place& holder,
                                   const container::Failure& failure) {
  if (failure.reason == "damaged" || failure.reason == "not_supported") {
    return OkStatus();
  }
  Place place{.exhibit = holder.exhibit,
              .path = holder.path,
              .address = 1,
              .deleted = holder.deleted,
              .thumbnail = Thumbnail::kExif};
  place.path.emplace_back("thumbnail");
  return Tell(std::move(place), {ReasonOf(failure), failure.message});
}

Status Examiner::SettleMembers(std::vector<Candidate>& members,
                               Nesting nesting) {
  if (members.empty()) return OkStatus();
  KENAL_TRY(judge_.Consider(members));
  uint64_t held_bytes = 0;
  for (const Candidate& member : members) {
    held_bytes += member.intake.bytes.size();
  }
  for (Candidate& member : members) {
    held_bytes -= member.intake.bytes.size();
    if (member.problem) {
      MarkUnread(member);
    } else if (member.place.thumbnail == Thumbnail::kNone &&
               IsToBeOpened(member, false)) {
      Nesting within = nesting;
      ++within.depth;
      within.held_bytes += held_bytes;
      KENAL_TRY(LookIntoMember(member, within));
    }
    member.intake.DropBytes();
    KENAL_TRY(Put(std::move(member.place), member.hit.get()));
  }
  return OkStatus();
}

}  // namespace kenal::scan
