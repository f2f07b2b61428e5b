#include "scheduler/http/http_effect.hpp"

#include <algorithm>
#include <exception>
#include <unordered_map>

namespace outboxd::scheduler::http {
namespace {

wire::ClientSettings clientSettings(const HttpEffectSettings& settings) {
    wire::ClientSettings client;
    client.endpoint = settings.endpoint;
    client.endpoint.prefix.clear(); // is the request's path, to which nothing is added
    client.caFile = settings.caFile;
    return client;
}

Verdict deferred(std::string reason) { return {Verdict::Kind::deferred, std::move(reason)}; }

Verdict verdictOf(Reading reading) {
    using enum CallOutcome;
    switch (reading.outcome) {
    case accepted: return {};
    case refused: return {Verdict::Kind::refused, std::move(reading.reason)};
    case failed: return {Verdict::Kind::failed, std::move(reading.reason)};
    case throttled:
    case unreachable: break; // it is not the event's fault
    }
    return deferred(std::move(reading.reason));
}

} // namespace

HttpEffect::HttpEffect(HttpEffectSettings settings, std::vector<wire::WebhookSecret> secrets,
                       ProcessedEvents& processed, const core::Clock& clock, Report report)
    : settings_(std::move(settings)),
      path_(settings_.endpoint.prefix.empty() ? "/" : settings_.endpoint.prefix), processed_(processed),
      clock_(clock), report_(std::move(report)), client_(clientSettings(settings_), clock),
      breaker_(settings_.breaker), workers_(settings_.workers) {
    take(std::move(secrets));
}

void HttpEffect::take(std::vector<wire::WebhookSecret> secrets) {
    auto first = std::make_shared<const wire::WebhookSecret>(std::move(secrets.at(0)));
    const std::lock_guard lock(mutex_);
    secret_ = std::move(first);
}

std::vector<Verdict> HttpEffect::handle(std::span<const Delivery> batch) {
    Batch work{batch, {}, std::vector<Verdict>(batch.size(), {Verdict::Kind::ignored, {}}), {}};
    const auto chains = chainsOf(batch);
    ProcessedEvents::Ids ids;
    for (const auto& chain : chains)
        for (const auto at : chain)
            if (const auto& id = batch[at].id) ids.insert(*id);
    if (!ids.empty()) work.known = processed_.known(settings_.name, ids);

    work.giveUp = clock_.now() + settings_.longestBatch;
    std::vector<std::function<void()>> tasks;
    for (const auto& chain : chains) tasks.emplace_back([this, &work, &chain] { workOff(work, chain); });
    workers_.run(tasks);

    ProcessedEvents::Ids sent;
    for (const auto& chain : chains)
        for (const auto at : chain)
            if (work.verdicts[at].kind == Verdict::Kind::done && !work.known.contains(*batch[at].id))
                sent.insert(*batch[at].id);
    if (!sent.empty()) processed_.add(settings_.name, sent);
    return std::move(work.verdicts);
}

// Records without a key have no order. Each batch begins with other keys: otherwise the breaker's trial calls would all be made for the same events, which might be
// the very ones that the receiver cannot bear.
std::vector<HttpEffect::Chain> HttpEffect::chainsOf(std::span<const Delivery> events) {
    std::vector<Chain> chains;
    std::unordered_map<std::string_view, std::size_t> byKey;
    for (std::size_t at = 0; at < events.size(); ++at) {
        if (!settings_.types.contains(events[at].type)) continue;
        const auto& key = events[at].key;
        if (key.empty() || byKey.try_emplace(key, chains.size()).second) {
            chains.push_back({at});
        } else {
            chains[byKey.at(key)].push_back(at);
        }
    }
    if (!chains.empty()) {
        const auto first = turn_.fetch_add(1) % chains.size();
        std::rotate(chains.begin(), chains.begin() + static_cast<std::ptrdiff_t>(first), chains.end());
    }
    return chains;
}

void HttpEffect::workOff(Batch& batch, const Chain& chain) {
    ProcessedEvents::Ids sent; // the relay may have repeated one within this batch
    bool waits = false;
    for (const auto at : chain) {
        auto& verdict = batch.verdicts[at];
        if (waits) {
            verdict = deferred("an earlier event of its key waits");
            continue;
        }
        const auto& event = batch.events[at];
        const bool known = event.id && (batch.known.contains(*event.id) || sent.contains(*event.id));
        verdict = known ? Verdict{} : tell(event, batch.giveUp);
        waits = verdict.kind != Verdict::Kind::done;
        if (!waits) sent.insert(*event.id);
    }
}

Verdict HttpEffect::tell(const Delivery& event, core::Instant giveUp) {
    try {
        auto body = bodyOf(event);
        if (auto* const never = std::get_if<Untellable>(&body))
            return {Verdict::Kind::refused, std::move(never->reason)};
        const auto now = clock_.now();
        if (now >= giveUp) return deferred("the batch took long enough");
        if (quiet()) return deferred("the receiver has asked for a pause");
        auto permit = breaker_.tryAcquire(now);
        if (!permit)
            return deferred("the receiver has failed too often (circuit breaker open): nothing was sent");
        auto reading = call(event, std::move(std::get<std::string>(body)));
        if (reading.sound) {
            permit->succeeded(clock_.now());
        } else if (reading.outcome != CallOutcome::throttled) {
            permit->failed(clock_.now());
        }
        if (reading.pause) pauseFor(*reading.pause);
        return verdictOf(std::move(reading));
    } catch (const std::exception& error) {
        return {Verdict::Kind::failed, std::string{"the call could not be made: "} + error.what()};
    }
}

Reading HttpEffect::call(const Delivery& event, std::string body) {
    const auto begun = clock_.now();
    const auto today = clock_.today();
    std::shared_ptr<const wire::WebhookSecret> secret;
    {
        const std::lock_guard lock(mutex_);
        secret = secret_;
    }
    const auto request =
        callFor(event, path_, std::move(body), *secret, std::chrono::floor<std::chrono::seconds>(today));
    auto reading = readAnswer(client_.call(request, begun + settings_.timeout), today);
    if (report_) report_(reading.outcome, clock_.now() - begun);
    return reading;
}

bool HttpEffect::quiet() const {
    const std::lock_guard lock(mutex_);
    return clock_.now() < quietUntil_;
}

// Whoever asks for longer wins.
void HttpEffect::pauseFor(std::chrono::seconds time) {
    const std::lock_guard lock(mutex_);
    quietUntil_ = std::max(quietUntil_, clock_.now() + time);
}

} // namespace outboxd::scheduler::http
