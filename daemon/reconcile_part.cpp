#include "daemon/reconcile_part.hpp"

#include "commerce/mysql/reconcile/run_log.hpp"
#include "daemon/jobs/rest.hpp"
#include "daemon/reconcile_sent_events.hpp"
#include "scheduler/mysql/fence.hpp"

namespace outboxd::daemon {

using namespace std::chrono_literals;

namespace {

constexpr auto kStatementLimit = 10min; // a range of a large shop takes longer than a request may
constexpr std::size_t kSessions = 2;

database::ConnectionSettings patient(const Settings& settings) {
    auto connection = connectionSettings(settings);
    connection.statementTimeout = kStatementLimit;
    return connection;
}

// All that a node can have: which of them this one has depends on its settings, and another may make the run.
std::vector<std::string> knownChecks() {
    std::vector<std::string> names;
    for (const auto& check : commerce::mysql::auditChecks()) names.push_back(check.name());
    for (const auto* name :
         {"sales_of_hours", "coupon_cache", "gateway_payments", "gateway_refunds", "sent_events"})
        names.emplace_back(name);
    return names;
}

} // namespace

ReconcilePart::ReconcilePart(const Settings& settings, Stores& stores, CouponPart& coupons, CardPart& cards,
                             BestSellersPart& bestSellers, DeskPart& desk, const core::Clock& clock,
                             core::Logger& logger, metrics::Registry& registry)
    : runs(stores.requests, knownChecks()), settings_(settings), coupons_(coupons), cards_(cards),
      rankedTopics_(bestSellers.topics), desk_(desk), clock_(clock), logger_(logger), registry_(registry),
      looksPool_(patient(settings), {.sessions = kSessions, .wait = 5s}, clock), looks_(looksPool_, {}) {}

commerce::reconcile::Checks ReconcilePart::checks(const commerce::mysql::reconcile::Books& books) {
    commerce::reconcile::Checks checks;
    commerce::mysql::reconcile::addAuditChecks(checks, books);
    commerce::mysql::reconcile::addSalesCheck(checks, books, rankedTopics_);
    if (coupons_.redisFilter) commerce::mysql::reconcile::addCacheCheck(checks, books, *coupons_.redisFilter);
    if (cards_.gateway)
        commerce::mysql::reconcile::addGatewayChecks(checks, books, {*cards_.gateway, cards_.watch});
    checks.push_back(sentEvents(settings_, books, desk_.outbox, logger_));
    return checks;
}

void ReconcilePart::makeNext(const JobParts& parts, const scheduler::JobContext& context) {
    const auto fence = [term = context.term.value()](database::Session& session) {
        scheduler::mysql::requireTerm(session, term);
    };
    auto& database = parts.stores.work;
    const auto run = commerce::mysql::reconcile::takeRun(database, nodeName(settings_), fence);
    if (!run) return;
    commerce::mysql::reconcile::Repairs repairs{database,
                                                clock_,
                                                parts.ring,
                                                fence,
                                                run->id,
                                                run->askedBy,
                                                run->mode != commerce::reconcile::Mode::repair};
    const auto made = checks({looks_, repairs, cards_.rules});
    commerce::mysql::reconcile::MysqlRunLog log(database, run->id, fence);
    const auto ending = commerce::reconcile::conduct(
        *run, made, log,
        {clock_, [&] { return context.cancelled.stop_requested(); },
         [&](std::chrono::microseconds time) { return rest(context.cancelled, time); }});
    const auto view = runs.run(run->id);
    logger_.info("reconciled", {{"run", run->id},
                                {"mode", name(run->mode)},
                                {"ending", name(ending)},
                                {"found", view ? view->found : 0},
                                {"repaired", view ? view->repaired : 0}});
}

void ReconcilePart::measure(database::Database& database) {
    const auto last = commerce::mysql::reconcile::lastComplete(database);
    if (!last) return;
    for (const auto& check : last->checks)
        registry_
            .gauge("outboxd_reconcile_findings", "What the last complete run found", {{"check", check.name}})
            .set(static_cast<double>(check.result.found));
    registry_.gauge("outboxd_reconcile_repaired", "What the last complete run repaired")
        .set(static_cast<double>(last->repaired));
    registry_
        .gauge("outboxd_reconcile_complete_timestamp_seconds",
               "When the last run of all checks came to its end")
        .set(std::chrono::duration<double>(last->endedAt.time_since_epoch()).count());
}

} // namespace outboxd::daemon
