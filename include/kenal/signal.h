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

// A way to look at one picture before hashing. Values are stored and sent.
enum class View : uint8_t {
  kStored = 0,   // the pixels as the file holds them
  kUpright = 1,  // turned as the EXIF orientation says, when it turns
};
std::string_view ViewName(View view);
StatusOr<View> ParseView(std::string_view name);

// How pixels were prepared for PDQ (specification, section 1).
enum class PdqProfile : uint8_t {
  kNative = 0,  // hashed at the picture's own size
};
std::string_view PdqProfileName(PdqProfile profile);

// PDQ of one view of a picture.
struct PdqView {
  View view = View::kStored;
  PdqProfile profile = PdqProfile::kNative;
  PdqHash hash;                // the plain hash
  std::optional<int> quality;  // 0..100; unset: the giver did not say
  // The eight variants, indexed by Variant; unset when not asked for.
  std::optional<std::array<PdqHash, kVariantCount>> dihedral;

  friend bool operator==(const PdqView&, const PdqView&) = default;
};

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
