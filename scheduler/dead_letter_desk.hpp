// What operators see of dead letters and order of them: plain values, and the desk that answers.
#pragma once

#include "scheduler/desk.hpp"

#include <string>
#include <utility>

namespace outboxd::scheduler {

enum class LetterState { retry, held, parked };
constexpr std::string_view name(LetterState state) {
    switch (state) {
    case LetterState::retry: return "RETRY";
    case LetterState::held: return "HELD";
    case LetterState::parked: break;
    }
    return "PARKED";
}

struct LetterFilter {
    std::optional<LetterState> state = {};
    // Exactly so. Most parked letters have neither fingerprint nor error.
    std::optional<std::string> listener = {}, topic = {}, type = {}, key = {}, fingerprint = {};
    std::optional<std::string> error = {};     // a part of it
    std::optional<core::Timestamp> since = {}; // a letter since then or later
};
using LetterSelection = std::variant<std::vector<std::int64_t>, LetterFilter>;

// Texts are fit to be shown: UTF-8, at most 300 bytes of key and type.
struct LetterLine {
    std::int64_t id = 0;
    std::string listener = {}, state = {}, topic = {};
    int partition = 0;
    std::int64_t offset = 0;
    std::string key = {};
    std::optional<std::string> eventId = {};
    std::string type = {};
    std::optional<std::string> error = {}, fingerprint = {};
    std::int64_t attempts = 0;
    std::optional<core::Timestamp> nextAttemptAt = {};
    core::Timestamp firstAt{}, lastAt{};
};
struct LetterView {
    LetterLine line = {};
    std::int64_t retries = 0;
    std::optional<std::int64_t> sequence = {};
    std::string key = {}; // its bytes, the first kShownKey of them
    std::int64_t keyBytes = 0;
    std::optional<std::vector<std::pair<std::string, std::string>>> headers =
        {};                                  // empty: too large to be shown
    std::optional<std::string> payload = {}; // its bytes, the first kShownPayload of them; empty: a tombstone
    std::int64_t payloadBytes = 0;
    std::int64_t behind = 0; // letters of its key that wait for it
};
inline constexpr std::int64_t kShownKey = 4096, kShownHeaders = 262'144, kShownPayload = 262'144;

// Letters of one listener that probably have one cause.
struct LetterGroup {
    std::string listener = {}, fingerprint = {};
    std::int64_t letters = 0, held = 0;
    core::Timestamp firstAt{}, lastAt{};
    std::int64_t example = 0; // the newest one, to which the rest belongs
    std::string error = {}, topic = {}, type = {};
};
struct LetterGroups {
    std::vector<LetterGroup> items = {}; // the largest first
    bool complete = true;
};

struct LetterOrder {
    LetterSelection what = {};
    OrderTerms terms = {};                  // without perSecond
    std::optional<std::int64_t> after = {}; // of a filter: letters behind this one,
    std::optional<std::int64_t> upTo = {};  // and up to this one; empty: all that there are now
};
// What was done, or would be. Each line of audit_log belongs to one transaction.
struct LettersTaken {
    std::int64_t letters = 0;
    std::vector<std::int64_t> orders = {}; // lines of audit_log
    std::vector<std::int64_t> notFound = {};
    std::vector<std::int64_t> parked =
        {}; // ids that cannot be retried, since they wait for an earlier letter
    std::optional<std::int64_t> upTo = {}; // of a filter: the newest letter that was looked at
    std::optional<std::int64_t> next = {}; // of a filter: there is more, go on after this one
};
inline constexpr std::int64_t kLettersInOneAnswer = 5'000;

struct LetterFigures {
    std::string listener = {}, state = {};
    std::int64_t letters = 0;
    std::chrono::microseconds oldest{0};
};

// Thread-safe. Throws core::Error when the database cannot answer; of an order, what was done before is done.
class DeadLetterDesk {
public:
    virtual ~DeadLetterDesk() = default;
    virtual DeskList<LetterLine> letters(const LetterFilter& filter, const DeskPage& page) = 0;
    virtual LetterGroups groups(const LetterFilter& filter, int limit) = 0;
    virtual std::optional<LetterView> letter(std::int64_t id) = 0;
    // Held letters are tried again, and others at once, with all tries before them.
    virtual LettersTaken retry(const LetterOrder& order) = 0;
    // Gives letters up for good; the next one of a key is due then.
    virtual LettersTaken discard(const LetterOrder& order) = 0;
};

} // namespace outboxd::scheduler
