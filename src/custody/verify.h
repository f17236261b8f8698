// Says whether a custody log and its reports are as they were left.
#ifndef KENAL_SRC_CUSTODY_VERIFY_H_
#define KENAL_SRC_CUSTODY_VERIFY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kenal/status.h"
#include "src/custody/key.h"

namespace kenal::custody {

enum class State : uint8_t {
  kWhole,    // closed; chain, signature, key and listed reports all agree
  kOpen,     // no closing record: nobody can tell what is missing at the end
  kDamaged,  // something does not agree
};

enum class SignatureState : uint8_t {
  kNone,      // no closing record was reached
  kHolds,     // by the key that the log names
  kFails,     // not by that key, or not of these bytes
  kOtherKey,  // holds, but by another key than the one that was asked for
};

enum class ReportState : uint8_t {
  kSame,
  kDiffers,
  kMissing,   // or no regular file, or unreadable
  kUnlisted,  // there, but no part of the log: says nothing of the log
};

struct ReportCheck {
  std::string name;  // bytes
  ReportState state = ReportState::kSame;
};

struct Verification {
  State state = State::kDamaged;
  // One sentence each, of everything that is wrong or missing.
  std::vector<std::string> problems;

  uint64_t records = 0;   // whole, and each following from the one before
  std::string head;       // SHA-256 of the last of them, in hex
  uint64_t end_byte = 0;  // where the last of them ends
  // The record that is damaged; its first byte is end_byte. 0: none.
  uint64_t bad_record = 0;
  uint64_t torn_bytes = 0;  // after the last newline

  std::optional<PublicKey> key;  // as the log names it
  SignatureState signature = SignatureState::kNone;
  std::string closed_at;             // of the closing record
  std::vector<ReportCheck> reports;  // by name; empty without closing record
  // A record is earlier than the one before: somebody set the clock.
  bool clock_went_back = false;
};

// Without `expected`, any key that the log names will do: then only who knows
// that key, or the head from a notebook, can tell a log from one that was
// made anew. `reports` is the folder with the reports; empty: not looked at.
// Changes nothing. Memory is bounded whatever the files hold.
// Errors: kNotFound, kUnavailable, kInvalidArgument (no regular file): the log
//         cannot be read. What it holds is never an error.
StatusOr<Verification> Verify(const std::string& path,
                              const std::optional<PublicKey>& expected,
                              const std::string& reports);

std::string_view StateName(State state);  // "whole", "open", "damaged"
// "none", "holds", "fails", "other key"
std::string_view SignatureStateName(SignatureState state);
// "same", "differs", "missing", "unlisted"
std::string_view ReportStateName(ReportState state);

}  // namespace kenal::custody

#endif  // KENAL_SRC_CUSTODY_VERIFY_H_
