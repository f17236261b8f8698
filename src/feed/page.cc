#include "src/feed/page.h"

#include <string_view>
#include <utility>

#include "src/formats/column_watch.h"
#include "src/formats/exchange_pages.h"
#include "src/formats/input.h"
#include "src/formats/json_tree.h"
#include "src/formats/ncmec.h"

namespace kenal::feed {
namespace {

using formats::Extra;
using formats::Item;
using formats::JsonNode;
using formats::Reader;

constexpr std::string_view kPaging = "paging";

Status Strange(std::string_view why) {
  return Status(StatusCode::kDataLoss, std::string(why));
}

// What arrived is wrong, not what the operator said; and it has no name.
Status OfThePage(const Status& status) {
  if (status.ok() || status.code() == StatusCode::kUnavailable) return status;
  std::string message(status.message());
  if (message.starts_with("/proc/")) {
    message.erase(0, message.find_first_of(",:") + 2);
  }
  return Strange(message);
}

StatusOr<std::unique_ptr<Reader>> Open(FeedKind kind, const std::string& path) {
  std::unique_ptr<Reader> reader;
  if (kind == FeedKind::kNcmec) {
    KENAL_TRY_ASSIGN(reader, formats::OpenNcmec(path));
  } else {
    KENAL_TRY_ASSIGN(auto input, formats::Input::Open(path));
    KENAL_TRY_ASSIGN(reader,
                     formats::OpenThreatExchangePages(std::move(input)));
  }
  return formats::WatchColumns(std::move(reader));
}

// {"cursors":{...},"next":"https://..."}
StatusOr<std::string> NextOfJson(const std::string& json) {
  formats::JsonTree tree;
  KENAL_TRY(formats::ParseJson(json, tree));
  if (tree.root().is_null()) return std::string();
  if (tree.root().kind != JsonNode::Kind::kObject) {
    return Strange("its field paging is no object");
  }
  const JsonNode* next = formats::FindMember(tree.root(), "next");
  if (next == nullptr || next->is_null()) return std::string();
  if (!next->is_text()) return Strange("its next page is no text");
  return std::string(next->text);
}

// Gathers what fields beside the records say.
class Fields {
 public:
  explicit Fields(FeedKind kind) : kind_(kind) {}

  Status Take(const Extra& extra) {
    if (kind_ == FeedKind::kNcmec) return TakeNcmec(extra);
    if (extra.path == "error") return Strange("is an error, not a page");
    if (extra.path != kPaging) return OkStatus();
    KENAL_TRY_ASSIGN(std::string next, NextOfJson(extra.value));
    return SetNext(std::move(next));
  }

  // Some part of it was what a page of NCMEC's has.
  bool has_section() const { return has_section_; }
  std::string TakeNext() { return std::move(next_); }

 private:
  Status TakeNcmec(const Extra& extra) {
    if (extra.path.starts_with("images/@") ||
        extra.path.starts_with("videos/@")) {
      has_section_ = true;
    }
    if (extra.path == formats::kNcmecNextPage) return SetNext(extra.value);
    const bool hidden =
        extra.path == kPaging && extra.value.find("next") != std::string::npos;
    return hidden ? Strange(
                        "says where its next page is in a way that is not "
                        "known here")
                  : OkStatus();
  }

  Status SetNext(std::string next) {
    if (std::exchange(has_paging_, true)) return Strange("has paging twice");
    next_ = std::move(next);
    return OkStatus();
  }

  const FeedKind kind_;
  bool has_section_ = false;
  bool has_paging_ = false;
  std::string next_;
};

}  // namespace

StatusOr<std::unique_ptr<Reader>> OpenPage(FeedKind kind, const Spool& body) {
  StatusOr<std::unique_ptr<Reader>> reader = Open(kind, body.path());
  if (!reader.ok()) return OfThePage(reader.status());
  return reader;
}

StatusOr<bool> NextItem(Reader& reader, Item& item) {
  const StatusOr<bool> more = reader.Next(item);
  if (!more.ok()) return OfThePage(more.status());
  return *more;
}

StatusOr<PageFacts> ReadFacts(FeedKind kind, const Spool& body) {
  KENAL_TRY_ASSIGN(const auto reader, OpenPage(kind, body));
  PageFacts facts;
  Fields fields(kind);
  Item item;
  while (true) {
    KENAL_TRY_ASSIGN(const bool more, NextItem(*reader, item));
    if (!more) break;
    if (item.kind == Item::Kind::kField)
      KENAL_TRY(fields.Take(item.field.extra));
    if (item.kind == Item::Kind::kRecord) {
      ++facts.records;
      if (item.record.deleted) ++facts.tombstones;
    }
    if (item.kind == Item::Kind::kRefused) {
      ++facts.records;
      ++facts.refused;
    }
  }
  if (kind == FeedKind::kNcmec && facts.records == 0 && !fields.has_section()) {
    return Strange("has neither images nor videos");
  }
  facts.next = fields.TakeNext();
  return facts;
}

}  // namespace kenal::feed
