// The lock of a process that decodes pictures.
#ifndef KENAL_SRC_DECODE_DECODER_LOCK_H_
#define KENAL_SRC_DECODE_DECODER_LOCK_H_

#include "src/decode/limits.h"
#include "src/decode/protocol.h"
#include "src/sandbox/lock.h"

namespace kenal::decode {

inline constexpr sandbox::LockPlan kDecoderLock{
    .socket = kWorkerSocket,
    .descriptor_end = kWorkerInput + 1,
    .address_bytes_max = kWorkerBytesMax};

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_DECODER_LOCK_H_
