// The books against those of others: the ranking's figures, the cache in Redis, the gateway's ledger. Work in progress is no
// finding.
#include "commerce/redis/claim_filter.hpp"
#include "tests/integration/reconcile_stage.hpp"
#include "tests/support/payment_watch.hpp"
#include "tests/support/private_redis.hpp"
#include "tests/support/scripted_gateway.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using commerce::reconcile::Checks;
using testing::ReconcileStage;
using Mode = ReconcileStage::Mode;
using Lines = ReconcileStage::Lines;

namespace {

// Orders 2 and 6 were completed five hours ago; two of five pens came back. The ranking has counted that, and is up to date.
struct Sales : ReconcileStage {
    const std::string hour =
        value("SELECT DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL 5 HOUR, '%Y-%m-%d %H:00:00')");
    const std::string id = core::toRfc3339(database::parseDateTime(hour).value());

    Sales() {
        more = [](Checks& checks, const mysql::reconcile::Books& books) {
            mysql::reconcile::addSalesCheck(checks, books, "orders,returns");
        };
        plant("UPDATE orders SET completed_at = '" + hour + "' + INTERVAL 7 MINUTE, updated_at = '" + hour +
              "' WHERE id IN (2, 6);"
              "UPDATE refund SET updated_at = '" +
              hour +
              "';"
              "INSERT INTO product_sales VALUES ('" +
              hour + "', 1, 2), ('" + hour +
              "', 2, 3);"
              "INSERT INTO consumer_progress VALUES ('ranking', 'orders', 0, UTC_TIMESTAMP(6)), "
              "('ranking', 'orders', 1, UTC_TIMESTAMP(6)), ('another', 'orders', 0, '1970-01-01')");
    }
    Lines made(Mode mode) { return run(mode, {"sales_of_hours"}); }
    std::int64_t sold(int product) {
        return number("SELECT quantity FROM product_sales WHERE bucket_hour = '" + hour +
                      "' AND product_id = " + std::to_string(product));
    }
};

struct Cache : ReconcileStage {
    testing::PrivateServer server{"redis"};
    outboxd::redis::Client client{testing::settingsOf(server)};
    commerce::redis::ClaimFilter filter{client, clock, "test:"};
    const CouponId soldOut{1}, open{2};

    Cache() {
        more = [this](Checks& checks, const mysql::reconcile::Books& books) {
            mysql::reconcile::addCacheCheck(checks, books, filter);
        };
        plant("UPDATE coupon SET ends_at = '2099-01-01'");
        filter.claimed({{open, {1}}, {open, {2}}});
        filter.restore(soldOut, 0, [](UserId after) { // more than one page of HSCAN is in the contract suite
            return after.value == 0 ? std::vector<UserId>{{1}, {2}, {3}} : std::vector<UserId>{};
        });
    }
    Lines made(Mode mode) { return run(mode, {"coupon_cache"}); }
    std::string ask(CouponId coupon, std::int64_t user) {
        const auto hint = filter.ask({{coupon, {user}}}).front();
        return hint == ClaimHint::none ? "none" : hint == ClaimHint::claimed ? "claimed" : "sold out";
    }
    void mended(const char* line) {
        BOOST_TEST(made(Mode::dry_run) == Lines{std::string{"PROPOSED "} + line},
                   boost::test_tools::per_element());
        BOOST_TEST(made(Mode::repair) == Lines{std::string{"REPAIRED "} + line},
                   boost::test_tools::per_element());
        BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
        BOOST_TEST(number("SELECT COUNT(*) FROM audit_log WHERE action = 'reconcile.repair'") == 1);
    }
};

// Payment 3 was declined, 4 and 6 were charged and given back; the gateway says the same.
struct Ledgers : ReconcileStage {
    testing::ScriptedGateway gateway;
    testing::MemoryPaymentWatch watch;
    std::map<std::string, std::string> keys;

    Ledgers() {
        more = [this](Checks& checks, const mysql::reconcile::Books& books) {
            mysql::reconcile::addGatewayChecks(checks, books, {gateway, watch});
        };
        for (const auto* of : {"payment 3", "payment 4", "payment 5", "payment 6", "refund 1", "refund 2",
                               "refund 3", "refund 4"}) {
            const std::string_view text{of};
            keys[of] = core::newEventId(clock).text();
            plant("UPDATE " + std::string{text.substr(0, text.find(' '))} + " SET gateway_key = '" +
                  keys[of] + "' WHERE id = " + std::string{text.substr(text.find(' ') + 1)});
        }
        plant("UPDATE payment SET method = 'CARD' WHERE id = 5"); // refund 4 of it was declined
        using Outcome = GatewayAnswer::Outcome;
        for (const auto* good : {"payment 4", "payment 5", "payment 6", "refund 1", "refund 2", "refund 3"})
            gateway.decide(keys[good], Outcome::succeeded);
        for (const auto* bad : {"payment 3", "refund 4"}) gateway.decide(keys[bad], Outcome::declined);
    }
    Lines made(Mode mode) { return run(mode, {"gateway_payments", "gateway_refunds"}); }
    void decide(const char* of, GatewayAnswer::Outcome outcome) { gateway.decide(keys[of], outcome); }
    std::string line(const char* verdict, const char* check, const char* of) {
        return fmt::format("{} {} {} {}", verdict, check,
                           std::string_view{of}.substr(std::string_view{of}.find(' ') + 1), keys[of]);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(reconcile_sales)

BOOST_FIXTURE_TEST_CASE(figures_that_are_right_are_left_alone, Sales) {
    BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
    BOOST_TEST((ending == commerce::reconcile::Ending::done));
}

BOOST_FIXTURE_TEST_CASE(an_hour_is_set_to_what_its_orders_say_and_its_events_count_no_more, Sales) {
    plant("DELETE FROM product_sales WHERE product_id = 1; UPDATE product_sales SET quantity = 9;"
          "INSERT INTO product_sales VALUES ('" +
          hour + "', 7, 4)");
    BOOST_TEST(made(Mode::dry_run) == Lines{"PROPOSED sales_of_hours " + id},
               boost::test_tools::per_element());
    BOOST_TEST(sold(2) == 9);
    BOOST_TEST(number("SELECT COUNT(*) FROM processed_event") == 0);
    BOOST_TEST(made(Mode::repair) == Lines{"REPAIRED sales_of_hours " + id},
               boost::test_tools::per_element());
    BOOST_TEST(sold(1) == 2);
    BOOST_TEST(sold(2) == 3);
    BOOST_TEST(sold(7) == 0);
    BOOST_TEST(
        number("SELECT COUNT(*) FROM processed_event p JOIN outbox_event e ON e.event_id = p.event_id AND "
               "p.handler = 'ranking' AND e.aggregate_id IN ('2', '6') AND e.type IN ('PaymentCompleted', "
               "'PaymentRefunded')") == 3);
    BOOST_TEST(number("SELECT COUNT(*) FROM processed_event") == 3);
    BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(what_is_on_its_way_to_the_ranking_is_no_finding, Sales) {
    plant("UPDATE product_sales SET quantity = 5 WHERE product_id = 2;" // the return is not counted yet
          "UPDATE refund SET updated_at = UTC_TIMESTAMP(6) WHERE id = 2");
    BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
    plant("UPDATE refund SET updated_at = '" + hour + "'; UPDATE consumer_progress SET up_to = '" + hour +
          "' + INTERVAL 30 MINUTE WHERE topic_partition = 1 AND handler = 'ranking'");
    BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
    plant("UPDATE consumer_progress SET up_to = UTC_TIMESTAMP(6) WHERE handler = 'ranking'");
    BOOST_TEST(made(Mode::report) == Lines{"REPORTED sales_of_hours " + id},
               boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(events_that_are_held_back_will_still_be_counted, Sales) {
    plant(
        "DELETE FROM product_sales WHERE product_id = 1;"
        "INSERT INTO outbox_held (id, lane, order_key, state) SELECT id, 1, '2', 'FAILED' FROM outbox_event WHERE "
        "aggregate_id = '2' AND type = 'PaymentCompleted'");
    BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(with_dead_letters_of_the_ranking_nothing_can_be_said, Sales) {
    plant(
        "DELETE FROM product_sales;"
        "INSERT INTO dead_letter (handler, identity, topic, topic_partition, record_offset, record_key, key_digest, type, "
        "headers, state, attempts) VALUES ('ranking', REPEAT('x', 32), 't', 0, 0, '', REPEAT('x', 32), '', '[]', 'HELD', 3)");
    BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
    BOOST_TEST((ending == commerce::reconcile::Ending::incomplete));
    BOOST_TEST(
        desk.checks(last).front().result.error.value().starts_with("dead letters of the ranking wait"));
}

BOOST_FIXTURE_TEST_CASE(the_hour_that_is_open_is_left_alone, Sales) {
    plant("INSERT INTO product_sales VALUES (DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%d %H:00:00'), 7, 4)");
    BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(reconcile_cache)

BOOST_FIXTURE_TEST_CASE(a_cache_that_is_right_is_left_alone, Cache) {
    BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
    BOOST_TEST(ask(soldOut, 2) == "claimed");
    BOOST_TEST(ask(soldOut, 9) == "sold out");
}

BOOST_FIXTURE_TEST_CASE(a_claim_that_there_is_not_is_forgotten, Cache) {
    filter.claimed({{open, {77}}});
    mended("coupon_cache 2");
    BOOST_TEST(ask(open, 77) == "none");
}

BOOST_FIXTURE_TEST_CASE(a_coupon_that_is_left_is_not_sold_out, Cache) {
    filter.restore(open, 0, [](UserId after) {
        return after.value == 0 ? std::vector<UserId>{{1}, {2}} : std::vector<UserId>{};
    });
    BOOST_TEST(ask(open, 9) == "sold out");
    mended("coupon_cache 2");
    BOOST_TEST(ask(open, 9) == "none");
}

BOOST_FIXTURE_TEST_CASE(a_claimant_is_not_turned_away, Cache) {
    filter.forget(soldOut);
    filter.restore(soldOut, 0, [](UserId after) {
        return after.value == 0 ? std::vector<UserId>{{1}, {3}} : std::vector<UserId>{};
    });
    BOOST_TEST(ask(soldOut, 2) == "sold out");
    mended("coupon_cache 1");
    BOOST_TEST(ask(soldOut, 2) == "claimed");
    BOOST_TEST(ask(soldOut, 9) == "sold out");
}

BOOST_FIXTURE_TEST_CASE(a_claim_that_is_being_told_is_no_finding, Cache) {
    plant("INSERT INTO coupon_claim (coupon_id, user_id, state) VALUES (1, 50, 'SOLD_OUT')");
    meanwhile = [this](auto) { this->filter.claimed({{this->soldOut, {50}}}); };
    BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(without_redis_the_run_is_incomplete, Cache) {
    server.kill();
    BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
    BOOST_TEST((ending == commerce::reconcile::Ending::incomplete));
    BOOST_TEST(desk.run(last)->state == "INCOMPLETE");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(reconcile_gateway)

using Outcome = GatewayAnswer::Outcome;

BOOST_FIXTURE_TEST_CASE(ledgers_that_agree_are_left_alone, Ledgers) {
    BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
    BOOST_TEST(gateway.calls() == 8);
    BOOST_TEST((ending == commerce::reconcile::Ending::done));
}

BOOST_FIXTURE_TEST_CASE(a_charge_that_we_had_for_failed_is_refunded_once, Ledgers) {
    decide("payment 3", Outcome::succeeded);
    BOOST_TEST(made(Mode::dry_run) == Lines{line("PROPOSED", "gateway_payments", "payment 3")},
               boost::test_tools::per_element());
    BOOST_TEST(number("SELECT COUNT(*) FROM refund WHERE payment_id = 3") == 0);
    BOOST_TEST(made(Mode::repair) == Lines{line("REPAIRED", "gateway_payments", "payment 3")},
               boost::test_tools::per_element());
    BOOST_TEST(
        number(
            "SELECT COUNT(*) FROM refund WHERE payment_id = 3 AND origin = 'COMPENSATION' AND amount = 60") ==
        1);
    BOOST_TEST(watch.count("alert payment_success_after_failure") == 1);
    BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_refund_that_we_had_for_failed_counts, Ledgers) {
    decide("refund 4", Outcome::succeeded);
    BOOST_TEST(made(Mode::repair) == Lines{line("REPAIRED", "gateway_refunds", "refund 4")},
               boost::test_tools::per_element());
    BOOST_TEST(value("SELECT state FROM refund WHERE id = 4") == "SUCCEEDED");
    BOOST_TEST(number("SELECT refunded FROM payment WHERE id = 5") == 100);
    BOOST_TEST(rings == 1, "its event wakes the relay");
    BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(what_the_gateway_does_not_know_is_a_persons, Ledgers) {
    decide("payment 4", Outcome::declined);
    decide("refund 1", Outcome::not_found);
    decide("payment 6", Outcome::pending); // it will say
    BOOST_TEST(made(Mode::repair) == (Lines{line("PERSON", "gateway_payments", "payment 4"),
                                            line("PERSON", "gateway_refunds", "refund 1")}),
               boost::test_tools::per_element());
    BOOST_TEST(value("SELECT state FROM payment WHERE id = 4") == "REFUNDED");
}

BOOST_FIXTURE_TEST_CASE(what_is_settled_meanwhile_is_no_finding, Ledgers) {
    decide("payment 3", Outcome::succeeded);
    meanwhile = [this](auto time) {
        if (time >= std::chrono::seconds{2}) this->decide("payment 3", Outcome::declined);
    };
    BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_gateway_that_is_away_is_not_asked_for_everything, Ledgers) {
    gateway.goDown();
    BOOST_TEST(made(Mode::repair) == Lines{}, boost::test_tools::per_element());
    BOOST_TEST((ending == commerce::reconcile::Ending::incomplete));
    BOOST_TEST(gateway.calls() == 6, "three silences for each of both checks");
}

BOOST_AUTO_TEST_SUITE_END()
