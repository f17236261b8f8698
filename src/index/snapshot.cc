#include "src/index/snapshot.h"

#include <cstring>
#include <type_traits>
#include <vector>

#include "src/base/check.h"
#include "src/index/key_table.h"
#include "src/index/section_file.h"
#include "src/index/segment.h"

namespace kenal::index {
namespace {

constexpr int kReadThreads = 2;

// Parts are few (kPartsMax); this only keeps a wrong count from taking memory.
constexpr uint32_t kSegmentsMax = 1'000'000;

// Fixed-size values one after another, little-endian.
class Output {
 public:
  template <typename T>
  void Put(const T& value) {
    static_assert(std::has_unique_object_representations_v<T>);
    const auto* raw = reinterpret_cast<const uint8_t*>(&value);
    bytes_.insert(bytes_.end(), raw, raw + sizeof(T));
  }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

class Input {
 public:
  explicit Input(Bytes bytes) : bytes_(bytes) {}

  // Zero values once the bytes have run out.
  template <typename T>
  T Get() {
    static_assert(std::has_unique_object_representations_v<T>);
    T value{};
    if (bytes_.size() < sizeof(T)) {
      short_ = true;
      return value;
    }
    std::memcpy(&value, bytes_.data(), sizeof(T));
    bytes_ = bytes_.subspan(sizeof(T));
    return value;
  }
  bool good() const { return !short_; }
  bool finished() const { return good() && bytes_.empty(); }

 private:
  Bytes bytes_;
  bool short_ = false;
};

// A posting of a fresh part. Posting itself has gaps.
struct PackedPosting {
  uint64_t entry = 0;
  std::array<uint8_t, 32> bits{};
  uint8_t type = 0;
  uint8_t facet = 0;
  std::array<uint8_t, 6> zero{};
};
static_assert(sizeof(PackedPosting) == 48);

using StoreId = std::array<char, 32>;

StatusOr<StoreId> PackStoreId(const std::string& text) {
  StoreId id{};
  if (text.size() != id.size()) {
    return InvalidArgument("a store id has 32 characters");
  }
  std::memcpy(id.data(), text.data(), id.size());
  return id;
}

Status PutOrigin(const SnapshotOrigin& origin, Output& out) {
  KENAL_TRY_ASSIGN(const StoreId id, PackStoreId(origin.store_id));
  out.Put(id);
  out.Put(origin.incarnation);
  out.Put(origin.sequence.value);
  out.Put(origin.chain);
  return OkStatus();
}

SnapshotOrigin GetOrigin(Input& in) {
  SnapshotOrigin origin;
  const auto id = in.Get<StoreId>();
  origin.store_id.assign(id.begin(), id.end());
  origin.incarnation = in.Get<uint64_t>();
  origin.sequence = Sequence{in.Get<uint64_t>()};
  origin.chain = in.Get<std::array<uint8_t, 32>>();
  return origin;
}

Status CheckOrigin(const std::string& path, const SnapshotOrigin& found,
                   const SnapshotOrigin& expected) {
  const auto refuse = [&](const std::string& why) {
    return FailedPrecondition("index snapshot " + path + " " + why +
                              "; it will be made again from the catalogue");
  };
  if (found.store_id != expected.store_id) {
    return refuse("belongs to another store");
  }
  if (found.incarnation != expected.incarnation) {
    return refuse("is from before the store was restored");
  }
  if (found.sequence != expected.sequence) {
    return refuse("is at sequence " + std::to_string(found.sequence.value) +
                  ", not at " + std::to_string(expected.sequence.value));
  }
  if (found.chain != expected.chain) {
    return refuse("has another history at its sequence");
  }
  return OkStatus();
}

template <typename T>
Bytes RawBytes(const T* data, size_t size) {
  return {reinterpret_cast<const uint8_t*>(data), size * sizeof(T)};
}

std::vector<uint64_t> DeadSlots(const PartView& view) {
  std::vector<uint64_t> slots;
  DeadBits::ForEachDifference(view.dead.get(), nullptr,
                              [&](uint64_t slot) { slots.push_back(slot); });
  return slots;
}

std::vector<PackedPosting> Pack(const std::vector<Posting>& postings) {
  std::vector<PackedPosting> packed;
  for (const Posting& posting : postings) {
    packed.push_back({.entry = posting.entry.value,
                      .bits = posting.bits,
                      .type = static_cast<uint8_t>(posting.type),
                      .facet = Facet(posting).byte()});
  }
  return packed;
}

std::vector<Posting> Unpack(const std::vector<PackedPosting>& packed) {
  std::vector<Posting> postings;
  for (const PackedPosting& posting : packed) {
    const Facet facet(posting.facet);
    postings.push_back({.type = static_cast<SignalType>(posting.type),
                        .view = facet.view(),
                        .bits = posting.bits,
                        .entry = EntryId{posting.entry},
                        .template_like = facet.template_like()});
  }
  return postings;
}

// Gives sections, in order, their memory.
class Places {
 public:
  explicit Places(const SectionFile& file) : file_(file) {}

  // False: there is no such section, or it is not so many whole values.
  template <typename Array>
  bool Make(Array& array) {
    using T = std::remove_reference_t<decltype(array[0])>;
    if (destinations_.size() == file_.section_bytes().size()) return false;
    const uint64_t bytes = file_.section_bytes()[destinations_.size()];
    if (bytes % sizeof(T) != 0) return false;
    array = Array(bytes / sizeof(T));
    destinations_.push_back(reinterpret_cast<uint8_t*>(array.data()));
    return true;
  }
  bool finished() const {
    return destinations_.size() == file_.section_bytes().size();
  }
  std::span<uint8_t* const> destinations() const { return destinations_; }

 private:
  const SectionFile& file_;
  std::vector<uint8_t*> destinations_;
};

struct Loaded {
  std::vector<std::shared_ptr<Segment>> segments;
  std::vector<std::vector<uint64_t>> dead;
  std::vector<PackedPosting> rest;
};

// Makes room for everything that the preamble announces. False: it and the
// sections do not agree.
bool MakeRoom(Input& in, Places& places, Loaded& loaded) {
  const auto count = in.Get<uint32_t>();
  if (!in.good() || count > kSegmentsMax) return false;
  loaded.dead.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    const auto shape = in.Get<Segment::Shape>();
    if (!in.good() || !Segment::IsPossible(shape)) return false;
    auto segment = std::make_shared<Segment>(shape);
    bool good = true;
    segment->VisitArrays(
        [&](auto& array) { good = good && places.Make(array); });
    if (!good || !places.Make(loaded.dead.emplace_back())) return false;
    loaded.segments.push_back(std::move(segment));
  }
  return places.Make(loaded.rest) && places.finished() && in.finished();
}

StatusOr<std::vector<PartView>> PartsOf(Loaded loaded,
                                        const Status& disagreement) {
  std::vector<PartView> parts;
  for (size_t i = 0; i < loaded.segments.size(); ++i) {
    if (!loaded.segments[i]->FinishLoading()) return disagreement;
    const uint64_t slots = loaded.segments[i]->slot_count();
    DeadBitsEditor dead(nullptr);
    for (const uint64_t slot : loaded.dead[i]) {
      if (slot >= slots) return disagreement;
      dead.Set(slot, true);
    }
    parts.push_back({.part = loaded.segments[i], .slots = slots});
    if (!dead.empty()) parts.back().dead = dead.Finish();
  }
  if (!loaded.rest.empty()) {
    parts.push_back(SegmentOf(Unpack(loaded.rest), 1));
  }
  return parts;
}

}  // namespace

Status SaveSnapshot(const std::string& path, const SnapshotOrigin& origin,
                    const PartSet& set) {
  if (origin.sequence != set.sequence()) {
    return FailedPrecondition(
        "the index is not at the sequence to be saved; save again");
  }
  Output preamble;
  KENAL_TRY(PutOrigin(origin, preamble));
  preamble.Put(set.counts().pdq_rows);
  preamble.Put(set.counts().digest_rows);
  std::vector<const Segment*> segments;
  std::vector<std::vector<uint64_t>> dead;
  std::vector<Posting> rest;
  for (const PartView& view : set.parts()) {
    if (const auto* segment = dynamic_cast<const Segment*>(view.part.get())) {
      segments.push_back(segment);
      dead.push_back(DeadSlots(view));
    } else {
      view.part->AppendLive(view, rest);
    }
  }
  const std::vector<PackedPosting> packed = Pack(rest);
  preamble.Put(static_cast<uint32_t>(segments.size()));
  std::vector<Bytes> sections;
  for (size_t i = 0; i < segments.size(); ++i) {
    preamble.Put(segments[i]->shape());
    segments[i]->VisitArrays([&](const auto& array) {
      sections.push_back(RawBytes(array.data(), array.size()));
    });
    sections.push_back(RawBytes(dead[i].data(), dead[i].size()));
  }
  sections.push_back(RawBytes(packed.data(), packed.size()));
  return WriteSectionFile(path, preamble.bytes(), sections);
}

StatusOr<std::shared_ptr<const PartSet>> LoadSnapshot(
    const std::string& path, const SnapshotOrigin& expected,
    std::shared_ptr<Fresh> fresh) {
  KENAL_TRY_ASSIGN(const SectionFile file, SectionFile::Open(path));
  const Status disagreement =
      DataLoss("index snapshot " + path +
               " does not hold what it announces; it will be made again from "
               "the catalogue");
  Input in(file.preamble());
  KENAL_TRY(CheckOrigin(path, GetOrigin(in), expected));
  RowCounts counts;
  counts.pdq_rows = in.Get<uint64_t>();
  counts.digest_rows = in.Get<uint64_t>();
  Loaded loaded;
  Places places(file);
  if (!MakeRoom(in, places, loaded)) return disagreement;
  KENAL_TRY(file.Read(places.destinations(), kReadThreads));
  KENAL_TRY_ASSIGN(std::vector<PartView> parts,
                   PartsOf(std::move(loaded), disagreement));
  parts.push_back({.part = std::move(fresh)});
  return std::make_shared<const PartSet>(expected.sequence, std::move(parts),
                                         counts);
}

StatusOr<SnapshotOrigin> ReadSnapshotOrigin(const std::string& path) {
  KENAL_TRY_ASSIGN(const SectionFile file, SectionFile::Open(path));
  Input in(file.preamble());
  SnapshotOrigin origin = GetOrigin(in);
  if (!in.good()) return DataLoss("index snapshot " + path + " is too short");
  return origin;
}

}  // namespace kenal::index
