// Which of the user's own pictures are taken for one another: each is asked of
// a list that holds all others, by the rules and the index of the engine.
#ifndef KENAL_TOOLS_KENAL_CALIBRATE_PAIRS_H_
#define KENAL_TOOLS_KENAL_CALIBRATE_PAIRS_H_

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "kenal/status.h"
#include "tools/kenal/calibrate_pictures.h"

namespace kenal::cli {

inline constexpr size_t kRadiusCount = kRadiusBitsMax + 1;

// By radius: so many within it, the radius included.
using ByRadius = std::array<uint64_t, kRadiusCount>;

// Pairs of pictures that a person calls the same, and what follows from them:
// with (a, b) and (b, c) also (a, c). Groups number the pictures.
using Groups = std::vector<uint32_t>;
Groups EachItsOwn(size_t count);

// Reads lines of JSON with the members "a" and "b" (a_base64, b_base64 where a
// name is not UTF-8), as pairs.jsonl holds them; other members are ignored.
// `unknown` counts lines that name a picture that is not among `pictures`.
// Errors: kNotFound, kUnavailable    the file
//         kInvalidArgument           a line that is no such pair, by number
StatusOr<Groups> ReadSame(const std::string& path,
                          std::span<const CalibratedPicture> pictures,
                          uint64_t& unknown);

struct NearPair {
  uint32_t a = 0;  // position of a picture; a < b
  uint32_t b = 0;
  int distance = 0;  // the smaller of a asked of b and b of a
  bool same = false;
};

// Pairs that are kept for a person to look at; more than anybody will.
inline constexpr size_t kPairsMax = 1'000'000;

struct PairFigures {
  uint64_t picture_count = 0;
  uint64_t comparison_count = 0;  // of two pictures, in both directions
  ByRadius found{};               // pictures that met another
  ByRadius found_different{};     // that met one which is not the same
  std::vector<NearPair> pairs;    // by distance, then position
  bool pairs_cut = false;         // beyond kPairsMax; the counts are whole
};

// Compares each picture with every other, exactly: within 31 bits whatever
// they are, beyond only where neither view is template-like.
// Cost: an index of all rows, and its searches at radius kRadiusBitsMax.
// Errors: kCancelled, when `stop` was asked for.
StatusOr<PairFigures> FindPairs(std::span<const CalibratedPicture> pictures,
                                const Groups& groups,
                                const std::stop_token& stop,
                                const std::function<void(size_t)>& progress);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_CALIBRATE_PAIRS_H_
