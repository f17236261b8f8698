#include "src/formats/value_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <limits>
#include <span>

#include "src/base/digest.h"
#include "src/exchange/text.h"
#include "src/formats/json_tree.h"

namespace kenal::formats {
namespace {

constexpr int64_t kMsPerSecond = 1000;
constexpr int64_t kMsPerDay = 86'400'000;
// Beyond these a time is a mistake, and arithmetic stays far from overflow.
constexpr int64_t kTimeMsMin = -62'135'596'800'000;  // the year 1
constexpr int64_t kTimeMsMax = 253'402'300'799'999;  // the year 9999

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

template <typename HashType>
Status Put(const HashType& hash, std::optional<HashType>& place) {
  if (place && *place != hash) {
    return InvalidArgument("has two different hashes of type " +
                           std::string(SignalTypeName(HashType::kType)));
  }
  place = hash;
  return OkStatus();
}

// Values of digits; 255 for other characters.
constexpr auto kDigitValues = [] {
  std::array<uint8_t, 256> values{};
  values.fill(255);
  for (uint8_t i = 0; i < 10; ++i) values['0' + i] = i;
  for (uint8_t i = 0; i < 6; ++i) {
    values['a' + i] = static_cast<uint8_t>(10 + i);
    values['A' + i] = static_cast<uint8_t>(10 + i);
  }
  return values;
}();

// As FromHex, without words for what is wrong: lists are mostly hex.
template <typename HashType>
bool DecodeHex(std::string_view text, HashType& hash) {
  if (text.size() != 2 * HashType::kSizeBytes) return false;
  unsigned wrong = 0;
  for (size_t i = 0; i < HashType::kSizeBytes; ++i) {
    const unsigned high = kDigitValues[static_cast<uint8_t>(text[2 * i])];
    const unsigned low = kDigitValues[static_cast<uint8_t>(text[2 * i + 1])];
    wrong |= high | low;
    hash.bytes[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return wrong < 16;
}

StatusOr<PdqHash> ReadPdq(std::string_view text) {
  constexpr size_t kBase64Size = 44;
  PdqHash decoded;
  if (DecodeHex(text, decoded)) return decoded;
  if (text.size() != kBase64Size) return PdqHash::FromHex(text);
  KENAL_TRY_ASSIGN(const std::string bytes, exchange::FromBase64(text));
  return PdqHash::FromBytes(base::AsBytes(bytes));
}

template <typename HashType>
Status PutHex(std::string_view text, std::optional<HashType>& place) {
  HashType decoded;
  if (DecodeHex(text, decoded)) return Put(decoded, place);
  const StatusOr<HashType> hash = HashType::FromHex(text);
  if (!hash.ok()) {
    return InvalidArgument("has a wrong " +
                           std::string(SignalTypeName(HashType::kType)) + ": " +
                           std::string(hash.status().message()));
  }
  return Put(*hash, place);
}

Status PutPdq(std::string_view text, Record& record) {
  const StatusOr<PdqHash> hash = ReadPdq(text);
  if (!hash.ok()) {
    return InvalidArgument("has a wrong pdq: " +
                           std::string(hash.status().message()));
  }
  const PdqView* there = PdqOf(record);
  if (there != nullptr && there->hash != *hash) {
    return InvalidArgument("has two different hashes of type pdq");
  }
  if (there == nullptr) record.signals.pdq.push_back({.hash = *hash});
  return OkStatus();
}

Status Carry(std::string_view name, std::string_view text, Record& record) {
  const std::string_view type = CarriedType(name);
  for (const CarriedHash& there : record.carried) {
    if (there.type == type && there.value == text) return OkStatus();
  }
  record.carried.push_back({std::string(type), std::string(text)});
  return OkStatus();
}

// Takes a number of exactly `digits` digits off the front.
std::optional<int> TakeDigits(std::string_view& text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (!IsDigit(text[i])) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool TakeChar(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int64_t> TakeDay(std::string_view& text) {
  const auto year = TakeDigits(text, 4);
  if (!year || !TakeChar(text, '-')) return std::nullopt;
  const auto month = TakeDigits(text, 2);
  if (!month || !TakeChar(text, '-')) return std::nullopt;
  const auto day = TakeDigits(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year{*year},
      std::chrono::month{static_cast<unsigned>(*month)},
      std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * kMsPerDay;
}

std::optional<int64_t> TakeClock(std::string_view& text) {
  const auto hour = TakeDigits(text, 2);
  if (!hour || *hour > 23 || !TakeChar(text, ':')) return std::nullopt;
  const auto minute = TakeDigits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  int second = 0;
  if (TakeChar(text, ':')) {
    const auto told = TakeDigits(text, 2);
    if (!told || *told > 59) return std::nullopt;
    second = *told;
  }
  int64_t ms = ((*hour * 60 + *minute) * 60 + second) * kMsPerSecond;
  if (TakeChar(text, '.')) {
    if (text.empty() || !IsDigit(text.front())) return std::nullopt;
    for (int64_t unit = 100; !text.empty() && IsDigit(text.front());
         unit /= 10) {
      ms += (text.front() - '0') * unit;
      text.remove_prefix(1);
    }
  }
  return ms;
}

// What is to be taken from a local time, in ms.
std::optional<int64_t> TakeZone(std::string_view& text) {
  if (text.empty() || TakeChar(text, 'Z') || TakeChar(text, 'z')) return 0;
  const bool east = text.front() == '+';
  if (!east && text.front() != '-') return std::nullopt;
  text.remove_prefix(1);
  const auto hours = TakeDigits(text, 2);
  if (!hours || *hours > 23) return std::nullopt;
  TakeChar(text, ':');
  const auto minutes = TakeDigits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const int64_t ms = (*hours * 60 + *minutes) * 60 * kMsPerSecond;
  return east ? ms : -ms;
}

// /Date(1704164645000)/, with an offset after the number or not.
std::optional<int64_t> ReadDotNet(std::string_view text) {
  constexpr std::string_view kBegin = "/Date(";
  constexpr std::string_view kEnd = ")/";
  if (!text.starts_with(kBegin) || !text.ends_with(kEnd)) return std::nullopt;
  text.remove_prefix(kBegin.size());
  if (text.size() < kEnd.size()) return std::nullopt;
  text.remove_suffix(kEnd.size());
  int64_t ms = 0;
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc() || ms > kTimeMsMax || ms < kTimeMsMin) {
    return std::nullopt;
  }
  // The offset is for showing: the number is UTC already.
  std::string_view zone(rest, text.data() + text.size());
  if (!TakeZone(zone) || !zone.empty()) return std::nullopt;
  return ms;
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<SignalType> SignalTypeOf(std::string_view name) {
  struct Name {
    std::string_view text;
    SignalType type;
  };
  constexpr Name kNames[] = {
      {"md5", SignalType::kMd5},        {"sha1", SignalType::kSha1},
      {"sha256", SignalType::kSha256},  {"pdq", SignalType::kPdq},
      {"sha-1", SignalType::kSha1},     {"sha-256", SignalType::kSha256},
      {"sha2_256", SignalType::kSha256}};
  for (const Name& each : kNames) {
    if (SameWord(name, each.text)) return each.type;
  }
  return std::nullopt;
}

std::string_view CarriedType(std::string_view name) {
  if (SameWord(name, "photodna") || SameWord(name, "pdna")) return kPhotoDna;
  return name;
}

Status AddHash(std::string_view name, std::string_view text, Record& record) {
  const std::string_view trimmed = Trimmed(text);
  if (trimmed.empty()) return OkStatus();
  const auto type = SignalTypeOf(name);
  if (!type) return Carry(name, text, record);
  switch (*type) {
    case SignalType::kMd5:
      return PutHex(trimmed, record.signals.md5);
    case SignalType::kSha1:
      return PutHex(trimmed, record.signals.sha1);
    case SignalType::kSha256:
      return PutHex(trimmed, record.signals.sha256);
    case SignalType::kPdq:
      return PutPdq(trimmed, record);
  }
  return Internal("a signal type without a reader");
}

namespace {

std::string HexOf(std::span<const uint8_t> bytes, const char* digits) {
  std::string out(2 * bytes.size(), '0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
  return out;
}

std::span<const uint8_t> BytesOf(const Record& record, SignalType type) {
  const SignalSet& signals = record.signals;
  switch (type) {
    case SignalType::kMd5:
      if (signals.md5) return signals.md5->bytes;
      break;
    case SignalType::kSha1:
      if (signals.sha1) return signals.sha1->bytes;
      break;
    case SignalType::kSha256:
      if (signals.sha256) return signals.sha256->bytes;
      break;
    case SignalType::kPdq:
      if (PdqOf(record) != nullptr) return PdqOf(record)->hash.bytes;
      break;
  }
  return {};
}

}  // namespace

std::string HashHex(const Record& record, SignalType type) {
  return HexOf(BytesOf(record, type), "0123456789abcdef");
}

std::string UpperHashHex(const Record& record, SignalType type) {
  return HexOf(BytesOf(record, type), "0123456789ABCDEF");
}

std::string Upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

namespace {

std::optional<int64_t> ReadAnyTime(std::string_view text) {
  text = Trimmed(text);
  if (text.starts_with("/Date(")) return ReadDotNet(text);
  const auto day = TakeDay(text);
  if (!day) return std::nullopt;
  if (text.empty()) return day;
  if (!TakeChar(text, 'T') && !TakeChar(text, 't') && !TakeChar(text, ' ')) {
    return std::nullopt;
  }
  const auto clock = TakeClock(text);
  if (!clock) return std::nullopt;
  const auto zone = TakeZone(text);
  if (!zone || !text.empty()) return std::nullopt;
  return *day + *clock - *zone;
}

}  // namespace

std::optional<int64_t> ReadTime(std::string_view text) {
  const auto time = ReadAnyTime(text);
  if (time && (*time < kTimeMsMin || *time > kTimeMsMax)) return std::nullopt;
  return time;
}

std::string WriteTime(int64_t unix_ms) {
  using std::chrono::days;
  using std::chrono::floor;
  using std::chrono::milliseconds;
  const std::chrono::sys_time<milliseconds> time{milliseconds(unix_ms)};
  const auto day = floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<milliseconds> clock(time - day);
  const auto put = [](int64_t value, size_t digits) {
    const std::string text = std::to_string(value);
    return std::string(digits - std::min(digits, text.size()), '0') + text;
  };
  std::string text = put(static_cast<int>(date.year()), 4) + "-" +
                     put(static_cast<unsigned>(date.month()), 2) + "-" +
                     put(static_cast<unsigned>(date.day()), 2) + "T" +
                     put(clock.hours().count(), 2) + ":" +
                     put(clock.minutes().count(), 2) + ":" +
                     put(clock.seconds().count(), 2);
  const int64_t ms = clock.subseconds().count();
  if (ms != 0) text += "." + put(ms, 3);
  return text + "Z";
}

std::optional<bool> ReadFlag(std::string_view text) {
  text = Trimmed(text);
  for (const std::string_view word : {"true", "yes", "y", "t", "1"}) {
    if (SameWord(text, word)) return true;
  }
  for (const std::string_view word : {"false", "no", "n", "f", "0"}) {
    if (SameWord(text, word)) return false;
  }
  return std::nullopt;
}

std::optional<uint64_t> ReadCount(std::string_view text) {
  text = Trimmed(text);
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

std::vector<std::string> SplitTags(std::string_view text) {
  std::vector<std::string> tags;
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view tag = Trimmed(text.substr(0, comma));
    if (!tag.empty()) tags.emplace_back(tag);
    if (comma == text.npos) return tags;
    text.remove_prefix(comma + 1);
  }
}

std::string JoinTags(const std::vector<std::string>& tags) {
  std::string out;
  for (const std::string& tag : tags) {
    if (!out.empty()) out += ',';
    out += tag;
  }
  return out;
}

MediaKind KindOfMime(std::string_view mime_type) {
  const std::string_view kind = mime_type.substr(0, mime_type.find('/'));
  if (SameWord(kind, "image")) return MediaKind::kImage;
  if (SameWord(kind, "video")) return MediaKind::kVideo;
  if (SameWord(kind, "audio")) return MediaKind::kAudio;
  return MediaKind::kUnknown;
}

}  // namespace kenal::formats
