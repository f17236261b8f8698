#include "src/container/segments.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "src/container/container.h"

namespace kenal::container {
namespace {

// What comes after the last dot, with what precedes it.
struct Split {
  std::string_view stem;  // with its dot
  std::string_view extension;
};

Split SplitName(std::string_view name) {
  const size_t slash = name.rfind('/');
  const size_t dot = name.rfind('.');
  if (dot == name.npos || (slash != name.npos && dot < slash)) return {};
  return {name.substr(0, dot + 1), name.substr(dot + 1)};
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

// 001 and 0001; some programs begin at 000.
bool IsNumbered(std::string_view extension) {
  return extension.size() >= 3 && extension.size() <= 5 &&
         std::ranges::all_of(extension, IsDigit);
}

// E01, e01, Ex01.
struct Ewf {
  bool is_ewf = false;
  size_t letter_count = 0;  // before the two characters that count
};

Ewf EwfOf(std::string_view extension) {
  const bool is_second = extension.size() == 4 && (extension[1] == 'x');
  if (extension.size() != 3 && !is_second) return {};
  if (!IsLetter(extension[0])) return {};
  return {true, is_second ? size_t{2} : size_t{1}};
}

std::string NumberedExtension(std::string_view first, int number) {
  const int value = first.back() - '0' + number - 1;
  char text[16];
  std::snprintf(text, sizeof text, "%0*d", static_cast<int>(first.size()),
                value);
  return std::string(text).size() > first.size() ? std::string() : text;
}

// E01 to E99, EAA to EZZ, FAA to ZZZ. Of Ex01 the x stays.
std::string EwfExtension(std::string_view first, int number) {
  const size_t letters = EwfOf(first).letter_count;
  std::string out(first.substr(0, letters));
  const char base = IsLower(first[0]) ? 'a' : 'A';
  if (number <= 99) {
    out.push_back(static_cast<char>('0' + number / 10));
    out.push_back(static_cast<char>('0' + number % 10));
    return out;
  }
  int rest = number - 100;
  const int last = rest % 26;
  rest /= 26;
  const int middle = rest % 26;
  rest /= 26;
  if (rest > base + 25 - out[0]) return {};
  out[0] = static_cast<char>(out[0] + rest);
  out.push_back(static_cast<char>(base + middle));
  out.push_back(static_cast<char>(base + last));
  return out;
}

bool IsFirstNumbered(std::string_view extension) {
  if (!IsNumbered(extension)) return false;
  const std::string_view lead = extension.substr(0, extension.size() - 1);
  return std::ranges::all_of(lead, [](char c) { return c == '0'; }) &&
         (extension.back() == '0' || extension.back() == '1');
}

bool IsFirstEwf(std::string_view extension) {
  const Ewf ewf = EwfOf(extension);
  const char kind =
      static_cast<char>(extension.empty() ? 0 : std::toupper(extension[0]));
  return ewf.is_ewf && (kind == 'E' || kind == 'S' || kind == 'L') &&
         extension.substr(ewf.letter_count) == "01";
}

}  // namespace

bool IsFirstSegment(std::string_view name) {
  const std::string_view extension = SplitName(name).extension;
  return IsFirstNumbered(extension) || IsFirstEwf(extension);
}

std::string SegmentName(std::string_view first, int number) {
  const Split split = SplitName(first);
  if (!IsFirstSegment(first) || number < 1) return {};
  const std::string extension = IsNumbered(split.extension)
                                    ? NumberedExtension(split.extension, number)
                                    : EwfExtension(split.extension, number);
  if (extension.empty()) return {};
  return absl::StrCat(absl::string_view(split.stem.data(), split.stem.size()),
                      extension);
}

std::string FirstSegmentOf(std::string_view name) {
  const Split split = SplitName(name);
  const std::string_view extension = split.extension;
  if (IsFirstSegment(name)) return {};
  std::string first;
  if (IsNumbered(extension)) {
    first = std::string(extension.size() - 1, '0') + '1';
  } else if (const Ewf ewf = EwfOf(extension); ewf.is_ewf) {
    const std::string_view tail = extension.substr(ewf.letter_count);
    const bool is_number = std::ranges::all_of(tail, IsDigit);
    const bool is_word = std::ranges::all_of(tail, IsLetter);
    const char letter = IsLower(extension[0]) ? 'e' : 'E';
    // From E on: what lies before is some other extension.
    const bool fits =
        is_number ? extension[0] == letter : is_word && extension[0] >= letter;
    if (fits) {
      first = absl::StrCat(std::string(1, letter),
                           ewf.letter_count == 2 ? "x" : "", "01");
    }
  }
  if (first.empty()) return {};
  return std::string(split.stem) + first;
}

StatusOr<std::vector<std::string>> SegmentNames(const std::string& path) {
  std::vector<std::string> names = {path};
  if (!IsFirstSegment(path)) return names;
  for (int number = 2;; ++number) {
    std::string name = SegmentName(path, number);
    struct stat file;
    if (name.empty() || stat(name.c_str(), &file) != 0) return names;
    if (names.size() == kSegmentsMax) {
      return ResourceExhausted(
          absl::StrCat("image of more than ", kSegmentsMax, " segments"));
    }
    names.push_back(std::move(name));
  }
}

}  // namespace kenal::container
