#include "tests/signal/pictures.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "src/signal/pdq_plain.h"

namespace kenal::signal {

Picture ReadPnm(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string magic;
  int sample_max = 0;
  Picture picture;
  file >> magic >> picture.width >> picture.height >> sample_max;
  file.get();
  EXPECT_TRUE(file.good() && sample_max == 255) << path;
  picture.channels = magic == "P6" ? 3 : 1;
  picture.samples.resize(static_cast<size_t>(picture.width) *
                         static_cast<size_t>(picture.height) *
                         static_cast<size_t>(picture.channels));
  file.read(reinterpret_cast<char*>(picture.samples.data()),
            static_cast<std::streamsize>(picture.samples.size()));
  EXPECT_TRUE(file.good()) << path;
  return picture;
}

std::vector<float> PlainLumaOf(const Picture& picture) {
  std::vector<float> luma;
  const auto& samples = picture.samples;
  if (picture.channels == 1) {
    luma.assign(samples.begin(), samples.end());
    return luma;
  }
  for (size_t at = 0; at + 3 <= samples.size(); at += 3) {
    luma.push_back(PlainLuma(samples[at], samples[at + 1], samples[at + 2]));
  }
  return luma;
}

PdqResult StreamPdq(const Picture& picture) {
  PdqStream stream(picture.width, picture.height);
  for (int y = 0; y < picture.height; ++y) {
    if (picture.channels == 1) {
      stream.AddGreyRow(picture.Row(y));
    } else {
      stream.AddRgbRow(picture.Row(y));
    }
  }
  return stream.Finish();
}

std::vector<std::vector<std::string>> ReadTsv(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream cells(line);
    auto& row = rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, '\t');) {
      row.push_back(cell);
    }
  }
  return rows;
}

std::map<std::string, std::vector<std::string>> ExpectedNative(
    const std::string& folder) {
  std::map<std::string, std::vector<std::string>> expected;
  for (auto& row : ReadTsv(VectorsFolder() + "/expected-native.tsv")) {
    if (row[0].starts_with(folder)) expected[row[0]] = row;
  }
  return expected;
}

std::string VectorsFolder() { return KENAL_TEST_DATA "/pdq-vectors"; }

}  // namespace kenal::signal
