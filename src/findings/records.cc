#include "src/findings/records.h"

#include <algorithm>
#include <bit>

#include "src/base/codec.h"

namespace kenal::findings {
namespace {

using base::Decoder;
using base::Encoder;

// Values are stored; never renumber.
enum RecordType : uint8_t { kRun = 1, kExhibit = 2, kContent = 3, kPlace = 4 };

// What one text or one sequence of a record may be; records themselves are
// bounded by their frames.
constexpr size_t kTextMax = 1 << 20;
constexpr uint64_t kCountMax = 1 << 20;

// One body for both directions: an archive visits the members of a value in
// one order, to write or to read them.
class Writing {
 public:
  explicit Writing(std::string& bytes) : out_(bytes) {}

  template <typename T>
  void Number(const T& value) {
    out_.Number(static_cast<uint64_t>(value));
  }
  void Signed(const int64_t& value) { out_.Signed(value); }
  void Real(const double& value) {
    out_.Fixed64(std::bit_cast<uint64_t>(value));
  }
  void Flag(const bool& value) { out_.Byte(value ? 1 : 0); }
  void Text(const std::string& value) { out_.Bytes(value); }
  template <typename Hash>
  void Bits(const Hash& value) {
    out_.Raw(value.bytes);
  }
  template <typename T, typename Each>
  void Optional(const std::optional<T>& value, Each each) {
    out_.Byte(value ? 1 : 0);
    if (value) each(*value);
  }
  template <typename T, typename Each>
  void Every(const std::vector<T>& values, Each each) {
    out_.Number(values.size());
    for (const T& value : values) each(value);
  }

 private:
  Encoder out_;
};

class Reading {
 public:
  explicit Reading(std::string_view bytes) : in_(bytes) {}
  Decoder& in() { return in_; }

  template <typename T>
  void Number(T& value) {
    if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(in_.Number(UINT8_MAX));
    } else {
      value = static_cast<T>(
          in_.Number(static_cast<uint64_t>(std::numeric_limits<T>::max())));
    }
  }
  void Signed(int64_t& value) { value = in_.Signed(); }
  void Real(double& value) { value = std::bit_cast<double>(in_.Fixed64()); }
  void Flag(bool& value) {
    const uint8_t byte = in_.Byte();
    if (byte > 1) in_.Fail();
    value = byte == 1;
  }
  void Text(std::string& value) { value = in_.Bytes(kTextMax); }
  template <typename Hash>
  void Bits(Hash& value) {
    in_.Raw(value.bytes);
  }
  template <typename T, typename Each>
  void Optional(std::optional<T>& value, Each each) {
    bool is_set = false;
    Flag(is_set);
    if (is_set) each(value.emplace());
  }
  template <typename T, typename Each>
  void Every(std::vector<T>& values, Each each) {
    const uint64_t count = in_.Number(kCountMax);
    for (uint64_t i = 0; i < count && !in_.failed(); ++i) {
      each(values.emplace_back());
    }
  }

 private:
  Decoder in_;
};

template <typename Archive, typename T>
void Digests(Archive& a, T& digests) {
  a.Optional(digests.md5, [&](auto& hash) { a.Bits(hash); });
  a.Optional(digests.sha1, [&](auto& hash) { a.Bits(hash); });
  a.Optional(digests.sha256, [&](auto& hash) { a.Bits(hash); });
}

template <typename Archive, typename T>
void RunBody(Archive& a, T& run) {
  a.Text(run.case_number);
  a.Text(run.authority);
  a.Text(run.examiner);
  a.Text(run.tool);
  a.Text(run.host);
  a.Every(run.arguments, [&](auto& argument) { a.Text(argument); });
  a.Text(run.lists_from);
  a.Text(run.store_id);
  a.Number(run.log_head.value);
  a.Text(run.log_chain);
  a.Number(run.sequence.value);
  a.Every(run.lists, [&](auto& list) {
    a.Text(list.list);
    a.Number(list.purpose);
    a.Number(list.version.value);
    a.Number(list.entry_count);
    a.Flag(list.shadow);
    a.Text(list.skipped);
  });
  a.Number(run.effort);
  a.Flag(run.scope.containers);
  a.Flag(run.scope.thumbnails);
  a.Flag(run.scope.cameras);
  a.Number(run.ending);
  a.Optional(run.sample, [&](auto& sample) {
    a.Real(sample.confidence);
    a.Number(sample.material_bytes);
    a.Number(sample.population_bytes);
    a.Number(sample.draws);
    a.Number(sample.seed);
  });
  a.Signed(run.started_unix_ms);
  a.Signed(run.ended_unix_ms);
  a.Signed(run.working_ms);
  a.Number(run.part_count);
}

template <typename Archive, typename T>
void ExhibitBody(Archive& a, T& exhibit) {
  a.Text(exhibit.id);
  a.Text(exhibit.path);
  a.Number(exhibit.kind);
  a.Text(exhibit.format);
  a.Number(exhibit.size_bytes);
  Digests(a, exhibit.computed);
  Digests(a, exhibit.stored);
  a.Every(exhibit.volumes, [&](auto& volume) {
    a.Number(volume.number);
    a.Number(volume.offset_bytes);
    a.Number(volume.size_bytes);
    a.Text(volume.file_system);
    a.Text(volume.problem);
  });
  a.Text(exhibit.problem);
  a.Text(exhibit.identity);
}

template <typename Archive, typename T>
void PlaceBody(Archive& a, T& place) {
  a.Number(place.exhibit);
  a.Every(place.path, [&](auto& part) { a.Text(part); });
  a.Number(place.address);
  a.Flag(place.deleted);
  a.Number(place.thumbnail);
  a.Number(place.size_bytes);
  a.Optional(place.modified_unix_ms, [&](auto& time) { a.Signed(time); });
  a.Optional(place.created_unix_ms, [&](auto& time) { a.Signed(time); });
  a.Optional(place.accessed_unix_ms, [&](auto& time) { a.Signed(time); });
  a.Number(place.coverage);
  a.Text(place.reason);
  a.Text(place.message);
  a.Optional(place.content, [&](auto& number) { a.Number(number); });
}

template <typename Archive, typename T>
void TransformBody(Archive& a, T& how) {
  a.Number(how.query_view);
  a.Number(how.query_variant);
  a.Number(how.entry_view);
  a.Number(how.entry_variant);
}

template <typename Archive, typename T>
void MatchBody(Archive& a, T& match) {
  a.Text(match.list);
  a.Number(match.purpose);
  a.Number(match.entry.value);
  a.Text(match.source_id);
  a.Number(match.signal);
  a.Number(match.tier);
  a.Optional(match.distance, [&](auto& distance) { a.Number(distance); });
  a.Optional(match.transform, [&](auto& how) { TransformBody(a, how); });
  a.Optional(match.second_opinion, [&](auto& opinion) {
    a.Number(opinion.distance);
    a.Flag(opinion.corroborates);
  });
  a.Number(match.state);
  a.Every(match.classifications, [&](auto& classification) {
    a.Text(classification.scheme);
    a.Text(classification.raw_value);
  });
  a.Text(match.series);
  a.Every(match.flags, [&](auto& flag) { a.Text(flag); });
  a.Text(match.provenance.source);
  a.Text(match.provenance.member);
  a.Text(match.provenance.import_id);
  a.Text(match.provenance.reference);
  a.Signed(match.provenance.added_unix_ms);
  a.Text(match.action_label);
  a.Optional(match.overruled_by, [&](auto& overruled) {
    a.Text(overruled.list);
    a.Number(overruled.entry.value);
  });
  a.Flag(match.shadow);
}

template <typename Archive, typename T>
void ContentBody(Archive& a, T& content) {
  a.Bits(content.sha256);
  a.Bits(content.md5);
  a.Bits(content.sha1);
  a.Number(content.size_bytes);
  a.Text(content.kind);
  a.Optional(content.picture, [&](auto& picture) {
    a.Text(picture.format);
    a.Number(picture.width);
    a.Number(picture.height);
    a.Flag(picture.damaged);
  });
  a.Optional(content.pdq, [&](auto& hash) { a.Bits(hash); });
  a.Optional(content.quality, [&](auto& quality) { a.Number(quality); });
  a.Flag(content.template_like);
  a.Optional(content.pdq_failure, [&](auto& failure) {
    a.Text(failure.code);
    a.Text(failure.message);
  });
  a.Text(content.camera);
  a.Number(content.coverage);
  a.Text(content.reason);
  a.Number(content.verdict);
  a.Optional(content.tier, [&](auto& tier) { a.Number(tier); });
  a.Text(content.action_label);
  a.Every(content.matches, [&](auto& match) { MatchBody(a, match); });
  a.Number(content.match_count);
  a.Every(content.known_good, [&](auto& known) {
    a.Text(known.list);
    a.Optional(known.signal, [&](auto& signal) { a.Number(signal); });
    a.Flag(known.shadow);
  });
}

}  // namespace

void EncodeRecord(const Run& run, std::string& out) {
  out += static_cast<char>(kRun);
  Writing writing(out);
  RunBody(writing, run);
}

void EncodeRecord(const Exhibit& exhibit, std::string& out) {
  out += static_cast<char>(kExhibit);
  Writing writing(out);
  ExhibitBody(writing, exhibit);
}

void EncodeRecord(const Content& content, std::string& out) {
  out += static_cast<char>(kContent);
  Writing writing(out);
  ContentBody(writing, content);
}

void EncodeRecord(const Place& place, std::string& out) {
  out += static_cast<char>(kPlace);
  Writing writing(out);
  PlaceBody(writing, place);
}

StatusOr<Record> DecodeRecord(std::string_view bytes) {
  Reading reading(bytes);
  Record record;
  switch (reading.in().Byte()) {
    case kRun:
      RunBody(reading, record.emplace<Run>());
      break;
    case kExhibit:
      ExhibitBody(reading, record.emplace<Exhibit>());
      break;
    case kContent:
      ContentBody(reading, record.emplace<Content>());
      break;
    case kPlace:
      PlaceBody(reading, record.emplace<Place>());
      break;
    default:
      reading.in().Fail();
  }
  KENAL_TRY(reading.in().Finish("a journal's record"));
  return record;
}

}  // namespace kenal::findings
