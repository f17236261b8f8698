#include "kenal/entry.h"

namespace kenal {

EntrySummary Summarize(const Entry& entry) {
  EntrySummary out{.id = entry.id,
                   .source_id = entry.source_id,
                   .signals = {},
                   .picture = entry.signals.picture,
                   .classifications = entry.classifications,
                   .series = entry.series,
                   .flags = entry.flags,
                   .provenance = entry.provenance,
                   .opinions = entry.opinions,
                   .expires_unix_ms = entry.expires_unix_ms,
                   .details_bytes = entry.details.size(),
                   .state = entry.state,
                   .state_reason = entry.state_reason,
                   .state_reference = entry.state_reference,
                   .overrules = entry.overrules,
                   .near_action_label = entry.near_action_label,
                   .added_at = entry.added_at,
                   .changed_at = entry.changed_at};
  const auto hold = [&](SignalType type) {
    out.signals.push_back({.type = type});
  };
  for (const PdqView& pdq : entry.signals.pdq) {
    out.signals.push_back({.type = SignalType::kPdq,
                           .view = pdq.view,
                           .quality = pdq.quality,
                           .template_like = pdq.template_like,
                           .second_opinion = pdq.marr.has_value()});
  }
  if (entry.signals.md5) hold(SignalType::kMd5);
  if (entry.signals.sha1) hold(SignalType::kSha1);
  if (entry.signals.sha256) hold(SignalType::kSha256);
  return out;
}

}  // namespace kenal
