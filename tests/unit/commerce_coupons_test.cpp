#include "commerce/claim_desk.hpp"
#include "commerce/claim_watch.hpp"
#include "tests/support/fake_claim_filter.hpp"
#include "tests/support/fake_claim_queue.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/shop_verbs.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <latch>
#include <thread>

using namespace outboxd;
using namespace outboxd::commerce;
using namespace std::chrono_literals;

namespace {

struct Scene {
    testing::ManualClock clock;
    testing::FakeShop rows{clock};
    testing::ShopVerbs verbs{rows};
    testing::FakeClaimQueue queue{rows};
    testing::FakeClaimFilter filter;
    ClaimDesk desk{queue, filter, {.leaders = 2, .largest = 256, .wait = 1h}};
    CouponId coupon = verbs.coupon(2, clock.today());
    UserId ann = verbs.userWith("ann", 0);
    UserId bob = verbs.userWith("bob", 0);
    UserId cem = verbs.userWith("cem", 0);

    Queued claim(UserId user) { return std::get<Queued>(desk.claim({coupon, user})); }
    std::vector<std::string> wrongWith(CreateCoupon command) {
        const auto result = validate(std::move(command));
        std::vector<std::string> pointers;
        if (const auto* invalid = std::get_if<Invalid>(&result))
            for (const auto& problem : invalid->problems) pointers.push_back(problem.pointer);
        return pointers;
    }
};

// What holds up one call of the queue until the test lets it go on.
class SlowQueue final : public ClaimQueue {
public:
    explicit SlowQueue(ClaimQueue& queue) : queue_(queue) {}
    std::size_t append(const std::vector<ClaimRequest>& requests) override {
        sizes.push_back(requests.size());
        if (sizes.size() == 1) {
            entered.count_down();
            mayGoOn.wait();
        }
        return queue_.append(requests);
    }
    std::vector<std::optional<ClaimResult>> look(const std::vector<ClaimRequest>& requests) override {
        return queue_.look(requests);
    }
    std::optional<Queued> find(CouponId coupon, UserId user) override { return queue_.find(coupon, user); }
    std::vector<Claim> decided(const std::vector<ClaimId>& claims) override { return queue_.decided(claims); }

    std::vector<std::size_t> sizes; // of the batches
    std::latch entered{1};
    std::latch mayGoOn{1};

private:
    ClaimQueue& queue_;
};

using Pointers = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(commerce_coupons, Scene)

BOOST_AUTO_TEST_CASE(a_coupon_is_checked_field_by_field) {
    const auto now = clock.today();
    BOOST_TEST(wrongWith({"n", "FIXED", 1, {}, 1, now, now + 1s}) == Pointers{});
    BOOST_TEST(wrongWith({"n", "PERCENT", 100, core::Money{1}, 1, now, now + 1s}) == Pointers{});
    BOOST_TEST(wrongWith({"", "FIXED", 0, core::Money{1}, 0, now, now}) ==
                   (Pointers{"/name", "/discount", "/most", "/total", "/endsAt"}),
               boost::test_tools::per_element());
    BOOST_TEST(wrongWith({"n", "PERCENT", 101, core::Money{0}, 10'000'001, now, now + 1s}) ==
                   (Pointers{"/discount", "/most", "/total"}),
               boost::test_tools::per_element());
    BOOST_TEST(wrongWith({"n", "GIFT", 1, {}, 1, now, now + 1s}) == Pointers{"/kind"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_claim_waits_and_claiming_again_is_the_same_claim) {
    const auto first = claim(ann);
    BOOST_TEST((first.claim.state == ClaimState::waiting));
    BOOST_TEST(first.position == 1);
    BOOST_TEST(claim(bob).position == 2);
    BOOST_TEST((claim(ann).claim.id == first.claim.id));
    BOOST_TEST(desk.figures().queued == 2U);
    BOOST_TEST(desk.figures().repeated == 1U);
}

BOOST_AUTO_TEST_CASE(a_claim_that_was_in_time_counts_however_late_it_is_decided) {
    claim(ann);
    clock.advance(2h);
    BOOST_TEST(verbs.drain(coupon).issued == 1U);
    BOOST_TEST((claim(ann).claim.state == ClaimState::issued));
    BOOST_TEST(std::holds_alternative<CouponEnded>(desk.claim({coupon, bob})));
}

BOOST_AUTO_TEST_CASE(nobody_loses_while_any_is_left) {
    claim(ann);
    BOOST_TEST(verbs.drain(coupon).soldOut == 0U);
    claim(bob);
    claim(cem);
    const auto decided = verbs.drain(coupon);
    BOOST_TEST(decided.issued == 1U);
    BOOST_TEST(decided.soldOut == 1U);
    BOOST_TEST((claim(cem).claim.state == ClaimState::sold_out));
}

BOOST_AUTO_TEST_CASE(the_filter_is_told_after_the_claim_and_spares_the_write) {
    claim(ann);
    BOOST_TEST(filter.known() == 1U);
    BOOST_TEST(queue.appends() == 1);
    claim(ann);
    BOOST_TEST(queue.appends() == 1);
    BOOST_TEST(queue.looks() == 2); // the verdict comes from the database
}

BOOST_AUTO_TEST_CASE(a_sold_out_coupon_is_refused_without_the_database_but_its_winners_are_not) {
    claim(ann);
    claim(bob);
    verbs.drain(coupon);
    filter.sellOut(coupon);
    const auto looks = queue.looks();
    BOOST_TEST(std::holds_alternative<CouponSoldOut>(desk.claim({coupon, cem})));
    BOOST_TEST(queue.looks() == looks);
    BOOST_TEST((claim(ann).claim.state == ClaimState::issued));
}

BOOST_AUTO_TEST_CASE(a_filter_that_forgot_or_imagines_changes_nothing) {
    filter.imagine({coupon, ann});
    BOOST_TEST((claim(ann).claim.state == ClaimState::waiting));
    filter.forget();
    BOOST_TEST(claim(ann).position == 1);
    BOOST_TEST(desk.figures().queued == 1U);
}

BOOST_AUTO_TEST_CASE(trouble_reaches_all_of_the_batch_and_the_next_goes_on) {
    queue.goDown();
    BOOST_CHECK_THROW(claim(ann), core::Error);
    queue.recover();
    BOOST_TEST(claim(ann).position == 1);
    BOOST_TEST(desk.figures().failed == 1U);
}

BOOST_AUTO_TEST_CASE(who_comes_while_a_batch_is_written_goes_into_the_next_one_together) {
    SlowQueue slow{queue};
    ClaimDesk busy{slow, filter, {.leaders = 1, .largest = 256, .wait = 1h}};
    auto first = std::async(std::launch::async, [&] { return busy.claim({coupon, ann}); });
    slow.entered.wait();
    std::vector<UserId> users;
    for (int i = 0; i < 8; ++i) users.push_back(verbs.userWith("user" + std::to_string(i), 0));
    std::vector<std::future<ClaimResult>> others;
    for (const auto user : users)
        others.push_back(std::async(std::launch::async, [&busy, this, user] {
            return busy.claim({coupon, user});
        }));
    slow.mayGoOn.count_down();
    BOOST_TEST(std::get<Queued>(first.get()).position == 1);
    for (std::size_t i = 0; i < users.size(); ++i)
        BOOST_TEST((std::get<Queued>(others[i].get()).claim.user == users[i]));
    BOOST_TEST(slow.sizes.front() == 1U);
    BOOST_TEST(slow.sizes.size() == busy.figures().batches);
    BOOST_TEST(busy.figures().queued == 9U);
}

BOOST_AUTO_TEST_CASE(many_threads_each_get_their_own_answer) {
    std::vector<UserId> users;
    for (int i = 0; i < 200; ++i) users.push_back(verbs.userWith("user" + std::to_string(i), 0));
    std::atomic<int> wrong{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t)
            threads.emplace_back([&] {
                for (const auto user : users)
                    if (std::get<Queued>(desk.claim({coupon, user})).claim.user != user) ++wrong;
            });
    }
    BOOST_TEST(wrong == 0);
    BOOST_TEST(desk.figures().queued == 200U);
    BOOST_TEST(desk.figures().repeated == 1400U);
}

BOOST_AUTO_TEST_CASE(whoever_waits_is_woken_by_the_drain_of_this_node) {
    ClaimWatch watch{queue, 1h};
    const auto mine = claim(ann).claim.id;
    auto verdict = std::async(std::launch::async, [&] { return watch.wait(mine, 1h); });
    while (watch.waiting() == 0) std::this_thread::yield();
    verbs.drain(coupon);
    watch.ring();
    BOOST_TEST((verdict.get()->state == ClaimState::issued));
    BOOST_TEST(watch.waiting() == 0U);
}

BOOST_AUTO_TEST_CASE(a_verdict_of_another_node_is_found_by_one_look_for_all) {
    ClaimWatch watch{queue, 1ms};
    std::vector<std::future<std::optional<Claim>>> verdicts;
    for (int i = 0; i < 16; ++i) {
        const auto id = claim(verbs.userWith("user" + std::to_string(i), 0)).claim.id;
        verdicts.push_back(std::async(std::launch::async, [&watch, id] { return watch.wait(id, 1h); }));
    }
    while (watch.waiting() < 16) std::this_thread::yield();
    verbs.drain(coupon);
    for (auto& verdict : verdicts) BOOST_TEST(verdict.get().has_value());
}

BOOST_AUTO_TEST_CASE(the_next_in_line_looks_when_the_one_who_looked_has_gone) {
    ClaimWatch watch{queue, 1ms};
    const auto first = claim(ann).claim.id;
    const auto second = claim(bob).claim.id;
    auto impatient = std::async(std::launch::async, [&] { return watch.wait(first, 20ms); });
    while (watch.waiting() == 0) std::this_thread::yield();
    auto patient = std::async(std::launch::async, [&] { return watch.wait(second, 1h); });
    BOOST_TEST(!impatient.get().has_value());
    verbs.drain(coupon);
    BOOST_TEST(patient.get().has_value());
}

BOOST_AUTO_TEST_CASE(closing_lets_everybody_go_now_and_later) {
    ClaimWatch watch{queue, 1h};
    const auto mine = claim(ann).claim.id;
    auto verdict = std::async(std::launch::async, [&] { return watch.wait(mine, 1h); });
    while (watch.waiting() == 0) std::this_thread::yield();
    watch.close();
    BOOST_TEST(!verdict.get().has_value());
    BOOST_TEST(!watch.wait(mine, 1h).has_value());
}

BOOST_AUTO_TEST_CASE(a_database_that_is_down_for_a_while_costs_those_who_wait_nothing) {
    ClaimWatch watch{queue, 1ms};
    const auto mine = claim(ann).claim.id;
    queue.goDown();
    auto verdict = std::async(std::launch::async, [&] { return watch.wait(mine, 1h); });
    while (queue.verdictLooks() < 2) std::this_thread::yield();
    queue.recover();
    verbs.drain(coupon);
    BOOST_TEST(verdict.get().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
