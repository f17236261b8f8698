#include "src/decode/protocol.h"

#include <algorithm>
#include <cstring>

#include "src/base/check.h"
#include "src/decode/limits.h"

namespace kenal::decode {
namespace {

// "KnlD", then the version of these messages in the last byte.
constexpr uint64_t kMark = 0x4B6E6C44'00000001;

constexpr uint32_t kFailedStepMax = 255;
constexpr size_t kViewsMax = 2;
constexpr int kQualityMax = 100;

class Writer {
 public:
  explicit Writer(std::span<uint8_t> out) : out_(out) {}
  void Number(uint64_t value, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; ++i) {
      out_[at_++] = static_cast<uint8_t>(value >> (8 * i));
    }
  }
  void Hash(const PdqHash& hash) {
    std::copy(hash.bytes.begin(), hash.bytes.end(),
              out_.begin() + static_cast<long>(at_));
    at_ += hash.bytes.size();
  }

 private:
  std::span<uint8_t> out_;
  size_t at_ = 0;
};

class Reader {
 public:
  explicit Reader(std::span<const uint8_t> in) : in_(in) {}
  uint64_t Number(size_t size_bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < size_bytes; ++i) {
      value |= uint64_t{in_[at_++]} << (8 * i);
    }
    return value;
  }
  PdqHash Hash() {
    PdqHash hash;
    std::memcpy(hash.bytes.data(), in_.data() + at_, hash.bytes.size());
    at_ += hash.bytes.size();
    return hash;
  }
  bool RestIsZero() const {
    return std::all_of(in_.begin() + static_cast<long>(at_), in_.end(),
                       [](uint8_t byte) { return byte == 0; });
  }

 private:
  std::span<const uint8_t> in_;
  size_t at_ = 0;
};

void WriteView(Writer& out, const PdqView& view) {
  out.Number(static_cast<uint64_t>(view.view), 1);
  out.Number(static_cast<uint64_t>(view.quality.value_or(0)), 1);
  out.Hash(view.hash);
  for (const PdqHash& hash : *view.dihedral) out.Hash(hash);
}

StatusOr<PdqView> ReadView(Reader& in, size_t index) {
  PdqView view;
  uint64_t name = in.Number(1);
  uint64_t quality = in.Number(1);
  if (name != index || quality > kQualityMax) {
    return InvalidArgument("decoder sent a view that cannot be");
  }
  view.view = static_cast<View>(name);
  view.quality = static_cast<int>(quality);
  view.hash = in.Hash();
  view.dihedral.emplace();
  for (PdqHash& hash : *view.dihedral) hash = in.Hash();
  return view;
}

// Views exactly when there is no reason, and a header before them.
bool Fits(const Outcome& outcome, uint64_t view_count) {
  if (view_count > kViewsMax) return false;
  if ((outcome.reason == Reason::kNone) != (view_count > 0)) return false;
  if ((outcome.width > 0) != (outcome.height > 0)) return false;
  if (outcome.reason == Reason::kNone) {
    return IsDecoded(outcome.kind) && outcome.width > 0;
  }
  bool is_about_content = outcome.reason == Reason::kNotAPicture ||
                          outcome.reason == Reason::kFormatNotDecoded;
  return !is_about_content || !IsDecoded(outcome.kind);
}

}  // namespace

HelloMessage Encode(const Hello& hello) {
  HelloMessage message{};
  Writer out(message);
  out.Number(kMark, 8);
  out.Number(hello.failed_step, 4);
  out.Number(hello.error_number, 4);
  return message;
}

RequestMessage Encode(const Request& request) {
  RequestMessage message{};
  Writer out(message);
  out.Number(kMark, 8);
  out.Number(request.id, 8);
  out.Number(request.size_bytes, 8);
  return message;
}

ResponseMessage Encode(uint64_t id, const Outcome& outcome) {
  KENAL_CHECK(outcome.views.size() <= kViewsMax);
  ResponseMessage message{};
  Writer out(message);
  out.Number(kMark, 8);
  out.Number(id, 8);
  out.Number(static_cast<uint64_t>(outcome.kind), 1);
  out.Number(static_cast<uint64_t>(outcome.reason), 1);
  out.Number(outcome.damaged ? 1 : 0, 1);
  out.Number(outcome.views.size(), 1);
  out.Number(static_cast<uint32_t>(outcome.width), 4);
  out.Number(static_cast<uint32_t>(outcome.height), 4);
  out.Number(outcome.a, 8);
  out.Number(outcome.b, 8);
  for (const PdqView& view : outcome.views) WriteView(out, view);
  return message;
}

StatusOr<Hello> ParseHello(std::span<const uint8_t> message) {
  if (message.size() != kHelloBytes) {
    return InvalidArgument("decoder's greeting has the wrong length");
  }
  Reader in(message);
  if (in.Number(8) != kMark) {
    return InvalidArgument("decoder is of another version; build it again");
  }
  Hello hello;
  hello.failed_step = static_cast<uint32_t>(in.Number(4));
  hello.error_number = static_cast<uint32_t>(in.Number(4));
  if (hello.failed_step > kFailedStepMax) {
    return InvalidArgument("decoder's greeting cannot be");
  }
  return hello;
}

StatusOr<Request> ParseRequest(std::span<const uint8_t> message) {
  if (message.size() != kRequestBytes) {
    return InvalidArgument("request has the wrong length");
  }
  Reader in(message);
  if (in.Number(8) != kMark) return InvalidArgument("not a request");
  Request request;
  request.id = in.Number(8);
  request.size_bytes = in.Number(8);
  if (request.size_bytes == 0 || request.size_bytes > kInputBytesMax ||
      !in.RestIsZero()) {
    return InvalidArgument("request cannot be");
  }
  return request;
}

StatusOr<Outcome> ParseResponse(std::span<const uint8_t> message, uint64_t id) {
  if (message.size() != kResponseBytes) {
    return InvalidArgument("decoder's answer has the wrong length");
  }
  Reader in(message);
  if (in.Number(8) != kMark || in.Number(8) != id) {
    return InvalidArgument("decoder answered something else");
  }
  uint64_t kind = in.Number(1);
  uint64_t reason = in.Number(1);
  uint64_t damaged = in.Number(1);
  uint64_t view_count = in.Number(1);
  uint64_t width = in.Number(4);
  uint64_t height = in.Number(4);
  if (kind >= kKindCount || reason >= kReasonCount || damaged > 1 ||
      width > INT32_MAX || height > INT32_MAX) {
    return InvalidArgument("decoder's answer is out of range");
  }
  Outcome outcome;
  outcome.kind = static_cast<Kind>(kind);
  outcome.reason = static_cast<Reason>(reason);
  outcome.damaged = damaged == 1;
  outcome.width = static_cast<int32_t>(width);
  outcome.height = static_cast<int32_t>(height);
  outcome.a = in.Number(8);
  outcome.b = in.Number(8);
  if (!Fits(outcome, view_count)) {
    return InvalidArgument("decoder's answer contradicts itself");
  }
  for (size_t i = 0; i < view_count; ++i) {
    KENAL_TRY_ASSIGN(PdqView view, ReadView(in, i));
    outcome.views.push_back(view);
  }
  if (!in.RestIsZero()) {
    return InvalidArgument("decoder's answer has something behind it");
  }
  return outcome;
}

}  // namespace kenal::decode
