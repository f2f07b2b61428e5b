#include "daemon/reconcile_sent_events.hpp"

#include "daemon/sink_settings.hpp"
#include "daemon/verify.hpp"
#include "platform/kafka/admin.hpp"
#include "scheduler/mysql/sent_events.hpp"
#include "sql/reconcile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace outboxd::daemon {

using namespace std::chrono_literals;

namespace {

using commerce::mysql::reconcile::Books;
using commerce::reconcile::AllRight;
using commerce::reconcile::Finding;
using commerce::reconcile::Looking;
using commerce::reconcile::Mended;
using commerce::reconcile::Mending;
using commerce::reconcile::Treated;
using commerce::reconcile::Verdict;

constexpr auto kWindow = 24h;
constexpr std::int64_t kMostEvents = 500'000;
constexpr auto kMargin = 1h;          // records may be older than their events, by clocks that differ
constexpr std::size_t kTogether = 20; // lost events in one finding, so that their ids fit
constexpr auto kAsk = 10s;
constexpr auto kOnItsWay = 2s;

std::vector<std::int64_t> idsIn(const std::string& text) {
    std::istringstream words(text);
    std::vector<std::int64_t> ids;
    for (std::int64_t id = 0; words >> id;) ids.push_back(id);
    return ids;
}

class SentEvents final : public commerce::reconcile::Check {
public:
    SentEvents(const Settings& settings, const Books& books, scheduler::OutboxDesk& desk,
               core::Logger& logger)
        : settings_(settings), books_(books), desk_(desk), logger_(logger) {}

    std::string_view name() const override { return "sent_events"; }
    bool repairs() const override { return true; }
    std::string_view remedy() const override {
        return "a repair has lost events sent once more; all else is a person's: see outboxd verify";
    }

    void look(Looking& looking) override {
        const auto first = compare(looking);
        if (!first || first->clean() || !looking.rest(kOnItsWay)) return;
        const auto again = compare(looking);
        if (!again) return;
        reportLost(looking, *first, *again);
        const auto kind = [&](const char* what, std::int64_t scheduler::Verdict::*count) {
            const auto number = std::min(*first.*count, *again.*count);
            if (number > 0)
                looking.report({"topics", what, "none",
                                fmt::format("{}; {}", number, fmt::join(again->examples, "; "))});
        };
        kind("phantom", &scheduler::Verdict::phantoms);
        kind("inversions", &scheduler::Verdict::inversions);
        kind("wrong partition", &scheduler::Verdict::wrongPartitions);
        kind("mismatches", &scheduler::Verdict::mismatches);
    }

    Treated treat(const Finding& finding, int line) override {
        if (finding.subject != "outbox_event")
            return {Verdict::person, "see outboxd verify for where they are"};
        return books_.repairs.mend(name(), finding, line, [&](auto& session, auto&) -> Mending {
            auto ids = idsIn(finding.id);
            std::erase_if(ids,
                          [&](auto id) { return !session.query(sql::reconcile::is_ordered, {id}).empty(); });
            if (ids.empty()) return AllRight{};
            const auto text = fmt::format("events {} are sent once more", fmt::join(ids, " "));
            if (books_.repairs.dryRun) return Mended{text};
            books_.repairs.fence(session);
            // In a transaction of its own: if this one fails, they are ordered again, which consumers do not mind.
            const auto answer = desk_.republish(
                {.ids = ids,
                 .terms = {.reason = fmt::format("lost, says reconcile run {}", books_.repairs.run),
                           .actor = books_.repairs.actor}});
            const auto* taken = std::get_if<scheduler::OrderTaken>(&answer);
            if (!taken || taken->order == 0) return AllRight{}; // not sent any more
            return Mended{fmt::format("{}: order {}", text, taken->order)};
        });
    }

private:
    std::optional<scheduler::Verdict> compare(Looking& looking) {
        TopicComparison comparison;
        const auto since = books_.repairs.clock.today() - kWindow;
        {
            auto session = books_.looks.session();
            kafka::Admin admin(sinkSettings(settings_).client, logger_, books_.repairs.clock);
            for (const auto& [topic, pin] : scheduler::mysql::pinnedTopics(*session))
                if (admin.config(topic, "cleanup.policy", kAsk).value_or("").find("compact") ==
                    std::string::npos)
                    comparison.topics.push_back(topic);
            const auto bounds = scheduler::mysql::eventBounds(*session);
            if (comparison.topics.empty() || bounds.highest == 0) return std::nullopt;
            comparison.fromId =
                std::max(scheduler::mysql::firstIdAt(*session, since, bounds.lowest, bounds.highest),
                         bounds.highest - kMostEvents);
        }
        comparison.recordsSince = since - kMargin;
        comparison.goOn = [&] { return looking.goOn(); };
        return compareTopics(settings_, comparison, logger_, books_.repairs.clock);
    }

    // Lost at both looks, and not ordered again already.
    void reportLost(Looking& looking, const scheduler::Verdict& first, const scheduler::Verdict& again) {
        std::vector<std::int64_t> lost;
        std::ranges::set_intersection(first.lostIds, again.lostIds, std::back_inserter(lost));
        auto session = books_.looks.session();
        std::erase_if(lost,
                      [&](auto id) { return !session->query(sql::reconcile::is_ordered, {id}).empty(); });
        for (std::size_t at = 0; at < lost.size(); at += kTogether) {
            const std::vector<std::int64_t> some(
                lost.begin() + static_cast<std::ptrdiff_t>(at),
                lost.begin() + static_cast<std::ptrdiff_t>(std::min(lost.size(), at + kTogether)));
            looking.report({"outbox_event", fmt::format("{}", fmt::join(some, " ")), "in their topics",
                            fmt::format("{} of them sent and not there", some.size())});
        }
    }

    const Settings& settings_;
    const Books books_;
    scheduler::OutboxDesk& desk_;
    core::Logger& logger_;
};

} // namespace

std::unique_ptr<commerce::reconcile::Check> sentEvents(const Settings& settings, const Books& books,
                                                       scheduler::OutboxDesk& desk, core::Logger& logger) {
    return std::make_unique<SentEvents>(settings, books, desk, logger);
}

} // namespace outboxd::daemon
