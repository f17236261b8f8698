#include "src/container/protocol.h"

#include <algorithm>

#include "src/base/check.h"
#include "src/container/bytes.h"

namespace kenal::container {
namespace {

// Bits of an entry.
enum EntryBit : uint32_t {
  kDeleted = 1,
  kReallocated = 2,
  kOrphan = 4,
  kIsEncrypted = 8,
  kStream = 16,
  kVirtual = 32,
  kThumbnail = 64,
  kHasSize = 128,
  kHasModified = 256,
  kHasCreated = 512,
  kHasAccessed = 1024,
  kHasChanged = 2048,
  kEntryBits = 4095,
};

// The fixed part of an entry: place, type, bits, size, four times, length.
constexpr size_t kEntryFixedBytes = 20 + 1 + 2 + 8 + 32 + 4;
constexpr size_t kEntriesMax = kDataBytesMax / kEntryFixedBytes;
constexpr size_t kHexMax = 128;

void PutAt(std::span<uint8_t> out, uint64_t value) {
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<uint8_t>(value >> (8 * i));
  }
}

bool IsPrintable(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return c >= 0x20 && c < 0x7F; });
}

bool IsHex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

uint32_t BitsOf(const Entry& entry) {
  uint32_t bits = 0;
  const auto set = [&bits](bool is_set, uint32_t bit) {
    if (is_set) bits |= bit;
  };
  set(entry.deleted, kDeleted);
  set(entry.reallocated, kReallocated);
  set(entry.orphan, kOrphan);
  set(entry.encrypted, kIsEncrypted);
  set(entry.is_stream, kStream);
  set(entry.is_virtual, kVirtual);
  set(entry.is_thumbnail, kThumbnail);
  set(entry.size_bytes.has_value(), kHasSize);
  set(entry.modified_ms.has_value(), kHasModified);
  set(entry.created_ms.has_value(), kHasCreated);
  set(entry.accessed_ms.has_value(), kHasAccessed);
  set(entry.changed_ms.has_value(), kHasChanged);
  return bits;
}

Place ReadPlace(ByteReader& in) {
  Place place;
  place.volume = static_cast<uint32_t>(in.Number(4));
  place.address = in.Number(8);
  place.attribute_type = static_cast<uint32_t>(in.Number(4));
  place.attribute_id = static_cast<uint32_t>(in.Number(4));
  return place;
}

// A field that a bit says is there; it must be 0 when it is not.
template <typename Value>
std::optional<Value> Optional(ByteReader& in, uint32_t bits, uint32_t bit) {
  const auto value = static_cast<Value>(in.Number(8));
  if ((bits & bit) != 0) return value;
  if (value != 0) in.Fail();
  return std::nullopt;
}

Entry ReadEntry(ByteReader& in, uint32_t volume_count) {
  Entry entry;
  entry.place = ReadPlace(in);
  const uint64_t type = in.Number(1);
  const uint32_t bits = static_cast<uint32_t>(in.Number(2));
  entry.size_bytes = Optional<uint64_t>(in, bits, kHasSize);
  entry.modified_ms = Optional<int64_t>(in, bits, kHasModified);
  entry.created_ms = Optional<int64_t>(in, bits, kHasCreated);
  entry.accessed_ms = Optional<int64_t>(in, bits, kHasAccessed);
  entry.changed_ms = Optional<int64_t>(in, bits, kHasChanged);
  entry.path = in.Text(4, kPathBytesMax);
  if (type > static_cast<uint64_t>(EntryType::kOther) || bits > kEntryBits ||
      entry.place.volume >= volume_count || entry.path.empty() ||
      entry.path.find('\0') != std::string::npos) {
    in.Fail();
    return entry;
  }
  entry.type = static_cast<EntryType>(type);
  entry.deleted = (bits & kDeleted) != 0;
  entry.reallocated = (bits & kReallocated) != 0;
  entry.orphan = (bits & kOrphan) != 0;
  entry.encrypted = (bits & kIsEncrypted) != 0;
  entry.is_stream = (bits & kStream) != 0;
  entry.is_virtual = (bits & kVirtual) != 0;
  entry.is_thumbnail = (bits & kThumbnail) != 0;
  if ((entry.orphan || entry.reallocated) && !entry.deleted) in.Fail();
  return entry;
}

Opened ReadOpened(ByteReader& in) {
  Opened opened;
  opened.format = in.Text(1, kWordBytesMax);
  opened.media_bytes = in.Number(8);
  const uint64_t volume_count = in.Number(2);
  if (volume_count > kVolumesMax || !IsPrintable(opened.format)) in.Fail();
  for (uint32_t i = 0; i < volume_count && in.is_ok(); ++i) {
    Volume volume{.number = i};
    volume.offset_bytes = in.Number(8);
    volume.size_bytes = in.Number(8);
    volume.description = in.Text(1, kDescriptionBytesMax);
    volume.file_system = in.Text(1, kWordBytesMax);
    volume.problem = in.Text(1, kWordBytesMax);
    const bool fits = IsPrintable(volume.description) &&
                      IsPrintable(volume.file_system) &&
                      IsPrintable(volume.problem) &&
                      !(volume.file_system.empty() && volume.problem.empty());
    if (!fits) in.Fail();
    opened.volumes.push_back(std::move(volume));
  }
  const uint64_t digest_count = in.Number(1);
  if (digest_count > kDigestsMax) in.Fail();
  for (uint64_t i = 0; i < digest_count && in.is_ok(); ++i) {
    StoredDigest digest;
    digest.algorithm = in.Text(1, kWordBytesMax);
    digest.hex = in.Text(1, kHexMax);
    const size_t length = digest.algorithm == "md5"    ? 32
                          : digest.algorithm == "sha1" ? 40
                                                       : 0;
    if (length == 0 || digest.hex.size() != length || !IsHex(digest.hex)) {
      in.Fail();
    }
    opened.digests.push_back(std::move(digest));
  }
  return opened;
}

}  // namespace

OrderMessage Encode(const Order& order) {
  OrderMessage message{};
  size_t at = 0;
  const auto put = [&](uint64_t value, size_t size_bytes) {
    PutAt(std::span(message).subspan(at, size_bytes), value);
    at += size_bytes;
  };
  put(kMark, 8);
  put(static_cast<uint64_t>(order.type), 1);
  put(static_cast<uint64_t>(order.kind), 1);
  put(order.limits.with_orphans ? 1 : 0, 1);
  put(order.segment_count, 4);
  put(order.limits.entries_max, 8);
  put(order.limits.member_bytes_max, 8);
  put(order.limits.total_bytes_max, 8);
  put(order.limits.expansion_max, 8);
  put(order.place.volume, 4);
  put(order.place.address, 8);
  put(order.place.attribute_type, 4);
  put(order.place.attribute_id, 4);
  return message;
}

StatusOr<Order> ParseOrder(std::span<const uint8_t> message) {
  ByteReader in(message);
  if (message.size() != kOrderBytes || in.Number(8) != kMark) {
    return InvalidArgument("not an order");
  }
  Order order;
  const uint64_t type = in.Number(1);
  const uint64_t kind = in.Number(1);
  const uint64_t with_orphans = in.Number(1);
  order.segment_count = static_cast<uint32_t>(in.Number(4));
  order.limits.entries_max = in.Number(8);
  order.limits.member_bytes_max = in.Number(8);
  order.limits.total_bytes_max = in.Number(8);
  order.limits.expansion_max = in.Number(8);
  order.place = ReadPlace(in);
  if (type == 0 || type > static_cast<uint64_t>(OrderType::kClose) ||
      kind >= kKindCount || with_orphans > 1 ||
      order.segment_count > kSegmentsMax) {
    return InvalidArgument("order cannot be");
  }
  order.type = static_cast<OrderType>(type);
  order.kind = static_cast<Kind>(kind);
  order.limits.with_orphans = with_orphans == 1;
  return order;
}

std::vector<uint8_t> EncodeSegments(std::span<const uint64_t> sizes) {
  KENAL_CHECK(sizes.size() <= kSegmentsPerPacket);
  std::vector<uint8_t> message(8 + 8 * sizes.size());
  const std::span<uint8_t> out(message);
  PutAt(out.first(8), kMark);
  for (size_t i = 0; i < sizes.size(); ++i) {
    PutAt(out.subspan(8 + 8 * i, 8), sizes[i]);
  }
  return message;
}

StatusOr<std::vector<uint64_t>> ParseSegments(
    std::span<const uint8_t> message) {
  ByteReader in(message);
  if (message.size() % 8 != 0 || in.Number(8) != kMark ||
      message.size() / 8 - 1 > kSegmentsPerPacket) {
    return InvalidArgument("not a list of segments");
  }
  std::vector<uint64_t> sizes;
  while (!in.is_at_end()) sizes.push_back(in.Number(8));
  return sizes;
}

void AnswerWriter::Number(uint64_t value, size_t size_bytes) {
  packet_.resize(packet_.size() + size_bytes);
  PutAt(std::span(packet_).last(size_bytes), value);
}

void AnswerWriter::Bytes(std::string_view bytes, size_t length_bytes) {
  Number(bytes.size(), length_bytes);
  packet_.insert(packet_.end(), bytes.begin(), bytes.end());
}

void AnswerWriter::Begin(AnswerType type) {
  packet_.clear();
  Number(kMark, 8);
  Number(static_cast<uint64_t>(type), 8);
}

std::span<const uint8_t> AnswerWriter::Alive() {
  Begin(AnswerType::kAlive);
  return packet_;
}

std::span<const uint8_t> AnswerWriter::End(Reason reason) {
  Begin(AnswerType::kEnd);
  Number(static_cast<uint64_t>(reason), 1);
  return packet_;
}

std::span<const uint8_t> AnswerWriter::Data(std::span<const uint8_t> bytes) {
  Begin(AnswerType::kData);
  bytes = bytes.first(std::min(bytes.size(), kDataBytesMax));
  packet_.insert(packet_.end(), bytes.begin(), bytes.end());
  return packet_;
}

std::span<const uint8_t> AnswerWriter::Describe(const Opened& opened) {
  Begin(AnswerType::kOpened);
  Bytes(opened.format, 1);
  Number(opened.media_bytes, 8);
  Number(opened.volumes.size(), 2);
  for (const Volume& volume : opened.volumes) {
    Number(volume.offset_bytes, 8);
    Number(volume.size_bytes, 8);
    Bytes(volume.description, 1);
    Bytes(volume.file_system, 1);
    Bytes(volume.problem, 1);
  }
  Number(opened.digests.size(), 1);
  for (const StoredDigest& digest : opened.digests) {
    Bytes(digest.algorithm, 1);
    Bytes(digest.hex, 1);
  }
  return packet_;
}

void AnswerWriter::BeginEntries() {
  Begin(AnswerType::kEntries);
  entry_count_ = 0;
}

bool AnswerWriter::Add(const Entry& entry) {
  KENAL_CHECK(entry.path.size() <= kPathBytesMax);
  if (packet_.size() + kEntryFixedBytes + entry.path.size() > kPacketBytesMax) {
    return false;
  }
  Number(entry.place.volume, 4);
  Number(entry.place.address, 8);
  Number(entry.place.attribute_type, 4);
  Number(entry.place.attribute_id, 4);
  Number(static_cast<uint64_t>(entry.type), 1);
  Number(BitsOf(entry), 2);
  Number(entry.size_bytes.value_or(0), 8);
  for (const auto& time : {entry.modified_ms, entry.created_ms,
                           entry.accessed_ms, entry.changed_ms}) {
    Number(static_cast<uint64_t>(time.value_or(0)), 8);
  }
  Bytes(entry.path, 4);
  ++entry_count_;
  return true;
}

std::span<const uint8_t> AnswerWriter::EndEntries() { return packet_; }

StatusOr<Answer> ParseAnswer(std::span<const uint8_t> message,
                             uint32_t volume_count) {
  ByteReader in(message);
  if (message.size() > kPacketBytesMax || in.Number(8) != kMark) {
    return InvalidArgument("opener's answer is not one");
  }
  Answer answer;
  const uint64_t type = in.Number(8);
  if (type == 0 || type > static_cast<uint64_t>(AnswerType::kEnd)) {
    return InvalidArgument("opener's answer is of no known type");
  }
  answer.type = static_cast<AnswerType>(type);
  switch (answer.type) {
    case AnswerType::kAlive:
      break;
    case AnswerType::kOpened:
      answer.opened = ReadOpened(in);
      break;
    case AnswerType::kEntries:
      while (in.is_ok() && !in.is_at_end()) {
        answer.entries.push_back(ReadEntry(in, volume_count));
      }
      if (answer.entries.empty() || answer.entries.size() > kEntriesMax) {
        in.Fail();
      }
      break;
    case AnswerType::kData:
      answer.data = in.rest();
      if (answer.data.empty()) in.Fail();
      in.Bytes(answer.data.size());
      break;
    case AnswerType::kEnd: {
      const uint64_t reason = in.Number(1);
      if (reason >= static_cast<uint64_t>(Reason::kTimedOut)) in.Fail();
      answer.reason = static_cast<Reason>(reason);
    }
  }
  if (!in.is_ok() || !in.is_at_end()) {
    return InvalidArgument("opener's answer cannot be");
  }
  return answer;
}

}  // namespace kenal::container
