#include "commerce/mysql/processed_events.hpp"
#include "daemon/listeners/processed_events.hpp"
#include "tests/support/mysql_shop.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>

using namespace outboxd;
using namespace outboxd::testing;
using Ids = scheduler::ProcessedEvents::Ids;

namespace {

struct Stage {
    core::EventId event() const { return core::newEventId(shop.clock()); }
    // Whoever meets too many others at once is told so, and comes again.
    int persistently(const Ids& batch) {
        for (;;) {
            try {
                return static_cast<int>(commerce::mysql::onceEach(shop.database(), "one", batch,
                                                                  [](database::Session&, const Ids&) {}));
            } catch (const core::Error& error) {
                if (error.kind() != core::ErrorKind::contention) throw;
            }
        }
    }

    MySqlShop shop;
    daemon::MysqlProcessedEvents events{shop.database()};
};

} // namespace

BOOST_AUTO_TEST_SUITE(processed_events)

BOOST_FIXTURE_TEST_CASE(each_listener_knows_its_own, Stage) {
    const auto a = event(), b = event(), c = event();
    BOOST_TEST(events.known("one", {a, b}).empty());
    events.add("one", {a, b});
    events.add("two", {b});
    BOOST_TEST((events.known("one", {a, b, c}) == Ids{a, b}));
    BOOST_TEST((events.known("two", {a, b, c}) == Ids{b}));
    BOOST_TEST(events.known("two", {}).empty());
}

BOOST_FIXTURE_TEST_CASE(what_is_known_does_no_harm, Stage) {
    const auto a = event(), b = event();
    events.add("one", {a});
    events.add("one", {a, b});
    events.add("one", {});
    BOOST_TEST((events.known("one", {a, b}) == Ids{a, b}));
}

BOOST_FIXTURE_TEST_CASE(effects_and_memory_are_one, Stage) {
    const auto a = event();
    const auto once = [&](const std::function<void()>& effect) {
        return commerce::mysql::onceEach(shop.database(), "one", {a},
                                         [&](database::Session&, const Ids&) { effect(); });
    };
    BOOST_CHECK_THROW(once([] { throw core::Error(core::ErrorKind::internal, "no effect"); }), core::Error);
    BOOST_TEST(events.known("one", {a}).empty());
    int effects = 0;
    BOOST_TEST(once([&] { ++effects; }) == 1U);
    BOOST_TEST(once([&] { ++effects; }) == 0U);
    BOOST_TEST(effects == 1);
}

// Two members of a group that have the same records for a moment, in batches that were cut elsewhere.
BOOST_FIXTURE_TEST_CASE(several_at_once_have_each_effect_once, Stage) {
    std::vector<core::EventId> all;
    for (int i = 0; i < 200; ++i) all.push_back(event());
    std::atomic<int> committed{0};
    {
        std::vector<std::jthread> members;
        for (std::size_t member = 0; member < 4; ++member) {
            members.emplace_back([&, member] {
                for (std::size_t at = 0; at < all.size(); at += 7 + member) {
                    const auto end = std::min(all.size(), at + 7 + member);
                    const Ids batch(all.begin() + static_cast<std::ptrdiff_t>(at),
                                    all.begin() + static_cast<std::ptrdiff_t>(end));
                    committed += persistently(batch);
                }
            });
        }
    }
    BOOST_TEST(committed == 200);
    BOOST_TEST(shop.number("SELECT COUNT(*) FROM processed_event") == 200);
}

BOOST_AUTO_TEST_SUITE_END()
