#include "src/custody/key.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <span>
#include <vector>

#include "src/base/check.h"
#include "src/base/descriptor.h"
#include "src/base/digest.h"
#include "src/base/file.h"
#include "src/base/write_all.h"
#include "src/exchange/text.h"

namespace kenal::custody {
namespace {

constexpr size_t kFileBytesMax = 64 * 1024;
constexpr size_t kRawBytes = 32;
constexpr std::string_view kPemHead = "-----BEGIN PUBLIC KEY-----\n";
constexpr std::string_view kPemTail = "-----END PUBLIC KEY-----\n";

using KeyHandle = std::shared_ptr<evp_pkey_st>;
using Bio = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free_all(bio); })>;
using DigestContext =
    std::unique_ptr<EVP_MD_CTX,
                    decltype([](EVP_MD_CTX* c) { EVP_MD_CTX_free(c); })>;

KeyHandle Handle(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

bool IsEd25519(const KeyHandle& key) {
  return key != nullptr && EVP_PKEY_get_id(key.get()) == EVP_PKEY_ED25519;
}

Bio Reading(std::string_view bytes) {
  return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// Nobody is asked for a password.
int NoPassword(char*, int, int, void*) { return -1; }

std::string DerOf(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  KENAL_CHECK(size > 0);
  std::string out(reinterpret_cast<const char*>(der),
                  static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

std::string ToHexText(std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

KeyHandle FromHex(std::string_view text) {
  if (text.size() != 2 * kRawBytes) return nullptr;
  std::array<uint8_t, kRawBytes> raw;
  for (size_t i = 0; i < kRawBytes; ++i) {
    const int high = HexDigit(text[2 * i]);
    const int low = HexDigit(text[2 * i + 1]);
    if (high < 0 || low < 0) return nullptr;
    raw[i] = static_cast<uint8_t>(16 * high + low);
  }
  return Handle(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                            raw.data(), raw.size()));
}

KeyHandle FromBase64(std::string_view text) {
  const auto der = exchange::FromBase64(text);
  if (!der.ok()) return nullptr;
  const auto* at = reinterpret_cast<const unsigned char*>(der->data());
  KeyHandle key =
      Handle(d2i_PUBKEY(nullptr, &at, static_cast<long>(der->size())));
  return key != nullptr && DerOf(key.get()) == *der ? key : nullptr;
}

std::string_view Stripped(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t from = text.find_first_not_of(kBlanks);
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

Status CannotMake(const std::string& path, int error_number) {
  const std::string message =
      base::WithErrno(path + ": the key cannot be made", error_number);
  return error_number == ENOSPC || error_number == EDQUOT
             ? ResourceExhausted(message)
             : Unavailable(message);
}

// Never in the place of another. Not every file system can rename so.
bool MoveIntoPlace(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                RENAME_NOREPLACE) == 0) {
    return true;
  }
  if (errno != EINVAL && errno != ENOSYS) return false;
  if (link(from.c_str(), to.c_str()) != 0) return false;
  unlink(from.c_str());
  return true;
}

// kAlreadyExists when another was faster.
Status Make(const std::string& path) {
  const KeyHandle key = Handle(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const Bio pem(BIO_new(BIO_s_secmem()));
  KENAL_CHECK(key != nullptr && pem != nullptr);
  KENAL_CHECK(PEM_write_bio_PKCS8PrivateKey(pem.get(), key.get(), nullptr,
                                            nullptr, 0, nullptr, nullptr) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(pem.get(), &text);

  std::array<uint8_t, 8> random;
  base::RandomBytes(random);
  const std::string aside = path + "." + ToHexText(random) + ".part";
  const base::Descriptor file(
      open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
           S_IRUSR | S_IWUSR));
  if (!file.is_open()) return CannotMake(path, errno);
  const bool made =
      base::WriteAll(file.number(), {text, static_cast<size_t>(size)}) &&
      fsync(file.number()) == 0 && MoveIntoPlace(aside, path);
  const int error_number = errno;
  if (!made) {
    unlink(aside.c_str());
    return error_number == EEXIST ? AlreadyExists(path)
                                  : CannotMake(path, error_number);
  }
  const base::Descriptor folder(
      open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder.is_open() && fsync(folder.number()) == 0
             ? OkStatus()
             : CannotMake(path, errno);
}

}  // namespace

StatusOr<PublicKey> PublicKey::Parse(std::string_view text) {
  text = Stripped(text);
  KeyHandle key;
  if (text.size() <= kFileBytesMax && text.starts_with("-----BEGIN ")) {
    key = Handle(
        PEM_read_bio_PUBKEY(Reading(text).get(), nullptr, NoPassword, nullptr));
  } else if (text.size() == 2 * kRawBytes) {
    key = FromHex(text);
  } else if (text.size() < kFileBytesMax) {
    key = FromBase64(text);
  }
  if (!IsEd25519(key)) return InvalidArgument("not an Ed25519 public key");
  return PublicKey(std::move(key));
}

StatusOr<PublicKey> PublicKey::Load(const std::string& path) {
  KENAL_TRY_ASSIGN(const auto bytes, base::ReadFile(path, kFileBytesMax));
  const auto key =
      Parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (key.ok()) return key;
  return InvalidArgument(path + ": " + std::string(key.status().message()));
}

std::string PublicKey::ToHex() const {
  std::array<uint8_t, kRawBytes> raw;
  size_t size = raw.size();
  KENAL_CHECK(EVP_PKEY_get_raw_public_key(key_.get(), raw.data(), &size) == 1);
  return ToHexText(raw);
}

std::string PublicKey::ToBase64() const {
  return exchange::ToBase64(DerOf(key_.get()));
}

std::string PublicKey::ToPem() const {
  return std::string(kPemHead) + ToBase64() + "\n" + std::string(kPemTail);
}

std::string PublicKey::Fingerprint() const {
  return ToHexText(base::Sha256Of(base::AsBytes(DerOf(key_.get()))));
}

bool PublicKey::Holds(std::string_view message,
                      const Signature& signature) const {
  const DigestContext context(EVP_MD_CTX_new());
  KENAL_CHECK(context != nullptr);
  KENAL_CHECK(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr,
                                   key_.get()) == 1);
  return EVP_DigestVerify(
             context.get(), signature.data(), signature.size(),
             reinterpret_cast<const unsigned char*>(message.data()),
             message.size()) == 1;
}

bool PublicKey::operator==(const PublicKey& other) const {
  return EVP_PKEY_eq(key_.get(), other.key_.get()) == 1;
}

StatusOr<Key> Key::Load(int fd, const std::string& path) {
  struct stat info {};
  if (fstat(fd, &info) != 0) {
    return Unavailable(base::WithErrno(path + ": cannot be read", errno));
  }
  if (!S_ISREG(info.st_mode)) {
    return InvalidArgument(path + ": is not a regular file");
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::PermissionDeniedError(
        path +
        ": others can read or change this key; chmod 600 it if none of "
        "them has, else make another");
  }
  if (info.st_uid != geteuid()) {
    return absl::PermissionDeniedError(path + ": is another user's key");
  }
  std::string pem(kFileBytesMax, '\0');
  size_t used = 0;
  while (used < pem.size()) {
    const ssize_t got = read(fd, pem.data() + used, pem.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Unavailable(base::WithErrno(path + ": cannot be read", errno));
    }
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  KeyHandle key = Handle(PEM_read_bio_PrivateKey(
      Reading(std::string_view(pem).substr(0, used)).get(), nullptr, NoPassword,
      nullptr));
  explicit_bzero(pem.data(), pem.size());
  if (!IsEd25519(key)) {
    return InvalidArgument(path +
                           ": is not an Ed25519 key in PEM without a password");
  }
  return Key(std::move(key));
}

StatusOr<Key> Key::LoadOrMake(const std::string& path) {
  for (int tries = 0; tries < 2; ++tries) {
    const base::Descriptor file(
        open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file.is_open()) return Load(file.number(), path);
    if (errno == EACCES) {
      return absl::PermissionDeniedError(path + ": is another user's key");
    }
    if (errno != ENOENT) {
      return Unavailable(base::WithErrno(path + ": cannot be read", errno));
    }
    const Status made = Make(path);
    if (!made.ok() && made.code() != StatusCode::kAlreadyExists) return made;
  }
  return Unavailable(path + ": the key comes and goes; try again");
}

Signature Key::Sign(std::string_view message) const {
  const DigestContext context(EVP_MD_CTX_new());
  KENAL_CHECK(context != nullptr);
  KENAL_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr,
                                 key_.get()) == 1);
  Signature out;
  size_t size = out.size();
  KENAL_CHECK(
      EVP_DigestSign(context.get(), out.data(), &size,
                     reinterpret_cast<const unsigned char*>(message.data()),
                     message.size()) == 1);
  KENAL_CHECK(size == out.size());
  return out;
}

}  // namespace kenal::custody
