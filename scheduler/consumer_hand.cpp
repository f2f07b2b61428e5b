#include "scheduler/consumer_hand.hpp"

#include <algorithm>
#include <new>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace outboxd::scheduler {

namespace {

// A key's records keep their places among the others; in those places they follow their sequence.
void orderBySequence(std::vector<ConsumerHand::Ticketed>& records) {
    std::unordered_map<std::string_view, std::vector<std::size_t>> places;
    for (std::size_t i = 0; i < records.size(); ++i)
        if (records[i].record.sequence && !records[i].record.key.empty())
            places[records[i].record.key].push_back(i);
    std::vector<std::pair<std::size_t, std::size_t>> moves; // to, from
    for (const auto& [key, own] : places) {
        auto sorted = own;
        std::ranges::stable_sort(sorted, {}, [&](std::size_t i) { return *records[i].record.sequence; });
        for (std::size_t i = 0; i < own.size(); ++i)
            if (own[i] != sorted[i]) moves.emplace_back(own[i], sorted[i]);
    }
    std::vector<ConsumerHand::Ticketed> moved;
    for (const auto& [to, from] : moves) moved.push_back(std::move(records[from]));
    for (std::size_t i = 0; i < moves.size(); ++i) records[moves[i].first] = std::move(moved[i]);
}

} // namespace

class ConsumerHand::Round {
public:
    explicit Round(const Chosen& entries) : entries_(entries) {
        for (const auto& entry : entries_) records.push_back(std::move(entry->record));
    }
    ~Round() {
        for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i]->record = std::move(records[i]);
    }
    Round(const Round&) = delete;
    Round& operator=(const Round&) = delete;

    std::vector<Delivery> records;

private:
    const Chosen& entries_;
};

ConsumerHand::ConsumerHand(Listener& listener, DeadLetterBox& box, const core::Clock& clock,
                           core::Logger& logger, const ConsumerSettings& settings, Calls calls)
    : listener_(listener), box_(box), clock_(clock), logger_(logger), settings_(settings),
      calls_(std::move(calls)), independent_(listener.independent()), name_(listener.name()), limit_(most()),
      recent_(settings.recentEvents, settings.recentFor),
      trouble_(logger, name_, settings.firstRetry, settings.longestRetry) {}

std::size_t ConsumerHand::most() const {
    return std::max<std::size_t>(1, std::min(settings_.batch, listener_.batch()));
}

void ConsumerHand::take(std::vector<Ticketed> records) {
    orderBySequence(records);
    for (auto& [ticket, record] : records) {
        bytes_ += bytesOf(record);
        auto& entry = entries_.emplace_back();
        entry.ticket = ticket;
        entry.record = std::move(record);
        entry.parkable = blocks(entry);
    }
}

void ConsumerHand::drop(const std::set<std::uint64_t>& pages) {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        const auto next = std::next(entry);
        if (pages.contains(entry->ticket.page)) {
            bytes_ -= bytesOf(entry->record);
            entries_.erase(entry);
        }
        entry = next;
    }
    recent_.clear(); // whoever has the partitions meanwhile may see them ordered otherwise
}

void ConsumerHand::clear() {
    entries_.clear();
    bytes_ = 0;
    finished_.clear();
    recent_.clear();
    rests_ = {};
    limit_ = most();
    trouble_.over();
}

std::optional<core::Instant> ConsumerHand::step() {
    if (entries_.empty()) return std::nullopt;
    if (clock_.now() < rests_) return rests_;
    dropRepeated();
    if (writeLetters() && park()) handle();
    if (entries_.empty()) return std::nullopt;
    if (clock_.now() < rests_) return rests_;
    return nextDue();
}

ConsumerHand::Chosen ConsumerHand::ready(std::size_t most, bool asked) {
    const auto now = clock_.now();
    std::unordered_set<std::string_view> waiting; // keys
    Chosen chosen;
    for (auto entry = entries_.begin(); entry != entries_.end() && chosen.size() < most; ++entry) {
        if (blocks(*entry) && waiting.contains(entry->record.key)) continue;
        const bool fits = chosen.empty() || (!entry->alone && !chosen.front()->alone);
        if (!entry->letter && entry->due <= now && entry->parkable != asked && fits)
            chosen.push_back(entry);
        else if (blocks(*entry))
            waiting.insert(entry->record.key);
    }
    return chosen;
}

std::optional<core::Instant> ConsumerHand::nextDue() const {
    std::unordered_set<std::string_view> waiting;
    std::optional<core::Instant> next;
    for (const auto& entry : entries_) {
        if (blocks(entry) && !waiting.insert(entry.record.key).second) continue;
        const auto due = entry.letter ? core::Instant{} : entry.due;
        next = next ? std::min(*next, due) : due;
    }
    return next;
}

void ConsumerHand::dropRepeated() {
    const auto now = clock_.now();
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        const auto next = std::next(entry);
        const auto& record = entry->record;
        if (!entry->letter && record.id && record.sequence &&
            recent_.repeated(*record.id, *record.sequence, now)) {
            ++figures_.repeated;
            finish(entry);
        }
        entry = next;
    }
}

// False if that has to be tried again first.
bool ConsumerHand::writeLetters() {
    Chosen chosen;
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry)
        if (entry->letter) chosen.push_back(entry);
    if (chosen.empty()) return true;
    std::vector<DeadLetter> letters;
    for (const auto& entry : chosen)
        letters.push_back({entry->record, entry->error, entry->permanent, entry->tries});
    try {
        box_.add(name_, !independent_, letters);
    } catch (const core::Error& error) {
        machinery("writing dead letters", error);
        return false;
    }
    std::unordered_set<std::string> blocked;
    for (const auto& entry : chosen) {
        const auto& record = entry->record;
        logger_.error("dead_letter", {{"listener", name_},
                                      {"topic", record.topic},
                                      {"partition", record.partition},
                                      {"offset", record.offset},
                                      {"event_id", record.id ? record.id->text() : std::string{}},
                                      {"type", record.type},
                                      {"reason", entry->error},
                                      {"attempts", entry->tries},
                                      {"consequence", entry->permanent ? "it waits for a person"
                                                                       : "it is tried again later"}});
        ++figures_.letters;
        if (blocks(*entry)) blocked.insert(record.key);
        finish(entry);
    }
    for (auto& entry : entries_)
        if (blocked.contains(entry.record.key)) entry.parkable = true;
    return true;
}

// False if that has to be tried again first.
bool ConsumerHand::park() {
    for (;;) {
        const auto chosen = ready(most(), false);
        if (chosen.empty()) return true;
        std::vector<std::size_t> parked;
        {
            const Round round(chosen);
            try {
                parked = box_.park(name_, round.records);
            } catch (const core::Error& error) {
                machinery("parking", error);
                return false;
            }
        }
        for (const auto& entry : chosen) entry->parkable = false;
        for (const auto at : parked) finish(chosen.at(at));
        figures_.parked += parked.size();
    }
}

void ConsumerHand::handle() {
    const auto chosen = ready(limit_, true);
    if (chosen.empty()) return;
    std::vector<Verdict> verdicts;
    std::optional<core::Error> error;
    {
        const Round round(chosen);
        calls_.begins();
        try {
            verdicts = listener_.handle(round.records);
            if (verdicts.size() != chosen.size())
                error.emplace(core::ErrorKind::internal,
                              "the listener gave another number of verdicts than records");
        } catch (const core::Error& thrown) {
            error = thrown;
        } catch (const std::bad_alloc&) {
            error.emplace(core::ErrorKind::overloaded, "out of memory");
        } catch (const std::exception& thrown) {
            error.emplace(core::ErrorKind::internal, thrown.what());
        }
        calls_.ended();
    }
    if (error) return threw(chosen, *error);
    trouble_.over();
    limit_ = std::min(2 * limit_, most());
    settle(chosen, verdicts);
}

void ConsumerHand::settle(const Chosen& round, const std::vector<Verdict>& verdicts) {
    const auto now = clock_.now();
    std::unordered_set<std::string> waiting; // keys of which something stays in hand
    bool works = false;
    for (std::size_t i = 0; i < round.size(); ++i) {
        auto& entry = *round[i];
        const auto& verdict = verdicts[i];
        using Kind = Verdict::Kind;
        if (verdict.kind == Kind::done || verdict.kind == Kind::ignored) {
            ++(verdict.kind == Kind::done ? figures_.done : figures_.ignored);
            works = works || (verdict.kind == Kind::done && entry.deferrals > 0);
            if (entry.record.id && entry.record.sequence)
                recent_.remember(*entry.record.id, *entry.record.sequence, now);
            finish(round[i]);
            continue;
        }
        // Whatever is the matter with it, the earlier one comes first.
        if (blocks(entry) && !waiting.insert(entry.record.key).second) continue;
        if (verdict.kind == Kind::deferred) {
            deferred(entry);
        } else if (verdict.kind == Kind::failed) {
            failed(entry, verdict.reason);
        } else {
            ++figures_.refused;
            ++entry.tries;
            entry.letter = entry.permanent = true;
            entry.error = verdict.reason;
        }
    }
    if (works) askAgain();
}

void ConsumerHand::failed(Entry& entry, std::string error) {
    ++figures_.failed;
    ++entry.tries;
    entry.error = std::move(error);
    entry.letter = entry.tries >= settings_.tries;
    auto wait = settings_.firstTryAgain;
    for (int i = 1; i < entry.tries; ++i) wait *= 5;
    entry.due = clock_.now() + wait;
}

void ConsumerHand::deferred(Entry& entry) {
    ++figures_.deferred;
    auto wait = settings_.firstRetry;
    for (int i = 0; i < entry.deferrals && wait < settings_.longestRetry; ++i) wait *= 2;
    ++entry.deferrals;
    entry.due = clock_.now() + std::min(wait, settings_.longestRetry);
}

// Whoever had been away is back.
void ConsumerHand::askAgain() {
    for (auto& entry : entries_)
        if (std::exchange(entry.deferrals, 0) > 0 && entry.tries == 0) entry.due = {};
}

void ConsumerHand::threw(const Chosen& round, const core::Error& error) {
    const bool data =
        error.kind() == core::ErrorKind::invalid_data || error.kind() == core::ErrorKind::internal;
    limit_ = std::max<std::size_t>(1, round.size() / 2);
    if (!data) return machinery("handling", error);
    if (round.size() > 1) return;
    round.front()->alone = true;
    failed(*round.front(), error.what());
}

void ConsumerHand::machinery(std::string_view doing, const core::Error& error) {
    rests_ = clock_.now() + trouble_.met(doing, error);
}

void ConsumerHand::finish(Entries::iterator entry) {
    finished_.push_back(entry->ticket);
    bytes_ -= bytesOf(entry->record);
    entries_.erase(entry);
}

} // namespace outboxd::scheduler
