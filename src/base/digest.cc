#include "src/base/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>

#include "src/base/check.h"

namespace kenal::base {
namespace {

// Fits the L1 cache beside the digests' own state.
constexpr size_t kBlockBytes = 16 * 1024;

// Looked up once: what EVP_md5() gives is looked up at each use, which costs
// as much as digesting hundreds of bytes. Kept for as long as the program.
const EVP_MD* Fetched(const char* name) {
  const EVP_MD* const type = EVP_MD_fetch(nullptr, name, nullptr);
  KENAL_CHECK(type != nullptr);
  return type;
}
const EVP_MD* Md5() {
  static const EVP_MD* const type = Fetched("MD5");
  return type;
}
const EVP_MD* Sha1() {
  static const EVP_MD* const type = Fetched("SHA1");
  return type;
}
const EVP_MD* Sha256() {
  static const EVP_MD* const type = Fetched("SHA256");
  return type;
}

class Evp {
 public:
  explicit Evp(const EVP_MD* type) : context_(EVP_MD_CTX_new()) {
    KENAL_CHECK(context_ != nullptr);
    KENAL_CHECK(EVP_DigestInit_ex(context_, type, nullptr) == 1);
  }
  ~Evp() { EVP_MD_CTX_free(context_); }
  Evp(const Evp&) = delete;
  Evp& operator=(const Evp&) = delete;

  void Add(std::span<const uint8_t> bytes) {
    KENAL_CHECK(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
  }
  void Finish(std::span<uint8_t> out) {
    unsigned size = 0;
    KENAL_CHECK(EVP_DigestFinal_ex(context_, out.data(), &size) == 1);
    KENAL_CHECK(size == out.size());
  }

 private:
  EVP_MD_CTX* context_;
};

}  // namespace

Digests DigestAll(std::span<const uint8_t> bytes) {
  DigestStream stream;
  stream.Add(bytes);
  return stream.Finish();
}

struct DigestStream::State {
  Evp md5{Md5()};
  Evp sha1{Sha1()};
  Evp sha256{Sha256()};
};

DigestStream::DigestStream() : state_(std::make_unique<State>()) {}
DigestStream::~DigestStream() = default;

void DigestStream::Add(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto block = bytes.first(std::min(bytes.size(), kBlockBytes));
    state_->md5.Add(block);
    state_->sha1.Add(block);
    state_->sha256.Add(block);
    bytes = bytes.subspan(block.size());
  }
}

Digests DigestStream::Finish() {
  Digests out;
  state_->md5.Finish(out.md5);
  state_->sha1.Finish(out.sha1);
  state_->sha256.Finish(out.sha256);
  return out;
}

Sha256Bytes Sha256Of(std::span<const uint8_t> bytes) {
  Sha256Stream stream;
  stream.Add(bytes);
  return stream.Finish();
}

Sha256Bytes HmacSha256(std::span<const uint8_t> key,
                       std::span<const uint8_t> bytes) {
  Sha256Bytes out{};
  unsigned size = 0;
  // OpenSSL takes a null key for "the key of last time".
  const uint8_t* key_data = key.empty() ? out.data() : key.data();
  KENAL_CHECK(HMAC(EVP_sha256(), key_data, static_cast<int>(key.size()),
                   bytes.data(), bytes.size(), out.data(), &size) != nullptr);
  KENAL_CHECK(size == out.size());
  return out;
}

struct HmacSha256Key::State {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(mac);

  State() = default;
  ~State() {
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

HmacSha256Key::HmacSha256Key(std::span<const uint8_t> key)
    : state_(std::make_unique<State>()) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  KENAL_CHECK(state_->context != nullptr);
  KENAL_CHECK(
      EVP_MAC_init(state_->context, key.data(), key.size(), parameters) == 1);
}

HmacSha256Key::~HmacSha256Key() = default;

Sha256Bytes HmacSha256Key::Of(std::span<const uint8_t> bytes) {
  Sha256Bytes out{};
  size_t size = 0;
  EVP_MAC_CTX* const context = state_->context;
  KENAL_CHECK(EVP_MAC_init(context, nullptr, 0, nullptr) == 1);
  KENAL_CHECK(EVP_MAC_update(context, bytes.data(), bytes.size()) == 1);
  KENAL_CHECK(EVP_MAC_final(context, out.data(), &size, out.size()) == 1);
  KENAL_CHECK(size == out.size());
  return out;
}

struct Sha256Stream::State {
  Evp evp{Sha256()};
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {}
Sha256Stream::~Sha256Stream() = default;
void Sha256Stream::Add(std::span<const uint8_t> bytes) {
  state_->evp.Add(bytes);
}
Sha256Bytes Sha256Stream::Finish() {
  Sha256Bytes out{};
  state_->evp.Finish(out);
  return out;
}

void RandomBytes(std::span<uint8_t> out) {
  KENAL_CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
}

}  // namespace kenal::base
