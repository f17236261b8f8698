// Recall: every alteration of every picture, held against the picture itself.
#ifndef KENAL_BENCH_ROBUSTNESS_RECALL_H_
#define KENAL_BENCH_ROBUSTNESS_RECALL_H_

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "bench/robustness/alterations.h"
#include "bench/robustness/pictures.h"
#include "bench/robustness/strategies.h"

namespace kenal::robustness {

// A copy of one picture of a corpus.
struct CopyOf {
  size_t picture = 0;     // position in the corpus
  size_t beside = 0;      // the other picture that a collage shows
  size_t alteration = 0;  // position in the table
};

// The corpus position of the picture beside a picture: another one, the same
// for all of its alterations.
size_t BesideOf(const std::vector<Picture>& pictures, size_t at);

// Makes each copy once and hands it out with its views, from several threads,
// with one call at a time for any one picture.
using VisitCopy = std::function<void(const CopyOf&, const Copy&,
                                     const std::vector<PdqView>&)>;
void ForEachCopy(const std::vector<Picture>& pictures,
                 const std::vector<Alteration>& alterations,
                 const decode::DecodeWork& work, int threads,
                 const VisitCopy& visit);

// Distances of the copies, by strategy, alteration and picture.
class Distances {
 public:
  Distances(size_t strategies, size_t alterations, size_t pictures)
      : alterations_(alterations),
        pictures_(pictures),
        cells_(strategies * alterations * pictures) {}

  Nearest& At(size_t strategy, size_t alteration, size_t picture) {
    return cells_[(strategy * alterations_ + alteration) * pictures_ + picture];
  }
  const Nearest& At(size_t strategy, size_t alteration, size_t picture) const {
    return cells_[(strategy * alterations_ + alteration) * pictures_ + picture];
  }
  size_t picture_count() const { return pictures_; }
  size_t alteration_count() const { return alterations_; }

 private:
  size_t alterations_;
  size_t pictures_;
  std::vector<Nearest> cells_;
};

// A share with its Wilson interval of 95 %.
struct Share {
  int64_t hits = 0;
  int64_t count = 0;

  double percent() const;
  std::array<double, 2> interval_percent() const;  // {0, 100} without a count
};

Share FoundOf(const Distances& distances, size_t strategy, size_t alteration,
              int review_radius_bits);
// Of any distance, in bits; the lower one of the two in the middle.
int MedianOf(const Distances& distances, size_t strategy, size_t alteration);

}  // namespace kenal::robustness

#endif  // KENAL_BENCH_ROBUSTNESS_RECALL_H_
