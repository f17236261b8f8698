#include "src/decode/protocol.h"

#include <algorithm>
#include <cstring>

#include "src/base/check.h"
#include "src/decode/limits.h"

namespace kenal::decode {
namespace {

// Bits of the byte that tells what a view holds.
constexpr uint8_t kTemplateLike = 1;
constexpr uint8_t kHasMarr = 2;
constexpr uint8_t kHasRegion = 4;
constexpr uint8_t kViewBits = 7;

// What a view takes in a response, whether it holds all of it or not.
constexpr size_t kViewBytes =
    3 + (1 + kVariantCount) * PdqHash::kSizeBytes + MarrHash::kSizeBytes + 16;
constexpr size_t kOutcomeBytes = 16 + 4 + 8 + 16;
static_assert(kOutcomeBytes + kViewCount * kViewBytes <= kResponseBytes);

constexpr int kQualityMax = 100;

class Writer {
 public:
  explicit Writer(std::span<uint8_t> out) : out_(out) {}
  void Number(uint64_t value, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; ++i) {
      out_[at_++] = static_cast<uint8_t>(value >> (8 * i));
    }
  }
  void Bytes(std::span<const uint8_t> bytes) {
    std::ranges::copy(bytes, out_.begin() + static_cast<long>(at_));
    at_ += bytes.size();
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
  void Bytes(std::span<uint8_t> bytes) {
    std::memcpy(bytes.data(), in_.data() + at_, bytes.size());
    at_ += bytes.size();
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
  const Region region = view.region.value_or(Region{});
  out.Number(static_cast<uint64_t>(view.view), 1);
  out.Number(static_cast<uint64_t>(view.quality.value_or(0)), 1);
  out.Number((view.template_like.value_or(false) ? kTemplateLike : 0u) |
                 (view.marr ? kHasMarr : 0u) | (view.region ? kHasRegion : 0u),
             1);
  out.Bytes(view.hash.bytes);
  for (const PdqHash& hash : *view.dihedral) out.Bytes(hash.bytes);
  out.Bytes(view.marr.value_or(MarrHash{}).bytes);
  for (int32_t number : {region.x, region.y, region.width, region.height}) {
    out.Number(static_cast<uint32_t>(number), 4);
  }
}

Region ReadRegion(Reader& in) {
  Region region;
  for (int32_t* number :
       {&region.x, &region.y, &region.width, &region.height}) {
    *number = static_cast<int32_t>(in.Number(4));
  }
  return region;
}

bool IsWithin(const Region& region, int32_t width, int32_t height) {
  return region.x >= 0 && region.y >= 0 && region.width > 0 &&
         region.height > 0 && int64_t{region.x} + region.width <= width &&
         int64_t{region.y} + region.height <= height;
}

// Within the upright picture, which may have swapped its sides when there is
// an upright view.
bool IsWithin(const Region& region, const Outcome& outcome) {
  const bool may_be_swapped =
      std::ranges::find(outcome.views, View::kUpright, &PdqView::view) !=
      outcome.views.end();
  return IsWithin(region, outcome.width, outcome.height) ||
         (may_be_swapped && IsWithin(region, outcome.height, outcome.width));
}

// A view that an honest worker can send after `outcome.views`.
StatusOr<PdqView> ReadView(Reader& in, const Outcome& outcome,
                           const DecodeWork& work) {
  const auto cannot_be = [] {
    return InvalidArgument("decoder sent a view that cannot be");
  };
  const uint64_t name = in.Number(1);
  const uint64_t quality = in.Number(1);
  const uint64_t bits = in.Number(1);
  if (name >= kViewCount || quality > kQualityMax || bits > kViewBits) {
    return cannot_be();
  }
  PdqView view{.view = static_cast<View>(name)};
  const bool is_whole = kWholeViews.Contains(view.view);
  view.profile = is_whole ? PdqProfile::kNative : PdqProfile::kReduced;
  view.quality = static_cast<int>(quality);
  view.template_like = (bits & kTemplateLike) != 0;
  in.Bytes(view.hash.bytes);
  for (PdqHash& hash : view.dihedral.emplace()) in.Bytes(hash.bytes);
  MarrHash marr;
  in.Bytes(marr.bytes);
  if ((bits & kHasMarr) != 0) view.marr = marr;
  const Region region = ReadRegion(in);
  if ((bits & kHasRegion) != 0) view.region = region;
  const std::vector<PdqView>& before = outcome.views;
  const bool is_in_order = before.empty() ? view.view == View::kStored
                                          : before.back().view < view.view;
  const bool fits =
      is_in_order && (is_whole || work.views.Contains(view.view)) &&
      view.marr.has_value() == work.second_opinion &&
      view.region.has_value() == !is_whole &&
      (view.marr || marr == MarrHash{}) &&
      (view.region ? IsWithin(region, outcome) : region == Region{});
  if (!fits) return cannot_be();
  return view;
}

// Views exactly when there is no reason, and a header before them.
bool Fits(const Outcome& outcome, uint64_t view_count) {
  if (view_count > kViewCount) return false;
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
  return sandbox::Encode(hello, kMark);
}

RequestMessage Encode(const Request& request) {
  RequestMessage message{};
  Writer out(message);
  out.Number(kMark, 8);
  out.Number(request.id, 8);
  out.Number(request.size_bytes, 4);
  out.Number(request.work.views.bits(), 2);
  out.Number(request.work.second_opinion ? 1 : 0, 1);
  return message;
}

ResponseMessage Encode(uint64_t id, const Outcome& outcome) {
  KENAL_CHECK(outcome.views.size() <= kViewCount);
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
  return sandbox::ParseHello(message, kMark, "decoder");
}

StatusOr<Request> ParseRequest(std::span<const uint8_t> message) {
  if (message.size() != kRequestBytes) {
    return InvalidArgument("request has the wrong length");
  }
  Reader in(message);
  if (in.Number(8) != kMark) return InvalidArgument("not a request");
  Request request;
  request.id = in.Number(8);
  request.size_bytes = in.Number(4);
  const std::optional<ViewSet> views =
      ViewSet::FromBits(static_cast<uint32_t>(in.Number(2)));
  const uint64_t second_opinion = in.Number(1);
  if (request.size_bytes == 0 || request.size_bytes > kInputBytesMax ||
      !views || second_opinion > 1 || !in.RestIsZero()) {
    return InvalidArgument("request cannot be");
  }
  request.work = {*views, second_opinion == 1};
  return request;
}

StatusOr<Outcome> ParseResponse(std::span<const uint8_t> message, uint64_t id,
                                const DecodeWork& work) {
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
    KENAL_TRY_ASSIGN(PdqView view, ReadView(in, outcome, work));
    outcome.views.push_back(std::move(view));
  }
  if (!in.RestIsZero()) {
    return InvalidArgument("decoder's answer has something behind it");
  }
  return outcome;
}

}  // namespace kenal::decode
