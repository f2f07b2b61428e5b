// Sending rows, and what the broker says to them.
#include "scheduler/outbox_relay.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace outboxd::scheduler {

using namespace std::chrono_literals;
using relay::Outgoing;
using State = HeldRecord::State;

namespace {

constexpr auto kBackPressurePause = std::chrono::microseconds{2ms};
constexpr auto kNotReadyPause = std::chrono::microseconds{100ms};
constexpr auto kNoteRetry = std::chrono::microseconds{200ms};

std::size_t sizeOf(const OutboxRecord& record) {
    constexpr std::size_t perRecord = 128; // headers that the wire profile adds, and bookkeeping
    return record.orderKey.size() + record.headers.size() + (record.payload ? record.payload->size() : 0) +
           perRecord;
}

} // namespace

// ---- sending ----

// The rows are in hand and open already; those for which there is no room are forgotten, and read again.
void OutboxRelay::send(LaneState& lane, std::vector<Outgoing> records) {
    if (records.empty()) return;
    auto window = settings_.maxInFlightRows;
    if (lane.mode == SessionMode::solo) window = lane.careful() ? 1 : settings_.soloWindow;
    const auto out = lane.rows.open() - records.size();
    window -= std::min(window, out);

    std::size_t sent = 0, sentBytes = 0, bytes = 0;
    for (const auto& next : records) {
        bytes += sizeOf(next.record);
        const bool room = inFlight_.bytes() + sentBytes < settings_.maxInFlightBytes && sent < window;
        if (!room) continue; // nor is there any for those after it
        ++sent;
        sentBytes = bytes;
    }
    typicalBytes_ = (typicalBytes_ + bytes / records.size() + 1) / 2;
    unread(lane, std::span{records}.subspan(sent));
    records.resize(sent);
    if (records.empty()) return;
    if (lane.careful()) {
        lane.noting = true;
        actions_.emplace_back(relay::NoteRow{lane.term, lane.epoch, records.front().record.id});
        lane.noted = std::move(records);
    } else {
        produce(lane, std::move(records));
    }
}

void OutboxRelay::produce(LaneState& lane, std::vector<Outgoing> records) {
    auto& session = of(lane.mode);
    if (inFlight_.rows(lane.mode) == 0) session.lastReport = now_;
    for (auto& [record, token] : records) {
        token = inFlight_.add({lane.mode, lane.term.lane, lane.epoch, record.id, sizeOf(record),
                               lane.mode == SessionMode::solo ? record.orderKey : std::string{}});
    }
    lane.producing = true;
    ++session.producing;
    actions_.emplace_back(relay::Produce{lane.mode, lane.term.lane, lane.epoch, std::move(records)});
}

// Forgets rows that were read and not sent; the cursor goes back before the first of them.
void OutboxRelay::unread(LaneState& lane, std::span<const Outgoing> records) {
    if (records.empty()) return;
    // From the end, which moves the fewest others.
    std::for_each(records.rbegin(), records.rend(),
                  [&](const Outgoing& row) { lane.rows.takeBack(row.record.id); });
    lane.cursor = std::min(lane.cursor, records.front().record.id - 1);
    lane.hasWork = true;
}

void OutboxRelay::on(relay::Noted& event) {
    auto* lane = find(event.lane, event.epoch);
    if (lane == nullptr) return;
    if (event.result == MarkResult::lost) return fenced(event.lane);
    lane->noting = false;
    auto records = std::exchange(lane->noted, {}); // none, if its session broke meanwhile
    if (records.empty()) return;
    if (lane->stopping(now_) || of(lane->mode).state != Session::State::open) return unread(*lane, records);
    produce(*lane, std::move(records));
}

void OutboxRelay::on(const relay::NoteFailed& event) {
    auto* lane = find(event.lane, event.epoch);
    if (lane == nullptr) return;
    lane->noting = false;
    lane->retryAt = now_ + kNoteRetry;
    unread(*lane, std::exchange(lane->noted, {}));
}

void OutboxRelay::on(relay::Produced& event) {
    auto& session = of(event.mode);
    --session.producing;
    for (const auto& row : event.rest) inFlight_.take(row.token); // never accepted, so never reported
    auto* lane = find(event.lane, event.epoch);
    if (lane != nullptr) lane->producing = false;

    using Kind = ProduceResult::Kind;
    if (event.stop.kind == Kind::broken) breakSession(event.mode);
    if (event.stop.kind == Kind::full) session.pausedUntil = now_ + kBackPressurePause;
    if (lane == nullptr || event.rest.empty()) return;
    if (event.stop.kind == Kind::not_ready) lane->retryAt = now_ + kNotReadyPause;
    if (event.stop.kind != Kind::refused || session.state != Session::State::open)
        return unread(*lane, event.rest);

    auto& refused = event.rest.front().record;
    hold(*lane, {refused.id, std::move(refused.orderKey), State::failed, event.stop.error});
    event.rest.erase(event.rest.begin());
    if (lane->blocked || lane->stopping(now_)) return unread(*lane, event.rest);
    std::erase_if(event.rest, [&](Outgoing& next) {
        if (!behindHeld(*lane, next.record.orderKey, next.record.id)) return false;
        hold(*lane, {next.record.id, std::move(next.record.orderKey), State::parked, {}});
        return true;
    });
    send(*lane, std::move(event.rest));
}

// ---- outcomes ----

void OutboxRelay::on(const relay::Reported& event) {
    for (const auto& report : event.reports) {
        auto row = inFlight_.take(report.token);
        if (!row) continue;
        of(row->mode).lastReport = now_;
        if (auto* lane = find(row->lane, row->epoch)) judge(*lane, *row, report);
        if (report.outcome != DeliveryReport::Outcome::delivered) breakSession(row->mode);
    }
}

void OutboxRelay::judge(LaneState& lane, relay::InFlight::Row& row, const DeliveryReport& report) {
    switch (report.outcome) {
    case DeliveryReport::Outcome::delivered:
        ++figures_.delivered;
        of(row.mode).rebuildDelay = {};
        settle(lane, row.id);
        break;
    case DeliveryReport::Outcome::refused_by_rule: // by a broker that is well
        of(row.mode).rebuildDelay = {};
        if (row.mode == SessionMode::solo) { // it was a batch of its own: the verdict is on this record
            hold(lane, {row.id, std::move(row.orderKey), State::failed, report.error});
        } else {
            lane.judgeUpTo = std::max(lane.judgeUpTo, row.id);
        }
        break;
    case DeliveryReport::Outcome::failed: ++figures_.unknown; break; // sent again by the next session
    }
}

void OutboxRelay::settle(LaneState& lane, std::int64_t id) {
    if (lane.rows.settle(id, relay::RowsInHand::Outcome::acknowledged)) rowSettled(lane);
}

void OutboxRelay::hold(LaneState& lane, HeldRecord row) {
    if (!lane.rows.settle(row.id, relay::RowsInHand::Outcome::held)) return;
    rowSettled(lane);
    using relay::OnFailure;
    switch (row.state) {
    case State::failed:
        ++figures_.failed;
        if (settings_.onFailure == OnFailure::block) {
            lane.blocked = true;
            lane.probesFrom = LaneState::kNoProbe; // they do not show it before it is marked
        }
        break;
    case State::parked: ++figures_.parked; break;
    case State::paused: ++figures_.paused; break;
    }
    if (row.state != State::failed || settings_.onFailure != OnFailure::skip) {
        auto& lowest = lane.heldKeys.try_emplace(row.orderKey, row.id).first->second;
        lowest = std::min(lowest, row.id);
    }
    lane.toHold.push_back(std::move(row));
}

void OutboxRelay::rowSettled(LaneState& lane) {
    if (lane.rows.settled() == 1) lane.unmarkedSince = now_;
    if (lane.careful()) --lane.carefulRows;
}

} // namespace outboxd::scheduler
