// The relay's books about rows, small and flat because every event passes through them: what of a lane is in hand, and
// what of all lanes is with a session.
#pragma once

#include "scheduler/event_sink.hpp"
#include "scheduler/lane.hpp"

#include <optional>
#include <string>
#include <vector>

namespace outboxd::scheduler::relay {

// The rows of a lane that were read and are not known to be out of the queue yet, ascending by id. Each is open until its
// outcome is known, then settled until a mark has taken it out of the queue.
class RowsInHand {
public:
    enum class Outcome : std::uint8_t { open, acknowledged, held };

    // False if it is there already, or was and is marked and not forgotten.
    bool add(std::int64_t id);
    // False if it is not open.
    bool settle(std::int64_t id, Outcome outcome);
    // It was not sent after all.
    void takeBack(std::int64_t id);
    // Returns how many there were.
    std::size_t forgetOpen();

    // Whether most of the settled rows stand before the first open one, without a gap: a source can take out a range.
    bool mostAtFront() const;
    // Only these take part then, unless any row is held or `all` is asked for; else all settled rows do. Returns the
    // acknowledged ones.
    std::vector<std::int64_t> startMark(bool all = false);
    // With `readUnderWay` the rows stay known until forgetMarked(): that read may have seen them in the queue.
    void marked(bool readUnderWay = false);
    void forgetMarked() { marked_.clear(); }
    void notMarked();

    bool contains(std::int64_t id) const;
    std::vector<std::int64_t> upTo(std::int64_t id) const;
    std::size_t size() const { return rows_.size(); }
    std::size_t open() const { return open_; }
    std::size_t settled() const { return settled_; } // and not in the mark under way

private:
    struct Row {
        std::int64_t id = 0;
        Outcome outcome = Outcome::open;
        bool leaving = false; // in the mark under way
    };
    std::vector<Row>::iterator find(std::int64_t id); // the row, or where it would be

    std::vector<Row> rows_;
    std::vector<std::int64_t> marked_; // ascending
    std::size_t open_ = 0, settled_ = 0;
};

// The rows given to a session and not reported yet, of both sessions and of whatever lane and term.
class InFlight {
public:
    struct Row {
        SessionMode mode = SessionMode::bulk;
        Lane lane = 0;
        std::uint64_t epoch = 0;
        std::int64_t id = 0;
        std::size_t bytes = 0;
        std::string orderKey; // of solo sessions only, for the verdict
    };

    // The token is never given again.
    DeliveryToken add(Row row);
    // Nothing, if the token was taken out before.
    std::optional<Row> take(DeliveryToken token);
    // Forgets all rows of a session; returns how many there were.
    std::size_t drop(SessionMode mode);

    std::size_t rows(SessionMode mode) const { return sums(mode).rows; }
    std::size_t rows() const { return sums_[0].rows + sums_[1].rows; }
    std::size_t bytes() const { return sums_[0].bytes + sums_[1].bytes; }

private:
    struct Slot {
        DeliveryToken token = 0; // 0: free
        Row row;
    };
    struct Sums {
        std::size_t rows = 0, bytes = 0;
    };
    Sums& sums(SessionMode mode) { return sums_[mode == SessionMode::solo ? 1 : 0]; }
    const Sums& sums(SessionMode mode) const { return sums_[mode == SessionMode::solo ? 1 : 0]; }

    std::vector<Slot> slots_; // a token names its slot in the low bits
    std::vector<std::size_t> free_;
    DeliveryToken serial_ = 0;
    Sums sums_[2];
};

} // namespace outboxd::scheduler::relay
