// The table of the index's figures, as Markdown on standard output.
#ifndef KENAL_BENCH_INDEX_TABLE_H_
#define KENAL_BENCH_INDEX_TABLE_H_

namespace kenal::index::bench {

// full  adds the row of 100 million hashes, which needs 17 GB of memory.
void PrintTable(bool full);

// Writes queries a second and bytes a row for growing N, as CSV.
void PrintGrowth();

}  // namespace kenal::index::bench

#endif  // KENAL_BENCH_INDEX_TABLE_H_
