// What the server says of a backup that it made.
#ifndef KENAL_SRC_WIRE_BACKUP_H_
#define KENAL_SRC_WIRE_BACKUP_H_

#include "kenal/backup.h"
#include "kenal/v1/operations_service.pb.h"

namespace kenal::wire {

// Without the chain, and of one whose record can be read.
void ToWire(const BackupInfo& from, v1::BackupReport* to);
BackupInfo FromWire(const v1::BackupReport& from);

}  // namespace kenal::wire

#endif  // KENAL_SRC_WIRE_BACKUP_H_
