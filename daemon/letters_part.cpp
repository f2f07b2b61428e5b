#include "daemon/letters_part.hpp"

#include "api/admin/dead_letter_routes.hpp"
#include "daemon/figure_metrics.hpp"

#include <algorithm>
#include <random>

namespace outboxd::daemon {

namespace {

scheduler::RetryRules rulesOf(const Settings::Consumers& settings) {
    scheduler::RetryRules rules;
    rules.limit = settings.retryAttempts;
    rules.first = settings.retryFirst;
    rules.longest = settings.retryLongest;
    return rules;
}

double dice() {
    thread_local std::minstd_rand random{std::random_device{}()};
    return std::uniform_real_distribution{0.0, 1.0}(random);
}

} // namespace

LettersPart::LettersPart(const Settings& settings, Stores& stores, const core::Clock& clock,
                         core::Logger& logger, metrics::Registry& registry)
    : rules_(rulesOf(settings.consumers)), clock_(clock), logger_(logger), registry_(registry),
      box_(stores.work, rules_), letters_(stores.work), desk_(stores.requests), count_(stores.work) {}

void LettersPart::addRoutes(api::Router& router) { api::addDeadLetterRoutes(router, desk_); }

scheduler::DeadLetterRetry& LettersPart::retry(std::vector<scheduler::Listener*> listeners) {
    using Figures = scheduler::DeadLetterRetry::Figures;
    retry_ = std::make_unique<scheduler::DeadLetterRetry>(letters_, std::move(listeners), clock_, logger_,
                                                          rules_, dice);
    callbacks_ = FigureMetrics(registry_, {}, [this] { return retry_->figures(); })
                     .counter("outboxd_dead_letters_recovered_total", "Dead letters that a retry worked off",
                              &Figures::done)
                     .counter("outboxd_dead_letter_retries_failed_total",
                              "Retries of dead letters that failed", &Figures::failed)
                     .counter("outboxd_dead_letters_given_up_total",
                              "Dead letters that wait for a person after a retry", &Figures::givenUp)
                     .take();
    return *retry_;
}

void LettersPart::measure() {
    const auto figures = count_.figures();
    std::map<std::pair<std::string, std::string>, std::int64_t> counts;
    std::map<std::string, std::chrono::microseconds> ages;
    for (const auto& [place, gauge] : gauges_) counts[place] = 0; // of what is gone
    for (const auto& [listener, gauge] : ages_) ages[listener] = {};
    for (const auto& figure : figures) {
        counts[{figure.listener, figure.state}] = figure.letters;
        auto& age = ages[figure.listener];
        age = std::max(age, figure.oldest);
    }
    for (const auto& [place, count] : counts)
        letters(place.first, place.second).set(static_cast<double>(count));
    for (const auto& [listener, age] : ages) oldest(listener).set(std::chrono::duration<double>(age).count());
}

metrics::Gauge& LettersPart::letters(const std::string& listener, const std::string& state) {
    const std::pair place{listener, state};
    auto known = gauges_.find(place);
    if (known == gauges_.end())
        known = gauges_
                    .emplace(place,
                             registry_.gauge("outboxd_dead_letters",
                                             "Events that a listener could not work off, by state: RETRY is "
                                             "tried again, HELD waits for a person, PARKED for another one",
                                             {{"listener", listener}, {"state", state}}))
                    .first;
    return known->second;
}

metrics::Gauge& LettersPart::oldest(const std::string& listener) {
    auto known = ages_.find(listener);
    if (known == ages_.end())
        known =
            ages_
                .emplace(listener, registry_.gauge("outboxd_dead_letters_oldest_seconds",
                                                   "Age of a listener's oldest dead letter; 0: it has none",
                                                   {{"listener", listener}}))
                .first;
    return known->second;
}

} // namespace outboxd::daemon
