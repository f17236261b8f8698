#include "src/identity/authority.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "src/base/file.h"
#include "src/identity/certificate.h"
#include "src/identity/private_file.h"
#include "src/identity/tls_files.h"

namespace kenal::identity {
namespace {

constexpr int kDaysMax = 36'500;
constexpr size_t kNameBytesMax = 64;  // as long as a common name may be
constexpr mode_t kSecret = 0600;
constexpr mode_t kPublic = 0644;
constexpr char kAuthorityName[] = "ca";
constexpr char kTableName[] = "clients.txt";
constexpr char kTableHead[] =
    "# SAN of the certificate   roles   rate=N in-flight=N region=XX\n";

// A name becomes a file's, so it must not lead anywhere else.
Status CheckName(const std::string& name) {
  const auto is_alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
  };
  const bool plain = std::all_of(name.begin(), name.end(), [&](char c) {
    return is_alnum(c) || c == '.' || c == '_' || c == '-';
  });
  if (name.empty() || name.size() > kNameBytesMax || !plain ||
      !is_alnum(name.front())) {
    return InvalidArgument(
        "a name must be 1 to 64 of a-z A-Z 0-9 . _ - and start with a letter "
        "or digit");
  }
  if (name == kAuthorityName) {
    return InvalidArgument("\"ca\" is the authority's own name");
  }
  return OkStatus();
}

Status CheckDays(int days) {
  if (days >= 1 && days <= kDaysMax) return OkStatus();
  return InvalidArgument("the days must be 1 to " + std::to_string(kDaysMax));
}

struct Issuer {
  Certificate certificate;
  Key key;
};

StatusOr<Issuer> ReadIssuer(const std::string& folder) {
  const std::string path = folder + "/ca.pem";
  auto certificate = ReadCertificateFile(path);
  if (certificate.status().code() == StatusCode::kNotFound) {
    return NotFound("there is no authority in " + folder +
                    "; make one with kenal certs init " + folder);
  }
  KENAL_TRY(certificate.status());
  KENAL_TRY_ASSIGN(Key key, ReadKeyFile(folder + "/ca.key"));
  if (X509_check_private_key(certificate->get(), key.get()) != 1) {
    return InvalidArgument(folder + "/ca.key is not the key of ca.pem");
  }
  if (X509_check_ca(certificate->get()) != 1) {
    return InvalidArgument(path + ": is not an authority's certificate");
  }
  const Status valid = CheckValidNow(**certificate);
  if (!valid.ok()) {
    return Status(valid.code(), path +
                                    ": the authority has expired or is not "
                                    "valid yet; make another elsewhere");
  }
  return Issuer{*std::move(certificate), std::move(key)};
}

// A certificate that outlives its authority would stop working before its
// time.
Status CheckOutlives(const Issuer& issuer, const X509& certificate) {
  const auto end_of = [](const X509& of) {
    return UnixSeconds(X509_get0_notAfter(&of));
  };
  if (end_of(certificate) <= end_of(*issuer.certificate)) return OkStatus();
  return InvalidArgument(
      "the certificate would outlive its authority; ask for fewer days");
}

struct Pair {
  Bio certificate;
  Bio key;
};

StatusOr<Pair> MakePair(const Issuer& issuer, const CertificateOrder& order) {
  KENAL_TRY_ASSIGN(const Key key, MakeKey());
  KENAL_TRY_ASSIGN(
      const Certificate certificate,
      MakeCertificate(order, *key, issuer.certificate.get(), *issuer.key));
  KENAL_TRY(CheckOutlives(issuer, *certificate));
  Pair pair;
  KENAL_TRY_ASSIGN(pair.certificate, WritePem(*certificate));
  KENAL_TRY_ASSIGN(pair.key, WritePem(*key));
  return pair;
}

Status CreatePair(LockedFolder& folder, const std::string& name,
                  const Pair& pair) {
  KENAL_TRY(folder.Create(name + ".key", BytesOf(pair.key), kSecret));
  Status created =
      folder.Create(name + ".pem", BytesOf(pair.certificate), kPublic);
  if (!created.ok()) folder.Remove(name + ".key");
  return created;
}

Status CheckFree(const LockedFolder& folder, const std::string& name) {
  for (const char* ending : {".pem", ".key"}) {
    if (folder.Has(name + ending)) {
      return AlreadyExists(name + ending +
                           " is there already; renew it, or choose another "
                           "name");
    }
  }
  return OkStatus();
}

std::string LineOf(const std::string& san, const Caller& caller) {
  std::string line = san + "  " + caller.roles.ToString();
  if (caller.quota.items_per_second > 0) {
    line += "  rate=" + std::to_string(caller.quota.items_per_second);
  }
  if (caller.quota.in_flight_max > 0) {
    line += "  in-flight=" + std::to_string(caller.quota.in_flight_max);
  }
  if (!caller.region.empty()) line += "  region=" + caller.region;
  return line + "\n";
}

// The table with one client more; checked as the server will.
StatusOr<std::string> TableWith(const std::string& path,
                                const std::string& line) {
  std::string text = kTableHead;
  const auto bytes = base::ReadFile(path, ClientTable::kBytesMax);
  if (bytes.ok()) {
    text.assign(bytes->begin(), bytes->end());
  } else if (bytes.status().code() != StatusCode::kNotFound) {
    return bytes.status();
  }
  if (!text.empty() && text.back() != '\n') text += '\n';
  text += line;
  const auto table = ClientTable::Parse(text);
  if (table.ok()) return text;
  return InvalidArgument(path + ": " + std::string(table.status().message()));
}

StatusOr<Use> UseOf(const X509& certificate) {
  const uint32_t uses =
      X509_get_extended_key_usage(const_cast<X509*>(&certificate));
  if (uses == XKU_SSL_SERVER) return Use::kServer;
  if (uses == XKU_SSL_CLIENT) return Use::kClient;
  return InvalidArgument("is neither a server's nor a client's certificate");
}

}  // namespace

Status MakeAuthority(const std::string& folder, int days) {
  KENAL_TRY(CheckDays(days));
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return Unavailable(base::WithErrno(folder + ": cannot be made", errno));
  }
  KENAL_TRY_ASSIGN(LockedFolder locked, LockedFolder::Open(folder));
  if (locked.Has("ca.pem") || locked.Has("ca.key")) {
    return AlreadyExists("there is an authority in " + folder +
                         " already; it is left alone");
  }
  KENAL_TRY_ASSIGN(const Key key, MakeKey());
  const CertificateOrder order{
      .common_name = "Kenal authority", .use = Use::kAuthority, .days = days};
  KENAL_TRY_ASSIGN(const Certificate certificate,
                   MakeCertificate(order, *key, nullptr, *key));
  Pair pair;
  KENAL_TRY_ASSIGN(pair.certificate, WritePem(*certificate));
  KENAL_TRY_ASSIGN(pair.key, WritePem(*key));
  return CreatePair(locked, kAuthorityName, pair);
}

Status IssueServer(const std::string& folder, const ServerRequest& request) {
  KENAL_TRY(CheckName(request.name));
  KENAL_TRY(CheckDays(request.days));
  KENAL_TRY_ASSIGN(const Names names, NamesOfHosts(request.hosts));
  KENAL_TRY_ASSIGN(const Issuer issuer, ReadIssuer(folder));
  KENAL_TRY_ASSIGN(LockedFolder locked, LockedFolder::Open(folder));
  KENAL_TRY(CheckFree(locked, request.name));
  KENAL_TRY_ASSIGN(const Pair pair,
                   MakePair(issuer, {.common_name = request.name,
                                     .use = Use::kServer,
                                     .names = names.get(),
                                     .days = request.days}));
  return CreatePair(locked, request.name, pair);
}

Status IssueClient(const std::string& folder, const ClientRequest& request) {
  KENAL_TRY(CheckName(request.name));
  KENAL_TRY(CheckDays(request.days));
  if (request.caller.roles.empty()) {
    return InvalidArgument("a client needs at least one role");
  }
  const std::string san = "kenal://client/" + request.name;
  KENAL_TRY_ASSIGN(const Names names, NamesOfUri(san));
  KENAL_TRY_ASSIGN(const Issuer issuer, ReadIssuer(folder));
  KENAL_TRY_ASSIGN(LockedFolder locked, LockedFolder::Open(folder));
  KENAL_TRY(CheckFree(locked, request.name));
  KENAL_TRY_ASSIGN(
      const std::string table,
      TableWith(folder + "/" + kTableName, LineOf(san, request.caller)));
  KENAL_TRY_ASSIGN(const Pair pair,
                   MakePair(issuer, {.common_name = request.name,
                                     .use = Use::kClient,
                                     .names = names.get(),
                                     .days = request.days}));
  KENAL_TRY(CreatePair(locked, request.name, pair));
  return locked.Replace(kTableName, table, kPublic);
}

Status Renew(const std::string& folder, const std::string& name, int days) {
  KENAL_TRY(CheckName(name));
  KENAL_TRY(CheckDays(days));
  KENAL_TRY_ASSIGN(const Issuer issuer, ReadIssuer(folder));
  KENAL_TRY_ASSIGN(LockedFolder locked, LockedFolder::Open(folder));
  const std::string path = folder + "/" + name + ".pem";
  KENAL_TRY_ASSIGN(const Certificate old, ReadCertificateFile(path));
  if (X509_verify(old.get(), issuer.key.get()) != 1) {
    return InvalidArgument(path + ": was not issued by the authority here");
  }
  const auto use = UseOf(*old);
  if (!use.ok()) {
    return InvalidArgument(path + ": " + std::string(use.status().message()));
  }
  const Names names = NamesOf(*old);
  KENAL_TRY_ASSIGN(const Pair pair, MakePair(issuer, {.common_name = name,
                                                      .use = *use,
                                                      .names = names.get(),
                                                      .days = days}));
  // Who reads between the two sees that they do not fit and keeps the old.
  KENAL_TRY(locked.Replace(name + ".key", BytesOf(pair.key), kSecret));
  return locked.Replace(name + ".pem", BytesOf(pair.certificate), kPublic);
}

}  // namespace kenal::identity
