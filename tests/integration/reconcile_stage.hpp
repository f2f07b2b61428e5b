// The small shop of the audit, and runs of the reconciliation over it.
#pragma once

#include "commerce/mysql/reconcile/checks.hpp"
#include "commerce/mysql/reconcile/run_desk.hpp"
#include "commerce/mysql/reconcile/run_log.hpp"
#include "tests/integration/audit_shop.hpp"

#include <fmt/format.h>

#include <set>

namespace outboxd::testing {

class ReconcileStage {
public:
    using Mode = commerce::reconcile::Mode;
    using Lines = std::multiset<std::string>;

    ReconcileStage() {
        database::Session session(schema_.settings());
        makeAuditShop(session);
    }

    // Changes rows behind everybody's back, also to what the schema refuses.
    void plant(const std::string& sql) {
        database::Session session(schema_.settings());
        session.textExecute("SET check_constraint_checks = 0");
        for (const auto statement : database::splitStatements(sql))
            session.textExecute(std::string{statement});
    }
    std::string value(const std::string& sql) {
        std::string first;
        database.session()->textQuery(sql, [&](auto row) { first = std::string{row[0]}; });
        return first;
    }
    std::int64_t number(const std::string& sql) { return std::stoll(value(sql)); }

    // Makes a run to its end, as a node does. Returns what was found: "VERDICT check id".
    Lines run(Mode mode, const std::vector<std::string>& checks = {}) {
        const auto asked = desk.order({mode, checks, std::nullopt, "kim"});
        const auto taken = commerce::mysql::reconcile::takeRun(database, "node", fence);
        last = taken.value().id;
        commerce::mysql::reconcile::Repairs repairs{database, clock,          [this] { ++rings; }, fence,
                                                    last,     taken->askedBy, mode != Mode::repair};
        const commerce::mysql::reconcile::Books books{database, repairs, rules};
        commerce::reconcile::Checks all;
        commerce::mysql::reconcile::addAuditChecks(all, books);
        if (more) more(all, books);
        commerce::mysql::reconcile::MysqlRunLog log(database, last, fence);
        ending = commerce::reconcile::conduct(*taken, all, log,
                                              {clock, [] { return false; },
                                               [this](auto time) {
                                                   if (meanwhile) meanwhile(time);
                                                   return true;
                                               }});
        return findings();
    }
    Lines findings() {
        Lines lines;
        for (const auto& one : desk.findings(last, 100, std::nullopt).items) {
            lines.insert(fmt::format("{} {} {}", one.verdict, one.check, one.finding.id));
            remedies[one.check] = one.remedy;
        }
        return lines;
    }

    core::SystemClock clock;
    commerce::CardRules rules;
    std::function<void(commerce::reconcile::Checks&, const commerce::mysql::reconcile::Books&)> more;
    std::function<void(std::chrono::microseconds)> meanwhile; // while a check rests
    commerce::mysql::reconcile::Fence fence = [](database::Session&) {};
    commerce::reconcile::Ending ending{};
    std::map<std::string, std::string> remedies; // of the last finding of each check
    std::int64_t last = 0;
    int rings = 0;

private:
    TestDatabase schema_;
    database::Pool pool_{
        schema_.settings(), {.sessions = 8, .waiters = 64, .wait = std::chrono::seconds{60}}, clock};

public:
    database::Database database{pool_, {.attempts = 20}};
    commerce::mysql::reconcile::MysqlRunDesk desk{database,
                                                  {"points_balance", "order_total", "sales_of_hours",
                                                   "coupon_cache", "gateway_payments", "gateway_refunds"}};
};

} // namespace outboxd::testing
