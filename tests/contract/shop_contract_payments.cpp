// What the contract promises about payments that wait for an answer, refunds, callbacks, and keys that wait with them.
#include "commerce/refund_ports.hpp"
#include "platform/core/error.hpp"
#include "tests/contract/shop_contract.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using namespace std::chrono_literals;
using outboxd::testing::keeping;
using outboxd::testing::Shops;

namespace {

const core::Timestamp kTime{std::chrono::sys_days{std::chrono::year{2026} / 3 / 29} + 5'400'000'001us};

template <class Shop> Payment begunIn(Shop& shop, const std::string& key = "key-1") {
    testing::ShopVerbs verbs{shop.unitOfWork()};
    Payment payment;
    payment.user = verbs.userWith("user of " + key, 0);
    payment.order = verbs.placed(*payment.user, verbs.product("mug", 300, 5), 2);
    payment.method = PaymentMethod::card;
    payment.state = PaymentState::pending;
    payment.amount = core::Money{600};
    payment.createdAt = kTime;
    payment.gatewayKey = key;
    payment.nextInquiryAt = kTime + 13s;
    payment.id = keeping(shop, [&](Transaction& t) { return t.payments().add(payment); });
    return payment;
}

Refund refundOf(const Payment& payment, std::int64_t amount) {
    return {.id = {},
            .payment = payment.id,
            .order = payment.order,
            .user = {},
            .amount = core::Money{amount},
            .reason = "arrived \U0001F600",
            .gatewayKey = "refund of " + std::to_string(amount),
            .nextAttemptAt = kTime + 1s,
            .createdAt = kTime};
}

template <class Shop> ProductId someProduct(Shop& shop) {
    return testing::ShopVerbs{shop.unitOfWork()}.product("pen", 1, 1);
}

} // namespace

BOOST_AUTO_TEST_SUITE(shop_contract_payments)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_card_payment_comes_back_as_it_was_begun, Shop, Shops) {
    Shop shop;
    const auto begun = begunIn(shop);
    const auto look = [&](auto how) { return keeping(shop, how); };
    const auto found = look([&](Transaction& t) { return t.payments().find(begun.id); }).value();
    BOOST_TEST((found.order == begun.order));
    BOOST_TEST((found.method == PaymentMethod::card));
    BOOST_TEST((found.state == PaymentState::pending));
    BOOST_TEST(found.gatewayKey.value() == "key-1");
    BOOST_TEST((found.nextInquiryAt == kTime + 13s));
    BOOST_TEST(found.inquiries == 0);
    BOOST_TEST(found.refunded.minorUnits() == 0);
    BOOST_TEST(look([&](Transaction& t) { return t.payments().lock(begun.id); })->gatewayKey.value() ==
               "key-1");
    BOOST_TEST((look([&](Transaction& t) { return t.payments().byGatewayKey("key-1"); }) == begun.id));
    BOOST_TEST(!look([&](Transaction& t) { return t.payments().byGatewayKey("KEY-1"); }).has_value());
    BOOST_TEST(!look([&](Transaction& t) { return t.payments().find({begun.id.value + 1}); }).has_value());
    BOOST_TEST(!look([&](Transaction& t) { return t.payments().lock({begun.id.value + 1}); }).has_value());
    BOOST_CHECK_THROW(begunIn(shop), std::exception); // the same key, or user, again
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_payment_moves_by_compare_and_set, Shop, Shops) {
    Shop shop;
    const auto begun = begunIn(shop);
    const auto move = [&](PaymentState from, PaymentState to) {
        return keeping(shop, [&](Transaction& t) {
            return t.payments().move(begun.id, from, to, "because", kTime + 20s);
        });
    };
    BOOST_TEST(!move(PaymentState::unknown, PaymentState::succeeded));
    BOOST_TEST(move(PaymentState::pending, PaymentState::unknown));
    BOOST_TEST(!move(PaymentState::pending, PaymentState::unknown));
    const auto moved = shop.reader().payment(begun.id).value();
    BOOST_TEST((moved.state == PaymentState::unknown));
    BOOST_TEST(moved.reason.value() == "because");
    BOOST_TEST((moved.nextInquiryAt == kTime + 20s));
    BOOST_TEST(keeping(shop, [&](Transaction& t) {
        return t.payments().move(begun.id, PaymentState::unknown, PaymentState::succeeded, {}, {});
    }));
    BOOST_TEST(!shop.reader().payment(begun.id)->reason.has_value());
    BOOST_TEST(!shop.reader().payment(begun.id)->nextInquiryAt.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(payments_without_an_answer_are_due_in_turn, Shop, Shops) {
    Shop shop;
    const auto first = begunIn(shop, "key-1");
    const auto second = begunIn(shop, "key-2");
    const auto third = begunIn(shop, "key-3");
    keeping(shop, [&](Transaction& t) {
        t.payments().inquireAgain(first.id, kTime + 30s);
        t.payments().move(third.id, PaymentState::pending, PaymentState::succeeded, {}, {});
        return 0;
    });
    const auto due = [&](core::Timestamp now, int limit) {
        return keeping(shop, [&](Transaction& t) { return t.payments().due(now, limit); });
    };
    BOOST_TEST(due(kTime + 13s - 1us, 10).empty());
    BOOST_TEST((due(kTime + 13s, 10) == std::vector{second.id}));
    BOOST_TEST((due(kTime + 30s, 10) == std::vector{second.id, first.id}));
    BOOST_TEST((due(kTime + 30s, 1) == std::vector{second.id}));
    BOOST_TEST(shop.reader().payment(first.id)->inquiries == 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(no_more_is_reserved_for_refunds_than_was_paid, Shop, Shops) {
    Shop shop;
    const auto payment = begunIn(shop);
    const auto reserve = [&](std::int64_t amount) {
        return keeping(shop, [&](Transaction& t) {
            return t.payments().reserveRefund(payment.id, core::Money{amount});
        });
    };
    BOOST_TEST(!reserve(601));
    BOOST_TEST(reserve(400));
    BOOST_TEST(reserve(0));
    BOOST_TEST(!reserve(201));
    keeping(shop, [&](Transaction& t) {
        t.payments().takeBackReservation(payment.id, core::Money{100});
        return 0;
    });
    BOOST_TEST(shop.reader().payment(payment.id)->refunded.minorUnits() == 300);
    BOOST_TEST(reserve(300));
    BOOST_TEST(!reserve(1));
    BOOST_TEST(reserve(0));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_refund_comes_back_with_its_lines_and_moves_by_compare_and_set, Shop, Shops) {
    Shop shop;
    const auto payment = begunIn(shop);
    const auto mug = someProduct(shop);
    const auto pen = someProduct(shop);
    auto refund = refundOf(payment, 100);
    refund.lines = {{mug, 1}, {pen, 7}};
    refund.origin = RefundOrigin::compensation;
    const auto id = keeping(shop, [&](Transaction& t) { return t.refunds().add(refund); });
    const auto check = [&](const Refund& found) {
        BOOST_TEST((found.id == id));
        BOOST_TEST((found.payment == payment.id));
        BOOST_TEST((found.order == payment.order));
        BOOST_TEST((found.user == payment.user));
        BOOST_TEST(found.amount.minorUnits() == 100);
        BOOST_TEST((found.state == RefundState::pending));
        BOOST_TEST((found.origin == RefundOrigin::compensation));
        BOOST_TEST(found.reason == "arrived \U0001F600");
        BOOST_TEST(found.gatewayKey.value() == "refund of 100");
        BOOST_TEST(found.paymentKey.value() == "key-1");
        BOOST_TEST((found.nextAttemptAt == kTime + 1s));
        BOOST_TEST((found.createdAt == kTime));
        BOOST_REQUIRE(found.lines.size() == 2);
        BOOST_TEST((found.lines[1].product == pen));
        BOOST_TEST(found.lines[1].quantity == 7);
    };
    check(keeping(shop, [&](Transaction& t) { return t.refunds().find(id); }).value());
    check(keeping(shop, [&](Transaction& t) { return t.refunds().lock(id); }).value());
    check(shop.reader().refund(id).value());
    BOOST_TEST(
        (keeping(shop, [&](Transaction& t) { return t.refunds().byGatewayKey("refund of 100"); }) == id));
    BOOST_TEST(!keeping(shop, [&](Transaction& t) { return t.refunds().byGatewayKey("key-1"); }).has_value());
    BOOST_TEST(!shop.reader().refund({id.value + 1}).has_value());
    const auto move = [&](RefundState from, RefundState to) {
        return keeping(shop, [&](Transaction& t) { return t.refunds().move(id, from, to, "why", {}); });
    };
    BOOST_TEST(!move(RefundState::unknown, RefundState::failed));
    BOOST_TEST(move(RefundState::pending, RefundState::failed));
    BOOST_TEST(!move(RefundState::pending, RefundState::failed));
    BOOST_TEST(shop.reader().refund(id)->failure.value() == "why");
    BOOST_TEST(!shop.reader().refund(id)->nextAttemptAt.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(refunds_add_up_without_those_that_failed, Shop, Shops) {
    Shop shop;
    const auto payment = begunIn(shop);
    const auto mug = someProduct(shop);
    const auto pen = someProduct(shop);
    std::vector<RefundId> ids;
    for (const std::int64_t amount : {1, 20, 300}) {
        auto refund = refundOf(payment, amount);
        refund.lines = {{mug, amount}};
        if (amount == 20) refund.lines.push_back({pen, 5});
        refund.nextAttemptAt = kTime + std::chrono::seconds{amount};
        ids.push_back(keeping(shop, [&](Transaction& t) { return t.refunds().add(refund); }));
    }
    keeping(shop, [&](Transaction& t) {
        t.refunds().move(ids[1], RefundState::pending, RefundState::succeeded, {}, {});
        t.refunds().move(ids[2], RefundState::pending, RefundState::failed, {}, {});
        return 0;
    });
    const auto returned = keeping(shop, [&](Transaction& t) { return t.refunds().returned(payment.id); });
    BOOST_REQUIRE(returned.size() == 2);
    BOOST_TEST((returned[0].product == mug));
    BOOST_TEST(returned[0].quantity == 21);
    BOOST_TEST(returned[1].quantity == 5);
    BOOST_TEST(
        keeping(shop, [&](Transaction& t) { return t.refunds().succeeded(payment.id); }).minorUnits() == 20);
    BOOST_TEST(!keeping(shop, [&](Transaction& t) { return t.refunds().owed(payment.id); }));
    const auto none = PaymentId{payment.id.value + 1};
    BOOST_TEST(keeping(shop, [&](Transaction& t) { return t.refunds().returned(none); }).empty());
    BOOST_TEST(keeping(shop, [&](Transaction& t) { return t.refunds().succeeded(none); }).minorUnits() == 0);

    const auto due = [&](core::Timestamp now) {
        return keeping(shop, [&](Transaction& t) { return t.refunds().due(now, 10); });
    };
    BOOST_TEST(due(kTime).empty());
    BOOST_TEST((due(kTime + 1000s) == std::vector{ids[0]}));
    keeping(shop, [&](Transaction& t) {
        t.refunds().attemptAgain(ids[0], kTime + 2000s);
        return 0;
    });
    BOOST_TEST(due(kTime + 1000s).empty());
    BOOST_TEST(shop.reader().refund(ids[0])->attempts == 1);

    const auto first = shop.reader().refunds(payment.id, {std::nullopt, 2});
    BOOST_REQUIRE(first.items.size() == 2);
    BOOST_TEST((first.items[0].id == ids[0]));
    const auto second = shop.reader().refunds(payment.id, {first.next, 2});
    BOOST_REQUIRE(second.items.size() == 1);
    BOOST_TEST((second.items[0].id == ids[2]));
    BOOST_TEST(!second.next.has_value());
    BOOST_TEST(shop.reader().refunds(none, {}).items.empty());

    auto owed = refundOf(payment, 5);
    owed.origin = RefundOrigin::compensation;
    keeping(shop, [&](Transaction& t) { return t.refunds().add(owed); });
    BOOST_TEST(keeping(shop, [&](Transaction& t) { return t.refunds().owed(payment.id); }));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_callback_is_taken_in_once, Shop, Shops) {
    Shop shop;
    const auto add = [&](const std::string& id, Ending ending) {
        bool added = false;
        shop.unitOfWork().run([&](Transaction& t) {
            added = t.gatewayCallbacks().add(id, "key", "SUCCEEDED");
            return ending;
        });
        return added;
    };
    BOOST_TEST(add("m1", Ending::rollback));
    BOOST_TEST(add("m1", Ending::commit));
    BOOST_TEST(!add("m1", Ending::commit));
    BOOST_TEST(add("M1", Ending::commit));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_key_waits_with_what_it_was_left_to, Shop, Shops) {
    Shop shop;
    const auto look = [&] {
        return std::get<IdempotencyRecord>(
            keeping(shop, [&](Transaction& t) { return t.idempotencyKeys().lock("s", "k"); }));
    };
    keeping(shop, [&](Transaction& t) {
        t.idempotencyKeys().add("s", "k", RequestHash{1}, kTime);
        t.idempotencyKeys().leaveTo("s", "k", PaymentId{7});
        return 0;
    });
    BOOST_TEST(!look().done);
    BOOST_TEST((std::get<PaymentId>(look().underway.value()) == PaymentId{7}));
    keeping(shop, [&](Transaction& t) {
        t.idempotencyKeys().replace("s", "k", RequestHash{2}, kTime);
        return 0;
    });
    BOOST_TEST(!look().underway.has_value());
    keeping(shop, [&](Transaction& t) {
        t.idempotencyKeys().leaveTo("s", "k", RefundId{8});
        return 0;
    });
    BOOST_TEST((std::get<RefundId>(look().underway.value()) == RefundId{8}));
}

BOOST_AUTO_TEST_SUITE_END()
