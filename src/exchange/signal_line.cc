#include "src/exchange/signal_line.h"

#include <charconv>
#include <string>

namespace kenal::exchange {
namespace {

constexpr std::string_view kBlanks = " \t\v\f\r";
constexpr int kQualityMax = 100;
// No type's name is longer; more is a hash without its type.
constexpr size_t kTypeSizeMax = 16;

std::string_view TakeWord(std::string_view& rest) {
  const size_t size = std::min(rest.find_first_of(kBlanks), rest.size());
  const std::string_view word = rest.substr(0, size);
  rest.remove_prefix(size);
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  return word;
}

StatusOr<SignalType> ParseType(std::string_view word) {
  if (word.size() > kTypeSizeMax) {
    return InvalidArgument(
        "the line starts with no signal type; write TYPE HEX, with a TYPE of "
        "pdq, md5, sha1 or sha256");
  }
  std::string lower(word);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (lower == "video_md5") return SignalType::kMd5;
  return ParseSignalType(lower);
}

StatusOr<int> ParseQuality(std::string_view word) {
  int quality = -1;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), quality);
  if (error != std::errc() || end != word.data() + word.size() || quality < 0 ||
      quality > kQualityMax) {
    return InvalidArgument("a PDQ quality is a whole number from 0 to 100");
  }
  return quality;
}

}  // namespace

std::string_view WithoutComment(std::string_view line) {
  line = line.substr(0, line.find('#'));
  const size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlanks) - first + 1);
}

StatusOr<SignalSet> ParseSignalLine(std::string_view line) {
  KENAL_TRY_ASSIGN(const SignalType type, ParseType(TakeWord(line)));
  const std::string_view hex = TakeWord(line);
  const std::string_view quality = TakeWord(line);
  if (!line.empty()) {
    return InvalidArgument("too many words; write TYPE HEX [QUALITY]");
  }
  if (!quality.empty() && type != SignalType::kPdq) {
    return InvalidArgument("only a pdq takes a quality; leave it out");
  }
  SignalSet signals;
  switch (type) {
    case SignalType::kPdq: {
      PdqView& view = signals.pdq.emplace_back();
      KENAL_TRY_ASSIGN(view.hash, PdqHash::FromHex(hex));
      if (!quality.empty()) {
        KENAL_TRY_ASSIGN(view.quality, ParseQuality(quality));
      }
      break;
    }
    case SignalType::kMd5: {
      KENAL_TRY_ASSIGN(signals.md5, Md5::FromHex(hex));
      break;
    }
    case SignalType::kSha1: {
      KENAL_TRY_ASSIGN(signals.sha1, Sha1::FromHex(hex));
      break;
    }
    case SignalType::kSha256: {
      KENAL_TRY_ASSIGN(signals.sha256, Sha256::FromHex(hex));
      break;
    }
  }
  return signals;
}

}  // namespace kenal::exchange
