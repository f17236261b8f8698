// One function a format. Each is called only inside a locked-in worker (and
// by tests and benchmarks, on benign pictures), reads the header, asks
// Job::Admit before it asks for memory, and leaves views or a reason in the
// job. None keeps anything between calls.
#ifndef KENAL_SRC_DECODE_CODECS_H_
#define KENAL_SRC_DECODE_CODECS_H_

#include "src/decode/job.h"

namespace kenal::decode {

void DecodeJpeg(Job& job);
void DecodePng(Job& job);
void DecodeWebp(Job& job);
void DecodeGif(Job& job);
void DecodeBmp(Job& job);
void DecodeTiff(Job& job);
void DecodeHeif(Job& job);  // HEIC and AVIF
void DecodePnm(Job& job);

// Sniffs and calls the codec. Never throws.
Outcome DecodeBytes(std::span<const uint8_t> bytes, const DecodeWork& work);

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_CODECS_H_
