// Opening, breaking and closing sessions, and which lane belongs to which.
#include "scheduler/outbox_relay.hpp"

#include <algorithm>
#include <utility>

namespace outboxd::scheduler {

using namespace std::chrono_literals;

namespace {

constexpr auto kLongestRebuildDelay = std::chrono::microseconds{5s};
// An idle solo session is kept: where one record was refused, another may be soon.
constexpr auto kSoloPatience = std::chrono::microseconds{10s};
constexpr SessionMode kModes[] = {SessionMode::bulk, SessionMode::solo};

} // namespace

bool OutboxRelay::stalled(SessionMode mode) const {
    return inFlight_.rows(mode) > 0 && now_ - of(mode).lastReport >= settings_.stallAfter;
}

void OutboxRelay::breakSession(SessionMode mode) {
    auto& session = of(mode);
    if (session.state != Session::State::open) return;
    session.state = Session::State::breaking;
    session.brokenAt = now_;
    ++(mode == SessionMode::solo ? figures_.brokenSoloSessions : figures_.brokenSessions);
    actions_.emplace_back(relay::PurgeSession{mode});
}

void OutboxRelay::closeSession(SessionMode mode) {
    actions_.emplace_back(relay::CloseSession{mode});
    of(mode).state = Session::State::none;
}

// The next session of this mode starts each lane from its lowest row.
void OutboxRelay::startOver(SessionMode mode) {
    for (auto& [number, lane] : lanes_) {
        if (lane.mode != mode) continue;
        lane.rows.forgetOpen();
        lane.noted.clear();
        lane.readIsStale = lane.reading;
        lane.cursor = 0;
        lane.hasWork = true;
    }
}

// A lane changes its session only while nothing of it is out, so a key is never on its way through both.
void OutboxRelay::bind(LaneState& lane) {
    if (lane.out()) return;
    if (lane.judgeUpTo <= lane.cursor) lane.judgeUpTo = 0; // all of them were judged
    lane.mode = lane.toBeSolo() ? SessionMode::solo : SessionMode::bulk;
}

void OutboxRelay::driveSessions() {
    for (const auto mode : kModes) {
        auto& session = of(mode);
        if (session.state != Session::State::breaking || session.producing > 0) continue;
        // A report that the client library owes us for longer than this never comes; the record counts as failed.
        const bool givenUp = now_ - session.brokenAt >= settings_.purgePatience;
        if (inFlight_.rows(mode) > 0 && !givenUp) continue;
        figures_.unknown += inFlight_.drop(mode);
        closeSession(mode);
        startOver(mode);
        session.openAt = now_ + session.rebuildDelay;
        session.rebuildDelay =
            std::clamp(session.rebuildDelay * 2, settings_.rebuildDelay, kLongestRebuildDelay);
    }
    for (auto& [number, lane] : lanes_) bind(lane);
    for (const auto mode : kModes) {
        auto& session = of(mode);
        const bool needed =
            std::ranges::any_of(lanes_, [mode](const auto& lane) { return lane.second.mode == mode; });
        if (needed) session.lastNeeded = now_;
        const bool quiet = inFlight_.rows(mode) == 0 && session.producing == 0;
        const bool spare = mode == SessionMode::solo && now_ - session.lastNeeded >= kSoloPatience;
        if (session.state == Session::State::open && quiet && (draining_ || spare)) closeSession(mode);
        if (session.state == Session::State::none && needed && !draining_ && now_ >= session.openAt) {
            session.state = Session::State::open;
            ++(mode == SessionMode::solo ? figures_.soloSessions : figures_.sessions);
            actions_.emplace_back(relay::OpenSession{mode});
        }
    }
}

} // namespace outboxd::scheduler
