#include <algorithm>
#include <cstdint>
#include <string>

#include "src/wire/convert.h"
#include "src/wire/enums.h"
#include "src/wire/limits.h"
#include "src/wire/parts.h"
#include "src/wire/text.h"

namespace kenal::wire {
namespace {

// This file's own overloads would hide them.
using wire::FromWire;
using wire::ToWire;

template <typename HashType>
std::string BytesOf(const HashType& hash) {
  return {hash.bytes.begin(), hash.bytes.end()};
}

template <typename HashType>
StatusOr<HashType> HashFromWire(std::string_view field,
                                const std::string& bytes) {
  if (bytes.size() != HashType::kSizeBytes) {
    return InvalidArgument(std::string(field) + ": is " +
                           std::to_string(bytes.size()) + " bytes; needs " +
                           std::to_string(HashType::kSizeBytes));
  }
  HashType hash;
  std::copy(bytes.begin(), bytes.end(), hash.bytes.begin());
  return hash;
}

void ToWire(const Region& from, v1::Region* to) {
  to->set_x(from.x);
  to->set_y(from.y);
  to->set_width(from.width);
  to->set_height(from.height);
}

StatusOr<Region> FromWire(const v1::Region& from) {
  KENAL_TRY(CheckRange("pdq.region.x", from.x(), 0, INT32_MAX - 1));
  KENAL_TRY(CheckRange("pdq.region.y", from.y(), 0, INT32_MAX - 1));
  KENAL_TRY(
      CheckRange("pdq.region.width", from.width(), 1, INT32_MAX - from.x()));
  KENAL_TRY(
      CheckRange("pdq.region.height", from.height(), 1, INT32_MAX - from.y()));
  return Region{.x = from.x(),
                .y = from.y(),
                .width = from.width(),
                .height = from.height()};
}

void ToWire(const PdqView& from, v1::PdqView* to) {
  to->set_view(EnumToWire(kViews, from.view));
  to->set_profile(EnumToWire(kProfiles, from.profile));
  to->set_hash(BytesOf(from.hash));
  if (from.quality) to->set_quality(*from.quality);
  if (from.dihedral) {
    for (const PdqHash& hash : *from.dihedral) to->add_dihedral(BytesOf(hash));
  }
  if (from.template_like) to->set_template_like(*from.template_like);
  if (from.marr) to->set_marr(BytesOf(*from.marr));
  if (from.region) ToWire(*from.region, to->mutable_region());
}

Status DihedralFromWire(const v1::PdqView& from, PdqView& to) {
  if (from.dihedral().empty()) return OkStatus();
  if (from.dihedral_size() != kVariantCount) {
    return InvalidArgument("pdq.dihedral: has " +
                           std::to_string(from.dihedral_size()) +
                           " hashes; needs none or all 8");
  }
  to.dihedral.emplace();
  for (int i = 0; i < kVariantCount; ++i) {
    KENAL_TRY_ASSIGN((*to.dihedral)[static_cast<size_t>(i)],
                     HashFromWire<PdqHash>("pdq.dihedral", from.dihedral(i)));
  }
  return OkStatus();
}

StatusOr<PdqView> FromWire(const v1::PdqView& from) {
  PdqView to;
  if (from.view() != v1::VIEW_UNSPECIFIED) {
    KENAL_TRY_ASSIGN(to.view, EnumFromWire(kViews, "pdq.view", from.view()));
  }
  if (from.profile() != v1::PDQ_PROFILE_UNSPECIFIED) {
    KENAL_TRY_ASSIGN(to.profile,
                     EnumFromWire(kProfiles, "pdq.profile", from.profile()));
  }
  KENAL_TRY_ASSIGN(to.hash, HashFromWire<PdqHash>("pdq.hash", from.hash()));
  if (from.has_quality()) {
    KENAL_TRY(CheckRange("pdq.quality", from.quality(), 0, kQualityMax));
    to.quality = from.quality();
  }
  KENAL_TRY(DihedralFromWire(from, to));
  if (from.has_template_like()) to.template_like = from.template_like();
  if (from.has_marr()) {
    KENAL_TRY_ASSIGN(to.marr, HashFromWire<MarrHash>("pdq.marr", from.marr()));
  }
  if (from.has_region()) {
    KENAL_TRY_ASSIGN(to.region, FromWire(from.region()));
  }
  return to;
}

StatusOr<SignalFailure> FromWire(const v1::SignalFailure& from) {
  if (from.code().empty()) {
    return InvalidArgument("pdq_failure.code: is empty; say why");
  }
  KENAL_TRY(CheckSize("pdq_failure.code", from.code().size(), kWordBytesMax));
  KENAL_TRY(
      CheckSize("pdq_failure.message", from.message().size(), kTextBytesMax));
  return SignalFailure{.code = from.code(), .message = from.message()};
}

}  // namespace

Status CheckRange(std::string_view field, int64_t value, int64_t min,
                  int64_t max) {
  if (value >= min && value <= max) return OkStatus();
  return InvalidArgument(std::string(field) + ": is not " +
                         std::to_string(min) + " to " + std::to_string(max));
}

Status CheckSize(std::string_view field, size_t size_bytes,
                 size_t size_bytes_max) {
  if (size_bytes <= size_bytes_max) return OkStatus();
  return InvalidArgument(std::string(field) + ": is " +
                         std::to_string(size_bytes) + " bytes; at most " +
                         std::to_string(size_bytes_max) + " are accepted");
}

void ToWire(const PictureInfo& from, v1::PictureInfo* to) {
  to->set_format(CutText(from.format, kWordBytesMax));
  to->set_width(from.width);
  to->set_height(from.height);
  to->set_damaged(from.damaged);
}

StatusOr<PictureInfo> FromWire(const v1::PictureInfo& from) {
  KENAL_TRY(CheckSize("picture.format", from.format().size(), kWordBytesMax));
  if (from.width() < 0 || from.height() < 0) {
    return InvalidArgument("picture: width or height is negative");
  }
  return PictureInfo{.format = from.format(),
                     .width = from.width(),
                     .height = from.height(),
                     .damaged = from.damaged()};
}

void ToWire(const SignalSet& from, v1::SignalSet* to) {
  if (from.md5) to->set_md5(BytesOf(*from.md5));
  if (from.sha1) to->set_sha1(BytesOf(*from.sha1));
  if (from.sha256) to->set_sha256(BytesOf(*from.sha256));
  for (const PdqView& pdq : from.pdq) ToWire(pdq, to->add_pdq());
  if (from.picture) ToWire(*from.picture, to->mutable_picture());
  if (from.pdq_failure) {
    v1::SignalFailure* failure = to->mutable_pdq_failure();
    failure->set_code(CutText(from.pdq_failure->code, kWordBytesMax));
    failure->set_message(CutText(from.pdq_failure->message, kTextBytesMax));
  }
}

StatusOr<SignalSet> FromWire(const v1::SignalSet& from) {
  SignalSet to;
  if (from.has_md5()) {
    KENAL_TRY_ASSIGN(to.md5, HashFromWire<Md5>("md5", from.md5()));
  }
  if (from.has_sha1()) {
    KENAL_TRY_ASSIGN(to.sha1, HashFromWire<Sha1>("sha1", from.sha1()));
  }
  if (from.has_sha256()) {
    KENAL_TRY_ASSIGN(to.sha256, HashFromWire<Sha256>("sha256", from.sha256()));
  }
  for (const v1::PdqView& pdq : from.pdq()) {
    KENAL_TRY_ASSIGN(PdqView view, FromWire(pdq));
    for (const PdqView& other : to.pdq) {
      if (other.view == view.view) {
        return InvalidArgument("pdq: has the view " +
                               std::string(ViewName(view.view)) +
                               " twice; send one hash a view");
      }
    }
    to.pdq.push_back(std::move(view));
  }
  std::ranges::sort(to.pdq, {}, &PdqView::view);
  if (from.has_picture()) {
    KENAL_TRY_ASSIGN(to.picture, FromWire(from.picture()));
  }
  if (from.has_pdq_failure()) {
    KENAL_TRY_ASSIGN(to.pdq_failure, FromWire(from.pdq_failure()));
  }
  return to;
}

}  // namespace kenal::wire
