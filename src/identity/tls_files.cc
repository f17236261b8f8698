#include "src/identity/tls_files.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "src/base/file.h"
#include "src/identity/authority.h"

namespace kenal::identity {
namespace {

constexpr uint64_t kPemBytesMax = uint64_t{1} << 20;

template <typename Object>
StatusOr<Object> ReadPem(const std::string& path,
                         StatusOr<Object> (*parse)(std::string_view)) {
  if (access(path.c_str(), R_OK) != 0 && errno == EACCES) {
    return absl::PermissionDeniedError(path + ": may not be read by this user");
  }
  KENAL_TRY_ASSIGN(std::vector<uint8_t> bytes,
                   base::ReadFile(path, kPemBytesMax));
  auto object =
      parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  OPENSSL_cleanse(bytes.data(), bytes.size());
  if (object.ok()) return object;
  return Status(object.status().code(),
                path + ": " + std::string(object.status().message()));
}

std::string NameText(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr) return "";
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  return std::string(BytesOf(bio));
}

std::string Sha256Text(const X509& certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest.data(), &size) != 1) {
    return "";
  }
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4];
    text += "0123456789abcdef"[digest[i] & 15];
  }
  return text;
}

}  // namespace

StatusOr<Certificate> ReadCertificateFile(const std::string& path) {
  return ReadPem(path, ParseCertificate);
}

StatusOr<Key> ReadKeyFile(const std::string& path) {
  return ReadPem(path, ParseKey);
}

Status CheckTlsFiles(const TlsFiles& files) {
  const std::pair<const std::string&, const char*> parts[] = {
      {files.certificate, "certificate"},
      {files.key, "key"},
      {files.authority, "authority's certificate"}};
  for (const auto& [path, what] : parts) {
    if (path.empty()) {
      return InvalidArgument(std::string("TLS needs the file of the ") + what +
                             "; give certificate, key and authority");
    }
  }
  KENAL_TRY_ASSIGN(const Certificate certificate,
                   ReadCertificateFile(files.certificate));
  KENAL_TRY_ASSIGN(const Key key, ReadKeyFile(files.key));
  KENAL_TRY(ReadCertificateFile(files.authority).status());
  const bool fits = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!fits) {
    return InvalidArgument(files.key + " is not the key of " +
                           files.certificate);
  }
  const Status valid = CheckValidNow(*certificate);
  if (valid.ok()) return valid;
  return Status(valid.code(),
                files.certificate + ": " + std::string(valid.message()));
}

StatusOr<CertificateInfo> ReadCertificate(const std::string& path) {
  KENAL_TRY_ASSIGN(const Certificate certificate, ReadCertificateFile(path));
  CertificateInfo info;
  info.subject = NameText(X509_get_subject_name(certificate.get()));
  info.issuer = NameText(X509_get_issuer_name(certificate.get()));
  const Names names = NamesOf(*certificate);
  if (names != nullptr) info.sans = TextOf(*names);
  info.not_before_unix_s = UnixSeconds(X509_get0_notBefore(certificate.get()));
  info.not_after_unix_s = UnixSeconds(X509_get0_notAfter(certificate.get()));
  info.is_authority = X509_check_ca(certificate.get()) == 1;
  info.sha256 = Sha256Text(*certificate);
  return info;
}

}  // namespace kenal::identity
