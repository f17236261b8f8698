// The files of one file system, by libtsk. Worker's side.
#ifndef KENAL_SRC_CONTAINER_DISK_WALK_H_
#define KENAL_SRC_CONTAINER_DISK_WALK_H_

#include <tsk/libtsk.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "src/container/book.h"

namespace kenal::container {

struct FileSystemFreer {
  void operator()(TSK_FS_INFO* system) const { tsk_fs_close(system); }
};
using FileSystemPtr = std::unique_ptr<TSK_FS_INFO, FileSystemFreer>;

// "ntfs", "fat32", ...; empty for what is no file system.
std::string FileSystemWord(const TSK_FS_INFO& system);

// Every name of a file system once, folder after folder. libtsk's own walk
// calls back and recurses; this one is asked, and keeps a list of folders to
// do instead of a stack. A metadata address is walked as a folder once, so
// loops end.
class DiskWalk {
 public:
  // `system` must outlive it.
  DiskWalk(TSK_FS_INFO* system, uint32_t volume, bool with_orphans);

  // False at the end; why() then tells what kept it from being complete.
  bool Next(Entry& entry);
  Reason why() const { return why_; }

 private:
  struct Folder {
    TSK_INUM_T address = 0;
    std::string path;
    uint32_t depth = 0;
    bool is_orphan = false;
  };
  struct DirectoryFreer {
    void operator()(TSK_FS_DIR* directory) const {
      tsk_fs_dir_close(directory);
    }
  };
  struct FileFreer {
    void operator()(TSK_FS_FILE* file) const { tsk_fs_file_close(file); }
  };

  bool OpenFolder();
  void AddName(size_t number);
  void AddStreams(TSK_FS_FILE* file, const Entry& main);
  void AddFolder(const Entry& entry);
  void Note(Reason reason);

  TSK_FS_INFO* const system_;
  const uint32_t volume_;
  const bool with_orphans_;
  std::vector<Folder> folders_;    // to be done; the last one next
  std::optional<Folder> orphans_;  // after all others
  std::unordered_set<TSK_INUM_T> seen_;
  Folder folder_;
  std::unique_ptr<TSK_FS_DIR, DirectoryFreer> directory_;
  size_t next_name_ = 0;
  size_t name_count_ = 0;
  std::deque<Entry> ready_;
  Reason why_ = Reason::kNone;
};

// Content of the entry at `place`, no more than `size_bytes_max` of it.
Reason ReadDiskFile(TSK_FS_INFO* system, const Place& place,
                    uint64_t size_bytes_max, const Emit& emit);

}  // namespace kenal::container

#endif  // KENAL_SRC_CONTAINER_DISK_WALK_H_
