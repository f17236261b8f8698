#include "src/formats/input.h"

#include <algorithm>

namespace kenal::formats {
namespace {

constexpr size_t kBlockBytes = 256 * 1024;
constexpr size_t kUnitBytes = 2;

bool IsHigh(uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool IsLow(uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

void Append(uint32_t code, std::string& out) {
  const auto put = [&out](uint32_t byte) {
    out.push_back(static_cast<char>(byte));
  };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

// UTF-16 bytes that this UTF-8 text was recoded from.
uint64_t SizeAsUtf16(std::string_view text) {
  uint64_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 || (byte >= 0xC0 && byte < 0xF0)) units += 1;
    if (byte >= 0xF0) units += 2;
  }
  return units * kUnitBytes;
}

}  // namespace

StatusOr<std::unique_ptr<Input>> Input::Open(const std::string& path) {
  KENAL_TRY_ASSIGN(auto source, ByteSource::Open(path));
  auto input = std::make_unique<Input>(std::move(source));
  KENAL_TRY(input->status());
  return input;
}

Input::Input(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), at_(text_.data()), end_(text_.data()) {
  DetectCoding();
  Fill();
}

void Input::Fail(Status why) {
  status_ = std::move(why);
  source_ended_ = true;
  raw_.clear();
}

void Input::ReadRaw(size_t least) {
  while (raw_.size() < least && !source_ended_) {
    const size_t had = raw_.size();
    raw_.resize(had + kBlockBytes);
    const StatusOr<size_t> got =
        source_->Read(std::span(raw_).subspan(had, kBlockBytes));
    raw_.resize(had + (got.ok() ? *got : 0));
    if (!got.ok()) return Fail(got.status());
    source_ended_ = *got == 0;
  }
}

void Input::DetectCoding() {
  ReadRaw(4);
  const auto byte = [this](size_t i) {
    return i < raw_.size() ? static_cast<unsigned char>(raw_[i]) : 1U;
  };
  size_t mark = 0;
  if (byte(0) == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF) {
    mark = 3;
  } else if (byte(0) == 0xFF && byte(1) == 0xFE) {
    coding_ = Coding::kUtf16Le;
    mark = 2;
  } else if (byte(0) == 0xFE && byte(1) == 0xFF) {
    coding_ = Coding::kUtf16Be;
    mark = 2;
  } else if (byte(0) != 0 && byte(1) == 0) {
    coding_ = Coding::kUtf16Le;
  } else if (byte(0) == 0 && byte(1) != 0) {
    coding_ = Coding::kUtf16Be;
  }
  raw_.erase(raw_.begin(), raw_.begin() + static_cast<ptrdiff_t>(mark));
  next_ = mark;
}

uint32_t Input::Unit(size_t at) const {
  const auto first = static_cast<unsigned char>(raw_[at]);
  const auto second = static_cast<unsigned char>(raw_[at + 1]);
  return coding_ == Coding::kUtf16Le ? first | uint32_t{second} << 8
                                     : second | uint32_t{first} << 8;
}

void Input::Recode() {
  size_t at = 0;
  while (at + kUnitBytes <= raw_.size()) {
    uint32_t code = Unit(at);
    size_t size = kUnitBytes;
    if (IsHigh(code)) {
      if (at + 2 * kUnitBytes > raw_.size()) break;
      const uint32_t low = Unit(at + kUnitBytes);
      if (!IsLow(low)) break;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      size = 2 * kUnitBytes;
    } else if (IsLow(code)) {
      break;
    }
    Append(code, text_);
    at += size;
  }
  next_ += at;
  raw_.erase(raw_.begin(), raw_.begin() + static_cast<ptrdiff_t>(at));
}

void Input::Fill() {
  passed_ += text_.size();
  text_.clear();
  begin_ = next_;
  if (passed_ - token_ > kTokenBytesMax) {
    Fail(InvalidArgument(name() + ", byte " + std::to_string(begin_) +
                         ": one text or number is longer than " +
                         std::to_string(kTokenBytesMax) + " bytes"));
  } else if (coding_ == Coding::kUtf8) {
    ReadRaw(1);
    text_.assign(raw_.data(), raw_.size());
    next_ += raw_.size();
    raw_.clear();
  } else {
    ReadRaw(2 * kUnitBytes);
    Recode();
    if (text_.empty() && !raw_.empty()) {
      Fail(InvalidArgument(name() + ", byte " + std::to_string(begin_) +
                           ": is not UTF-16 as it began; save it as UTF-8"));
    }
  }
  at_ = text_.data();
  end_ = at_ + text_.size();
}

uint64_t Input::offset() const {
  if (coding_ == Coding::kUtf8) return begin_ + Used();
  return begin_ + SizeAsUtf16({text_.data(), Used()});
}

Status Input::Wrong(std::string_view why) const {
  if (!status_.ok()) return status_;
  return InvalidArgument(name() + ", byte " + std::to_string(offset()) + ": " +
                         std::string(why));
}

}  // namespace kenal::formats
