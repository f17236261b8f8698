// What exchanges of platforms give out: ThreatExchange descriptors as JSON
// (family "threatexchange") in and out, pages of StopNCII (family "stopncii")
// in, and the local files of python-threatexchange (family "pytx") in and out.
#ifndef KENAL_SRC_FORMATS_EXCHANGE_PAGES_H_
#define KENAL_SRC_FORMATS_EXCHANGE_PAGES_H_

#include <memory>
#include <string>

#include "kenal/status.h"
#include "src/formats/input.h"
#include "src/formats/output.h"
#include "src/formats/reader.h"
#include "src/formats/writer.h"

namespace kenal::formats {

// Descriptors one after another, in arrays, or in pages with `data`.
StatusOr<std::unique_ptr<Reader>> OpenThreatExchange(
    std::unique_ptr<Input> input);
// Pages alone, as a feed gives them: whatever has no `data` is refused.
StatusOr<std::unique_ptr<Reader>> OpenThreatExchangePages(
    std::unique_ptr<Input> input);
// One page. A descriptor holds one hash: a record of several makes several.
StatusOr<std::unique_ptr<Writer>> MakeThreatExchangeWriter(
    std::unique_ptr<Output> output);

// Pages, one after another.
StatusOr<std::unique_ptr<Reader>> OpenStopNcii(std::unique_ptr<Input> input);

// `type`: of values that stand alone; empty: each line says its own.
StatusOr<std::unique_ptr<Reader>> OpenPytx(const std::string& path,
                                           const std::string& type);
StatusOr<std::unique_ptr<Writer>> MakePytxWriter(
    std::unique_ptr<Output> output);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_EXCHANGE_PAGES_H_
