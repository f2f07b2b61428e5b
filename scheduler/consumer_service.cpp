#include "scheduler/consumer_service.hpp"

#include <algorithm>
#include <utility>

namespace outboxd::scheduler {

using namespace std::chrono_literals;

namespace {

// Above every bounded wait of the database and the brokers.
constexpr auto kAllowedSilence = 60s;

double seconds(core::Timestamp time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

} // namespace

ConsumerService::ConsumerService(Listener& listener, EventFeeds& feeds, ConsumerProgress& progress,
                                 const core::Clock& clock, core::Logger& logger,
                                 core::ProgressMonitor& monitor, ConsumerSettings settings)
    : listener_(listener), feeds_(feeds), progress_(progress), clock_(clock), logger_(logger),
      monitor_(monitor), settings_(settings), name_("consumer " + std::string{listener.name()}) {}

ConsumerService::~ConsumerService() { stop(); }

void ConsumerService::start() {
    if (thread_.joinable()) return;
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void ConsumerService::stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
}

ConsumerService::Figures ConsumerService::figures() const {
    const std::lock_guard lock(mutex_);
    return figures_;
}

void ConsumerService::run(const std::stop_token& stop) {
    sign_ = monitor_.watch(name_, kAllowedSilence);
    while (!stop.stop_requested()) {
        sign_->beat();
        try {
            round(stop);
        } catch (const core::Error& error) {
            trouble("consuming", error);
            feed_.reset();
            wait(stop, retry_);
        }
    }
    feed_.reset();
    freshness_ = {};
    sign_.reset();
}

void ConsumerService::round(const std::stop_token& stop) {
    if (!feed_) {
        feed_ = feeds_.open();
        freshness_ = {};
        nextMeasure_ = clock_.now();
    }
    const auto batch = feed_->poll(settings_.pollWait, settings_.batch);
    if (!batch.empty()) work(stop, batch);
    if (stop.stop_requested() || !feed_ || clock_.now() < nextMeasure_) return;
    nextMeasure_ = clock_.now() + settings_.measureEvery;
    measure();
}

void ConsumerService::work(const std::stop_token& stop, const std::vector<Delivery>& batch) {
    const auto began = clock_.now();
    for (;;) {
        sign_->beat();
        try {
            count(batch, listener_.handle(batch));
            break;
        } catch (const core::Error& error) {
            trouble("handling", error);
        }
        if (clock_.now() - began >= settings_.holdOn) feed_.reset();
        wait(stop, retry_);
        if (stop.stop_requested()) return; // the offsets stay where they are
    }
    if (!feed_) return;
    try {
        feed_->commit(batch);
        fine();
    } catch (const core::Error& error) {
        trouble("committing offsets", error); // the next commit says it too, or they come again
    }
}

void ConsumerService::count(const std::vector<Delivery>& batch, const std::vector<Verdict>& verdicts) {
    if (verdicts.size() != batch.size())
        throw core::Error(core::ErrorKind::internal,
                          "a listener gave another number of verdicts than records");
    for (const auto& verdict : verdicts)
        if (verdict.kind == Verdict::Kind::failed || verdict.kind == Verdict::Kind::deferred)
            throw core::Error(core::ErrorKind::unavailable, verdict.reason); // the batch is given again
    Figures seen;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        switch (verdicts[i].kind) {
        case Verdict::Kind::done: ++seen.done; break;
        case Verdict::Kind::ignored: ++seen.ignored; break;
        case Verdict::Kind::failed:
        case Verdict::Kind::deferred: break;
        case Verdict::Kind::refused:
            ++seen.refused;
            logger_.error("record_refused", {{"listener", listener_.name()},
                                             {"topic", batch[i].topic},
                                             {"partition", batch[i].partition},
                                             {"offset", batch[i].offset},
                                             {"event_id", batch[i].id ? batch[i].id->text() : std::string{}},
                                             {"type", batch[i].type},
                                             {"reason", verdicts[i].reason},
                                             {"consequence", "skipped; it has no effect"}});
        }
    }
    const std::lock_guard lock(mutex_);
    figures_.done += seen.done;
    figures_.ignored += seen.ignored;
    figures_.refused += seen.refused;
    figures_.lastProcessed = seconds(clock_.today());
}

// Trouble here costs freshness only, and is asked about again in a second.
void ConsumerService::measure() {
    try {
        const auto relayed = progress_.relayedUpTo(); // before the ends, see freshness.hpp
        const auto ends = feed_->ends();
        const auto reached = freshness_.observe(relayed, ends);
        if (!reached.empty()) progress_.advance(listener_.name(), reached);
        std::map<std::pair<std::string, int>, core::Timestamp> all;
        std::int64_t lag = 0;
        for (const auto& end : ends) {
            const std::pair place{end.topic, end.partition};
            const auto before = reached_.find(place);
            all[place] = before == reached_.end() ? core::Timestamp{} : before->second;
            lag += std::max<std::int64_t>(0, end.high - end.next);
        }
        for (const auto& now : reached) all[{now.topic, now.partition}] = now.upTo;
        reached_ = std::move(all);
        const auto last = std::min_element(reached_.begin(), reached_.end(),
                                           [](const auto& a, const auto& b) { return a.second < b.second; });
        const std::lock_guard lock(mutex_);
        figures_.partitions = ends.size();
        figures_.lag = lag;
        figures_.completeUpTo = last == reached_.end() ? 0.0 : seconds(last->second);
        fine();
    } catch (const core::Error& error) {
        trouble("measuring progress", error);
    }
}

void ConsumerService::trouble(std::string_view doing, const core::Error& error) {
    retry_ = std::clamp(2 * retry_, settings_.firstRetry, settings_.longestRetry);
    {
        const std::lock_guard lock(mutex_);
        ++figures_.troubles;
    }
    if (std::exchange(troubled_, true)) return;
    logger_.warning("consumer_trouble", {{"listener", listener_.name()},
                                         {"doing", doing},
                                         {"error", error.what()},
                                         {"hint", error.hint()},
                                         {"consequence", "tried again until it works; nothing is lost"}});
}

void ConsumerService::fine() {
    retry_ = 0ms;
    if (std::exchange(troubled_, false))
        logger_.info("consumer_works_again", {{"listener", listener_.name()}});
}

void ConsumerService::wait(const std::stop_token& stop, std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, time, [] { return false; });
}

} // namespace outboxd::scheduler
