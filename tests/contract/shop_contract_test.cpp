// What every home of the shop's rows promises: the fake that the unit tests use, and the database.
#include "platform/core/error.hpp"
#include "tests/contract/shop_contract.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using outboxd::testing::keeping;
using outboxd::testing::Shops;

namespace {

const core::Timestamp kTime{std::chrono::sys_days{std::chrono::year{2026} / 3 / 29} +
                            std::chrono::microseconds{5'400'000'001}};

// As the use cases do: found and taken in one transaction.
bool takeOf(Transaction& transaction, ProductId id, std::int64_t quantity) {
    const auto found = transaction.products().find({id});
    return !found.empty() && transaction.products().take(found.front(), quantity);
}

OutboxEvent eventOf(std::string aggregate) {
    OutboxEvent event;
    event.id = core::newEventId(testing::ManualClock{});
    event.aggregateType = "thing";
    event.aggregateId = std::move(aggregate);
    event.orderKey = "key of " + event.aggregateId;
    event.type = "ThingDone";
    return event;
}

} // namespace

BOOST_AUTO_TEST_SUITE(shop_contract)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_user_comes_back_as_it_was_added_with_an_empty_account, Shop, Shops) {
    Shop shop;
    const User ann{UserId{}, "ann \U0001F600", "ann@example.com", "+82 2 1234", kTime};
    const auto id = keeping(shop, [&](Transaction& t) { return t.users().add(ann); }).value();
    const auto found = shop.reader().user(id).value();
    BOOST_TEST((found.id == id));
    BOOST_TEST(found.username == ann.username);
    BOOST_TEST(found.email == ann.email);
    BOOST_TEST(found.phoneNumber.value() == "+82 2 1234");
    BOOST_TEST((found.createdAt == kTime));
    BOOST_TEST(shop.reader().balance(id)->minorUnits() == 0);
    BOOST_TEST(!shop.reader().user(UserId{id.value + 1}).has_value());
    BOOST_TEST(!shop.reader().balance(UserId{id.value + 1}).has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_username_is_unique_and_case_matters, Shop, Shops) {
    Shop shop;
    const auto add = [&](const std::string& username) {
        return keeping(shop, [&](Transaction& t) {
            return t.users().add({UserId{}, username, "a@b", std::nullopt, kTime}).has_value();
        });
    };
    BOOST_TEST(add("ann"));
    BOOST_TEST(!add("ann"));
    BOOST_TEST(add("Ann"));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_balance_moves_within_its_bounds_only, Shop, Shops) {
    Shop shop;
    const auto user = testing::ShopVerbs{shop.unitOfWork()}.userWith("ann", 0);
    const auto change = [&](UserId whose, std::int64_t amount) {
        const auto result = keeping(shop, [&](Transaction& t) {
            return t.accounts().change(whose, core::Money{amount}, core::Money{100});
        });
        return result ? result->minorUnits() : -1;
    };
    BOOST_TEST(change(user, -1) == -1);
    BOOST_TEST(change(user, 40) == 40);
    BOOST_TEST(change(user, 60) == 100);
    BOOST_TEST(change(user, 1) == -1);
    BOOST_TEST(change(user, std::numeric_limits<std::int64_t>::max()) == -1);
    BOOST_TEST(change(user, std::numeric_limits<std::int64_t>::min()) == -1);
    BOOST_TEST(change(user, -101) == -1);
    BOOST_TEST(change(user, -100) == 0);
    BOOST_TEST(change(user, 0) == 0);
    BOOST_TEST(change(UserId{user.value + 1}, 1) == -1);
    BOOST_TEST(shop.reader().balance(user)->minorUnits() == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(history_is_paged_newest_first, Shop, Shops) {
    Shop shop;
    testing::ShopVerbs verbs{shop.unitOfWork()};
    const auto ann = verbs.userWith("ann", 0);
    const auto bob = verbs.userWith("bob", 0);
    for (int amount = 1; amount <= 5; ++amount) {
        verbs.charge(ann, amount);
        verbs.charge(bob, 1000);
    }
    std::vector<std::int64_t> amounts;
    PageRequest request{.cursor = std::nullopt, .limit = 2};
    std::vector<std::size_t> sizes;
    do {
        const auto page = shop.reader().history(ann, request);
        for (const auto& entry : page.items) amounts.push_back(entry.amount.minorUnits());
        sizes.push_back(page.items.size());
        request.cursor = page.next;
    } while (request.cursor);
    BOOST_TEST(amounts == (std::vector<std::int64_t>{5, 4, 3, 2, 1}), boost::test_tools::per_element());
    BOOST_TEST(sizes == (std::vector<std::size_t>{2, 2, 1}), boost::test_tools::per_element());
    BOOST_TEST(!shop.reader().history(ann, {std::nullopt, 5}).next.has_value());
    BOOST_TEST(shop.reader().history(UserId{4711}, {}).items.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(products_are_found_and_paged_by_id, Shop, Shops) {
    Shop shop;
    testing::ShopVerbs verbs{shop.unitOfWork()};
    const auto mug = verbs.product("머그", 300, 5);
    const auto pen = verbs.product("pen", 20, 0);
    const auto cup = verbs.product("cup", 7, 1);
    const auto found = keeping(shop, [&](Transaction& t) {
        return t.products().find({cup, ProductId{cup.value + 1}, mug});
    });
    BOOST_REQUIRE(found.size() == 2);
    BOOST_TEST((found[0].id == mug));
    BOOST_TEST(found[0].name == "머그");
    BOOST_TEST(found[0].price.minorUnits() == 300);
    BOOST_TEST(found[0].stock == 5);
    BOOST_TEST((found[1].id == cup));
    const auto first = shop.reader().products({std::nullopt, 2});
    BOOST_REQUIRE(first.items.size() == 2);
    BOOST_TEST((first.items[1].id == pen));
    const auto second = shop.reader().products({first.next, 2});
    BOOST_REQUIRE(second.items.size() == 1);
    BOOST_TEST((second.items[0].id == cup));
    BOOST_TEST(!second.next.has_value());
    BOOST_TEST(!shop.reader().product(ProductId{cup.value + 1}).has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(stock_is_taken_to_the_last_piece_and_no_further, Shop, Shops) {
    Shop shop;
    const auto mug = testing::ShopVerbs{shop.unitOfWork()}.product("mug", 300, 5);
    const auto take = [&](ProductId product, std::int64_t quantity) {
        return keeping(shop, [&](Transaction& t) { return takeOf(t, product, quantity); });
    };
    BOOST_TEST(!take(mug, 6));
    BOOST_TEST(take(mug, 4));
    BOOST_TEST(!take(mug, 2));
    BOOST_TEST(take(mug, 1));
    BOOST_TEST(!take(mug, 1));
    BOOST_TEST(!take(ProductId{mug.value + 1}, 1));
    BOOST_TEST(shop.reader().product(mug)->stock == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_order_comes_back_with_its_lines_and_moves_by_compare_and_set, Shop, Shops) {
    Shop shop;
    testing::ShopVerbs verbs{shop.unitOfWork()};
    const auto ann = verbs.userWith("ann", 1000);
    const auto mug = verbs.product("mug", 300, 5);
    const auto pen = verbs.product("pen", 20, 9);
    const auto placed = std::get<Order>(verbs.place(ann, {{mug, 1}, {pen, 9}}));
    const auto order = shop.reader().order(placed.id).value();
    BOOST_TEST((order.user == ann));
    BOOST_TEST((order.state == OrderState::waiting));
    BOOST_TEST(order.total.minorUnits() == 480);
    BOOST_TEST((order.createdAt == placed.createdAt));
    BOOST_TEST((order.expiresAt == placed.expiresAt));
    BOOST_TEST(!order.completedAt.has_value());
    BOOST_REQUIRE(order.lines.size() == 2);
    BOOST_TEST((order.lines[1].product == pen));
    BOOST_TEST(order.lines[1].quantity == 9);
    BOOST_TEST(order.lines[1].unitPrice.minorUnits() == 20);
    const auto move = [&](OrderState from, OrderState to, std::optional<core::Timestamp> completedAt) {
        return keeping(shop,
                       [&](Transaction& t) { return t.orders().move(order.id, from, to, completedAt); });
    };
    BOOST_TEST(!move(OrderState::paying, OrderState::complete, kTime));
    BOOST_TEST(move(OrderState::waiting, OrderState::complete, kTime));
    BOOST_TEST(!move(OrderState::waiting, OrderState::complete, kTime));
    BOOST_TEST((shop.reader().order(order.id)->completedAt == kTime));
    BOOST_TEST(!keeping(shop, [&](Transaction& t) { return t.orders().lock(OrderId{order.id.value + 1}); }));
    BOOST_TEST(!shop.reader().order(OrderId{order.id.value + 1}).has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_order_has_one_live_payment, Shop, Shops) {
    Shop shop;
    testing::ShopVerbs verbs{shop.unitOfWork()};
    const auto ann = verbs.userWith("ann", 1000);
    Payment payment;
    payment.order = verbs.placed(ann, verbs.product("mug", 300, 5));
    payment.user = ann;
    payment.createdAt = kTime;
    const auto pay = [&](PaymentState state) {
        payment.state = state;
        return keeping(shop, [&](Transaction& t) { return t.payments().add(payment); });
    };
    pay(PaymentState::failed);
    const auto id = pay(PaymentState::pending);
    BOOST_CHECK_THROW(pay(PaymentState::succeeded), core::Error);
    BOOST_TEST((shop.reader().payment(id)->state == PaymentState::pending));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_authorization_comes_back_as_it_was_made, Shop, Shops) {
    Shop shop;
    const auto made = testing::ShopVerbs{shop.unitOfWork()}.authorize("shop-7", 4200);
    const auto payment = shop.reader().payment(made.id).value();
    BOOST_TEST((payment.method == PaymentMethod::authorization));
    BOOST_TEST((payment.state == PaymentState::succeeded));
    BOOST_TEST(payment.amount.minorUnits() == 4200);
    BOOST_TEST(payment.merchant.value() == "shop-7");
    BOOST_TEST(payment.currency.value() == "EUR");
    BOOST_TEST(payment.reference.value() == "invoice 7");
    BOOST_TEST(!payment.order.has_value());
    BOOST_TEST(!payment.user.has_value());
    BOOST_TEST((payment.createdAt == made.createdAt));
    BOOST_TEST(!shop.reader().payment(PaymentId{made.id.value + 1}).has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(events_keep_every_field_byte_for_byte, Shop, Shops) {
    Shop shop;
    auto full = eventOf("1");
    full.payload = std::string{"{\"a\":\"\xf0\x9f\x98\x80\"}\0\xff", 14};
    full.headers = R"({"traceparent":"00-1-2-01"})";
    const auto tombstone = eventOf("2");
    keeping(shop, [&](Transaction& t) {
        t.outbox().add(full);
        t.outbox().add(tombstone);
        return 0;
    });
    const auto events = shop.events();
    BOOST_REQUIRE(events.size() == 2);
    BOOST_TEST((events[0].id == full.id));
    BOOST_TEST(events[0].aggregateType == "thing");
    BOOST_TEST(events[0].aggregateId == "1");
    BOOST_TEST(events[0].orderKey == "key of 1");
    BOOST_TEST(events[0].type == "ThingDone");
    BOOST_TEST((events[0].payload == full.payload));
    BOOST_TEST((events[0].headers == full.headers));
    BOOST_TEST(!events[1].payload.has_value());
    BOOST_TEST(!events[1].headers.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_rolled_back_or_thrown_out_of_leaves_nothing_and_wakes_nobody, Shop,
                              Shops) {
    Shop shop;
    const auto mug = testing::ShopVerbs{shop.unitOfWork()}.product("mug", 300, 5);
    const auto touch = [&](Transaction& t) {
        takeOf(t, mug, 2);
        t.outbox().add(eventOf("1"));
    };
    shop.unitOfWork().run([&](Transaction& t) {
        touch(t);
        return Ending::rollback;
    });
    BOOST_CHECK_THROW(shop.unitOfWork().run([&](Transaction& t) -> Ending {
        touch(t);
        throw core::Error(core::ErrorKind::internal, "broken");
    }),
                      core::Error);
    BOOST_TEST(shop.reader().product(mug)->stock == 5);
    BOOST_TEST(shop.events().empty());
    BOOST_TEST(shop.rings() == 0);
    shop.unitOfWork().run([&](Transaction& t) {
        touch(t);
        return Ending::commit;
    });
    BOOST_TEST(shop.reader().product(mug)->stock == 3);
    BOOST_TEST(shop.rings() == 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_idempotency_record_lives_from_added_to_complete_to_replaced, Shop, Shops) {
    Shop shop;
    const RequestHash one{1, 0, 255};
    const RequestHash two{2};
    const auto look = [&](const std::string& scope, const std::string& key) {
        return keeping(shop, [&](Transaction& t) { return t.idempotencyKeys().lock(scope, key); });
    };
    BOOST_TEST(std::holds_alternative<KeyAbsent>(look("s", "k")));
    BOOST_TEST(keeping(shop, [&](Transaction& t) {
        const bool added = t.idempotencyKeys().add("s", "k", one, kTime);
        t.idempotencyKeys().complete("s", "k", 201, std::string{"\0\xff{}", 4});
        return added;
    }));
    auto record = std::get<IdempotencyRecord>(look("s", "k"));
    BOOST_TEST((record.hash == one));
    BOOST_TEST(record.done);
    BOOST_TEST(record.status == 201);
    BOOST_TEST((record.body == std::string{"\0\xff{}", 4}));
    BOOST_TEST((record.expiresAt == kTime));
    BOOST_TEST(std::holds_alternative<KeyAbsent>(look("s", "K")));
    BOOST_TEST(std::holds_alternative<KeyAbsent>(look("s", "k "))); // a *_bin collation would pad
    BOOST_TEST(std::holds_alternative<KeyAbsent>(look("S", "k")));
    const auto addAgain = [&](Transaction& t) { return t.idempotencyKeys().add("s", "k", two, kTime); };
    BOOST_TEST(!transact(shop.unitOfWork(), addAgain, [](bool) { return false; }));
    keeping(shop, [&](Transaction& t) {
        t.idempotencyKeys().replace("s", "k", two, kTime + std::chrono::hours{1});
        return 0;
    });
    record = std::get<IdempotencyRecord>(look("s", "k"));
    BOOST_TEST((record.hash == two));
    BOOST_TEST(!record.done);
    BOOST_TEST(record.body.empty());
    BOOST_TEST((record.expiresAt == kTime + std::chrono::hours{1}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_purchase_from_charge_to_event, Shop, Shops) {
    Shop shop;
    testing::ShopVerbs verbs{shop.unitOfWork()};
    const auto ann = verbs.userWith("ann", 1000);
    const auto mug = verbs.product("mug", 300, 5);
    const auto order = verbs.placed(ann, mug, 2);
    BOOST_TEST(std::get<Paid>(verbs.pay(order, ann)).balance.minorUnits() == 400);
    BOOST_TEST((std::get<WrongState>(verbs.pay(order, ann)).state == OrderState::complete));
    const auto broke = verbs.placed(ann, mug, 2);
    BOOST_TEST(std::get<InsufficientPoints>(verbs.pay(broke, ann)).balance.minorUnits() == 400);
    BOOST_TEST(std::get<OutOfStock>(verbs.place(ann, {{mug, 2}})).available == 1);
    BOOST_TEST((shop.reader().order(broke)->state == OrderState::waiting));
    BOOST_TEST(shop.reader().history(ann, {}).items.size() == 2);
    std::vector<std::string> types;
    for (const auto& event : shop.events()) types.push_back(event.type + " " + event.orderKey);
    const auto key = " " + std::to_string(order.value);
    const std::vector<std::string> expected{"PointsCharged " + std::to_string(ann.value), "OrderPlaced" + key,
                                            "PaymentCompleted" + key,
                                            "OrderPlaced " + std::to_string(broke.value)};
    BOOST_TEST(types == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
