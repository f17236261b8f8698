// A file system for tests below RocksDB: fails its k-th operation, runs out of
// space, or loses what was not synced when the process is killed.
#ifndef KENAL_TESTS_CATALOGUE_TEST_FILE_SYSTEM_H_
#define KENAL_TESTS_CATALOGUE_TEST_FILE_SYSTEM_H_

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace kenal::catalogue {

struct Faults {
  // Operation number `fail_at` (from 1) fails once with `failure`; 0: none.
  std::atomic<int64_t> fail_at = 0;
  std::atomic<int64_t> operations = 0;
  rocksdb::IOStatus failure = rocksdb::IOStatus::IOError("planted");

  // Bytes that may still be written; negative: no limit.
  std::atomic<int64_t> space_left = -1;

  // Appended bytes stay in this process until they are synced, so that
  // killing it is a power cut; `lie` keeps those of the write-ahead log even
  // then.
  bool hold_unsynced = false;
  bool lie = false;

  std::string failed;  // which one that was

  rocksdb::IOStatus Step(std::string_view what, const std::string& name) {
    if (++operations != fail_at) return rocksdb::IOStatus::OK();
    failed = std::string(what) + " " + name.substr(name.rfind('/') + 1);
    return failure;
  }
  rocksdb::IOStatus Spend(size_t size_bytes) {
    const int64_t left = space_left.load();
    if (left < 0) return rocksdb::IOStatus::OK();
    const int64_t needed = static_cast<int64_t>(size_bytes);
    if (left < needed) return rocksdb::IOStatus::NoSpace("planted");
    space_left.store(left - needed);
    return rocksdb::IOStatus::OK();
  }
};

#define KENAL_TEST_STEP(what, name) \
  if (rocksdb::IOStatus step = faults_.Step(what, name); !step.ok()) return step

class TestWritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  using Options = rocksdb::IOOptions;
  using Context = rocksdb::IODebugContext;

  TestWritableFile(std::unique_ptr<rocksdb::FSWritableFile> file,
                   const std::string& name, Faults& faults)
      : FSWritableFileOwnerWrapper(std::move(file)),
        faults_(faults),
        name_(name),
        lies_(faults.lie && name.ends_with(".log")) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const Options& options,
                           Context* context) override {
    KENAL_TEST_STEP("Append", name_);
    if (rocksdb::IOStatus spent = faults_.Spend(data.size()); !spent.ok()) {
      return spent;
    }
    if (!faults_.hold_unsynced) {
      return target()->Append(data, options, context);
    }
    held_.append(data.data(), data.size());
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const Options& options,
                           const rocksdb::DataVerificationInfo&,
                           Context* context) override {
    return Append(data, options, context);
  }
  rocksdb::IOStatus Sync(const Options& options, Context* context) override {
    KENAL_TEST_STEP("Sync", name_);
    if (lies_) return rocksdb::IOStatus::OK();
    if (rocksdb::IOStatus s = Release(options, context); !s.ok()) return s;
    return target()->Sync(options, context);
  }
  rocksdb::IOStatus Fsync(const Options& options, Context* context) override {
    KENAL_TEST_STEP("Fsync", name_);
    if (lies_) return rocksdb::IOStatus::OK();
    if (rocksdb::IOStatus s = Release(options, context); !s.ok()) return s;
    return target()->Fsync(options, context);
  }
  rocksdb::IOStatus Close(const Options& options, Context* context) override {
    KENAL_TEST_STEP("Close", name_);
    if (rocksdb::IOStatus s = Release(options, context); !s.ok()) return s;
    return target()->Close(options, context);
  }
  uint64_t GetFileSize(const Options& options, Context* context) override {
    return target()->GetFileSize(options, context) + held_.size();
  }

 private:
  rocksdb::IOStatus Release(const Options& options, Context* context) {
    if (held_.empty()) return rocksdb::IOStatus::OK();
    const std::string held = std::exchange(held_, {});
    return target()->Append(held, options, context);
  }

  Faults& faults_;
  const std::string name_;
  const bool lies_;
  std::string held_;
};

class TestReadableFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  TestReadableFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file,
                   const std::string& name, Faults& faults)
      : FSRandomAccessFileOwnerWrapper(std::move(file)),
        faults_(faults),
        name_(name) {}

  rocksdb::IOStatus Read(uint64_t offset, size_t size,
                         const rocksdb::IOOptions& options,
                         rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* context) const override {
    KENAL_TEST_STEP("Read", name_);
    return target()->Read(offset, size, options, result, scratch, context);
  }

 private:
  Faults& faults_;
  const std::string name_;
};

class TestFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  using FileOptions = rocksdb::FileOptions;
  using Context = rocksdb::IODebugContext;

  explicit TestFileSystem(Faults& faults)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), faults_(faults) {}
  const char* Name() const override { return "kenal-test"; }

  rocksdb::IOStatus NewWritableFile(
      const std::string& name, const FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      Context* context) override {
    KENAL_TEST_STEP("NewWritableFile", name);
    rocksdb::IOStatus status =
        target()->NewWritableFile(name, options, file, context);
    if (status.ok()) {
      *file =
          std::make_unique<TestWritableFile>(std::move(*file), name, faults_);
    }
    return status;
  }
  rocksdb::IOStatus NewRandomAccessFile(
      const std::string& name, const FileOptions& options,
      std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
      Context* context) override {
    KENAL_TEST_STEP("NewRandomAccessFile", name);
    rocksdb::IOStatus status =
        target()->NewRandomAccessFile(name, options, file, context);
    if (status.ok()) {
      *file =
          std::make_unique<TestReadableFile>(std::move(*file), name, faults_);
    }
    return status;
  }
  rocksdb::IOStatus NewSequentialFile(
      const std::string& name, const FileOptions& options,
      std::unique_ptr<rocksdb::FSSequentialFile>* file,
      Context* context) override {
    KENAL_TEST_STEP("NewSequentialFile", name);
    return target()->NewSequentialFile(name, options, file, context);
  }
  rocksdb::IOStatus NewDirectory(const std::string& name,
                                 const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* folder,
                                 Context* context) override {
    KENAL_TEST_STEP("NewDirectory", name);
    return target()->NewDirectory(name, options, folder, context);
  }
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               Context* context) override {
    KENAL_TEST_STEP("RenameFile", from);
    return target()->RenameFile(from, to, options, context);
  }
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             Context* context) override {
    KENAL_TEST_STEP("LinkFile", from);
    return target()->LinkFile(from, to, options, context);
  }
  rocksdb::IOStatus DeleteFile(const std::string& name,
                               const rocksdb::IOOptions& options,
                               Context* context) override {
    KENAL_TEST_STEP("DeleteFile", name);
    return target()->DeleteFile(name, options, context);
  }

 private:
  Faults& faults_;
};

#undef KENAL_TEST_STEP

// An Env over a TestFileSystem. `faults` outlives it.
inline std::unique_ptr<rocksdb::Env> TestEnv(Faults& faults) {
  return rocksdb::NewCompositeEnv(std::make_shared<TestFileSystem>(faults));
}

}  // namespace kenal::catalogue

#endif  // KENAL_TESTS_CATALOGUE_TEST_FILE_SYSTEM_H_
