// Signals: what is known of one piece of content, without the content.
//
//   StatusOr<PdqHash> hash = PdqHash::FromHex("f8f8...");
//   SignalSet signals;
//   signals.pdq.push_back(PdqView{.hash = *hash, .quality = 100});
//
// A signal is one hash of one type. A signal set holds all signals of one
// piece of content; it is the same thing in the command line, the wire
// contract, the engine and an entry. Signals are secrets: they go into no log
// and no error message.
//
// Plain values: copyable, no locking, no I/O.
// Source: docs/pdq-spec.md for everything about PDQ.
#ifndef KENAL_SIGNAL_H_
#define KENAL_SIGNAL_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"

namespace kenal {

// The values are stored on disk; never renumber.
enum class SignalType : uint8_t {
  kPdq = 1,  // 256 bits, compared by Hamming distance
  kMd5 = 2,  // digests are compared for equality
  kSha1 = 3,
  kSha256 = 4,
};

// "pdq", "md5", "sha1", "sha256".
std::string_view SignalTypeName(SignalType type);
StatusOr<SignalType> ParseSignalType(std::string_view name);

// Bytes in a signal of this type: 32, 16, 20, 32.
size_t SignalSizeBytes(SignalType type);

// A hash of kSize bytes; the text form is lower-case hex, first byte first.
template <SignalType kTypeOf, size_t kSizeOf>
struct Hash {
  static constexpr SignalType kType = kTypeOf;
  static constexpr size_t kSizeBytes = kSizeOf;

  std::array<uint8_t, kSizeOf> bytes{};

  // Exactly 2 * kSizeBytes hex digits of either case; else kInvalidArgument,
  // with a message that does not repeat the text.
  static StatusOr<Hash> FromHex(std::string_view hex);
  // Exactly kSizeBytes bytes; else kInvalidArgument.
  static StatusOr<Hash> FromBytes(std::span<const uint8_t> raw);
  std::string ToHex() const;

  friend auto operator<=>(const Hash&, const Hash&) = default;
};

using PdqHash = Hash<SignalType::kPdq, 32>;
using Md5 = Hash<SignalType::kMd5, 16>;
using Sha1 = Hash<SignalType::kSha1, 20>;
using Sha256 = Hash<SignalType::kSha256, 32>;

extern template struct Hash<SignalType::kPdq, 32>;
extern template struct Hash<SignalType::kMd5, 16>;
extern template struct Hash<SignalType::kSha1, 20>;
extern template struct Hash<SignalType::kSha256, 32>;

// Bits in which two hashes differ, 0 to 256.
int HammingDistance(const PdqHash& a, const PdqHash& b);

// An inclusive Hamming distance: a hash at exactly `bits` is a match.
struct Radius {
  int bits = 31;
  friend auto operator<=>(const Radius&, const Radius&) = default;
};
inline constexpr Radius kDefaultRadius{31};
inline constexpr int kRadiusBitsMax = 63;

// Pictures of this PDQ quality and below make no near match.
inline constexpr int kFlatQualityMax = 49;

// The eight turns and mirrors, in the order and with the names of the PDQ
// specification, section 9. Values are stored and sent; never renumber.
enum class Variant : uint8_t {
  kOrig = 0,
  kRot90 = 1,  // turned 90 degrees counter-clockwise
  kRot180 = 2,
  kRot270 = 3,
  kFlipX = 4,       // mirrored top to bottom
  kFlipY = 5,       // mirrored left to right
  kFlipPlus1 = 6,   // transposed
  kFlipMinus1 = 7,  // transposed over the other diagonal
};
inline constexpr int kVariantCount = 8;
std::string_view VariantName(Variant variant);
StatusOr<Variant> ParseVariant(std::string_view name);

// A way to look at one picture before hashing (docs/views.md). Values are
// stored and sent; never renumber. All but the first two are parts of the
// upright picture, and are absent when a picture has no such part.
enum class View : uint8_t {
  kStored = 0,   // the pixels as the file holds them
  kUpright = 1,  // turned as the EXIF orientation says, when it turns
  kTrimmed = 2,  // without uniform borders
  // The best inner rectangles, best first: what a screenshot, a meme strip
  // or a collage holds.
  kFrame = 3,
  kFrame2 = 4,
  kFrame3 = 5,
  kFrame4 = 6,
  kStraightened = 7,  // a tilted picture within a plain ground, set upright
  // The middle of the picture, so many percent of its width and height.
  kCentral95 = 8,
  kCentral90 = 9,
  kCentral80 = 10,
  // The largest central part of this width to height.
  kAspect1x1 = 11,
  kAspect4x5 = 12,
  kAspect9x16 = 13,
  kAspect16x9 = 14,
  // The whole of a small picture, turned and mirrored pixel by pixel: its
  // variants are exact where those of `stored` are only near, and take their
  // place in a query.
  kTurned = 15,
};
inline constexpr int kViewCount = 16;
// "stored", "upright", "trimmed", "frame", "frame-2", "straightened",
// "central-95", "1:1", "16:9", ...
std::string_view ViewName(View view);
StatusOr<View> ParseView(std::string_view name);

// A set of views.
class ViewSet {
 public:
  constexpr ViewSet() = default;
  constexpr ViewSet(std::initializer_list<View> views) {
    for (View view : views) Add(view);
  }
  constexpr void Add(View view) { bits_ |= Bit(view); }
  constexpr bool Contains(View view) const { return (bits_ & Bit(view)) != 0; }

  // Bit `1 << value` a view; stored and sent.
  constexpr uint32_t bits() const { return bits_; }
  // Unset for bits that are no view.
  static constexpr std::optional<ViewSet> FromBits(uint32_t bits) {
    if (bits >> kViewCount != 0) return std::nullopt;
    ViewSet set;
    set.bits_ = bits;
    return set;
  }
  friend constexpr ViewSet operator|(ViewSet a, ViewSet b) {
    a.bits_ |= b.bits_;
    return a;
  }
  friend constexpr bool operator==(ViewSet, ViewSet) = default;

 private:
  static constexpr uint32_t Bit(View view) {
    return uint32_t{1} << static_cast<int>(view);
  }
  uint32_t bits_ = 0;
};
// Names separated by commas, in the order of View; "" for the empty set.
std::string ViewSetName(ViewSet views);
StatusOr<ViewSet> ParseViewSet(std::string_view names);

// What every picture gets, whatever is asked for.
inline constexpr ViewSet kWholeViews{View::kStored, View::kUpright};

// How much is tried to meet an altered copy. The cost of each is in
// docs/views.md.
enum class Effort : uint8_t {
  kFast = 1,      // the whole picture, turned and mirrored
  kNormal = 2,    // and, one hash each, trimmed and the best rectangles
  kThorough = 3,  // and more parts, each turned and mirrored
};
std::string_view EffortName(Effort effort);  // "fast", "normal", "thorough"
StatusOr<Effort> ParseEffort(std::string_view name);

// The views of a query that are compared.
ViewSet QueryViews(Effort effort);
// True when all eight variants of that view of a query are compared, not the
// plain hash alone. (Where a query holds kTurned, its variants stand for those
// of kWholeViews.)
bool ComparesVariants(Effort effort, View view);

// How pixels were prepared for PDQ (specification, section 1, and for
// kReduced docs/views.md).
enum class PdqProfile : uint8_t {
  kNative = 0,   // hashed at the picture's own size
  kReduced = 1,  // from a part of the reduced luma copy of the picture
};
std::string_view PdqProfileName(PdqProfile profile);

// An independent second hash of a view: OpenCV's Marr-Hildreth, compared by
// Hamming distance over its 576 bits. It corroborates a near match or does
// not; it never makes or removes one. A secret like every signal.
struct MarrHash {
  static constexpr size_t kSizeBytes = 72;
  std::array<uint8_t, kSizeBytes> bytes{};

  // As Hash::FromHex and FromBytes.
  static StatusOr<MarrHash> FromHex(std::string_view hex);
  static StatusOr<MarrHash> FromBytes(std::span<const uint8_t> raw);
  std::string ToHex() const;

  friend bool operator==(const MarrHash&, const MarrHash&) = default;
};
int HammingDistance(const MarrHash& a, const MarrHash& b);

// A part of the upright picture, in its pixels.
struct Region {
  int32_t x = 0;
  int32_t y = 0;
  int32_t width = 0;
  int32_t height = 0;
  friend bool operator==(const Region&, const Region&) = default;
};

// PDQ of one view of a picture.
struct PdqView {
  View view = View::kStored;
  PdqProfile profile = PdqProfile::kNative;
  PdqHash hash;                // the plain hash
  std::optional<int> quality;  // 0..100; unset: the giver did not say
  // The eight variants, indexed by Variant; unset when not asked for.
  std::optional<std::array<PdqHash, kVariantCount>> dihedral;
  // Few flat tones, as in cards, clock faces, icons, flags and documents:
  // such pictures are alike without being copies, so the whole is kept to the
  // tight radius and a part makes no near match. Unset: not known, and treated
  // as false.
  std::optional<bool> template_like;
  std::optional<MarrHash> marr;  // unset when not asked for
  // Where in the picture the view is; unset for the whole and when not
  // known. Not stored with entries.
  std::optional<Region> region;

  friend bool operator==(const PdqView&, const PdqView&) = default;
};

// True when near matches are made with this PDQ: its quality is unknown or
// above kFlatQualityMax, and it is not of a part that is template-like. (The
// whole of such a picture is compared, at the tight radius.)
bool MakesNearMatches(const PdqView& pdq);

// What the decoder learned of a picture beside its hashes.
struct PictureInfo {
  std::string format;  // "jpeg", "png", ...
  int32_t width = 0;   // as stored in the file
  int32_t height = 0;
  bool damaged = false;  // only a part could be decoded; that part is hashed

  friend bool operator==(const PictureInfo&, const PictureInfo&) = default;
};

// Why a signal could not be computed. `code` is a stable lower_snake word
// ("not_a_picture", "too_large", "damaged", "decoder_died", "timed_out",
// "unreadable", "empty", "unsupported"); `message` is for people.
struct SignalFailure {
  std::string code;
  std::string message;

  friend bool operator==(const SignalFailure&, const SignalFailure&) = default;
};

struct SignalSet {
  std::optional<Md5> md5;
  std::optional<Sha1> sha1;
  std::optional<Sha256> sha256;
  std::vector<PdqView> pdq;  // at most one a view, ordered by view
  std::optional<PictureInfo> picture;
  // Set when PDQ was asked for and could not be computed. It travels with
  // the set so that every route gives UNAVAILABLE, never a pass.
  std::optional<SignalFailure> pdq_failure;

  bool HasSignal() const { return md5 || sha1 || sha256 || !pdq.empty(); }
  friend bool operator==(const SignalSet&, const SignalSet&) = default;
};

}  // namespace kenal

#endif  // KENAL_SIGNAL_H_
