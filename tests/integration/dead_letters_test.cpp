// What listeners did not manage, on the real server.
#include "tests/support/crowd.hpp"
#include "tests/support/letters_database.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>

using namespace outboxd;
using namespace outboxd::testing;
using scheduler::DeadLetter;
using scheduler::Delivery;
using Places = std::vector<std::size_t>;

BOOST_FIXTURE_TEST_SUITE(dead_letters, LettersDatabase)

BOOST_AUTO_TEST_CASE(nothing_is_parked_for_a_listener_without_letters) {
    BOOST_TEST(park({record("a", 1)}).empty());
    const auto letter = failed(record("a", 1));
    box.add("another", true, {&letter, 1});
    BOOST_TEST(park({record("a", 2)}).empty());
    BOOST_TEST(letters() == "a:1 RETRY");
}

BOOST_AUTO_TEST_CASE(later_events_of_a_key_with_a_letter_are_parked_and_others_are_not) {
    add(failed(record("a", 1)));
    BOOST_TEST(park({record("b", 2), record("a", 3), record("", 4), record("a", 5)}) == (Places{1, 3}),
               boost::test_tools::per_element());
    BOOST_TEST(letters() == "a:1 RETRY, a:3 PARKED, a:5 PARKED");
    BOOST_TEST(
        number("SELECT COUNT(*) FROM dead_letter WHERE state = 'RETRY' AND attempts = 3 AND retries = 0 "
               "AND next_attempt_at > UTC_TIMESTAMP(6) AND error = 'no luck' AND fingerprint IS NOT NULL") ==
        1);
    BOOST_TEST(number("SELECT COUNT(*) FROM dead_letter WHERE state = 'PARKED' AND attempts = 0 "
                      "AND next_attempt_at IS NULL AND error IS NULL AND fingerprint IS NULL") == 2);
}

BOOST_AUTO_TEST_CASE(what_can_never_be_worked_off_waits_for_a_person) {
    add(refused(record("a", 1)));
    BOOST_TEST(letters() == "a:1 HELD");
    BOOST_TEST(number("SELECT COUNT(*) FROM dead_letter WHERE next_attempt_at IS NULL") == 1);
}

BOOST_AUTO_TEST_CASE(only_the_first_letter_of_a_key_is_not_parked) {
    const std::vector<DeadLetter> both{refused(record("a", 1)), failed(record("b", 2)),
                                       refused(record("a", 3))};
    box.add("one", true, both);
    add(failed(record("b", 4)));
    BOOST_TEST(letters() == "a:1 HELD, b:2 RETRY, a:3 PARKED, b:4 PARKED");
}

BOOST_AUTO_TEST_CASE(letters_of_independent_listeners_and_records_without_a_key_block_nothing) {
    const std::vector<DeadLetter> both{failed(record("a", 1)), failed(record("a", 2))};
    box.add("one", false, both);
    add(failed(record("", 3)));
    add(failed(record("", 4)));
    BOOST_TEST(letters() == "a:1 RETRY, a:2 RETRY, :3 RETRY, :4 RETRY");
    BOOST_TEST(blockedKeys() == 0);
    BOOST_TEST(park({record("a", 5), record("", 6)}).empty());
}

// A former owner of the partition writes what the new one has written.
BOOST_AUTO_TEST_CASE(a_record_that_is_a_letter_already_stays_as_it_is) {
    add(failed(record("a", 1)));
    const std::vector batch{record("a", 2), record("a", 3)};
    BOOST_TEST(park(batch).size() == 2U);
    const auto before =
        value("SELECT GROUP_CONCAT(CONCAT_WS('/', id, state, next_attempt_at, last_at) ORDER BY id) "
              "FROM dead_letter");
    add(refused(record("a", 1), "another reason"));
    BOOST_TEST(park(batch).size() == 2U);
    BOOST_TEST(value("SELECT GROUP_CONCAT(CONCAT_WS('/', id, state, next_attempt_at, last_at) ORDER BY id) "
                     "FROM dead_letter") == before);
}

BOOST_AUTO_TEST_CASE(a_topic_that_was_made_anew_hides_nothing) {
    add(failed(record("a", 1)));
    auto other = record("b", 1);
    other.id.reset();
    add(failed(other));
    auto tombstone = other;
    tombstone.payload.reset();
    add(failed(tombstone));
    BOOST_TEST(letters() == "a:1 RETRY, b:1 RETRY, b:1 PARKED");
}

BOOST_AUTO_TEST_CASE(every_byte_is_kept) {
    std::string bytes;
    for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
    auto strange = record(bytes + "'\\", 1);
    strange.id.reset();
    strange.sequence.reset();
    strange.type = bytes;
    strange.payload = bytes + "\"';--" + bytes;
    strange.headers = {{"h", bytes}, {bytes, ""}, {"ä", "ö"}, {"h", "again"}};
    add(refused(strange, "cannot read " + bytes));
    auto tombstone = record("k", 2);
    tombstone.payload.reset();
    add(refused(tombstone));
    auto empty = record("l", 3);
    empty.payload = "";
    add(refused(empty));
    auto large = record("m", 4);
    large.payload = std::string(5'000'000, '\xff');
    add(refused(large));

    const auto hex = [](const std::string& text) {
        std::string digits;
        for (const char c : text) {
            digits += "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4];
            digits += "0123456789ABCDEF"[static_cast<unsigned char>(c) & 15];
        }
        return digits;
    };
    BOOST_TEST(value("SELECT HEX(record_key) FROM dead_letter WHERE record_offset = 1") == hex(strange.key));
    BOOST_TEST(value("SELECT HEX(type) FROM dead_letter WHERE record_offset = 1") == hex(bytes));
    BOOST_TEST(value("SELECT HEX(payload) FROM dead_letter WHERE record_offset = 1") ==
               hex(*strange.payload));
    BOOST_TEST(number("SELECT COUNT(*) FROM dead_letter WHERE payload IS NULL") == 1);
    BOOST_TEST(number("SELECT COUNT(*) FROM dead_letter WHERE payload = ''") == 1);
    BOOST_TEST(number("SELECT LENGTH(payload) FROM dead_letter WHERE record_offset = 4") == 5'000'000);
}

BOOST_AUTO_TEST_CASE(a_large_batch_is_written_whole_and_in_order) {
    std::vector<DeadLetter> batch;
    for (int i = 0; i < 500; ++i) batch.push_back(failed(record("k" + std::to_string(i % 50), i)));
    for (int i = 0; i < 500; i += 7)
        batch[static_cast<std::size_t>(i)].record.payload = std::string(30'000, '\x01');
    box.add("one", true, batch);
    BOOST_TEST(number("SELECT COUNT(*) FROM dead_letter") == 500);
    BOOST_TEST(number("SELECT COUNT(*) FROM dead_letter WHERE state = 'RETRY'") == 50);
    BOOST_TEST(blockedKeys() == 50);
    BOOST_TEST(number("SELECT COUNT(*) FROM dead_letter a JOIN dead_letter b ON a.key_digest = b.key_digest "
                      "WHERE a.id < b.id AND a.record_offset > b.record_offset") == 0);
    std::vector<Delivery> later;
    for (int i = 0; i < 500; ++i) later.push_back(record("k" + std::to_string(i), 1000 + i));
    BOOST_TEST(park(later).size() == 50U);
}

// Two owners of the same partitions for a moment.
BOOST_AUTO_TEST_CASE(many_writers_of_the_same_records_write_each_once) {
    std::atomic<std::size_t> parked{0};
    for (int round = 0; round < 20; ++round) {
        crowd(6, [&](int number) {
            std::vector<DeadLetter> batch;
            std::vector<Delivery> later;
            for (int i = 0; i < 20; ++i) {
                const auto place = round * 1000 + (number % 2 == 0 ? i : 19 - i);
                batch.push_back(failed(record("k" + std::to_string(place), place)));
                later.push_back(record("k" + std::to_string(place), place + 500));
            }
            box.add("one", true, batch);
            parked += box.park("one", later).size();
        });
    }
    BOOST_TEST(parked == 20U * 6 * 20);
    BOOST_TEST(number("SELECT COUNT(*) FROM dead_letter") == 800);
    BOOST_TEST(number("SELECT COUNT(*) FROM dead_letter WHERE state = 'RETRY'") == 400);
    BOOST_TEST(blockedKeys() == 400);
}

BOOST_AUTO_TEST_SUITE_END()
