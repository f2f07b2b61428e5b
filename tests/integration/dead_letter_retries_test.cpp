// The retries on the real server, and their races with the loop that parks.
#include "platform/core/error.hpp"
#include "scheduler/mysql/dead_letter_retries.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/letters_database.hpp"
#include "tests/support/memory_logger.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <map>
#include <mutex>
#include <random>
#include <set>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using scheduler::DeadLetter;
using scheduler::Delivery;
using scheduler::Term;
using scheduler::Verdict;

namespace {

struct RetriesDatabase : LettersDatabase {
    RetriesDatabase() { BOOST_REQUIRE(locks.tryLock(term, 10min)); }

    void allAreDue() {
        run("UPDATE dead_letter SET next_attempt_at = UTC_TIMESTAMP(6) WHERE state = 'RETRY'");
    }
    scheduler::DueLetter dueLetter() {
        const auto ids = retries.due("one", 1);
        BOOST_REQUIRE(!ids.empty());
        return retries.letter(ids.front()).value();
    }

    const Term term{"dead-letter-retry", "me"};
    scheduler::mysql::MysqlLettersToRetry retries{database};
};

// What was worked off by the loop and by the retries, in its order.
class Journal {
public:
    void write(const Delivery& record) {
        const std::lock_guard lock(mutex_);
        all_[record.key].push_back(record.offset);
    }
    std::map<std::string, std::vector<std::int64_t>> all() const {
        const std::lock_guard lock(mutex_);
        return all_;
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::vector<std::int64_t>> all_; // guarded by mutex_
};

class JournalListener final : public scheduler::Listener {
public:
    explicit JournalListener(Journal& journal) : journal_(journal) {}
    std::string_view name() const override { return "one"; }
    std::vector<Verdict> handle(std::span<const Delivery> batch) override {
        journal_.write(batch.front());
        return {Verdict{}};
    }

private:
    Journal& journal_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(dead_letter_retries, RetriesDatabase)

BOOST_AUTO_TEST_CASE(a_letter_comes_back_as_it_was) {
    std::string bytes;
    for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
    auto strange = record(bytes, 7);
    strange.partition = 3;
    strange.type = bytes;
    strange.payload = bytes;
    strange.headers = {{"h", bytes}, {bytes, ""}, {"ä", "ö\0x"}, {"h", "again"}};
    auto tombstone = record("k", 8);
    tombstone.payload.reset();
    tombstone.id.reset();
    tombstone.sequence.reset();
    tombstone.headers.clear();
    add(failed(strange));
    add(failed(tombstone));
    BOOST_TEST(retries.due("one", 10).empty());
    allAreDue();
    const auto ids = retries.due("one", 10);
    BOOST_REQUIRE(ids.size() == 2U);
    for (const auto* wanted : {&strange, &tombstone}) {
        const auto found = retries.letter(ids[wanted == &strange ? 0 : 1]).value();
        BOOST_TEST(found.attempts == 3);
        BOOST_TEST(found.retries == 0);
        const auto& got = found.record;
        BOOST_TEST(got.topic == wanted->topic);
        BOOST_TEST(got.partition == wanted->partition);
        BOOST_TEST(got.offset == wanted->offset);
        BOOST_TEST((got.key == wanted->key));
        BOOST_TEST((got.id == wanted->id));
        BOOST_TEST((got.sequence == wanted->sequence));
        BOOST_TEST((got.type == wanted->type));
        BOOST_TEST((got.headers == wanted->headers));
        BOOST_TEST((got.payload == wanted->payload));
    }
}

BOOST_AUTO_TEST_CASE(the_next_letter_of_the_key_is_due_and_after_the_last_the_key_is_free) {
    add(failed(record("a", 1)));
    add(failed(record("b", 2)));
    BOOST_TEST(park({record("a", 3), record("a", 4)}).size() == 2U);
    allAreDue();
    const auto second = retries.done(term, dueLetter());
    BOOST_TEST(letters() == "b:2 RETRY, a:3 RETRY, a:4 PARKED");
    const auto third = retries.done(term, retries.letter(second.value()).value());
    BOOST_TEST(!retries.done(term, retries.letter(third.value()).value()).has_value());
    BOOST_TEST(letters() == "b:2 RETRY");
    BOOST_TEST(blockedKeys() == 1);
    BOOST_TEST(park({record("a", 5), record("b", 6)}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_key_whose_next_letter_waits_for_a_person_stays_blocked) {
    add(failed(record("a", 1)));
    add(refused(record("a", 2)));
    allAreDue();
    const auto next = retries.done(term, dueLetter());
    BOOST_TEST(next.has_value()); // it was parked, so it is tried once more before it waits
    retries.failed(term, retries.letter(next.value()).value(), "still unreadable", std::nullopt);
    BOOST_TEST(letters() == "a:2 HELD");
    BOOST_TEST(number("SELECT COUNT(*) FROM dead_letter WHERE error = 'still unreadable' AND attempts = 2 "
                      "AND next_attempt_at IS NULL") == 1);
    BOOST_TEST(park({record("a", 3)}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_failed_letter_is_due_later_and_a_postponed_one_counts_nothing) {
    add(failed(record("a", 1)));
    allAreDue();
    auto letter = dueLetter();
    retries.postpone(term, letter, 0us);
    letter = dueLetter();
    BOOST_TEST(letter.attempts == 3);
    retries.failed(term, letter, "no luck at 5", 1h);
    BOOST_TEST(retries.due("one", 1).empty());
    BOOST_TEST(!retries.letter(letter.id).has_value());
    BOOST_TEST(
        number("SELECT COUNT(*) FROM dead_letter WHERE state = 'RETRY' AND attempts = 4 AND retries = 1 AND "
               "next_attempt_at > UTC_TIMESTAMP(6) + INTERVAL 55 MINUTE") == 1);
    // What was read before counts no more.
    retries.failed(term, letter, "twice", std::nullopt);
    retries.postpone(term, letter, 0us);
    BOOST_TEST(retries.due("one", 1).empty());
    BOOST_TEST(letters() == "a:1 RETRY");
}

BOOST_AUTO_TEST_CASE(nothing_is_written_after_the_lock_was_lost) {
    add(failed(record("a", 1)));
    BOOST_TEST(park({record("a", 2)}).size() == 1U);
    allAreDue();
    const auto letter = dueLetter();
    run("UPDATE shedlock SET locked_by = 'you' WHERE name = 'dead-letter-retry'");
    BOOST_CHECK_THROW(retries.done(term, letter), scheduler::TermLost);
    BOOST_CHECK_THROW(retries.failed(term, letter, "late", std::nullopt), scheduler::TermLost);
    BOOST_CHECK_THROW(retries.postpone(term, letter, 1h), scheduler::TermLost);
    run("DELETE FROM dead_letter WHERE state = 'RETRY'");
    BOOST_CHECK_THROW(retries.mend(term), scheduler::TermLost);
    BOOST_TEST(letters() == "a:2 PARKED");
}

BOOST_AUTO_TEST_CASE(what_was_discarded_meanwhile_is_passed_over) {
    add(failed(record("a", 1)));
    allAreDue();
    const auto letter = dueLetter();
    run("DELETE FROM dead_letter");
    run("DELETE FROM dead_letter_key");
    BOOST_TEST(!retries.done(term, letter).has_value());
    retries.failed(term, letter, "late", std::nullopt);
    BOOST_TEST(letters().empty());
}

BOOST_AUTO_TEST_CASE(letters_that_block_nothing_are_worked_off_by_themselves) {
    const std::vector<DeadLetter> both{failed(record("a", 1)), failed(record("a", 2))};
    box.add("one", false, both);
    allAreDue();
    BOOST_TEST(!retries.done(term, dueLetter()).has_value());
    BOOST_TEST(letters() == "a:2 RETRY");
}

BOOST_AUTO_TEST_CASE(keys_that_were_changed_by_hand_are_mended) {
    for (const auto* key : {"a", "b", "c"}) add(failed(record(key, 1)));
    BOOST_TEST(park({record("a", 2)}).size() == 1U);
    BOOST_TEST(retries.mend(term) == 0U);
    run("DELETE FROM dead_letter WHERE record_offset = 1 AND record_key <> 'c'");
    BOOST_TEST(retries.mend(term) == 2U);
    BOOST_TEST(letters() == "c:1 RETRY, a:2 RETRY");
    BOOST_TEST(blockedKeys() == 2);
}

// Of the rows, not of the time: with many letters every step still looks at few.
BOOST_AUTO_TEST_CASE(with_many_letters_the_loop_and_the_retries_look_at_few_rows) {
    run("INSERT INTO dead_letter (handler, identity, topic, topic_partition, record_offset, record_key, key_digest, type, "
        "headers, state, attempts, next_attempt_at) "
        "SELECT 'one', UNHEX(SHA2(seq, 256)), 't', 0, seq, seq MOD 10000, UNHEX(SHA2(seq MOD 10000, 256)), 'T', '[]', "
        "IF(seq <= 10000, 'RETRY', 'PARKED'), 3, IF(seq <= 10000, UTC_TIMESTAMP(6) + INTERVAL 1 HOUR, NULL) "
        "FROM seq_1_to_40000");
    run("INSERT INTO dead_letter_key (handler, key_digest) SELECT DISTINCT handler, key_digest FROM dead_letter");
    database.session()->textQuery("ANALYZE TABLE dead_letter, dead_letter_key", [](auto) {});
    const auto touched = [&](auto work) {
        const auto count = [&] { // of the one session that the pool has
            std::int64_t sum = 0;
            database.session()->textQuery("SHOW SESSION STATUS LIKE 'Handler_read%'",
                                          [&](auto row) { sum += std::stoll(std::string{row[1]}); });
            return sum;
        };
        const auto before = count();
        work();
        return count() - before;
    };
    std::vector<Delivery> batch;
    for (int i = 0; i < 500; ++i) batch.push_back(record("other-" + std::to_string(i), i));
    BOOST_TEST(touched([&] { BOOST_TEST(park(batch).empty()); }) < 3'000);
    BOOST_TEST(touched([&] { BOOST_TEST(retries.due("one", 100).empty()); }) < 20);
    BOOST_TEST(touched([&] { BOOST_TEST(retries.listeners().size() == 1U); }) < 20);
    BOOST_TEST(touched([&] { add(failed(record("other", 1))); }) < 50);
    run("UPDATE dead_letter SET next_attempt_at = UTC_TIMESTAMP(6) WHERE record_offset = 7");
    const auto letter = dueLetter();
    BOOST_TEST(touched([&] { BOOST_TEST(retries.done(term, letter).has_value()); }) < 50);
}

// The loop parks and blocks while the retries free keys: an event is worked off after all earlier ones of its key, whoever
// comes first, and none is left behind.
BOOST_AUTO_TEST_CASE(no_event_passes_an_earlier_one_of_its_key_and_none_stays) {
    constexpr int rounds = 400;
    const std::vector<std::string> keys{"a", "b", "c"};
    scheduler::mysql::MysqlDeadLetterBox atOnce{database, {.first = 0ms}};
    Journal journal;
    std::atomic<bool> ended{false};
    const auto loop = [&] {
        std::minstd_rand random{7};
        for (int round = 0; round < rounds; ++round) {
            std::vector<Delivery> batch;
            for (int i = 0; i < 4; ++i) batch.push_back(record(keys[random() % keys.size()], 4 * round + i));
            while (!batch.empty()) {
                const auto parked = atOnce.park("one", batch);
                std::vector<Delivery> rest;
                std::vector<DeadLetter> letters;
                std::set<std::string> failing;
                for (std::size_t i = 0; i < batch.size(); ++i) {
                    if (std::ranges::find(parked, i) != parked.end()) continue;
                    if (failing.contains(batch[i].key)) {
                        rest.push_back(batch[i]);
                    } else if (random() % 4 == 0) {
                        failing.insert(batch[i].key);
                        letters.push_back(failed(batch[i]));
                    } else {
                        journal.write(batch[i]);
                    }
                }
                atOnce.add("one", true, letters);
                batch = std::move(rest);
            }
        }
        ended = true;
    };
    const auto work = [&] {
        JournalListener listener(journal);
        MemoryLogger logger;
        scheduler::DeadLetterRetry retry(retries, {&listener}, clock(), logger,
                                         {.most = std::numeric_limits<std::size_t>::max()},
                                         [] { return 0.0; });
        for (bool last = false; !last;) {
            last = ended;
            retry.run(term, {});
        }
    };
    crowd(2, [&](int number) { number == 0 ? loop() : work(); });

    std::size_t events = 0;
    for (const auto& [key, offsets] : journal.all()) {
        events += offsets.size();
        BOOST_TEST((std::ranges::adjacent_find(offsets, std::greater_equal<>{}) == offsets.end()), key);
    }
    BOOST_TEST(events == 4U * rounds);
    BOOST_TEST(letters().empty());
    BOOST_TEST(blockedKeys() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
