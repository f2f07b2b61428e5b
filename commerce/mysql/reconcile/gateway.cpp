#include "commerce/mysql/reconcile/checks.hpp"
#include "commerce/settlement.hpp"
#include "commerce/watched_settlement.hpp"
#include "platform/core/error.hpp"
#include "platform/core/event_id.hpp"
#include "sql/reconcile.hpp"

#include <fmt/format.h>

namespace outboxd::commerce::mysql::reconcile {
namespace {

namespace statements = outboxd::sql::reconcile;
using database::Session;
using Outcome = GatewayAnswer::Outcome;

constexpr int kPage = 500;
// Without an answer in a row: the gateway is away, or its breaker is open.
constexpr int kSilences = 3;
// What was settled a moment ago, or is being settled now, agrees after that.
constexpr std::chrono::seconds kSettled{2};

// One side of the ledger: what was charged, or what was given back.
struct Side {
    std::string_view check, subject, remedy;
    const database::Statement& page;
    const database::Statement& now;
    GatewayAnswer (CardGateway::*ask)(const std::string&);
};

const Side kPayments{
    "gateway_payments",
    "payment",
    "a repair settles a charge that we had for failed: it is refunded once; a success that the gateway "
    "does not know is a person's",
    statements::settled_payments,
    statements::payment_now,
    &CardGateway::chargeState};
const Side kRefunds{
    "gateway_refunds",
    "refund",
    "a repair counts a refund that we had for failed; a success that the gateway does not know is a "
    "person's",
    statements::settled_refunds,
    statements::refund_now,
    &CardGateway::refundState};

bool weHaveIt(const std::string& state) { return state != "FAILED"; }
bool isFinal(Outcome outcome) {
    return outcome == Outcome::succeeded || outcome == Outcome::declined || outcome == Outcome::not_found;
}
// What says nothing yet agrees with everything.
bool agrees(const std::string& state, const GatewayAnswer& answer) {
    return !isFinal(answer.outcome) || weHaveIt(state) == (answer.outcome == Outcome::succeeded);
}
const char* text(Outcome outcome) {
    switch (outcome) {
    case Outcome::succeeded: return "succeeded";
    case Outcome::declined: return "declined";
    default: return "not known";
    }
}

// No key made at this time or later comes before.
std::string firstKeyOf(core::Timestamp time) {
    core::EventId id;
    const auto millis =
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
    for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(millis >> (40 - 8 * i));
    return id.text();
}

struct Entry {
    std::int64_t id = 0;
    std::string key, state;
};

class GatewayCheck final : public Check {
public:
    GatewayCheck(const Side& side, const Books& books, const Ledger& ledger)
        : side_(side), books_(books), ledger_(ledger) {}

    std::string_view name() const override { return side_.check; }
    bool repairs() const override { return true; }
    std::string_view remedy() const override { return side_.remedy; }

    void look(Looking& looking) override {
        auto session = books_.looks.session();
        std::vector<Entry> suspects;
        std::string after = firstKeyOf(books_.repairs.clock.today() - ledger_.window);
        for (std::size_t page = kPage; page == kPage;) {
            const auto rows = session->query(side_.page, {after, kPage});
            page = rows.size();
            for (const auto& row : rows) {
                Entry entry{row.integer(0), row.bytes(1), row.bytes(2)};
                after = entry.key;
                if (!agrees(entry.state, ask(entry.key))) suspects.push_back(std::move(entry));
                if (!looking.rest(std::chrono::microseconds{1'000'000 / ledger_.perSecond})) return;
            }
        }
        if (suspects.empty() || !looking.rest(kSettled)) return;
        for (const auto& entry : suspects) {
            const auto state = stateOf(*session, entry.id);
            const auto answer = ask(entry.key);
            if (!state || agrees(*state, answer)) continue;
            looking.report({std::string{side_.subject}, fmt::format("{} {}", entry.id, entry.key),
                            fmt::format("{} at the gateway", text(answer.outcome)), *state});
            if (!looking.rest(std::chrono::microseconds{1'000'000 / ledger_.perSecond})) return;
        }
    }

    Treated treat(const Finding& finding, int line) override {
        const auto id = numberOf(finding);
        const auto answer = ask(finding.id.substr(finding.id.find(' ') + 1)); // outside the transaction
        if (!isFinal(answer.outcome)) return {Verdict::gone, "the gateway is at it again"};
        std::function<void()> report;
        auto treated = books_.repairs.mend(
            side_.check, finding, line, [&](Session& session, auto& transaction) -> Mending {
                const auto state = stateOf(session, id);
                if (!state || agrees(*state, answer)) return AllRight{};
                if (weHaveIt(*state))
                    return ForPerson{
                        fmt::format("we have it for {}, and at the gateway it is {}: ask the gateway", *state,
                                    text(answer.outcome))};
                return &side_ == &kPayments ? settlePayment(transaction, PaymentId{id}, answer, report)
                                            : settleRefunded(transaction, RefundId{id}, answer, report);
            });
        if (treated.verdict == Verdict::repaired && report) report();
        return treated;
    }

private:
    Mending settlePayment(Transaction& transaction, PaymentId id, const GatewayAnswer& answer,
                          std::function<void()>& report) const {
        const auto settled = settle(transaction, books_.rules, id, answer, {});
        if (!settled.anomaly) return AllRight{}; // owed already
        report = [this, settled] { commerce::report(ledger_.watch, settled); };
        return Mended{fmt::format("refund of {} planned: the card was charged after the payment had failed",
                                  settled.payment.amount.minorUnits())};
    }
    Mending settleRefunded(Transaction& transaction, RefundId id, const GatewayAnswer& answer,
                           std::function<void()>& report) const {
        const auto settled = settleRefund(transaction, books_.rules, id, answer, {});
        if (!settled.changed)
            return ForPerson{"more would have gone back than was paid: settle it with the customer"};
        report = [this, settled] { commerce::report(ledger_.watch, settled); };
        return Mended{fmt::format("FAILED -> SUCCEEDED: {} went back", settled.refund.amount.minorUnits())};
    }

    // Empty: there is none, or it is owed and so on its way back.
    std::optional<std::string> stateOf(Session& session, std::int64_t id) const {
        const auto row = session.query(side_.now, {id});
        if (row.empty() ||
            (row.front().size() > 1 && row.front().integer(1) != 0 && row.front().bytes(0) == "FAILED"))
            return std::nullopt;
        return row.front().bytes(0);
    }

    GatewayAnswer ask(const std::string& key) {
        auto answer = (ledger_.gateway.*side_.ask)(key);
        silences_ = answer.outcome == Outcome::unknown ? silences_ + 1 : 0;
        if (silences_ >= kSilences)
            throw core::Error(core::ErrorKind::unavailable,
                              "the card gateway does not answer: " + answer.reason);
        return answer;
    }

    const Side& side_;
    const Books books_;
    const Ledger ledger_;
    int silences_ = 0;
};

} // namespace

void addGatewayChecks(Checks& checks, const Books& books, const Ledger& ledger) {
    checks.push_back(std::make_unique<GatewayCheck>(kPayments, books, ledger));
    checks.push_back(std::make_unique<GatewayCheck>(kRefunds, books, ledger));
}

} // namespace outboxd::commerce::mysql::reconcile
