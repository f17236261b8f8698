#include "src/catalogue/head_witness.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "src/base/digest.h"
#include "src/base/file.h"
#include "src/catalogue/records.h"

namespace kenal::catalogue {
namespace {

// sequence (8 bytes) ‖ chain (32) ‖ the first 8 bytes of their SHA-256
constexpr size_t kHeadSize = 40;
constexpr size_t kCheckSize = 8;

std::string CheckOf(std::string_view head) {
  const base::Sha256Bytes digest = base::Sha256Of(base::AsBytes(head));
  return std::string(digest.begin(), digest.begin() + kCheckSize);
}

}  // namespace

StatusOr<std::unique_ptr<HeadWitness>> HeadWitness::Open(
    const std::string& folder) {
  const std::string path = folder + "/" + std::string(kWitnessFileName);
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return Unavailable(base::WithErrno(path + ": cannot be opened", errno));
  }
  return std::unique_ptr<HeadWitness>(new HeadWitness(file));
}

HeadWitness::~HeadWitness() {
  fdatasync(file_);
  close(file_);
}

std::optional<Head> HeadWitness::Read() const {
  char text[kHeadSize + kCheckSize + 1];  // one more shows a longer file
  const ssize_t size = pread(file_, text, sizeof text, 0);
  if (size != kHeadSize + kCheckSize) return std::nullopt;
  const std::string_view bytes(text, static_cast<size_t>(size));
  if (CheckOf(bytes.substr(0, kHeadSize)) != bytes.substr(kHeadSize)) {
    return std::nullopt;
  }
  base::Decoder in(bytes.substr(0, kHeadSize));
  Head head;
  head.sequence.value = in.Fixed64();
  in.Raw(head.chain);
  return head;
}

void HeadWitness::Write(const Head& head) {
  std::string bytes;
  base::Encoder out(bytes);
  out.Fixed64(head.sequence.value);
  out.Raw(head.chain);
  bytes += CheckOf(bytes);
  // A short write leaves a torn witness, which counts as none.
  if (pwrite(file_, bytes.data(), bytes.size(), 0) < 0) return;
}

}  // namespace kenal::catalogue
