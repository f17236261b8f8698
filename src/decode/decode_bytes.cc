#include <new>

#include "src/decode/codecs.h"
#include "src/decode/limits.h"

namespace kenal::decode {
namespace {

void Run(Job& job) {
  switch (job.outcome().kind) {
    case Kind::kJpeg:
      return DecodeJpeg(job);
    case Kind::kPng:
      return DecodePng(job);
    case Kind::kWebp:
      return DecodeWebp(job);
    case Kind::kGif:
      return DecodeGif(job);
    case Kind::kBmp:
      return DecodeBmp(job);
    case Kind::kTiff:
      return DecodeTiff(job);
    case Kind::kHeic:
    case Kind::kAvif:
      return DecodeHeif(job);
    case Kind::kPnm:
      return DecodePnm(job);
    default:
      break;
  }
  job.Fail(IsPicture(job.outcome().kind) ? Reason::kFormatNotDecoded
                                         : Reason::kNotAPicture);
}

}  // namespace

Outcome DecodeBytes(std::span<const uint8_t> bytes, const DecodeWork& work) {
  Job job(bytes, Sniff(bytes), work);
  if (bytes.empty()) {
    job.Fail(Reason::kEmpty);
  } else if (bytes.size() > kInputBytesMax) {
    job.Fail(Reason::kFileTooLarge, bytes.size(), kInputBytesMax);
  } else {
    try {
      Run(job);
    } catch (const std::bad_alloc&) {
      job.Fail(Reason::kOutOfMemory);
    } catch (const std::exception&) {  // libheif is C++ inside.
      job.Fail(Reason::kDamaged);
    }
  }
  return job.outcome();
}

}  // namespace kenal::decode
