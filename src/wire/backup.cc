#include "src/wire/backup.h"

#include <google/protobuf/util/time_util.h>

namespace kenal::wire {

using google::protobuf::util::TimeUtil;

void ToWire(const BackupInfo& from, v1::BackupReport* to) {
  to->set_number(from.number);
  to->set_sequence(from.sequence.value);
  *to->mutable_made_at() = TimeUtil::MillisecondsToTimestamp(from.unix_ms);
  to->set_store_id(from.store_id);
  to->set_incarnation(from.incarnation);
  to->set_file_count(from.file_count);
  to->set_size_bytes(from.size_bytes);
  to->set_new_bytes(from.new_bytes);
}

BackupInfo FromWire(const v1::BackupReport& from) {
  return {.number = from.number(),
          .damage = {},
          .store_id = from.store_id(),
          .incarnation = from.incarnation(),
          .sequence = Sequence{from.sequence()},
          .unix_ms = TimeUtil::TimestampToMilliseconds(from.made_at()),
          .file_count = from.file_count(),
          .size_bytes = from.size_bytes(),
          .new_bytes = from.new_bytes()};
}

}  // namespace kenal::wire
