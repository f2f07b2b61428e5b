// What every home of the shop's rows promises about coupons.
#include "commerce/coupon_ports.hpp"
#include "tests/contract/shop_contract.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using outboxd::testing::keeping;
using outboxd::testing::Shops;

namespace {

const core::Timestamp kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 29} +
                             std::chrono::microseconds{5'400'000'001}};

Coupon springCoupon() {
    return {.id = {},
            .name = "봄 \U0001F338",
            .discount = {DiscountKind::percent, 15, core::Money{5000}},
            .total = 3,
            .startsAt = kStart,
            .endsAt = kStart + std::chrono::hours{1}};
}

template <class Shop> std::optional<Coupon> find(Shop& shop, CouponId id) {
    return keeping(shop, [&](Transaction& t) { return t.coupons().find(id); });
}

// `count` users, and a coupon that has begun.
template <class Shop> struct Scene {
    explicit Scene(std::int64_t total, int count = 4) {
        for (int i = 0; i < count; ++i) users.push_back(verbs.userWith("user" + std::to_string(i), 0));
        coupon = verbs.coupon(total, shop.clock().today() - std::chrono::minutes{1});
    }
    std::size_t append(const std::vector<UserId>& who) {
        std::vector<ClaimRequest> requests;
        for (const auto user : who) requests.push_back({coupon, user});
        return shop.claimQueue().append(requests);
    }
    Queued claimOf(UserId user) { return shop.claimQueue().find(coupon, user).value(); }
    ClaimState stateOf(UserId user) { return claimOf(user).claim.state; }
    std::optional<ClaimResult> look(UserId user) { return shop.claimQueue().look({{coupon, user}}).front(); }

    Shop shop;
    testing::ShopVerbs verbs{shop.unitOfWork()};
    std::vector<UserId> users;
    CouponId coupon;
};

} // namespace

BOOST_AUTO_TEST_SUITE(shop_contract_coupons)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_coupon_comes_back_as_it_was_added_with_none_issued, Shop, Shops) {
    Shop shop;
    auto given = springCoupon();
    given.issued = given.version = 2;
    const auto id = keeping(shop, [&](Transaction& t) { return t.coupons().add(given); });
    const auto found = find(shop, id).value();
    BOOST_TEST((found.id == id));
    BOOST_TEST(found.name == given.name);
    BOOST_TEST((found.discount.kind == DiscountKind::percent));
    BOOST_TEST(found.discount.value == 15);
    BOOST_TEST(found.discount.most.value().minorUnits() == 5000);
    BOOST_TEST(found.total == 3);
    BOOST_TEST(found.issued == 0);
    BOOST_TEST(found.version == 0);
    BOOST_TEST((found.startsAt == given.startsAt));
    BOOST_TEST((found.endsAt == given.endsAt));
    BOOST_TEST(!find(shop, CouponId{id.value + 1}).has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_fixed_discount_has_no_most, Shop, Shops) {
    Shop shop;
    auto given = springCoupon();
    given.discount = {DiscountKind::fixed, 1'000'000'000'000'000, {}};
    const auto id = keeping(shop, [&](Transaction& t) { return t.coupons().add(given); });
    const auto found = find(shop, id).value();
    BOOST_TEST((found.discount.kind == DiscountKind::fixed));
    BOOST_TEST(found.discount.value == 1'000'000'000'000'000);
    BOOST_TEST(!found.discount.most.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_claim_is_appended_once_and_stands_in_the_order_of_arrival, Shop, Shops) {
    Scene<Shop> scene(2);
    const auto& [ann, bob, cem, dan] =
        std::tie(scene.users[0], scene.users[1], scene.users[2], scene.users[3]);
    BOOST_TEST(scene.append({cem, ann}) == 2U);
    BOOST_TEST(scene.append({ann, bob, bob, cem}) == 1U);
    BOOST_TEST(scene.claimOf(cem).position == 1);
    BOOST_TEST(scene.claimOf(ann).position == 2);
    BOOST_TEST(scene.claimOf(bob).position == 3);
    BOOST_TEST((scene.claimOf(cem).claim.id < scene.claimOf(ann).claim.id));
    BOOST_TEST((scene.claimOf(ann).claim.id < scene.claimOf(bob).claim.id));
    BOOST_TEST((scene.stateOf(cem) == ClaimState::waiting));
    BOOST_TEST(!scene.claimOf(cem).claim.decidedAt.has_value());
    BOOST_TEST(!scene.shop.claimQueue().find(scene.coupon, dan).has_value());
    const auto seen = scene.shop.claimQueue().look(
        {{scene.coupon, bob}, {scene.coupon, dan}, {scene.coupon, cem}, {scene.coupon, bob}});
    // Of several looked at together it is an estimate from below.
    BOOST_TEST(std::get<Queued>(*seen[0]).position >= 2);
    BOOST_TEST(std::get<Queued>(*seen[0]).position <= 3);
    BOOST_TEST(!seen[1].has_value());
    BOOST_TEST(std::get<Queued>(*seen[2]).position == 1);
    BOOST_TEST(std::get<Queued>(*seen[3]).position == std::get<Queued>(*seen[0]).position);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_stands_against_a_claim_is_said_and_nothing_is_appended, Shop, Shops) {
    Scene<Shop> scene(2);
    const auto now = scene.shop.clock().today();
    const auto ann = scene.users[0];
    const auto later = scene.verbs.coupon(1, now + std::chrono::hours{1});
    const auto over = scene.verbs.coupon(1, now - std::chrono::hours{2});
    const CouponId none{over.value + 100};
    const UserId nobody{ann.value + 100'000};
    BOOST_TEST(scene.shop.claimQueue().append(
                   {{later, ann}, {over, ann}, {none, ann}, {scene.coupon, nobody}}) == 0U);
    const auto answers =
        scene.shop.claimQueue().look({{later, ann}, {over, ann}, {none, ann}, {scene.coupon, nobody}});
    BOOST_TEST((std::get<CouponNotStarted>(*answers[0]).startsAt == now + std::chrono::hours{1}));
    BOOST_TEST((std::get<CouponEnded>(*answers[1]).endsAt == now - std::chrono::hours{1}));
    BOOST_TEST((std::get<CouponNotFound>(*answers[2]).coupon == none));
    BOOST_TEST((std::get<UserNotFound>(*answers[3]).user == nobody));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_first_in_the_queue_win_and_the_others_are_told, Shop, Shops) {
    Scene<Shop> scene(2);
    const auto& users = scene.users;
    scene.append({users[2], users[0], users[3]});
    const auto decided = scene.verbs.drain(scene.coupon);
    BOOST_TEST(decided.issued == 2U);
    BOOST_TEST(decided.soldOut == 1U);
    BOOST_TEST(!decided.more);
    BOOST_TEST((scene.stateOf(users[2]) == ClaimState::issued));
    BOOST_TEST((scene.stateOf(users[0]) == ClaimState::issued));
    BOOST_TEST((scene.stateOf(users[3]) == ClaimState::sold_out));
    BOOST_TEST(scene.claimOf(users[3]).claim.decidedAt.has_value());
    const auto coupon = find(scene.shop, scene.coupon).value();
    BOOST_TEST(coupon.issued == 2);
    BOOST_TEST(coupon.version == 1);
    BOOST_TEST((std::get<CouponSoldOut>(*scene.look(users[1])).coupon == scene.coupon));
    BOOST_TEST(scene.append({users[1]}) == 0U);
    BOOST_TEST((std::get<Queued>(*scene.look(users[3])).claim.state == ClaimState::sold_out));
    BOOST_TEST(scene.verbs.drain(scene.coupon).issued == 0U); // nothing is decided twice
    const auto seen = scene.shop.claimQueue().decided(
        {scene.claimOf(users[3]).claim.id, ClaimId{987'654'321}, scene.claimOf(users[2]).claim.id});
    BOOST_TEST(seen.size() == 2U);

    std::vector<std::string> types;
    for (const auto& event : scene.shop.events()) {
        types.push_back(event.type);
        BOOST_TEST(event.orderKey == std::to_string(scene.coupon.value));
        BOOST_TEST(event.aggregateType == "coupon");
    }
    BOOST_TEST(types == (std::vector<std::string>{"CouponIssued", "CouponIssued", "CouponSoldOut"}),
               boost::test_tools::per_element());
    const auto first = scene.shop.events().front().payload.value();
    BOOST_TEST(first.find("\"userId\":" + std::to_string(users[2].value)) != std::string::npos);
    BOOST_TEST(scene.shop.rings() == 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(batches_continue_where_the_one_before_ended, Shop, Shops) {
    Scene<Shop> scene(3);
    const auto& users = scene.users;
    scene.append(users);
    const auto first = scene.verbs.drain(scene.coupon, {}, 2);
    BOOST_TEST(first.issued == 2U);
    BOOST_TEST(first.more);
    BOOST_TEST((first.last == scene.claimOf(users[1]).claim.id));
    BOOST_TEST(scene.claimOf(users[3]).position == 2);
    const auto second = scene.verbs.drain(scene.coupon, first.last, 2);
    BOOST_TEST(second.issued == 1U);
    BOOST_TEST(second.soldOut == 1U);
    BOOST_TEST(scene.verbs.drain(scene.coupon, second.last, 2).last.value == second.last.value);
    BOOST_TEST(find(scene.shop, scene.coupon)->issued == 3);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(coupons_are_listed_and_users_see_what_they_hold, Shop, Shops) {
    Scene<Shop> scene(2);
    const auto ann = scene.users[0];
    const auto second = scene.verbs.coupon(1, scene.shop.clock().today() - std::chrono::minutes{1});
    scene.append({ann});
    scene.shop.claimQueue().append({{second, ann}});
    scene.verbs.drain(scene.coupon);
    scene.verbs.drain(second);

    auto& reader = scene.shop.couponReader();
    BOOST_TEST(reader.coupon(second)->issued == 1);
    BOOST_TEST(!reader.coupon(CouponId{second.value + 100}).has_value());
    const auto page = reader.coupons({std::nullopt, 1});
    BOOST_REQUIRE(page.items.size() == 1U);
    BOOST_TEST((page.items[0].id == scene.coupon));
    BOOST_TEST((reader.coupons({page.next, 1}).items.at(0).id == second));
    BOOST_TEST(!reader.coupons({page.next, 1}).next.has_value());

    const auto held = reader.held(ann, {std::nullopt, 1});
    BOOST_REQUIRE(held.items.size() == 1U);
    BOOST_TEST((held.items[0].held.coupon == second));
    BOOST_TEST(held.items[0].name == "spring");
    BOOST_TEST((held.items[0].held.state == UserCouponState::available));
    BOOST_TEST((reader.held(ann, {held.next, 1}).items.at(0).held.coupon == scene.coupon));
    BOOST_TEST(reader.held(scene.users[1], {}).items.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(many_events_at_once_keep_their_order_and_their_bytes, Shop, Shops) {
    Shop shop;
    std::vector<OutboxEvent> given;
    for (int i = 0; i < 250; ++i) {
        OutboxEvent event;
        event.id = core::newEventId(shop.clock());
        event.aggregateType = "thing";
        event.aggregateId = event.orderKey = "쿠폰 \"" + std::to_string(i);
        event.type = "ThingDone";
        if (i % 3 != 0) event.payload = std::string{"\"\\\0\xff\xf0\x9f\x98\x80", 8} + std::to_string(i);
        if (i % 2 != 0) event.headers = R"({"a":"b \" c"})";
        given.push_back(event);
    }
    keeping(shop, [&](Transaction& t) {
        t.outbox().addAll(given);
        return 0;
    });
    const auto events = shop.events();
    BOOST_REQUIRE(events.size() == given.size());
    for (std::size_t i = 0; i < given.size(); ++i) {
        BOOST_TEST((events[i].id == given[i].id));
        BOOST_TEST(events[i].orderKey == given[i].orderKey);
        BOOST_TEST((events[i].payload == given[i].payload));
        BOOST_TEST((events[i].headers == given[i].headers));
    }
}

BOOST_AUTO_TEST_SUITE_END()
