#include "src/service/certificate_dates.h"

#include "src/base/clock.h"
#include "src/identity/certificate.h"
#include "src/service/limits.h"

namespace kenal::service {

bool CertificateDates::Expired(std::string_view pem) {
  const int64_t now_s = base::NowUnixMs() / 1000;
  {
    base::MutexLock lock(mutex_);
    const auto found = not_after_s_.find(pem);
    if (found != not_after_s_.end()) return now_s > found->second;
  }
  const auto not_after_s = identity::NotAfterOf(pem);
  if (!not_after_s.ok()) return true;
  base::MutexLock lock(mutex_);
  if (not_after_s_.size() >= kCertificatesMax) not_after_s_.clear();
  not_after_s_.emplace(pem, *not_after_s);
  return now_s > *not_after_s;
}

}  // namespace kenal::service
