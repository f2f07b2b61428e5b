// Which of the records that were polled are finished, and up to where each partition may be committed. No thread, no I/O.
#pragma once

#include "scheduler/consumer.hpp"

#include <deque>
#include <map>
#include <set>

namespace outboxd::scheduler {

// Only what lies before a partition's first unfinished record can be committed: what lies behind it would be lost with a
// crash. Records of other partitions do not matter to it.
class OffsetBook {
public:
    // Names a record for as long as this member has its partition.
    struct Ticket {
        std::uint64_t page = 0;
        std::uint64_t number = 0;
    };

    // In the order in which they were polled.
    Ticket enter(const Delivery& record);
    // Of a partition that was forgotten meanwhile: nothing happens, also if it has come back since.
    void finish(Ticket ticket);

    // What may be committed and was not yet.
    std::vector<Committable> committable() const;
    void committed(std::span<const Committable> positions);

    // Empty if nothing of the partition was entered.
    std::optional<std::uint64_t> page(const Place& place) const;
    std::vector<Place> places() const;
    // Its records come again, here or elsewhere.
    void forget(const Place& place);

    // The first offset that is not finished; empty if there is none.
    std::optional<std::int64_t> unfinished(const Place& place) const;
    // Records entered and neither committable nor forgotten: unfinished ones, and finished ones behind them.
    std::size_t open() const { return open_; }

private:
    struct Slot {
        std::int64_t offset;
        bool finished;
    };
    struct Page {
        Place place;
        std::uint64_t base = 0; // the number of the first slot
        std::deque<Slot> slots; // from the first unfinished one on
        std::int64_t next = -1; // behind the last one that was taken off; -1: none was
        std::int64_t committed = -1;
    };
    std::map<Place, std::uint64_t> byPlace_;
    std::map<std::uint64_t, Page> pages_;
    std::uint64_t nextPage_ = 1;
    std::size_t open_ = 0;
};

} // namespace outboxd::scheduler
