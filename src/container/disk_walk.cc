#include "src/container/disk_walk.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "src/container/limits.h"

namespace kenal::container {
namespace {

constexpr size_t kBlockBytes = 128 * 1024;

// NTFS keeps the unusable clusters of a volume as a stream of this file, which
// is as long as the volume and holds nothing.
constexpr TSK_INUM_T kNtfsBadClusters = 8;

std::optional<int64_t> Milliseconds(time_t seconds, uint32_t nanoseconds) {
  constexpr int64_t kSecondsMax = int64_t{1} << 50;
  const int64_t value = seconds;
  // libtsk gives 0 for what a file system does not say.
  if (value == 0 || value > kSecondsMax || value < -kSecondsMax) {
    return std::nullopt;
  }
  return value * 1000 + nanoseconds / 1'000'000;
}

std::string CleanName(const char* name) {
  std::string clean = name == nullptr ? std::string() : std::string(name);
  std::ranges::replace(clean, '/', '^');
  return ToPath(clean);
}

bool IsSelfOrParent(std::string_view name) {
  return name == "." || name == "..";
}

EntryType TypeOf(const TSK_FS_NAME& name, const TSK_FS_META* meta) {
  if (meta != nullptr) {
    switch (meta->type) {
      case TSK_FS_META_TYPE_REG:
      case TSK_FS_META_TYPE_VIRT:
        return EntryType::kFile;
      case TSK_FS_META_TYPE_DIR:
      case TSK_FS_META_TYPE_VIRT_DIR:
        return EntryType::kFolder;
      case TSK_FS_META_TYPE_UNDEF:
        break;
      default:
        return EntryType::kOther;
    }
  }
  switch (name.type) {
    case TSK_FS_NAME_TYPE_REG:
    case TSK_FS_NAME_TYPE_VIRT:
    case TSK_FS_NAME_TYPE_UNDEF:
      return EntryType::kFile;
    case TSK_FS_NAME_TYPE_DIR:
    case TSK_FS_NAME_TYPE_VIRT_DIR:
      return EntryType::kFolder;
    default:
      return EntryType::kOther;
  }
}

bool IsVirtual(const TSK_FS_NAME& name) {
  return name.type == TSK_FS_NAME_TYPE_VIRT ||
         name.type == TSK_FS_NAME_TYPE_VIRT_DIR;
}

// Whether metadata that is free is still that of the name. Deleting a file
// counts up the sequence of its record in NTFS; using it again does, too.
bool IsStillIts(const TSK_FS_NAME& name, const TSK_FS_META& meta) {
  return name.meta_seq == 0 || meta.seq == name.meta_seq ||
         meta.seq == name.meta_seq + 1;
}

// All but place, path and type.
void Describe(const TSK_FS_NAME& name, const TSK_FS_META* meta, Entry& entry) {
  const bool is_free_name = (name.flags & TSK_FS_NAME_FLAG_UNALLOC) != 0;
  const bool is_free_meta =
      meta != nullptr && (meta->flags & TSK_FS_META_FLAG_UNALLOC) != 0;
  entry.deleted = is_free_name || is_free_meta;
  entry.reallocated =
      is_free_name && (!is_free_meta || !IsStillIts(name, *meta));
  entry.is_virtual = IsVirtual(name);
  if (meta == nullptr) return;
  if (entry.type == EntryType::kFile && meta->size >= 0) {
    entry.size_bytes = static_cast<uint64_t>(meta->size);
  }
  entry.modified_ms = Milliseconds(meta->mtime, meta->mtime_nano);
  entry.created_ms = Milliseconds(meta->crtime, meta->crtime_nano);
  entry.accessed_ms = Milliseconds(meta->atime, meta->atime_nano);
  entry.changed_ms = Milliseconds(meta->ctime, meta->ctime_nano);
}

// File systems whose files have more than one content.
bool HasStreams(const TSK_FS_INFO& system) {
  return TSK_FS_TYPE_ISNTFS(system.ftype) || TSK_FS_TYPE_ISHFS(system.ftype) ||
         system.ftype == TSK_FS_TYPE_APFS;
}

}  // namespace

std::string FileSystemWord(const TSK_FS_INFO& system) {
  switch (system.ftype) {
    case TSK_FS_TYPE_NTFS:
      return "ntfs";
    case TSK_FS_TYPE_FAT12:
      return "fat12";
    case TSK_FS_TYPE_FAT16:
      return "fat16";
    case TSK_FS_TYPE_FAT32:
      return "fat32";
    case TSK_FS_TYPE_EXFAT:
      return "exfat";
    case TSK_FS_TYPE_FFS1:
    case TSK_FS_TYPE_FFS1B:
    case TSK_FS_TYPE_FFS2:
      return "ufs";
    case TSK_FS_TYPE_EXT2:
      return "ext2";
    case TSK_FS_TYPE_EXT3:
      return "ext3";
    case TSK_FS_TYPE_EXT4:
      return "ext4";
    case TSK_FS_TYPE_ISO9660:
      return "iso9660";
    case TSK_FS_TYPE_HFS:
      return "hfs+";
    case TSK_FS_TYPE_APFS:
      return "apfs";
    case TSK_FS_TYPE_YAFFS2:
      return "yaffs2";
    default:
      return "";
  }
}

DiskWalk::DiskWalk(TSK_FS_INFO* system, uint32_t volume, bool with_orphans)
    : system_(system), volume_(volume), with_orphans_(with_orphans) {
  folders_.push_back({.address = system->root_inum});
  seen_.insert(system->root_inum);
}

void DiskWalk::Note(Reason reason) {
  if (why_ == Reason::kNone) why_ = reason;
}

bool DiskWalk::OpenFolder() {
  directory_.reset();
  if (folders_.empty()) {
    if (!orphans_) return false;
    folders_.push_back(*std::move(orphans_));
    orphans_.reset();
  }
  folder_ = std::move(folders_.back());
  folders_.pop_back();
  tsk_error_reset();
  directory_.reset(tsk_fs_dir_open_meta(system_, folder_.address));
  next_name_ = 0;
  name_count_ = 0;
  if (directory_ == nullptr) {
    Note(Reason::kDamaged);
  } else {
    name_count_ = tsk_fs_dir_getsize(directory_.get());
  }
  return true;
}

bool DiskWalk::Next(Entry& entry) {
  while (ready_.empty()) {
    if (next_name_ < name_count_) {
      AddName(next_name_++);
    } else if (!OpenFolder()) {
      return false;
    }
  }
  entry = std::move(ready_.front());
  ready_.pop_front();
  return true;
}

void DiskWalk::AddName(size_t number) {
  const std::unique_ptr<TSK_FS_FILE, FileFreer> file(
      tsk_fs_dir_get(directory_.get(), number));
  if (file == nullptr || file->name == nullptr) {
    Note(Reason::kDamaged);
    return;
  }
  if (file->name->name != nullptr && IsSelfOrParent(file->name->name)) return;
  // Of names in folders made up by libtsk, and of many deleted ones, it does
  // not look the metadata up.
  std::unique_ptr<TSK_FS_FILE, FileFreer> found;
  if (file->meta == nullptr && file->name->meta_addr != 0) {
    found.reset(tsk_fs_file_open_meta(system_, nullptr, file->name->meta_addr));
  }
  TSK_FS_FILE* content = found != nullptr ? found.get() : file.get();
  Entry entry;
  entry.place = {.volume = volume_, .address = file->name->meta_addr};
  entry.path = folder_.path.empty() ? std::string() : folder_.path + "/";
  entry.path += CleanName(file->name->name);
  entry.type = TypeOf(*file->name, content->meta);
  Describe(*file->name, content->meta, entry);
  if (folder_.is_orphan) entry.deleted = entry.orphan = true;
  if (entry.path.size() > kPathBytesMax) {
    Note(Reason::kTooDeep);
    return;
  }
  ready_.push_back(entry);
  if (content->meta == nullptr || entry.reallocated) return;
  if (HasStreams(*system_)) AddStreams(content, entry);
  if (entry.type == EntryType::kFolder) AddFolder(entry);
}

void DiskWalk::AddStreams(TSK_FS_FILE* file, const Entry& main) {
  const int count = tsk_fs_file_attr_getsize(file);
  for (int i = 0; i < count; ++i) {
    const TSK_FS_ATTR* attribute = tsk_fs_file_attr_get_idx(file, i);
    if (attribute == nullptr || attribute->size < 0) continue;
    const bool is_encrypted = (attribute->flags & TSK_FS_ATTR_ENC) != 0;
    const std::string_view name =
        attribute->name == nullptr ? "" : attribute->name;
    std::string stream;
    if (attribute->type == TSK_FS_ATTR_TYPE_NTFS_DATA) {
      if (name.empty() || name == "$Data" || name == "N/A") {
        if (is_encrypted) ready_.back().encrypted = true;
        continue;
      }
      if (main.place.address == kNtfsBadClusters) continue;
      stream = CleanName(attribute->name);
    } else if (attribute->type == TSK_FS_ATTR_TYPE_HFS_RSRC) {
      stream = "rsrc";
    } else {
      continue;
    }
    Entry entry = main;
    entry.place.attribute_type = static_cast<uint32_t>(attribute->type);
    entry.place.attribute_id = attribute->id;
    entry.path += ":" + stream;
    entry.type = EntryType::kFile;
    entry.size_bytes = static_cast<uint64_t>(attribute->size);
    entry.is_stream = true;
    entry.encrypted = is_encrypted;
    if (entry.path.size() <= kPathBytesMax) ready_.push_back(std::move(entry));
  }
}

void DiskWalk::AddFolder(const Entry& entry) {
  const TSK_INUM_T address = entry.place.address;
  if (!seen_.insert(address).second) return;
  if (folder_.depth + 1 >= kDepthMax) {
    Note(Reason::kTooDeep);
    return;
  }
  Folder folder{.address = address,
                .path = entry.path,
                .depth = folder_.depth + 1,
                .is_orphan = folder_.is_orphan};
  const bool holds_orphans =
      entry.is_virtual && address == TSK_FS_ORPHANDIR_INUM(system_);
  if (!holds_orphans) {
    folders_.push_back(std::move(folder));
  } else if (with_orphans_) {
    folder.is_orphan = true;
    orphans_ = std::move(folder);
  }
}

Reason ReadDiskFile(TSK_FS_INFO* system, const Place& place,
                    uint64_t size_bytes_max, const Emit& emit) {
  tsk_error_reset();
  struct FileFreer {
    void operator()(TSK_FS_FILE* file) const { tsk_fs_file_close(file); }
  };
  const std::unique_ptr<TSK_FS_FILE, FileFreer> file(
      tsk_fs_file_open_meta(system, nullptr, place.address));
  if (file == nullptr) return Reason::kDamaged;
  const TSK_FS_ATTR* attribute =
      place.attribute_type == 0
          ? tsk_fs_file_attr_get(file.get())
          : tsk_fs_file_attr_get_type(
                file.get(),
                static_cast<TSK_FS_ATTR_TYPE_ENUM>(place.attribute_type),
                static_cast<uint16_t>(place.attribute_id), 1);
  if (attribute == nullptr) {
    const bool is_empty = file->meta != nullptr && file->meta->size == 0;
    return is_empty ? Reason::kNone : Reason::kDamaged;
  }
  if ((attribute->flags & TSK_FS_ATTR_ENC) != 0) return Reason::kEncrypted;
  std::vector<uint8_t> block(kBlockBytes);
  const auto size_bytes =
      static_cast<uint64_t>(std::max<TSK_OFF_T>(attribute->size, 0));
  for (uint64_t at = 0; at < size_bytes;) {
    if (at >= size_bytes_max) return Reason::kMemberTooLarge;
    const size_t wanted =
        static_cast<size_t>(std::min<uint64_t>(block.size(), size_bytes - at));
    const ssize_t got = tsk_fs_attr_read(attribute, static_cast<TSK_OFF_T>(at),
                                         reinterpret_cast<char*>(block.data()),
                                         wanted, TSK_FS_FILE_READ_FLAG_NONE);
    if (got <= 0) return Reason::kDamaged;
    const size_t count = std::min(static_cast<size_t>(got), wanted);
    if (!emit({block.data(), count})) return Reason::kStopped;
    at += count;
  }
  return Reason::kNone;
}

}  // namespace kenal::container
