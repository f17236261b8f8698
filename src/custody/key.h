// The Ed25519 key that signs the end of a custody log.
#ifndef KENAL_SRC_CUSTODY_KEY_H_
#define KENAL_SRC_CUSTODY_KEY_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "kenal/status.h"

struct evp_pkey_st;

namespace kenal::custody {

using Signature = std::array<uint8_t, 64>;

// What others need to check signatures. Copies share one key; thread-safe.
class PublicKey {
 public:
  // From PEM ("-----BEGIN PUBLIC KEY-----", as openssl writes it), from the
  // base64 between its lines, or from the 32 bytes in hex.
  // Errors: kInvalidArgument  not an Ed25519 public key
  static StatusOr<PublicKey> Parse(std::string_view text);
  // The same from a file of at most 64 KiB. Errors: also those of
  // base::ReadFile; they name the file.
  static StatusOr<PublicKey> Load(const std::string& path);

  std::string ToHex() const;     // 64 digits: the 32 bytes themselves
  std::string ToPem() const;     // three lines
  std::string ToBase64() const;  // the middle one of them: DER in base64
  // SHA-256 of the DER bytes in hex, for labels and notebooks:
  // openssl pkey -pubin -in FILE -outform DER | sha256sum
  std::string Fingerprint() const;

  bool Holds(std::string_view message, const Signature& signature) const;
  bool operator==(const PublicKey& other) const;

 private:
  friend class Key;
  explicit PublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

// A private key. Copies share one; thread-safe.
class Key {
 public:
  // The key of a PEM file, or one that is made there: whole or not at all, of
  // mode 0600 from its first byte on, synced before this returns. When two
  // make it at once, both get the one that stays.
  // Errors: kPermissionDenied  others can read it, or it is another user's
  //         kInvalidArgument   not a file with an Ed25519 key
  //         kUnavailable       cannot be read or made, with the reason
  //         kResourceExhausted no space
  static StatusOr<Key> LoadOrMake(const std::string& path);

  PublicKey public_key() const { return PublicKey(key_); }
  Signature Sign(std::string_view message) const;

 private:
  explicit Key(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  static StatusOr<Key> Load(int fd, const std::string& path);
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace kenal::custody

#endif  // KENAL_SRC_CUSTODY_KEY_H_
