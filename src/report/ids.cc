#include "src/report/ids.h"

#include "src/base/codec.h"
#include "src/base/digest.h"

namespace kenal::report {

std::string UuidOf(const std::vector<std::string_view>& parts) {
  std::string bytes;
  base::Encoder encoder(bytes);
  for (const std::string_view part : parts) encoder.Bytes(part);
  Sha256 digest{base::Sha256Of(base::AsBytes(bytes))};
  digest.bytes[6] = static_cast<uint8_t>(0x80 | (digest.bytes[6] & 0x0F));
  digest.bytes[8] = static_cast<uint8_t>(0x80 | (digest.bytes[8] & 0x3F));
  std::string text = digest.ToHex().substr(0, 32);
  for (const size_t at : {20, 16, 12, 8}) text.insert(at, 1, '-');
  return text;
}

std::string CaseUuid(const findings::Findings& findings) {
  std::vector<std::string_view> parts = {"kenal case",
                                         findings.run().case_number};
  for (const auto& exhibit : findings.exhibits()) parts.push_back(exhibit.id);
  return UuidOf(parts);
}

std::string PlaceUuid(std::string_view case_uuid,
                      const findings::Exhibit& exhibit,
                      const findings::Place& place) {
  const std::string address = std::to_string(place.address);
  std::vector<std::string_view> parts = {"place", case_uuid, exhibit.id,
                                         address};
  for (const std::string& part : place.path) parts.push_back(part);
  return UuidOf(parts);
}

}  // namespace kenal::report
