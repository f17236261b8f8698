// What the tests of known-good files in the catalogue share.
#ifndef KENAL_TESTS_CATALOGUE_KNOWN_GOOD_TESTING_H_
#define KENAL_TESTS_CATALOGUE_KNOWN_GOOD_TESTING_H_

#include <fstream>
#include <string>

#include "src/base/digest.h"
#include "src/catalogue/known_files.h"
#include "tests/catalogue/testing.h"

namespace kenal::catalogue {

// An edit that sets `bytes` as the file of one type, built as builders do.
inline KnownGoodEdit Built(const std::string& store, const std::string& list,
                           SignalType signal, const std::string& bytes) {
  EXPECT_TRUE(MakeKnownFolder(store).ok());
  const std::string path =
      KnownFolder(store) + "/" + KnownDraftName(list, signal);
  std::ofstream(path, std::ios::binary) << bytes;
  return {.signal = signal,
          .file = KnownGoodFile{.signal = signal,
                                .count = bytes.size() / 2,
                                .size_bytes = bytes.size(),
                                .sha256 = base::Sha256Of(base::AsBytes(bytes)),
                                .source = "us",
                                .import_id = "run"},
          .built = path};
}

}  // namespace kenal::catalogue

#endif  // KENAL_TESTS_CATALOGUE_KNOWN_GOOD_TESTING_H_
