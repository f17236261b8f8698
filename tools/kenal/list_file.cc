#include "tools/kenal/list_file.h"

#include <string>

#include "tools/kenal/table.h"

namespace kenal::cli {

Status OfTheFile(const Status& status) {
  if (status.code() != StatusCode::kInvalidArgument) return status;
  return Status(StatusCode::kDataLoss, status.message());
}

Status HowToReplace(const Status& status) {
  if (status.code() != StatusCode::kAlreadyExists) return status;
  return Status(status.code(),
                std::string(status.message()) + " (--overwrite does)");
}

void SayLeftOut(Console& console, std::string_view format,
                std::string_view unit, const formats::WriteReport& report) {
  for (const auto& [reason, count] : report.records_left_out) {
    console.Say(Count(count) + " " + std::string(unit) +
                " are left out: " + reason);
  }
  for (const auto& [field, count] : report.fields_left_out) {
    console.Say(std::string(format) + " has no place for: " + field + ", of " +
                Count(count) + " " + std::string(unit));
  }
}

void WriteLeftOut(const formats::WriteReport& report,
                  exchange::JsonWriter& json) {
  json.Key("records_left_out").BeginArray();
  for (const auto& [reason, count] : report.records_left_out) {
    json.BeginObject().Field("reason", reason).Field("records", count);
    json.EndObject();
  }
  json.EndArray().Key("fields_left_out").BeginArray();
  for (const auto& [field, count] : report.fields_left_out) {
    json.BeginObject().Field("field", field).Field("records", count);
    json.EndObject();
  }
  json.EndArray();
}

}  // namespace kenal::cli
