#include "scheduler/consumer_service.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace outboxd::scheduler {

using namespace std::chrono_literals;

namespace {

// Above every bounded wait of the brokers, and of a rebalance for the worker.
constexpr auto kAllowedSilence = 60s;

double seconds(core::Timestamp time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

} // namespace

ConsumerService::ConsumerService(ConsumerPorts ports, ConsumerSettings settings)
    : ports_(std::move(ports)), settings_(settings), listener_(ports_.listener.name()),
      name_("consumer " + listener_),
      trouble_(ports_.logger, listener_, settings_.firstRetry, settings_.longestRetry),
      hand_(ports_.listener, ports_.box, ports_.clock, ports_.logger, settings_,
            {[this] { callBegins(); }, [this] { callEnded(); }}) {}

ConsumerService::~ConsumerService() { stop(); }

void ConsumerService::start() {
    if (feedThread_.joinable()) return;
    workerEnded_ = false;
    workerThread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
    feedThread_ = std::jthread([this](const std::stop_token& stop) { feed(stop); });
}

void ConsumerService::stop() {
    for (auto* thread : {&feedThread_, &workerThread_}) {
        thread->request_stop();
        if (thread->joinable()) thread->join();
    }
    // What was in hand comes again.
    hand_.clear();
    const std::lock_guard lock(mutex_);
    waiting_.clear();
    drops_.clear();
    finished_.clear();
    rows_ = bytes_ = 0;
    workerEnded_ = true;
}

ConsumerService::Figures ConsumerService::figures() const {
    const std::lock_guard lock(mutex_);
    auto figures = figures_;
    figures.troubles = trouble_.count() + hand_.troubles();
    figures.inHand = rows_;
    if (callBegan_)
        figures.handling = std::chrono::duration<double>(ports_.clock.now() - *callBegan_).count();
    return figures;
}

// --- the feed's thread ---------------------------------------------------------------------------------------------

void ConsumerService::feed(const std::stop_token& stop) {
    sign_ = ports_.monitor.watch(name_, kAllowedSilence);
    while (!stop.stop_requested()) {
        sign_->beat();
        try {
            round(stop);
        } catch (const core::Error& error) {
            const auto pause = trouble_.met("consuming", error);
            leave();
            wait(stop, pause);
        }
    }
    workerThread_.request_stop();
    {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, settings_.letGo, [&] { return workerEnded_; });
    }
    commitFinished();
    leave();
    sign_.reset();
}

void ConsumerService::round(const std::stop_token& stop) {
    if (!feed_) {
        feed_ = ports_.feeds.open(*this);
        nextMeasure_ = ports_.clock.now();
    }
    commitFinished();
    const auto room = this->room();
    {
        std::unique_lock lock(mutex_);
        figures_.paused = room.none() ? 1 : 0;
        if (room.none())
            changed_.wait_for(lock, stop, settings_.pollWait, [&] { return !finished_.empty(); });
    }
    handOver(feed_->poll(book_.open() > 0 ? settings_.busyWait : settings_.pollWait, room));
    if (stop.stop_requested() || ports_.clock.now() < nextMeasure_) return;
    nextMeasure_ = ports_.clock.now() + settings_.measureEvery;
    measure();
}

Room ConsumerService::room() const {
    const std::lock_guard lock(mutex_);
    const auto left = [](std::size_t most, std::size_t used) { return most > used ? most - used : 0; };
    return {std::min(left(settings_.inHand, rows_), left(settings_.ahead, book_.open())),
            left(settings_.inHandBytes, bytes_)};
}

void ConsumerService::handOver(std::vector<Delivery> records) {
    if (records.empty()) return;
    const std::lock_guard lock(mutex_);
    for (auto& record : records) {
        ++rows_;
        bytes_ += bytesOf(record);
        const auto ticket = book_.enter(record);
        waiting_.push_back({ticket, std::move(record)});
    }
    changed_.notify_all();
}

// Trouble here is made good by the next commit, or the records come again.
void ConsumerService::commitFinished() {
    std::vector<OffsetBook::Ticket> finished;
    {
        const std::lock_guard lock(mutex_);
        finished.swap(finished_);
    }
    for (const auto ticket : finished) book_.finish(ticket);
    if (!feed_) return;
    const auto positions = book_.committable();
    if (positions.empty()) return;
    try {
        feed_->commit(positions);
        book_.committed(positions);
        trouble_.over();
    } catch (const core::Error& error) {
        trouble_.met("committing offsets", error);
    }
}

void ConsumerService::assigned(const std::vector<Place>& places) {
    rebalance("partitions_assigned", places.size());
    letGo(places, 0ms); // nothing is in hand of them, unless they went without a word
}

void ConsumerService::revoked(const std::vector<Place>& places) {
    rebalance("partitions_revoked", places.size());
    letGo(places, settings_.letGo);
}

void ConsumerService::lost(const std::vector<Place>& places) {
    rebalance("partitions_lost", places.size());
    letGo(places, 0ms);
}

void ConsumerService::rebalance(std::string_view what, std::size_t partitions) {
    ports_.logger.info(what, {{"listener", listener_}, {"partitions", partitions}});
    const std::lock_guard lock(mutex_);
    ++figures_.rebalances;
}

void ConsumerService::letGo(const std::vector<Place>& places, std::chrono::milliseconds wait) {
    std::set<std::uint64_t> pages;
    for (const auto& place : places)
        if (const auto page = book_.page(place)) pages.insert(*page);
    if (pages.empty()) return;
    {
        std::unique_lock lock(mutex_);
        std::erase_if(waiting_, [&](const ConsumerHand::Ticketed& one) {
            if (!pages.contains(one.ticket.page)) return false;
            --rows_;
            bytes_ -= bytesOf(one.record);
            return true;
        });
        drops_.insert(pages.begin(), pages.end());
        changed_.notify_all();
        // The worker takes them between two calls of the listener, when it has reported what it finished.
        changed_.wait_for(lock, wait, [&] { return drops_.empty() || workerEnded_; });
    }
    if (wait > 0ms) commitFinished();
    for (const auto& place : places) book_.forget(place);
}

void ConsumerService::leave() {
    feed_.reset();
    letGo(book_.places(), 0ms);
    freshness_ = {};
    const std::lock_guard lock(mutex_);
    figures_.partitions = 0;
}

// Trouble here costs freshness only, and is asked about again in a second.
void ConsumerService::measure() {
    try {
        const auto relayed = ports_.progress.relayedUpTo(); // before the ends, see freshness.hpp
        auto ends = feed_->ends();
        std::int64_t lag = 0;
        for (auto& end : ends) {
            // What is in hand was polled, and has had no effect yet.
            if (const auto open = book_.unfinished({end.topic, end.partition}))
                end.next = std::min(end.next, *open);
            lag += std::max<std::int64_t>(0, end.high - end.next);
        }
        const auto reached = freshness_.observe(relayed, ends);
        if (!reached.empty()) ports_.progress.advance(listener_, reached);
        std::map<Place, core::Timestamp> all;
        for (const auto& end : ends) {
            const auto before = reached_.find({end.topic, end.partition});
            all[{end.topic, end.partition}] = before == reached_.end() ? core::Timestamp{} : before->second;
        }
        for (const auto& now : reached) all[{now.topic, now.partition}] = now.upTo;
        reached_ = std::move(all);
        const auto last = std::ranges::min_element(reached_, {}, [](const auto& one) { return one.second; });
        trouble_.over();
        const std::lock_guard lock(mutex_);
        figures_.partitions = ends.size();
        figures_.lag = lag;
        figures_.completeUpTo = last == reached_.end() ? 0.0 : seconds(last->second);
    } catch (const core::Error& error) {
        trouble_.met("measuring progress", error);
    }
}

void ConsumerService::wait(const std::stop_token& stop, std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, time, [] { return false; });
}

// --- the worker's thread -------------------------------------------------------------------------------------------

void ConsumerService::work(const std::stop_token& stop) {
    std::optional<core::Instant> next; // when there is something to do without news
    for (;;) {
        std::set<std::uint64_t> drops;
        std::vector<ConsumerHand::Ticketed> batch;
        {
            std::unique_lock lock(mutex_);
            const auto news = [&] { return !waiting_.empty() || !drops_.empty(); };
            if (next)
                changed_.wait_for(lock, stop, *next - ports_.clock.now(), news);
            else
                changed_.wait(lock, stop, news);
            if (stop.stop_requested()) break;
            drops.swap(drops_);
            batch.swap(waiting_);
        }
        if (!drops.empty()) {
            hand_.drop(drops);
            report();
        }
        hand_.take(std::move(batch));
        next = hand_.step();
        report();
    }
    const std::lock_guard lock(mutex_);
    workerEnded_ = true;
    changed_.notify_all();
}

void ConsumerService::report() {
    const auto finished = hand_.finished();
    const std::lock_guard lock(mutex_);
    finished_.insert(finished_.end(), finished.begin(), finished.end());
    rows_ = hand_.size();
    bytes_ = hand_.bytes();
    for (const auto& one : waiting_) {
        ++rows_;
        bytes_ += bytesOf(one.record);
    }
    static_cast<ConsumerHand::Figures&>(figures_) = hand_.figures();
    if (!finished.empty()) figures_.lastProcessed = seconds(ports_.clock.today());
    changed_.notify_all();
}

void ConsumerService::callBegins() {
    const std::lock_guard lock(mutex_);
    callBegan_ = ports_.clock.now();
}

void ConsumerService::callEnded() {
    std::unique_lock lock(mutex_);
    const auto took = ports_.clock.now() - *callBegan_;
    callBegan_.reset();
    lock.unlock();
    ports_.handled(std::chrono::duration<double>(took).count());
}

} // namespace outboxd::scheduler
