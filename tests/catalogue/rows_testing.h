// Stores of older formats, from files that hold every row of one: a `family
// key value` a line, in hex; "-" stands for nothing.
#ifndef KENAL_TESTS_CATALOGUE_ROWS_TESTING_H_
#define KENAL_TESTS_CATALOGUE_ROWS_TESTING_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "src/catalogue/options.h"
#include "src/catalogue/store.h"

namespace kenal::catalogue {

inline std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(
        static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// Makes a store in `folder` of the rows in the file of test data that is named.
// How many there were goes to `count`.
inline void MakeStoreOfRows(const std::string& folder, const Options& options,
                            const std::string& name, int& count) {
  ASSERT_TRUE(CreateWith(folder, options).ok());
  auto store = Store::Open(folder, options);
  ASSERT_TRUE(store.ok()) << store.status();
  Rows rows(**store);
  std::ifstream file(KENAL_TEST_DATA "/" + name);
  std::string family;
  std::string key;
  for (std::string value; file >> family >> key >> value; ++count) {
    const auto found = std::ranges::find(kFamilyNames, family);
    ASSERT_NE(found, kFamilyNames.end());
    rows.Put(static_cast<Family>(found - kFamilyNames.begin()), FromHex(key),
             FromHex(value));
  }
  ASSERT_TRUE((*store)->Write(rows).ok());
}

}  // namespace kenal::catalogue

#endif  // KENAL_TESTS_CATALOGUE_ROWS_TESTING_H_
