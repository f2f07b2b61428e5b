#include "scheduler/mysql/outbox_retention.hpp"

#include "scheduler/lane.hpp"
#include "scheduler/mysql/fence.hpp"
#include "sql/outbox_control.hpp"
#include "sql/outbox_retention.hpp"

#include <algorithm>

namespace outboxd::scheduler::mysql {
namespace {

namespace sql = outboxd::sql::outbox_retention;
using database::Ending;
using database::Session;

constexpr std::int64_t kFirstBatch = 200, kSmallest = 20, kLargest = 5000;

std::int64_t lowestNeeded(Session& session) { return session.query(sql::lowest_needed).front().integer(0); }

} // namespace

// The time of a transaction with its commit, which bounds that of each of its statements.
template <class Work> auto OutboxRetention::timed(Work&& work) {
    const auto began = clock_.now();
    const auto result = work();
    last_ = std::chrono::duration_cast<std::chrono::microseconds>(clock_.now() - began);
    ++figures_.statements;
    figures_.slowest = std::max(figures_.slowest, last_);
    if (last_ > settings_.aim * 2) {
        batch_ = std::max(kSmallest, batch_ / 4);
    } else if (last_ > settings_.aim) {
        batch_ = std::max(kSmallest, batch_ / 2);
    } else if (last_ < settings_.aim / 2) {
        batch_ = std::min(kLargest, batch_ + batch_ / 4);
    }
    return result;
}

OutboxRetention::Figures OutboxRetention::run(const Term& term) {
    figures_ = {};
    batch_ = kFirstBatch;
    if ((settings_.eventDays == 0 || events(term)) && settings_.commandDays > 0) commands(term);
    return figures_;
}

bool OutboxRetention::events(const Term& term) {
    for (std::int64_t after = 0;;) {
        const auto needed = lowestNeeded(*database_.session());
        const auto next = database_.session()->query(sql::next_events, {after, needed, batch_});
        const auto seen = next.front().integer(1);
        if (seen == 0) return true;
        const auto last = next.front().integer(0);
        // An event that was inserted long ago and committed only now is queued by then: looked for after the deletion,
        // which waits for such a transaction to end.
        const auto removed = timed([&] {
            return database_.transact(
                [&](Session& session) {
                    const auto count =
                        session.execute(sql::remove_events, {after, last, settings_.eventDays});
                    const bool needless = lowestNeeded(session) > last;
                    requireTerm(session, term);
                    return needless ? static_cast<std::int64_t>(count) : std::int64_t{-1};
                },
                [](std::int64_t count) { return count > 0 ? Ending::commit : Ending::rollback; });
        });
        if (removed <= 0) return true; // nothing here is old enough, nor is what follows
        figures_.events += static_cast<std::uint64_t>(removed);
        after = last;
        if (!rest_(last_)) return false;
    }
}

bool OutboxRetention::commands(const Term& term) {
    for (int lane = 0; lane < kLanes;) {
        const auto batch = batch_;
        const auto removed = timed([&] {
            return database_.transact([&](Session& session) {
                const auto count = session.execute(outboxd::sql::outbox_control::remove_done,
                                                   {lane, settings_.commandDays, batch});
                requireTerm(session, term);
                return static_cast<std::int64_t>(count);
            });
        });
        figures_.commands += static_cast<std::uint64_t>(removed);
        if (removed < batch) ++lane;
        if (removed > 0 && !rest_(last_)) return false;
    }
    return true;
}

} // namespace outboxd::scheduler::mysql
