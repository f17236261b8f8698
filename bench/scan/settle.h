// Writing an evidence set, and what is planted where, to disk.
#ifndef KENAL_BENCH_SCAN_SETTLE_H_
#define KENAL_BENCH_SCAN_SETTLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "bench/scan/plan.h"
#include "kenal/status.h"

namespace kenal::evidence {

struct Total {
  uint64_t files = 0;
  uint64_t bytes = 0;
};

// What the plan comes to, without writing anything.
Total TotalOf(const std::vector<File>& plan, const Pictures& pictures,
              int threads);

// Writes EXHIBIT/FOLDER/NAME below `folder`, each file with bytes of its own.
// Errors: kAlreadyExists  the folder holds something
//         kUnavailable, kResourceExhausted
Status WriteFiles(const std::vector<File>& plan, const Pictures& pictures,
                  const std::string& folder, int threads);

// Writes into `folder`: originals/kNNN.jpg and lone/lone.jpg, to be ingested;
// truth.jsonl, a line for each file that is not an ordinary picture or junk.
// Errors: as WriteFiles.
Status WriteTruth(const std::vector<File>& plan, const Pictures& pictures,
                  const std::string& folder);

// A tree of `files` small text files, a thousand a folder.
Status WriteTree(const std::string& folder, uint64_t files, int threads);

}  // namespace kenal::evidence

#endif  // KENAL_BENCH_SCAN_SETTLE_H_
