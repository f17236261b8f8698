#include "src/decode/outcome.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "src/decode/limits.h"

namespace kenal::decode {
namespace {

std::string Name(const Outcome& outcome) {
  std::string_view name = KindName(outcome.kind);
  return {name.data(), name.size()};
}

std::string Size(const Outcome& outcome) {
  return absl::StrCat(outcome.width, " x ", outcome.height, " pixels");
}

std::string Mebibytes(uint64_t size_bytes) {
  return absl::StrCat((size_bytes + kMebibyte - 1) / kMebibyte, " MiB");
}

SignalFailure DescribeTooLarge(const Outcome& outcome) {
  switch (outcome.reason) {
    case Reason::kFileTooLarge:
      return {"too_large", absl::StrCat("the file has ", outcome.a,
                                        " bytes; the limit is ", outcome.b)};
    case Reason::kSideTooLong:
      return {"too_large", absl::StrCat(Size(outcome), "; the limit is ",
                                        outcome.b, " a side")};
    case Reason::kTooManyPixels:
      return {"too_large", absl::StrCat(Size(outcome), "; the limit is ",
                                        outcome.b, " pixels")};
    case Reason::kNeedsTooMuchMemory:
      return {"too_large",
              absl::StrCat(Size(outcome), " of ", Name(outcome), " need ",
                           Mebibytes(outcome.a), "; the limit is ",
                           Mebibytes(outcome.b))};
    case Reason::kOutOfMemory:
      return {"too_large",
              absl::StrCat(Size(outcome), " of ", Name(outcome),
                           " needed more memory than a decoder has")};
    default:
      return {"too_large", absl::StrCat("more scans than the limit of ",
                                        outcome.b, " in one picture")};
  }
}

}  // namespace

SignalFailure Describe(const Outcome& outcome) {
  switch (outcome.reason) {
    case Reason::kNone:
      break;
    case Reason::kEmpty:
      return {"empty", "the file is empty"};
    case Reason::kNotAPicture:
      return {"not_a_picture", absl::StrCat("looks like ", Name(outcome))};
    case Reason::kFormatNotDecoded:
      return {"unsupported", absl::StrCat("looks like ", Name(outcome),
                                          ", which is not decoded")};
    case Reason::kFeatureNotDecoded:
      return {"unsupported",
              absl::StrCat("this form of ", Name(outcome), " is not decoded")};
    case Reason::kFileTooLarge:
    case Reason::kSideTooLong:
    case Reason::kTooManyPixels:
    case Reason::kNeedsTooMuchMemory:
    case Reason::kOutOfMemory:
    case Reason::kTooManyScans:
      return DescribeTooLarge(outcome);
    case Reason::kDamagedHeader:
      return {"damaged", absl::StrCat("the header of this ", Name(outcome),
                                      " file is broken or cut off")};
    case Reason::kDamaged:
      return {"damaged",
              absl::StrCat("the picture data of this ", Name(outcome),
                           " file is broken or cut off")};
  }
  return {"decoder_died", "the decoder gave no reason"};
}

Decoded ToDecoded(const Outcome& outcome) {
  Decoded decoded;
  if (outcome.width > 0 && outcome.height > 0) {
    decoded.picture = PictureInfo{.format = Name(outcome),
                                  .width = outcome.width,
                                  .height = outcome.height,
                                  .damaged = outcome.damaged};
  }
  if (outcome.reason == Reason::kNone) {
    decoded.views = outcome.views;
  } else {
    decoded.failure = Describe(outcome);
  }
  return decoded;
}

}  // namespace kenal::decode
