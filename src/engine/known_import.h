// Known-good digests on their way to and from lists.
#ifndef KENAL_SRC_ENGINE_KNOWN_IMPORT_H_
#define KENAL_SRC_ENGINE_KNOWN_IMPORT_H_

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "kenal/known_good.h"
#include "kenal/status.h"
#include "src/catalogue/catalogue.h"

namespace kenal::engine {

// Lets in one import or removal at a time, so that what an import adds to is
// still what the list has when it ends. Thread-safe.
class KnownGoodDesk {
 public:
  // As Engine::ImportKnownGood. `catalogue`, the store in `folder`, and this
  // outlive what is returned.
  StatusOr<std::unique_ptr<KnownGoodImport>> Import(
      catalogue::Catalogue& catalogue, const std::string& folder,
      std::string_view list, const KnownGoodOptions& options);
  // As Engine::RemoveKnownGood.
  StatusOr<KnownGoodReport> Remove(catalogue::Catalogue& catalogue,
                                   std::string_view list,
                                   std::span<const SignalType> signals,
                                   const Authorship& by);

 private:
  // The turn, until it is destroyed. kUnavailable when another has it.
  StatusOr<std::shared_ptr<void>> TakeTurn();

  std::atomic<bool> taken_ = false;
};

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_KNOWN_IMPORT_H_
