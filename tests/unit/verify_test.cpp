// What the verifier finds in a log, and what it does not hold against anybody.
#include "scheduler/verify.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd::scheduler;

namespace {

// One topic of two partitions: keys "a..." belong to 0, others to 1. An event's identity and payload follow from its id.
struct Log {
    explicit Log(bool mayMove = false, std::int64_t from = 1) : verification({{"t", mayMove}}, from, true) {}

    Log& event(std::int64_t id, const std::string& key, bool sent = true) {
        verification.event({.id = id,
                            .topic = 0,
                            .identity = static_cast<std::uint32_t>(id + 7),
                            .orderKey = key,
                            .payload = static_cast<std::uint32_t>(id * 3),
                            .partition = home(key),
                            .sent = sent});
        return *this;
    }
    Log& events(std::initializer_list<std::int64_t> ids, const std::string& key) {
        for (const auto id : ids) event(id, key);
        return *this;
    }
    Log& record(std::int64_t sequence, const std::string& key, std::optional<std::uint16_t> partition = {}) {
        VerifiedRecord record{.topic = 0, .partition = partition.value_or(home(key)), .offset = ++offset};
        record.sequence = sequence;
        record.identity = static_cast<std::uint32_t>(sequence + 7);
        record.key = key;
        record.payload = static_cast<std::uint32_t>(sequence * 3);
        return record_(record);
    }
    Log& record_(const VerifiedRecord& record) {
        verification.record(record);
        return *this;
    }
    static std::uint16_t home(const std::string& key) { return key[0] == 'a' ? 0 : 1; }

    Verification verification;
    std::int64_t offset = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(verify)

BOOST_AUTO_TEST_CASE(a_log_in_order_is_clean_and_duplicates_are_counted) {
    Log log;
    log.events({1, 2, 3}, "a").event(4, "b");
    log.record(1, "a").record(2, "a").record(1, "a").record(2, "a").record(3, "a").record(4, "b");
    const auto verdict = log.verification.verdict();
    BOOST_TEST(verdict.clean());
    BOOST_TEST(verdict.duplicates == 2);
    BOOST_TEST(verdict.keys == 2);
}

BOOST_AUTO_TEST_CASE(what_was_sent_and_is_not_there_is_lost_and_what_waits_is_not) {
    Log log;
    log.event(1, "a").event(2, "a", false).event(3, "b");
    log.record(1, "a");
    const auto verdict = log.verification.verdict();
    BOOST_TEST(verdict.lost == 1);
    BOOST_TEST(verdict.lostIds == std::vector<std::int64_t>{3}, boost::test_tools::per_element());
    BOOST_TEST(verdict.waiting == 1);
    BOOST_TEST(!verdict.clean());
}

BOOST_AUTO_TEST_CASE(a_later_event_whose_first_delivery_comes_earlier_is_an_inversion) {
    Log log;
    log.events({1, 2, 3}, "a").events({4, 5}, "b");
    log.record(1, "a").record(3, "a").record(2, "a").record(3, "a").record(5, "b").record(4, "b");
    BOOST_TEST(log.verification.verdict().inversions == 2);
    Log other;
    other.events({1, 3}, "a").events({2}, "ab"); // other keys of a partition may be mixed
    other.record(3, "a").record(2, "ab");
    BOOST_TEST(other.verification.verdict().inversions == 0);
}

BOOST_AUTO_TEST_CASE(a_key_on_another_partition_than_its_own_is_found) {
    Log log;
    log.events({1, 2}, "a").events({3}, "b");
    log.record(1, "a").record(2, "a", 1).record(3, "b", 0);
    BOOST_TEST(log.verification.verdict().wrongPartitions == 2);
}

// Found by the chaos test: key "3" of the first topic was once taken for key "2" of the second.
BOOST_AUTO_TEST_CASE(keys_of_different_topics_have_nothing_to_do_with_each_other) {
    Verification verification({{"t", false}, {"u", false}}, 1, true);
    std::int64_t id = 0;
    for (std::uint16_t topic = 0; topic < 2; ++topic)
        for (const auto* key : {"0", "1", "2", "3", "4", "5", "6", "7"})
            verification.event({.id = ++id, .topic = topic, .orderKey = key, .partition = topic});
    for (; id > 0; --id) {
        const auto topic = static_cast<std::uint16_t>((id - 1) / 8);
        const std::string key(1, static_cast<char>('0' + (id - 1) % 8));
        verification.record(
            {.topic = topic, .partition = topic, .offset = 100 - id, .sequence = id, .key = key});
    }
    BOOST_TEST(verification.verdict().clean());
    BOOST_TEST(verification.verdict().keys == 16);
}

BOOST_AUTO_TEST_CASE(keys_of_a_repartitioned_topic_may_have_moved) {
    Log log(true);
    log.events({1, 2, 3, 4}, "a");
    log.record(3, "a", 1).record(4, "a", 1).record(1, "a", 0).record(2, "a",
                                                                     0); // read partition by partition
    BOOST_TEST(log.verification.verdict().clean());
    Log other(true);
    other.events({1, 2}, "a");
    other.record(2, "a", 1).record(1, "a", 1);
    BOOST_TEST(other.verification.verdict().inversions == 1);
}

BOOST_AUTO_TEST_CASE(a_record_without_an_event_is_a_phantom_unless_the_event_came_later) {
    Log log;
    log.event(1, "a").record(1, "a").record(8, "a").record(9, "a");
    BOOST_TEST(log.verification.unknown() == (std::vector<std::int64_t>{8, 9}),
               boost::test_tools::per_element());
    log.verification.found(8, 8 + 7);
    log.verification.found(9, 1); // the position was given to another event
    const auto verdict = log.verification.verdict();
    BOOST_TEST(verdict.phantoms == 1);
    BOOST_TEST(verdict.late == 1);
    BOOST_TEST(verdict.examples.at(0) == "t/0 at 3: no event 9 was committed");
}

BOOST_AUTO_TEST_CASE(an_event_id_that_is_not_the_events_own_is_a_phantom) {
    Log log;
    log.event(1, "a").record_(
        {.topic = 0, .partition = 0, .offset = 1, .sequence = 1, .identity = 99, .key = "a"});
    const auto verdict = log.verification.verdict();
    BOOST_TEST(verdict.phantoms == 1);
    BOOST_TEST(verdict.lost == 1);
}

BOOST_AUTO_TEST_CASE(another_payload_or_key_is_a_mismatch_and_records_of_others_are_none) {
    Log log;
    log.events({1, 2}, "a");
    log.record_(
        {.topic = 0, .partition = 0, .offset = 1, .sequence = 1, .identity = 8, .key = "a", .payload = 5});
    log.record_(
        {.topic = 0, .partition = 0, .offset = 2, .sequence = 2, .identity = 9, .key = "x", .payload = 6});
    log.record_({.topic = 0, .partition = 0, .offset = 3, .key = "somebody else's"});
    const auto verdict = log.verification.verdict();
    BOOST_TEST(verdict.mismatches == 2);
    BOOST_TEST(verdict.foreign == 1);
    BOOST_TEST(verdict.lost == 0);
}

BOOST_AUTO_TEST_CASE(what_a_topic_no_longer_has_is_not_judged) {
    Log log;
    log.events({1, 2, 3, 6}, "a").events({4, 5}, "b");
    log.verification.span({.topic = 0, .partition = 0, .low = 2, .high = 9});
    log.verification.span({.topic = 0, .partition = 1, .low = 0, .high = 9});
    log.record(3, "a");
    const auto verdict = log.verification.verdict();
    BOOST_TEST(verdict.unjudged == 2); // 1 and 2 lay before
    BOOST_TEST(verdict.lost == 3);     // 6 came after, and nothing of the other partition is gone
}

BOOST_AUTO_TEST_CASE(records_before_the_first_event_that_is_looked_at_are_passed_over) {
    Log log(false, 10);
    log.event(10, "a").record(9, "a").record(10, "a");
    const auto verdict = log.verification.verdict();
    BOOST_TEST(verdict.clean());
    BOOST_TEST(verdict.early == 1);
}

BOOST_AUTO_TEST_CASE(the_checksum_is_the_one_that_databases_compute) {
    BOOST_TEST(crc32("123456789") == 0xCBF43926U);
    BOOST_TEST(crc32("") == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
