// Certificate dates: whether the certificate of a connection has expired since
// the handshake. Sessions are resumed and connections last without another
// look at it.
#ifndef KENAL_SRC_SERVICE_CERTIFICATE_DATES_H_
#define KENAL_SRC_SERVICE_CERTIFICATE_DATES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "src/base/mutex.h"

namespace kenal::service {

// Thread-safe. Reads a certificate once and remembers kCertificatesMax.
class CertificateDates {
 public:
  // Also true for what is not a certificate in PEM.
  bool Expired(std::string_view pem);

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  base::Mutex mutex_;
  // By the whole text: nobody shares another's date.
  std::unordered_map<std::string, int64_t, Hash, std::equal_to<>> not_after_s_
      KENAL_GUARDED_BY(mutex_);
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_CERTIFICATE_DATES_H_
