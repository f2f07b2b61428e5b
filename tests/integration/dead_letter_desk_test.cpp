// What operators see of dead letters, and their orders, on the real server.
#include "platform/core/error.hpp"
#include "scheduler/mysql/dead_letter_desk.hpp"
#include "scheduler/mysql/dead_letter_retries.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/letters_database.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using scheduler::DeadLetter;
using scheduler::Delivery;
using scheduler::LetterFilter;
using scheduler::LetterOrder;
using scheduler::LetterState;
using scheduler::OrderTerms;
using Ids = std::vector<std::int64_t>;

namespace {

struct DeskDatabase : LettersDatabase {
    std::int64_t idOf(std::int64_t offset) {
        return number("SELECT id FROM dead_letter WHERE record_offset = " + std::to_string(offset));
    }
    std::string ordered() {
        return value(
            "SELECT GROUP_CONCAT(CONCAT_WS(' ', action, actor, subject, steps) ORDER BY id SEPARATOR ', ') "
            "FROM audit_log");
    }
    scheduler::mysql::MysqlDeadLetterDesk desk{database};
};

const OrderTerms kNow{.reason = "because \"so\"", .actor = "kim"};
const OrderTerms kDry{.dryRun = true, .actor = "kim"};

} // namespace

BOOST_FIXTURE_TEST_SUITE(dead_letter_desk, DeskDatabase)

BOOST_AUTO_TEST_CASE(letters_are_listed_by_filter_in_pages) {
    add(failed(record("a", 1), "no luck at 7"));
    add(refused(record("b", 2), "unreadable"));
    BOOST_TEST(park({record("a", 3)}).size() == 1U);
    const auto other = failed(record("a", 4));
    box.add("another", true, {&other, 1});

    const auto first = desk.letters({}, {.limit = 3});
    BOOST_TEST(first.items.size() == 3U);
    const auto rest = desk.letters({}, {.limit = 3, .after = first.next});
    BOOST_TEST(rest.items.at(0).listener == "another");
    BOOST_TEST(!rest.next.has_value());

    const auto offsets = [&](const LetterFilter& filter) {
        std::string text;
        for (const auto& letter : desk.letters(filter, {}).items) text += std::to_string(letter.offset) + " ";
        return text;
    };
    BOOST_TEST(offsets({.listener = "one"}) == "1 2 3 ");
    BOOST_TEST(offsets({.state = LetterState::held}) == "2 ");
    BOOST_TEST(offsets({.key = "a"}) == "1 3 4 ");
    BOOST_TEST(offsets({.type = "Changed", .error = "luck at"}) == "1 ");
    BOOST_TEST(offsets({.fingerprint = scheduler::fingerprintOf("no luck at 8")}) == "1 ");
    BOOST_TEST(offsets({.topic = "u"}).empty());
    BOOST_TEST(offsets({.since = core::Timestamp{} + std::chrono::hours{24 * 365 * 100}}).empty());
    const auto& letter = first.items.at(0);
    BOOST_TEST(letter.state == "RETRY");
    BOOST_TEST(letter.key == "a");
    BOOST_TEST(letter.eventId.has_value());
    BOOST_TEST(letter.error.value() == "no luck at 7");
    BOOST_TEST(letter.attempts == 3);
    BOOST_TEST(letter.nextAttemptAt.has_value());
}

BOOST_AUTO_TEST_CASE(letters_with_one_cause_are_one_group) {
    for (int i = 1; i <= 5; ++i)
        add(failed(record("k" + std::to_string(i), i), "order " + std::to_string(i) + " is unknown"));
    add(refused(record("b", 6), "no payload"));
    BOOST_TEST(park({record("b", 7)}).size() == 1U);
    const auto groups = desk.groups({}, 10);
    BOOST_TEST(groups.complete);
    BOOST_TEST(groups.items.size() == 2U);
    BOOST_TEST(groups.items.at(0).letters == 5);
    BOOST_TEST(groups.items.at(0).held == 0);
    BOOST_TEST(groups.items.at(0).example == idOf(5));
    BOOST_TEST(groups.items.at(0).error == "order 5 is unknown");
    BOOST_TEST(groups.items.at(1).held == 1);
    BOOST_TEST(!desk.groups({}, 1).complete);
    BOOST_TEST(desk.groups({.state = LetterState::held}, 10).items.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_letter_is_shown_with_its_bytes_and_what_waits_behind_it) {
    auto strange = record("k\xff", 1);
    strange.type = "T\xff";
    strange.payload = std::string(300'000, '\xfe');
    strange.headers = {{"h", "\xff"}};
    add(refused(strange));
    auto tombstone = record("k\xff", 2);
    tombstone.payload.reset();
    BOOST_TEST(park({tombstone}).size() == 1U);
    const auto letter = desk.letter(idOf(1)).value();
    BOOST_TEST(letter.line.key == "k?");
    BOOST_TEST(letter.line.type == "T?");
    BOOST_TEST((letter.key == "k\xff"));
    BOOST_TEST(letter.payloadBytes == 300'000);
    BOOST_TEST(letter.payload.value().size() == static_cast<std::size_t>(scheduler::kShownPayload));
    BOOST_TEST((letter.headers.value().at(0).second == "\xff"));
    BOOST_TEST(letter.behind == 1);
    BOOST_TEST(!desk.letter(idOf(2)).value().payload.has_value());
    BOOST_TEST(!desk.letter(4711).has_value());
}

BOOST_AUTO_TEST_CASE(a_retry_makes_letters_due_with_all_tries_before_them) {
    add(refused(record("a", 1)));
    add(failed(record("b", 2)));
    BOOST_TEST(park({record("a", 3)}).size() == 1U);
    run("UPDATE dead_letter SET retries = 9 WHERE state <> 'PARKED'");
    const auto dry = desk.retry({Ids{idOf(1), idOf(2)}, kDry});
    BOOST_TEST(dry.letters == 2);
    BOOST_TEST(letters() == "a:1 HELD, b:2 RETRY, a:3 PARKED");
    const auto taken = desk.retry({Ids{idOf(1), idOf(2), idOf(3), 4711}, kNow});
    BOOST_TEST(taken.letters == 2);
    BOOST_TEST(taken.parked == (Ids{idOf(3)}), boost::test_tools::per_element());
    BOOST_TEST(taken.notFound == (Ids{4711}), boost::test_tools::per_element());
    BOOST_TEST(letters() == "a:1 RETRY, b:2 RETRY, a:3 PARKED");
    BOOST_TEST(
        number(
            "SELECT COUNT(*) FROM dead_letter WHERE retries = 0 AND next_attempt_at <= UTC_TIMESTAMP(6)") ==
        2);
    BOOST_TEST(ordered().starts_with("dead_letters.retry kim letters "));
    BOOST_TEST(value("SELECT JSON_VALUE(detail, '$.reason') FROM audit_log") == "because \"so\"");
}

BOOST_AUTO_TEST_CASE(a_discarded_letter_lets_the_rest_of_its_key_go_on_and_stands_in_the_audit_log) {
    add(refused(record("a", 1)));
    BOOST_TEST(park({record("a", 2), record("a", 3)}).size() == 2U);
    const auto event = record("a", 1).id->text();
    BOOST_TEST(desk.discard({Ids{idOf(1)}, kDry}).letters == 1);
    BOOST_TEST(ordered().empty());
    const auto taken = desk.discard({Ids{idOf(1)}, kNow});
    BOOST_TEST(taken.letters == 1);
    BOOST_TEST(taken.orders.size() == 1U);
    BOOST_TEST(letters() == "a:2 RETRY, a:3 PARKED");
    BOOST_TEST(number("SELECT COUNT(*) FROM dead_letter WHERE next_attempt_at <= UTC_TIMESTAMP(6)") == 1);
    BOOST_TEST(value("SELECT JSON_VALUE(detail, '$.letters[0].event') FROM audit_log") == event);
    BOOST_TEST(value("SELECT JSON_VALUE(detail, '$.letters[0].record') FROM audit_log") == "t/0/1");
    desk.discard({Ids{idOf(3)}, kNow}); // from the middle
    BOOST_TEST(letters() == "a:2 RETRY");
    desk.discard({LetterFilter{.key = "a"}, kNow});
    BOOST_TEST(letters().empty());
    BOOST_TEST(blockedKeys() == 0);
    BOOST_TEST(park({record("a", 4)}).empty());
}

BOOST_AUTO_TEST_CASE(a_large_filter_is_worked_off_in_batches_each_with_its_line) {
    std::vector<DeadLetter> batch;
    for (int i = 0; i < 250; ++i) batch.push_back(refused(record("k" + std::to_string(i % 100), i)));
    box.add("one", true, batch);
    LetterOrder order{LetterFilter{.listener = "one"}, kDry};
    const auto dry = desk.discard(order);
    BOOST_TEST(dry.letters == 250);
    BOOST_TEST(desk.retry(order).letters == 100); // the others are parked
    add(refused(record("late", 1000)));
    order.terms = kNow;
    order.upTo = dry.upTo;
    const auto taken = desk.discard(order);
    BOOST_TEST(taken.letters == 250);
    BOOST_TEST(taken.orders.size() == 3U);
    BOOST_TEST(!taken.next.has_value());
    BOOST_TEST(letters() == "late:1000 HELD");
    BOOST_TEST(blockedKeys() == 1);
    BOOST_TEST(number("SELECT SUM(steps) FROM audit_log") == 250);
    BOOST_TEST(number("SELECT MAX(LENGTH(detail)) FROM audit_log") < 65'535);
}

BOOST_AUTO_TEST_CASE(an_order_answers_after_some_thousand_letters_and_says_where_it_goes_on) {
    std::vector<DeadLetter> batch;
    for (int i = 0; i < 5'050; ++i) batch.push_back(refused(record("", i)));
    box.add("one", true, batch);
    LetterOrder order{LetterFilter{}, kNow};
    const auto first = desk.retry(order);
    BOOST_TEST(first.letters == 5'000);
    BOOST_TEST(first.next.has_value());
    order.after = first.next;
    order.upTo = first.upTo;
    const auto second = desk.retry(order);
    BOOST_TEST(second.letters == 50);
    BOOST_TEST(!second.next.has_value());
}

BOOST_AUTO_TEST_CASE(the_figures_count_by_listener_and_state) {
    add(failed(record("a", 1)));
    add(refused(record("b", 2)));
    BOOST_TEST(park({record("a", 3), record("b", 4)}).size() == 2U);
    std::string text;
    for (const auto& figure : desk.figures())
        text += figure.listener + " " + figure.state + " " + std::to_string(figure.letters) + ", ";
    BOOST_TEST(text == "one RETRY 1, one HELD 1, one PARKED 2, ");
    BOOST_TEST((desk.figures().at(0).oldest >= 0us));
}

// Operators retry and discard while the loop blocks and parks and the retries free keys: nothing of a key passes an earlier
// one that is still there, and no key stays blocked.
BOOST_AUTO_TEST_CASE(orders_and_retries_and_the_loop_at_once_leave_nothing_behind) {
    constexpr int rounds = 250;
    const scheduler::Term term{"dead-letter-retry", "me"};
    BOOST_REQUIRE(locks.tryLock(term, 10min));
    scheduler::mysql::MysqlDeadLetterBox atOnce{database, {.first = 0ms}};
    scheduler::mysql::MysqlLettersToRetry retries{database};
    std::atomic<int> running{1};
    std::mutex mutex;
    std::map<std::string, std::vector<std::int64_t>> journal; // guarded by mutex
    const auto note = [&](const Delivery& record) {
        const std::lock_guard lock(mutex);
        journal[record.key].push_back(record.offset);
    };
    const auto loop = [&] {
        for (int round = 0; round < rounds; ++round) {
            const std::string key = round % 4 == 0 ? "b" : "a";
            const auto first = record(key, 10 * round);
            if (atOnce.park("one", {&first, 1}).empty()) {
                const auto letter = round % 4 == 1 ? failed(first) : refused(first);
                atOnce.add("one", true, {&letter, 1});
            }
            for (int i = 1; i < 4; ++i) {
                const auto later = record(key, 10 * round + i);
                if (atOnce.park("one", {&later, 1}).empty()) note(later); // it was freed meanwhile
            }
        }
        running = 0;
    };
    const auto work = [&] {
        for (bool last = false; !last;) {
            last = running == 0;
            for (const auto id : retries.due("one", 10)) {
                for (std::optional next{id}; next;) {
                    const auto letter = retries.letter(*next);
                    if (!letter) break;
                    note(letter->record);
                    next = retries.done(term, *letter);
                }
            }
        }
    };
    const auto order = [&] {
        while (running != 0) {
            desk.discard({LetterFilter{.state = LetterState::held, .key = "a"}, kNow});
            desk.retry({LetterFilter{.state = LetterState::held}, kNow});
        }
    };
    crowd(3, [&](int number) { number == 0 ? loop() : number == 1 ? work() : order(); });
    desk.retry({LetterFilter{}, kNow});
    work();
    for (auto& [key, offsets] : journal) {
        // A letter that was discarded while it was tried is not there any more; what was tried twice has its effect once.
        offsets.erase(std::unique(offsets.begin(), offsets.end()), offsets.end());
        BOOST_TEST(std::ranges::is_sorted(offsets), key);
    }
    BOOST_TEST(letters().empty());
    BOOST_TEST(blockedKeys() == 0);
    BOOST_TEST(retries.mend(term) == 0U);
}

// The loop parks behind a letter while an operator discards it. Nobody else is there, so what was parked is due only if the
// discard saw it.
BOOST_AUTO_TEST_CASE(a_discard_frees_a_key_only_if_nothing_is_parked_behind_the_letter) {
    std::atomic<bool> ended{false};
    const auto loop = [&] {
        for (int round = 0; round < 300; ++round) {
            const auto key = std::to_string(round);
            add(refused(record(key, 10 * round)));
            for (int i = 1; i < 3; ++i) park({record(key, 10 * round + i)});
        }
        ended = true;
    };
    const auto order = [&] {
        for (bool last = false; !last;) {
            last = ended;
            for (const auto state : {LetterState::held, LetterState::retry})
                desk.discard({LetterFilter{.state = state}, kNow});
        }
        while (desk.discard({LetterFilter{.state = LetterState::retry}, kNow}).letters > 0) continue;
    };
    crowd(2, [&](int number) { number == 0 ? loop() : order(); });
    BOOST_TEST(letters().empty());
    BOOST_TEST(blockedKeys() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
