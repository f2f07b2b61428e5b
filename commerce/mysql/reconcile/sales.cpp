#include "commerce/mysql/sales.hpp"
#include "commerce/mysql/reconcile/checks.hpp"
#include "commerce/ranking.hpp"
#include "platform/core/error.hpp"
#include "sql/reconcile.hpp"

#include <fmt/format.h>

namespace outboxd::commerce::mysql::reconcile {
namespace {

namespace statements = outboxd::sql::reconcile;
using database::Session;
using std::chrono::hours;
using std::chrono::minutes;

constexpr hours kWindow{24 * 7};
// An order or a refund is written down some time before its commit, which the ranking's progress counts.
constexpr minutes kCommitted{1};
constexpr int kRounds = 5; // of a repair, while refunds of the hour come in

std::string hourText(Hour hour) { return database::toDateTime(hour).substr(0, 19); }

struct Difference {
    std::int64_t product = 0, expected = 0, found = 0;
};

// The events of sales are committed with the orders and refunds, and counted after that: what changed later than `before` may
// be on its way, and is left out, as is what waits in the outbox. Without `before` nothing is left out.
std::vector<Difference> differences(Session& session, Hour hour, std::optional<core::Timestamp> before) {
    const auto first = hourText(hour), end = hourText(hour + hours{1});
    std::vector<Difference> found;
    for (const auto& row :
         session.query(statements::sales_of_hour, {first, first, end, first, end, before, before}))
        found.push_back({row.integer(0), row.integer(1), row.integer(2)});
    return found;
}

template <class Member> std::string listOf(const std::vector<Difference>& differences, Member member) {
    constexpr std::size_t most = 20;
    std::string text;
    for (std::size_t i = 0; i < std::min(most, differences.size()); ++i)
        text += fmt::format("{}product {}: {}", i == 0 ? "" : ", ", differences[i].product,
                            differences[i].*member);
    return text + (differences.size() > most ? ", ..." : "");
}

class SalesCheck final : public Check {
public:
    SalesCheck(const Books& books, std::string topics) : books_(books), topics_(std::move(topics)) {}

    std::string_view name() const override { return "sales_of_hours"; }
    bool repairs() const override { return true; }
    std::string_view remedy() const override {
        return "a repair sets the hour to what its orders and refunds say, and has their events count no more";
    }

    void look(Looking& looking) override {
        auto session = books_.looks.session();
        const auto workedOff = ready(*session);
        if (!workedOff) return;
        const auto last = std::chrono::floor<hours>(*workedOff - kCommitted); // this one is open
        for (auto hour = last - kWindow; hour < last && looking.goOn(); hour += hours{1}) {
            const auto found = differences(*session, hour, *workedOff - kCommitted);
            if (found.empty()) continue;
            looking.report({"hour", core::toRfc3339(hour), listOf(found, &Difference::expected),
                            listOf(found, &Difference::found)});
        }
    }

    Treated treat(const Finding& finding, int line) override {
        const auto time = core::fromRfc3339(finding.id);
        if (!time) throw core::Error(core::ErrorKind::internal, "'" + finding.id + "' is no hour");
        return books_.repairs.mend(name(), finding, line, [&](auto& session, auto&) {
            return mend(session, std::chrono::floor<hours>(*time));
        });
    }

private:
    // Up to when the ranking has counted everything; empty if there is none. Events that failed will still be counted.
    std::optional<core::Timestamp> ready(Session& session) const {
        if (session.query(statements::ranking_letters, {kRanking}).front().integer(0) > 0)
            throw core::Error(core::ErrorKind::unavailable,
                              "dead letters of the ranking wait to be counted: retry or discard them first");
        return session.query(statements::ranked_up_to, {kRanking, topics_}).front().maybeTime(0);
    }

    // Once an event is marked, the ranking passes it over; whoever is counting it now is waited for. What is committed
    // between the sum and the second marking is seen by that, and summed up again.
    Mending mend(Session& session, Hour hour) const {
        const auto workedOff = ready(session);
        if (!workedOff || hour + hours{1} > *workedOff - kCommitted) return AllRight{};
        session.query(statements::lock_hour, {hourText(hour)});
        const auto first = hourText(hour), end = hourText(hour + hours{1});
        const auto mark = [&] { return session.execute(statements::mark_counted, {kRanking, first, end}); };
        if (differences(session, hour, *workedOff - kCommitted).empty()) return AllRight{};
        mark();
        for (int round = 0; round < kRounds; ++round) {
            const auto found = differences(session, hour, {}); // all of it is marked
            if (mark() > 0) continue;
            for (const auto& one : found)
                session.execute(statements::set_sales, {first, one.product, one.expected});
            return Mended{listOf(found, &Difference::found) + " -> " + listOf(found, &Difference::expected)};
        }
        throw core::Error(core::ErrorKind::contention, "refunds of the hour kept coming in");
    }

    const Books books_;
    const std::string topics_;
};

} // namespace

void addSalesCheck(Checks& checks, const Books& books, const std::string& topics) {
    checks.push_back(std::make_unique<SalesCheck>(books, topics));
}

} // namespace outboxd::commerce::mysql::reconcile
