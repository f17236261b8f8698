#include "src/container/worker.h"

#include <errno.h>
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "src/container/book.h"

namespace kenal::container {
namespace {

enum ExitCode { kDone = 0, kNotFromPool = 2, kNotLocked = 3, kBadRequest = 4 };

constexpr int kSocket = sandbox::kWorkerSocket;

// Freed and new memory is overwritten with this, so that nothing of the last
// container can show through a library that reads what it never wrote.
constexpr int kPerturbByte = 0x5A;

bool HasParentsSocket() {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(kSocket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
         type == SOCK_SEQPACKET;
}

// As much as the system allows without asking for more.
void WidenSocket() {
  const int size_bytes = 4 * int{kPacketBytesMax};
  setsockopt(kSocket, SOL_SOCKET, SO_SNDBUF, &size_bytes, sizeof size_bytes);
}

bool Send(std::span<const uint8_t> message) {
  ssize_t put = 0;
  do {
    put = send(kSocket, message.data(), message.size(), MSG_NOSIGNAL);
  } while (put < 0 && errno == EINTR);
  return put == static_cast<ssize_t>(message.size());
}

// The next order, or an exit code.
struct OrderOr {
  std::optional<Order> order;
  int exit_code = kDone;
};

OrderOr NextOrder() {
  OrderMessage message;
  ssize_t got = 0;
  do {
    // MSG_TRUNC gives the true length of a message that is too long.
    got = recv(kSocket, message.data(), message.size(), MSG_TRUNC);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return {};
  if (got != static_cast<ssize_t>(message.size())) return {{}, kBadRequest};
  StatusOr<Order> order = ParseOrder(message);
  if (!order.ok()) return {{}, kBadRequest};
  return {*std::move(order), kDone};
}

// The descriptors of one container; closed with it.
class Handed {
 public:
  Handed() = default;
  Handed(const Handed&) = delete;
  Handed& operator=(const Handed&) = delete;
  ~Handed() { Close(); }

  void Close() {
    for (const SegmentSource::Segment& segment : segments_) {
      close(segment.descriptor);
    }
    segments_.clear();
  }
  bool Receive(size_t count) {
    while (segments_.size() < count) {
      if (!ReceiveSome()) return false;
    }
    return segments_.size() == count;
  }
  const std::vector<SegmentSource::Segment>& segments() const {
    return segments_;
  }

 private:
  bool ReceiveSome() {
    uint8_t message[8 + 8 * kSegmentsPerPacket];
    alignas(cmsghdr) char control[CMSG_SPACE(kSegmentsPerPacket * sizeof(int))];
    iovec bytes{message, sizeof message};
    msghdr header{};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(kSocket, &header, 0);
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0 || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
      return false;
    }
    const auto sizes = ParseSegments({message, static_cast<size_t>(got)});
    const cmsghdr* rights = CMSG_FIRSTHDR(&header);
    if (!sizes.ok() || rights == nullptr ||
        rights->cmsg_len != CMSG_LEN(sizes->size() * sizeof(int))) {
      return false;
    }
    for (size_t i = 0; i < sizes->size(); ++i) {
      SegmentSource::Segment segment{.size_bytes = (*sizes)[i]};
      std::memcpy(&segment.descriptor, CMSG_DATA(rights) + i * sizeof(int),
                  sizeof(int));
      segments_.push_back(segment);
    }
    return !sizes->empty();
  }

  std::vector<SegmentSource::Segment> segments_;
};

BookOr OpenBook(const Order& order, const Handed& handed) {
  auto source = std::make_unique<SegmentSource>(
      handed.segments(), [] { Send(AnswerWriter().Alive()); });
  switch (order.kind) {
    case Kind::kArchive:
      return OpenArchive(std::move(source), order.limits);
    case Kind::kDisk:
      return OpenDisk(std::move(source), order.limits);
    case Kind::kEwf:
      return OpenEwf(std::move(source), order.limits);
    case Kind::kThumbnails:
      return OpenThumbnails(std::move(source), order.limits);
    case Kind::kNone:
    case Kind::kEncrypted:
      break;
  }
  return {nullptr, Reason::kNotAContainer};
}

// Sends content as far as the parent gives credit.
class Pipe {
 public:
  explicit Pipe(AnswerWriter& writer) : writer_(writer) {}

  bool Put(std::span<const uint8_t> bytes) {
    while (!bytes.empty() && !is_stopped_) {
      while (credit_ == 0 && !is_stopped_) AwaitCredit();
      if (is_stopped_) break;
      const std::span<const uint8_t> part =
          bytes.first(std::min({bytes.size(), kDataBytesMax, credit_}));
      if (!Send(writer_.Data(part))) {
        is_stopped_ = true;
        break;
      }
      credit_ -= part.size();
      bytes = bytes.subspan(part.size());
    }
    return !is_stopped_;
  }
  bool is_stopped() const { return is_stopped_; }

 private:
  void AwaitCredit() {
    const OrderOr order = NextOrder();
    if (order.order && order.order->type == OrderType::kCredit) {
      credit_ += kCreditBytes / 2;
    } else {
      is_stopped_ = true;
    }
  }

  AnswerWriter& writer_;
  uint64_t credit_ = kCreditBytes;
  bool is_stopped_ = false;
};

// One container after the other, as the parent says.
class Desk {
 public:
  // False when the parent is gone or what it said made no sense.
  bool Answer(const Order& order) {
    switch (order.type) {
      case OrderType::kOpen:
        return Open(order);
      case OrderType::kNext:
        return List();
      case OrderType::kRead:
      case OrderType::kReadImage:
        return Read(order);
      case OrderType::kCredit:
      case OrderType::kStop:
        return true;  // Of a read that ended before they came.
      case OrderType::kClose:
        Shut();
        return true;
    }
    return false;
  }

 private:
  bool Open(const Order& order) {
    Shut();
    if (!handed_.Receive(order.segment_count)) return false;
    BookOr opened;
    try {
      opened = OpenBook(order, handed_);
    } catch (const std::bad_alloc&) {
      opened.reason = Reason::kNeedsTooMuchMemory;
    }
    if (opened.book == nullptr) return Send(writer_.End(opened.reason));
    book_ = std::move(opened.book);
    return Send(writer_.Describe(book_->opened()));
  }

  void Shut() {
    held_.reset();
    end_.reset();
    book_.reset();
    handed_.Close();
  }

  // Entries until the packet is full; the one that did not fit is held back
  // for the next.
  bool List() {
    if (book_ == nullptr) return false;
    writer_.BeginEntries();
    const size_t count_max = book_->IsSequential() ? 1 : kBatchEntriesMax;
    while (writer_.entry_count() < count_max) {
      if (!held_ && !end_) Advance();
      if (!held_) break;
      if (!writer_.Add(*held_)) break;
      held_.reset();
    }
    if (writer_.entry_count() > 0) return Send(writer_.EndEntries());
    return Send(writer_.End(*end_));
  }

  void Advance() {
    Reason why = Reason::kNone;
    held_.emplace();
    try {
      if (book_->Next(*held_, why)) return;
    } catch (const std::bad_alloc&) {
      why = Reason::kNeedsTooMuchMemory;
    }
    held_.reset();
    end_ = why;
  }

  bool Read(const Order& order) {
    if (book_ == nullptr) return false;
    Pipe pipe(writer_);
    const auto emit = [&pipe](std::span<const uint8_t> bytes) {
      return pipe.Put(bytes);
    };
    Reason reason = Reason::kNone;
    try {
      reason = order.type == OrderType::kRead ? book_->Read(order.place, emit)
                                              : book_->ReadImage(emit);
    } catch (const std::bad_alloc&) {
      reason = Reason::kNeedsTooMuchMemory;
    }
    if (pipe.is_stopped()) reason = Reason::kStopped;
    return Send(writer_.End(reason));
  }

  AnswerWriter writer_;
  Handed handed_;
  std::unique_ptr<Book> book_;
  std::optional<Entry> held_;
  std::optional<Reason> end_;
};

int AnswerOrders() {
  Desk desk;
  for (;;) {
    const OrderOr order = NextOrder();
    if (!order.order) return order.exit_code;
    if (!desk.Answer(*order.order)) return kBadRequest;
  }
}

}  // namespace

int RunOpener() {
  if (!HasParentsSocket()) {
    std::fputs(
        "kenal-opener is started by Kenal itself, with a socket; run `kenal "
        "scan` instead\n",
        stderr);
    return kNotFromPool;
  }
  // Names in archives are turned into UTF-8, which needs files once.
  std::setlocale(LC_CTYPE, "C.UTF-8");
  WidenSocket();
  mallopt(M_PERTURB, kPerturbByte);
  mallopt(M_ARENA_MAX, 1);  // An arena a thread is address space for nothing.
  const sandbox::Hello hello = sandbox::Lock(kOpenerLock);
  if (!Send(sandbox::Encode(hello, kMark))) return kDone;
  if (hello.failed_step != 0) return kNotLocked;
  return AnswerOrders();
}

}  // namespace kenal::container
