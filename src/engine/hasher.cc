#include "kenal/hasher.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "src/base/digest.h"
#include "src/base/file.h"
#include "src/decode/decoder_pool.h"

namespace kenal {
namespace {

// What the decoder takes; a larger file gets its digests only.
constexpr uint64_t kPictureBytesMax = uint64_t{256} << 20;

std::string FindDecoder(const std::string& given) {
  std::error_code ignored;
  if (!given.empty()) return std::filesystem::absolute(given, ignored);
  if (const char* named = std::getenv("KENAL_DECODER");
      named != nullptr && *named != '\0') {
    return std::filesystem::absolute(named, ignored);
  }
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return self.parent_path() / "kenal-decoder";
}

void SetDigests(const base::Digests& digests, SignalSet& signals) {
  signals.md5 = Md5{digests.md5};
  signals.sha1 = Sha1{digests.sha1};
  signals.sha256 = Sha256{digests.sha256};
}

class PoolHasher final : public Hasher {
 public:
  PoolHasher(int worker_count, std::unique_ptr<decode::DecoderPool> pool)
      : worker_count_(worker_count), pool_(std::move(pool)) {}

  SignalSet HashBytes(std::span<const uint8_t> bytes,
                      const HashWork& work) override {
    SignalSet signals = HashPicture(bytes, work);
    SetDigests(base::DigestAll(bytes), signals);
    return signals;
  }

  SignalSet HashPicture(std::span<const uint8_t> bytes,
                        const HashWork& work) override {
    SignalSet signals;
    decode::Decoded decoded = pool_->Decode(
        bytes, {.views = work.views, .second_opinion = work.second_opinion});
    signals.picture = std::move(decoded.picture);
    signals.pdq = std::move(decoded.views);
    signals.pdq_failure = std::move(decoded.failure);
    return signals;
  }

  SignalSet HashFile(const std::string& path, const HashWork& work) override {
    const auto bytes = base::ReadFile(path, kPictureBytesMax);
    if (bytes.ok()) return HashBytes(*bytes, work);
    SignalSet signals;
    Status reason = bytes.status();
    if (reason.code() == StatusCode::kResourceExhausted) {
      base::DigestStream digests;
      const Status read = base::ReadBlocks(
          path, [&](std::span<const uint8_t> block) { digests.Add(block); });
      if (read.ok()) {
        SetDigests(digests.Finish(), signals);
        signals.pdq_failure = {"too_large", std::string(reason.message())};
        return signals;
      }
      reason = read;
    }
    signals.pdq_failure = {"unreadable", std::string(reason.message())};
    return signals;
  }

  int worker_count() const override { return worker_count_; }

 private:
  int worker_count_;
  std::unique_ptr<decode::DecoderPool> pool_;
};

}  // namespace

StatusOr<std::unique_ptr<Hasher>> Hasher::Start(const HasherOptions& options) {
  constexpr int kWorkersMax = 64;
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  const int wanted = options.worker_count > 0 ? options.worker_count : cores;
  const int worker_count = std::clamp(wanted, 1, kWorkersMax);
  KENAL_TRY_ASSIGN(std::unique_ptr<decode::DecoderPool> pool,
                   decode::DecoderPool::Start(
                       {.worker_count = worker_count,
                        .decoder_path = FindDecoder(options.decoder_path)}));
  return std::make_unique<PoolHasher>(worker_count, std::move(pool));
}

}  // namespace kenal
