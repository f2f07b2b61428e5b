#include "scheduler/relay_service.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace outboxd::scheduler {

using namespace std::chrono_literals;

namespace {

// While records are in flight a session is looked at this often, though it tells of its reports by itself,
constexpr auto kGlance = 20ms;
// or this often, if it does not.
constexpr auto kReportSlice = 1ms;
// Reads mostly wait for their turn on the database's processors. A third reader would find nothing to wait for.
constexpr std::size_t kReaders = 2;

} // namespace

RelayService::RelayService(RelayPorts ports, const core::Clock& clock, core::Logger& logger,
                           core::ProgressMonitor& progress, RelayServiceSettings settings)
    : source_(ports.source), sink_(ports.sink), locks_(ports.locks), control_(ports.control),
      peers_(ports.peers), clock_(clock), logger_(logger), progress_(progress),
      settings_(std::move(settings)), reader_("outbox-relay-reads", kReaders, progress, kAllowedSilence),
      marker_("outbox-relay-marks", 1, progress, kAllowedSilence) {}

RelayService::~RelayService() { stop(); }

void RelayService::start() {
    if (rulesThread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        inbox_.clear();
        rung_ = false;
    }
    rules_ = std::make_unique<OutboxRelay>(settings_.rules);
    leases_ = std::make_unique<LaneLeases>(locks_, peers_, clock_, logger_, settings_.leases, *this);
    reader_.start();
    marker_.start();
    rulesThread_ = std::jthread([this] { runRules(); });
    leaseThread_ = std::jthread([this](const std::stop_token& stop) { runLeases(stop); });
}

void RelayService::stop() {
    if (!rulesThread_.joinable()) return;
    leases_->stopTaking();
    lookSoon(); // and tell the others
    post(relay::Drain{});
    rulesThread_.join(); // the leases are renewed until the last mark is written
    reader_.stop();
    marker_.stop();
    leaseThread_.request_stop();
    leaseWake_.notify_all();
    leaseThread_.join();
    for (const auto& term : leases_->held()) leave(term); // being taken when the draining began
    leases_->releaseAll();
    finishLeaving();
}

void RelayService::ring() noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (rung_) return;
        rung_ = true;
    }
    wake_.notify_one();
}

relay::Figures RelayService::figures() const {
    const std::lock_guard lock(mutex_);
    return published_;
}

void RelayService::post(relay::Event event) {
    {
        const std::lock_guard lock(mutex_);
        inbox_.push_back(std::move(event));
    }
    wake_.notify_one();
}

void RelayService::reportsWait() {
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(reportsWait_, true)) return;
    }
    wake_.notify_one();
}

void RelayService::runRules() {
    const auto sign = progress_.watch("outbox-relay", kAllowedSilence);
    std::optional<core::Instant> drainEnds;
    bool deadlineSaid = false;
    while (!rules_->drained()) {
        sign->beat();
        std::deque<relay::Event> events;
        {
            const std::lock_guard lock(mutex_);
            events.swap(inbox_);
            reportsWait_ = false;
            if (std::exchange(rung_, false)) events.emplace_back(relay::Doorbell{});
        }
        events.emplace_back(relay::Tick{});
        for (auto& event : events) {
            if (std::holds_alternative<relay::Drain>(event)) drainEnds = clock_.now() + settings_.drainTime;
            dispatch(std::move(event));
        }
        serveReports();
        if (drainEnds && clock_.now() >= *drainEnds && !std::exchange(deadlineSaid, true)) {
            logger_.warning("relay_drain_deadline",
                            {{"in_flight", rules_->outstanding()},
                             {"consequence", "unacknowledged events are sent again by the next holder"}});
            dispatch(relay::DrainDeadline{});
        }
        publishFigures();
        if (rules_->drained()) break;
        const auto now = clock_.now();
        auto until = rules_->nextTick(now);
        if (rules_->outstanding() > 0) until = std::min(until, now + (announced_ ? kGlance : kReportSlice));
        waitForEvents(until);
    }
    sessions_.clear();
    publishFigures();
}

void RelayService::waitForEvents(core::Instant until) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::max(core::Instant::duration{0}, until - clock_.now()),
                   [&] { return rung_ || reportsWait_ || !inbox_.empty(); });
}

void RelayService::dispatch(relay::Event event) {
    answers_.push_back(std::move(event));
    while (!answers_.empty()) {
        auto next = std::move(answers_.front());
        answers_.pop_front();
        for (auto& action : rules_->step(std::move(next), clock_.now())) {
            std::visit([this](auto& what) { perform(what); }, action);
        }
    }
}

// Until there are none: what the rules do about some may bring others, as a purge does.
void RelayService::serveReports() {
    while (true) {
        relay::Reported reported;
        for (const auto& [mode, session] : sessions_) session->poll(0ms, reported.reports);
        if (reported.reports.empty()) return;
        for (const auto& report : reported.reports) {
            if (report.outcome == DeliveryReport::Outcome::delivered) continue;
            logger_.debug("delivery_failed", {{"token", report.token}, {"error", report.error}});
        }
        dispatch(std::move(reported));
    }
}

void RelayService::publishFigures() {
    const auto figures = rules_->figures();
    const std::lock_guard lock(mutex_);
    if (figures.stalled != published_.stalled) {
        if (figures.stalled) {
            logger_.warning("broker_silent",
                            {{"in_flight", figures.inFlightRows}, {"consequence", "reading pauses"}});
        } else {
            logger_.info("broker_answers_again");
        }
    }
    published_ = figures;
}

} // namespace outboxd::scheduler
