// The records that a listener has in hand, and how they are worked off. No thread, and it never waits.
//
//   take -> park what waits behind dead letters -> handle -> finished
//                                                   failed: three tries, then a dead letter
//                                                   refused: a dead letter
//                                                   deferred: asked again for as long as it takes
//
// A record waits while an earlier one of its key is in hand, unless the listener is independent. All else goes on: a record
// that fails or is deferred holds up its key alone. Broken machinery stops everything and writes nothing: the records
// stay in hand and are given again.
#pragma once

#include "scheduler/consumer_settings.hpp"
#include "scheduler/consumer_trouble.hpp"
#include "scheduler/dead_letters.hpp"
#include "scheduler/offset_book.hpp"
#include "scheduler/recent_events.hpp"

#include <functional>
#include <list>
#include <set>

namespace outboxd::scheduler {

// For one thread at a time; troubles() may be called by any.
class ConsumerHand {
public:
    struct Figures {
        std::uint64_t done = 0; // records by what became of them
        std::uint64_t ignored = 0;
        std::uint64_t repeated = 0; // dropped: worked off a short while ago
        std::uint64_t refused = 0;
        std::uint64_t failed = 0;   // tries that failed, one record each
        std::uint64_t deferred = 0; // times that a record was put off
        std::uint64_t parked = 0;
        std::uint64_t letters = 0; // dead letters written, refused ones among them
    };
    struct Ticketed {
        OffsetBook::Ticket ticket;
        Delivery record;
    };
    // Told around each call of the listener.
    struct Calls {
        std::function<void()> begins = [] {};
        std::function<void()> ended = [] {};
    };

    // All references must outlive it.
    ConsumerHand(Listener& listener, DeadLetterBox& box, const core::Clock& clock, core::Logger& logger,
                 const ConsumerSettings& settings, Calls calls);

    // Records of one key are worked off in the order of their sequence, as far as they come together.
    void take(std::vector<Ticketed> records);
    // Their pages (OffsetBook) belong to others now: what is in hand of them is let go, and writes nothing.
    void drop(const std::set<std::uint64_t>& pages);
    // Lets everything go.
    void clear();

    // One step: writes the dead letters that are due, or parks, or calls the listener once. Does not throw. Returns when the next
    // step can do something; empty if there is nothing in hand.
    std::optional<core::Instant> step();

    // What was finished since the last question.
    std::vector<OffsetBook::Ticket> finished() { return std::exchange(finished_, {}); }
    std::size_t size() const { return entries_.size(); }
    std::size_t bytes() const { return bytes_; }
    const Figures& figures() const { return figures_; }
    std::uint64_t troubles() const { return trouble_.count(); }

private:
    struct Entry {
        OffsetBook::Ticket ticket;
        Delivery record;
        core::Instant due{};
        bool parkable = true; // not asked yet whether its key is blocked
        bool alone = false;   // the listener threw with it alone: not to be mixed with others again
        int tries = 0;
        int deferrals = 0;
        bool letter = false; // a dead letter that is not written yet
        bool permanent = false;
        std::string error;
    };
    using Entries = std::list<Entry>;
    // Their records are in a row for a call, and back in the entries afterwards.
    class Round;

    using Chosen = std::vector<Entries::iterator>;

    // Those that may be worked off now. `asked`: of which it is known whether they are to be parked, or of which it is not.
    Chosen ready(std::size_t most, bool asked);
    bool blocks(const Entry& entry) const { return !independent_ && !entry.record.key.empty(); }
    void dropRepeated();
    bool writeLetters();
    bool park();
    void handle();
    void settle(const Chosen& round, const std::vector<Verdict>& verdicts);
    void failed(Entry& entry, std::string error);
    void deferred(Entry& entry);
    void threw(const Chosen& round, const core::Error& error);
    void machinery(std::string_view doing, const core::Error& error);
    void askAgain();
    void finish(Entries::iterator entry);
    std::optional<core::Instant> nextDue() const;
    std::size_t most() const;

    Listener& listener_;
    DeadLetterBox& box_;
    const core::Clock& clock_;
    core::Logger& logger_;
    const ConsumerSettings& settings_;
    const Calls calls_;
    const bool independent_;
    const std::string name_;

    Entries entries_; // in the order in which they are worked off
    std::size_t bytes_ = 0;
    std::size_t limit_;     // records in one call, fewer while one that is at fault is looked for
    core::Instant rests_{}; // nothing is done before: broken machinery
    RecentEvents recent_;
    ConsumerTrouble trouble_;
    std::vector<OffsetBook::Ticket> finished_;
    Figures figures_;
};

} // namespace outboxd::scheduler
