// The half of the relay service that runs on the lease thread: lanes that come and go, and operators' commands.
#include "scheduler/relay_service.hpp"

#include <map>
#include <utility>

namespace outboxd::scheduler {

namespace {

// More wait for the next look: a lane stands still while its commands run.
constexpr std::size_t kCommandsAtOnce = 100;

} // namespace

void RelayService::runLeases(const std::stop_token& stop) {
    const auto sign = progress_.watch("outbox-relay-leases", kAllowedSilence);
    while (!stop.stop_requested()) {
        sign->beat();
        finishLeaving(); // before anybody enters such a lane again, this node included
        leases_->round();
        finishLeaving();
        findCommands();
        const auto lanes = leases_->figures();
        std::unique_lock lock(mutex_);
        publishedLanes_ = lanes;
        leaseWake_.wait_for(lock, settings_.lookForLanes, [&] { return lookNow_ || stop.stop_requested(); });
        lookNow_ = false;
    }
}

LaneFigures RelayService::laneFigures() const {
    const std::lock_guard lock(mutex_);
    return publishedLanes_;
}

// The pauses and pins are read after the locks were taken: what was committed before is known, and of what comes later
// a command tells.
std::vector<LaneTerm> RelayService::lanesTaken(std::vector<LaneTerm> terms) {
    std::vector<LaneTerm> refused;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        try {
            if (i == 0) sink_.refresh();
            const auto care = control_.enter(terms[i]);
            if (care.careful) {
                logger_.warning("lane_careful",
                                {{"lane", terms[i].lane},
                                 {"consequence", "nodes died on it; its events are tried one at a time"}});
            }
            post(relay::LaneTaken{terms[i], care});
        } catch (const core::Error& error) {
            logger_.warning("lane_refused", {{"lane", terms[i].lane},
                                             {"error", error.what()},
                                             {"consequence", "it is given back and tried again"}});
            refused.assign(terms.begin() + static_cast<std::ptrdiff_t>(i), terms.end());
            break;
        }
    }
    const std::lock_guard lock(mutex_);
    leaving_.insert(leaving_.end(), refused.begin(), refused.end());
    return refused;
}

void RelayService::laneLost(const LaneTerm& term) {
    post(relay::LaneLost{term});
    const std::lock_guard lock(mutex_);
    leaving_.push_back(term);
}

void RelayService::lookSoon() {
    {
        const std::lock_guard lock(mutex_);
        lookNow_ = true;
    }
    leaseWake_.notify_all();
}

void RelayService::handOver(const LaneTerm& term) { post(relay::HandOver{term}); }

void RelayService::leave(const LaneTerm& term) {
    try {
        control_.leave(term);
    } catch (const core::Error& error) {
        logger_.debug("lane_not_left", {{"lane", term.lane}, {"error", error.what()}});
        const std::lock_guard lock(mutex_);
        leaving_.push_back(term);
    }
}

void RelayService::finishLeaving() {
    std::vector<LaneTerm> terms;
    {
        const std::lock_guard lock(mutex_);
        terms.swap(leaving_);
    }
    for (const auto& term : terms) leave(term);
}

void RelayService::findCommands() {
    std::vector<Lane> lanes;
    for (const auto& term : leases_->held()) lanes.push_back(term.lane);
    if (lanes.empty()) return;
    std::map<Lane, std::vector<LaneCommand>> found;
    try {
        for (auto& command : control_.due(lanes, kCommandsAtOnce)) found[command.lane].push_back(command);
    } catch (const core::Error& error) {
        logger_.debug("commands_unreadable", {{"error", error.what()}}); // the leases tell of the trouble
    }
    for (auto& [lane, commands] : found) post(relay::CommandsFound{lane, std::move(commands)});
}

} // namespace outboxd::scheduler
