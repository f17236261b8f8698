// Pictures and expectations for the tests of signals.
#ifndef KENAL_TESTS_SIGNAL_PICTURES_H_
#define KENAL_TESTS_SIGNAL_PICTURES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "src/signal/pdq.h"

namespace kenal::signal {

// Raw 8-bit samples, row by row; `channels` is 1 or 3.
struct Picture {
  int width = 0;
  int height = 0;
  int channels = 0;
  std::vector<uint8_t> samples;

  const uint8_t* Row(int y) const {
    return samples.data() + static_cast<size_t>(y) *
                                static_cast<size_t>(width) *
                                static_cast<size_t>(channels);
  }
};

// Reads a binary pixel map (P5 or P6); an unreadable file fails the test.
Picture ReadPnm(const std::string& path);

// Luma as the plain twin computes it.
std::vector<float> PlainLumaOf(const Picture& picture);

// The picture fed to PdqStream row by row.
PdqResult StreamPdq(const Picture& picture);

// Cells of a tab-separated file; lines that start with '#' are left out.
std::vector<std::vector<std::string>> ReadTsv(const std::string& path);

// Lines of expected-native.tsv by file, for the files under `folder`.
std::map<std::string, std::vector<std::string>> ExpectedNative(
    const std::string& folder);

// The vectors' folder.
std::string VectorsFolder();

}  // namespace kenal::signal

#endif  // KENAL_TESTS_SIGNAL_PICTURES_H_
