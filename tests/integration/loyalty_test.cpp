// Loyalty points on the real database: once per event, whoever delivers it, however often, and whatever dies in between.
#include "commerce/mysql/audit.hpp"
#include "daemon/listeners/loyalty.hpp"
#include "tests/support/card_verbs.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/mysql_shop.hpp"
#include "tests/support/shop_verbs.hpp"
#include "tests/support/tcp_proxy.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using commerce::LoyaltyRate;
using commerce::UserId;
using scheduler::Delivery;
using scheduler::Verdict;

namespace {

struct Shop {
    MySqlShop shop;
    ShopVerbs verbs{shop.unitOfWork()};
    commerce::ProductId mug = verbs.product("mug", 1250, 1'000'000);
    std::atomic<int> rings{0};
    daemon::LoyaltyListener listener = listenerOn(shop.database());

    daemon::LoyaltyListener listenerOn(database::Database& database, LoyaltyRate rate = {}) {
        return {database, shop.clock(), rate, [this] { ++rings; }};
    }

    commerce::PaymentId pay(UserId user, std::int64_t mugs = 1) {
        return std::get<commerce::Paid>(verbs.pay(verbs.placed(user, mug, mugs), user)).payment.id;
    }
    void refund(commerce::PaymentId payment, std::optional<std::int64_t> amount = {}) {
        const auto command = valid(commerce::RequestRefund{
            payment, amount ? std::optional(core::Money{*amount}) : std::nullopt, "broken", {}, {}});
        const auto result = commerce::transact(
            shop.unitOfWork(),
            [&](commerce::Transaction& t) {
                return commerce::requestRefund(t, commerce::CardRules{}, command);
            },
            kept);
        BOOST_REQUIRE(result.index() == 0u);
    }

    // The shop's own events, as the topic holds them.
    std::vector<Delivery> topic() {
        std::vector<Delivery> records;
        for (auto& event : shop.events()) {
            if (event.aggregateType != "order") continue;
            records.push_back({.topic = "order",
                               .offset = static_cast<std::int64_t>(records.size()),
                               .key = event.orderKey,
                               .id = event.id,
                               .type = event.type,
                               .payload = event.payload});
        }
        return records;
    }
    std::vector<Verdict::Kind> kindsOf(const std::vector<Verdict>& verdicts) {
        std::vector<Verdict::Kind> kinds;
        for (const auto& verdict : verdicts) kinds.push_back(verdict.kind);
        return kinds;
    }
    std::int64_t balance(UserId user) {
        return shop.number("SELECT balance FROM point_account WHERE user_id = " + std::to_string(user.value));
    }
    std::int64_t given() { return shop.number("SELECT COUNT(*) FROM point_history WHERE kind = 'LOYALTY'"); }
    std::int64_t told(const std::string& type) {
        return shop.number("SELECT COUNT(*) FROM outbox_event WHERE type = '" + type + "'");
    }
    void audit() {
        const auto session = shop.database().session();
        for (const auto& check : commerce::mysql::auditChecks()) {
            commerce::mysql::audit(*session, check, {}, [](const commerce::mysql::Violation& v) {
                BOOST_ERROR(v.check << ": " << v.subject << ' ' << v.id << ": expected " << v.expected
                                    << "; found " << v.found);
            });
        }
    }
};

// A copy with one word of the payload changed.
Delivery forged(const Delivery& record, const std::string& what, const std::string& instead) {
    Delivery changed = record;
    const auto at = changed.payload->find(what);
    BOOST_REQUIRE(at != std::string::npos);
    changed.payload->replace(at, what.size(), instead);
    static core::SystemClock clock;
    changed.id = core::newEventId(clock);
    return changed;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(loyalty, Shop)

BOOST_AUTO_TEST_CASE(a_payment_gives_its_points_once_and_a_refund_takes_them_back_once) {
    const auto ann = verbs.userWith("ann", 100'000);
    const auto payment = pay(ann, 2);
    BOOST_REQUIRE(balance(ann) == 97'500);
    auto records = topic();
    for (int times = 0; times < 3; ++times) {
        const auto verdicts = listener.handle(records);
        BOOST_CHECK(kindsOf(verdicts) == (std::vector{Verdict::Kind::ignored, Verdict::Kind::done}));
    }
    BOOST_TEST(balance(ann) == 97'525);
    BOOST_TEST(told("PointsAdded") == 1);
    BOOST_TEST(rings == 1);
    refund(payment, 1000);
    records = topic();
    for (int times = 0; times < 3; ++times) listener.handle(records);
    BOOST_TEST(balance(ann) == 98'515); // of 25 points 15 stay
    refund(payment);
    records = topic();
    for (int times = 0; times < 3; ++times) listener.handle(records);
    BOOST_TEST(balance(ann) == 100'000);
    BOOST_TEST(told("PointsTakenBack") == 2);
    BOOST_TEST(rings == 3);
    audit();
}

BOOST_AUTO_TEST_CASE(what_was_spent_already_is_not_taken_back_and_is_written_down) {
    const auto ann = verbs.userWith("ann", 2500);
    const auto first = pay(ann, 2);
    listener.handle(topic());
    BOOST_REQUIRE(balance(ann) == 25);
    shop.database().session()->textExecute( // spent elsewhere
        "UPDATE point_account SET balance = 10 WHERE user_id = " + std::to_string(ann.value));
    shop.database().session()->textExecute(
        "INSERT INTO point_history (user_id, amount, balance_after, kind, reference) VALUES (" +
        std::to_string(ann.value) + ", -15, 10, 'ADJUSTMENT', 'a test')");
    // The money does not come back as points before its refund is told, as it would from a card.
    shop.database().session()->textExecute("UPDATE payment SET method = 'CARD'");
    shop.database().session()->textExecute("UPDATE point_history SET kind = 'ADJUSTMENT' WHERE kind = 'USE'");
    shop.database().session()->textExecute(
        "INSERT INTO refund (payment_id, order_id, amount, state, origin, reason) SELECT id, order_id, amount, "
        "'SUCCEEDED', 'REQUEST', 'broken' FROM payment");
    shop.database().session()->textExecute("UPDATE payment SET refunded = amount, state = 'REFUNDED'");
    auto record = topic().back();
    const auto refund = shop.number("SELECT MAX(id) FROM refund");
    record = forged(record, "\"version\":1",
                    "\"version\":1,\"refundId\":" + std::to_string(refund) + ",\"refundedTotal\":2500");
    record.type = "PaymentRefunded";
    for (int times = 0; times < 2; ++times)
        BOOST_CHECK(listener.handle({&record, 1}).front().kind == Verdict::Kind::done);
    BOOST_TEST(balance(ann) == 0);
    BOOST_TEST(shop.number("SELECT due - taken FROM loyalty_refund WHERE payment_id = " +
                           std::to_string(first.value)) == 15);
    BOOST_TEST(shop.events().back().payload->find("\"amount\":10,\"missing\":15,\"balance\":0") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_refund_that_comes_before_its_payment_waits_in_the_books) {
    const auto ann = verbs.userWith("ann", 100'000);
    refund(pay(ann, 2), 1250);
    auto records = topic();
    BOOST_REQUIRE(records.back().type == "PaymentRefunded");
    BOOST_CHECK(listener.handle({&records.back(), 1}).front().kind == Verdict::Kind::done);
    BOOST_TEST(balance(ann) == 98'750);
    audit();
    std::ranges::reverse(records);
    listener.handle(records);
    BOOST_TEST(balance(ann) == 98'762); // 25 given, 13 taken back
    audit();
}

BOOST_AUTO_TEST_CASE(many_who_deliver_the_same_events_at_once_give_them_once) {
    constexpr int users = 10, payments = 120;
    std::vector<UserId> everybody;
    for (int i = 0; i < users; ++i) everybody.push_back(verbs.userWith("u" + std::to_string(i), 1'000'000));
    for (int i = 0; i < payments; ++i) {
        const auto payment = pay(everybody[static_cast<std::size_t>(i % users)], 1 + i % 3);
        if (i % 4 == 0) refund(payment, 625);
    }
    const auto records = topic();
    crowd(8, [&](int number) {
        std::minstd_rand dice(static_cast<unsigned>(number));
        auto mine = records;
        if (number >= 4) std::shuffle(mine.begin(), mine.end(), dice); // as no partition would deliver them
        auto own = listenerOn(shop.database());
        for (std::size_t at = 0; at < mine.size();) {
            const auto size = std::min<std::size_t>(1 + dice() % 60, mine.size() - at);
            try {
                for (const auto& verdict : own.handle({mine.data() + at, size}))
                    if (verdict.kind == Verdict::Kind::refused) throw std::runtime_error(verdict.reason);
                at += size;
            } catch (const core::Error& error) {
                if (error.kind() != core::ErrorKind::contention) throw; // the loop gives the batch again
            }
            if (number == 0) verbs.charge(everybody[dice() % users], 1);
        }
    });
    BOOST_TEST(given() == payments);
    BOOST_TEST(told("PointsAdded") == payments);
    BOOST_TEST(shop.number("SELECT COUNT(*) FROM loyalty_refund") == payments / 4);
    BOOST_TEST(shop.number("SELECT COUNT(*) FROM processed_event WHERE handler = 'loyalty'") ==
               payments + payments / 4);
    BOOST_TEST(shop.number("SELECT SUM(h.amount) - SUM(p.amount DIV 100) FROM point_history h JOIN payment p "
                           "ON h.reference = CONCAT('loyalty:', p.id)") == 0);
    audit();
}

BOOST_AUTO_TEST_CASE(who_dies_before_or_after_the_commit_changes_nothing_in_the_sum) {
    const auto ann = verbs.userWith("ann", 101'250);
    pay(ann);
    listener.handle(topic());
    const auto real = TestDatabase::server();
    auto settings = shop.schema().settings();
    settings.socket.clear();
    settings.host = "127.0.0.1";
    std::int64_t expected = 100'012;
    for (const auto when : {TcpProxy::Cut::beforeServer, TcpProxy::Cut::afterReply}) {
        const auto topicBefore = topic();
        refund(pay(ann, 4), 2500);
        expected += 2500 - 5000 + 25;
        const auto records = topic();
        TcpProxy proxy(real.host, real.port);
        settings.port = proxy.port();
        database::Pool pool(settings, {.sessions = 2, .wait = 5s}, shop.clock());
        database::Database through(pool, {});
        auto dying = listenerOn(through);
        const auto rows = given();
        dying.handle(topicBefore); // connects: a new session says READ COMMITTED
        proxy.cut("COMMIT", when);
        BOOST_TEST(errorOf([&] { dying.handle(records); }).kind() == core::ErrorKind::outcome_unknown);
        if (when == TcpProxy::Cut::afterReply) BOOST_TEST(given() == rows + 1);
        listener.handle(records); // whoever has the partition now
        dying.handle(records);
        BOOST_TEST(balance(ann) == expected);
    }
    audit();
}

BOOST_AUTO_TEST_CASE(what_does_not_agree_with_the_shop_is_refused_and_the_rest_is_worked_off) {
    const auto ann = verbs.userWith("ann", 100'000), bob = verbs.userWith("bob", 100'000);
    const auto payment = pay(ann);
    refund(payment, 250);
    const auto other = pay(bob);
    const auto records = topic();
    const auto made = records[1], back = records[2], bobs = records[4];
    BOOST_REQUIRE(made.type == "PaymentCompleted");
    BOOST_REQUIRE(back.type == "PaymentRefunded");
    const auto user = "\"userId\":" + std::to_string(ann.value);
    const auto paid = "\"paymentId\":" + std::to_string(payment.value);
    std::vector<std::pair<Delivery, std::string>> cases{
        {forged(made, user, "\"userId\":" + std::to_string(bob.value)), "userId"},
        {forged(made, user, "\"userId\":999"), "userId"},
        {forged(made, paid, "\"paymentId\":999"), "paymentId"},
        {forged(made, paid, "\"paymentId\":" + std::to_string(other.value)), "userId"},
        {forged(made, "\"orderId\":1", "\"orderId\":999"), "orderId"},
        {forged(made, "\"amount\":1250", "\"amount\":125000"), "amount"},
        {forged(made, "\"amount\":1250", "\"amount\":12.5"), "amount"},
        {forged(back, "\"refundId\":1", "\"refundId\":999"), "refundId"},
        {forged(back, "\"amount\":250", "\"amount\":200"), "amount"},
        {forged(back, "\"refundedTotal\":250", "\"refundedTotal\":99999"), "refundedTotal"},
        {forged(back, "\"version\":1", "\"version\":7"), "version"}};
    std::vector<Delivery> batch;
    for (const auto& [record, field] : cases) batch.push_back(record);
    batch.insert(batch.begin() + 3, bobs);
    batch.push_back(made);
    const auto verdicts = listener.handle(batch);
    BOOST_CHECK(verdicts.at(3).kind == Verdict::Kind::done);
    BOOST_CHECK(verdicts.back().kind == Verdict::Kind::done);
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const auto& verdict = verdicts.at(i < 3 ? i : i + 1);
        BOOST_CHECK(verdict.kind == Verdict::Kind::refused);
        BOOST_TEST(verdict.reason.starts_with(cases[i].second + " "), verdict.reason);
    }
    BOOST_TEST(balance(ann) == 100'000 - 1250 + 250 + 12);
    BOOST_TEST(balance(bob) == 100'000 - 1250 + 12);
    // The same payment, told again by a stranger under an id of its own.
    const auto twice = forged(made, "\"version\":1", "\"version\": 1");
    BOOST_CHECK(listener.handle({&twice, 1}).front().kind == Verdict::Kind::done);
    BOOST_TEST(given() == 2);
    audit();
}

BOOST_AUTO_TEST_CASE(at_rate_0_payments_are_passed_over_and_refunds_still_take_back) {
    const auto ann = verbs.userWith("ann", 100'000);
    const auto payment = pay(ann, 2);
    listener.handle(topic());
    auto off = listenerOn(shop.database(), LoyaltyRate{0});
    refund(payment);
    pay(ann, 2);
    const auto verdicts = off.handle(topic());
    BOOST_CHECK(verdicts.back().kind == Verdict::Kind::ignored);
    BOOST_TEST(given() == 1);
    BOOST_TEST(balance(ann) == 97'500);
    audit();
}

BOOST_AUTO_TEST_CASE(only_a_well_formed_trace_is_handed_on) {
    const auto ann = verbs.userWith("ann", 100'000);
    pay(ann), pay(ann);
    auto records = topic();
    const std::string trace = "00-11111111111111111111111111111111-2222222222222222-01";
    records[1].headers = {{"other", "x"}, {"traceparent", trace}};
    records[3].headers = {{"traceparent", std::string(5000, 'x')}};
    listener.handle(records);
    const auto events = shop.events();
    BOOST_TEST(events.at(events.size() - 2).headers.value() == R"({"traceparent":")" + trace + R"("})");
    BOOST_TEST(!events.back().headers.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
