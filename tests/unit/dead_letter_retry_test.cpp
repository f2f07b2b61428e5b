// The rules of the retries, over letters in memory.
#include "platform/core/error.hpp"
#include "tests/support/memory_logger.hpp"
#include "tests/support/memory_retries.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace outboxd;
using namespace outboxd::scheduler;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using Offsets = std::vector<std::int64_t>;

namespace {

// Does what the test says, and remembers the records' places.
class ScriptedListener final : public Listener {
public:
    std::string_view name() const override { return "one"; }
    std::vector<Verdict> handle(std::span<const Delivery> batch) override {
        BOOST_TEST(batch.size() == 1U);
        tried.push_back(batch.front().offset);
        return {act(batch.front())};
    }

    std::function<Verdict(const Delivery&)> act = [](const Delivery&) { return Verdict{}; };
    Offsets tried;
};

struct Scene {
    ManualClock clock;
    MemoryLogger logger;
    MemoryRetries letters{clock};
    ScriptedListener listener;
    RetryRules rules{.limit = 3, .first = 10s, .longest = 60s, .most = 1000, .turn = 20s};
    const Term term{"dead-letter-retry", "me"};
    std::stop_source cancel;
    std::optional<DeadLetterRetry> retry;

    void run() {
        if (!retry)
            retry.emplace(letters, std::vector<Listener*>{&listener}, clock, logger, rules,
                          [] { return 0.0; });
        retry->run(term, cancel.get_token());
    }
    void answer(Verdict::Kind kind, const std::string& reason) {
        listener.act = [=](const Delivery&) { return Verdict{kind, reason}; };
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(dead_letter_retry, Scene)

BOOST_AUTO_TEST_CASE(what_is_worked_off_goes_and_its_key_is_emptied_in_order) {
    letters.add("one", "a");
    letters.add("one", "b");
    letters.add("one", "a");
    letters.add("one", "a");
    run();
    BOOST_TEST(listener.tried == (Offsets{1, 3, 4, 2}), boost::test_tools::per_element());
    BOOST_TEST(letters.all.empty());
    BOOST_TEST(retry->figures().done == 4U);
}

BOOST_AUTO_TEST_CASE(what_fails_is_tried_again_after_times_that_double_and_then_waits_for_a_person) {
    const auto id = letters.add("one", "a");
    letters.add("one", "a");
    answer(Verdict::Kind::failed, "no luck");
    run();
    BOOST_TEST((letters.all.at(id).due == clock.now() + 10s)); // half of 20 s, since the dice say 0
    BOOST_TEST(letters.all.at(id).error == "no luck");
    run();
    BOOST_TEST(listener.tried.size() == 1U);
    clock.advance(10s);
    run();
    BOOST_TEST((letters.all.at(id).due == clock.now() + 20s));
    clock.advance(20s);
    run();
    BOOST_TEST(listener.tried == (Offsets{1, 1, 1}), boost::test_tools::per_element());
    BOOST_TEST(!letters.all.at(id).due.has_value());
    BOOST_TEST(letters.all.at(id).letter.attempts == 6);
    BOOST_TEST(letters.all.at(2).parked);
    BOOST_TEST(logger.said("dead_letter_held"));
    BOOST_TEST(retry->figures().failed == 3U);
    BOOST_TEST(retry->figures().givenUp == 1U);
}

BOOST_AUTO_TEST_CASE(what_can_never_be_worked_off_waits_for_a_person_at_once) {
    const auto id = letters.add("one", "a");
    answer(Verdict::Kind::refused, "unreadable");
    run();
    BOOST_TEST(!letters.all.at(id).due.has_value());
    BOOST_TEST(letters.all.at(id).error == "unreadable");
}

BOOST_AUTO_TEST_CASE(whoever_is_away_costs_no_attempt_and_ends_the_turn) {
    const auto id = letters.add("one", "a");
    letters.add("one", "b");
    const auto check = [&] {
        run();
        BOOST_TEST(listener.tried.size() == 1U);
        BOOST_TEST(letters.all.at(id).letter.attempts == 3);
        BOOST_TEST(letters.all.at(id).error.empty());
    };
    answer(Verdict::Kind::deferred, "the breaker is open");
    check();
    // The other one comes first now, so that one letter for which nobody answers does not keep back all.
    listener.tried.clear();
    listener.act = [](const Delivery&) -> Verdict {
        throw core::Error(core::ErrorKind::timeout, "too slow");
    };
    check();
    listener.tried.clear();
    clock.advance(10s);
    listener.act = [](const Delivery&) -> Verdict {
        throw core::Error(core::ErrorKind::outcome_unknown, "lost while committing");
    };
    check();
}

BOOST_AUTO_TEST_CASE(a_letter_on_which_the_listener_breaks_has_failed) {
    letters.add("one", "a");
    letters.add("one", "b");
    listener.act = [](const Delivery& record) -> Verdict {
        if (record.key == "a") throw core::Error(core::ErrorKind::internal, "a defect");
        throw std::out_of_range("another one");
    };
    run();
    BOOST_TEST(letters.all.at(1).error == "a defect");
    BOOST_TEST(letters.all.at(2).error == "another one");
}

BOOST_AUTO_TEST_CASE(a_turn_ends_between_two_letters_when_the_job_is_cancelled) {
    for (int i = 0; i < 10; ++i) letters.add("one", "a");
    listener.act = [&](const Delivery& record) {
        if (record.offset == 4) cancel.request_stop();
        return Verdict{};
    };
    run();
    BOOST_TEST(listener.tried.size() == 4U);
    BOOST_TEST(letters.all.size() == 6U);
}

BOOST_AUTO_TEST_CASE(a_turn_is_bounded_in_letters_and_in_time) {
    rules.most = 150;
    for (int i = 0; i < 400; ++i) letters.add("one", "k" + std::to_string(i));
    run();
    BOOST_TEST(listener.tried.size() == 150U);
    listener.act = [&](const Delivery&) {
        clock.advance(7s);
        return Verdict{};
    };
    run();
    BOOST_TEST(listener.tried.size() == 153U);
}

BOOST_AUTO_TEST_CASE(letters_of_a_listener_that_this_node_does_not_have_are_left_alone_and_reported_once) {
    letters.add("another", "a");
    run();
    run();
    BOOST_TEST(letters.all.size() == 1U);
    BOOST_TEST(logger.lines().size() == 1U);
    BOOST_TEST(logger.said("dead_letters_of_no_listener listeners=another"));
}

BOOST_AUTO_TEST_CASE(a_run_whose_lock_was_lost_ends_at_once) {
    letters.add("one", "a");
    letters.add("one", "b");
    letters.fence();
    BOOST_CHECK_THROW(run(), TermLost);
    BOOST_TEST(listener.tried.size() == 1U);
    BOOST_TEST(letters.all.size() == 2U);
}

BOOST_AUTO_TEST_CASE(keys_are_mended_once_a_minute) {
    run();
    run();
    BOOST_TEST(letters.mends == 1);
    clock.advance(60s);
    run();
    BOOST_TEST(letters.mends == 2);
}

BOOST_AUTO_TEST_CASE(the_times_between_tries_double_up_to_the_longest) {
    const RetryRules usual{};
    BOOST_TEST((retryDelay(usual, 0, 0.0) == 5s));
    BOOST_TEST((retryDelay(usual, 0, 0.5) == 7500ms));
    BOOST_TEST((retryDelay(usual, 1, 0.0) == 10s));
    BOOST_TEST((retryDelay(usual, 5, 0.0) == 160s));
    BOOST_TEST((retryDelay(usual, 9, 0.0) == 30min));
    BOOST_TEST((retryDelay(usual, 1'000'000, 0.0) == 30min));
}

BOOST_AUTO_TEST_SUITE_END()
