// Each setting of a server that weakens a promise is found, alone, and nothing else.
#include "scheduler/kafka/durability.hpp"
#include "scheduler/mysql/durability.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;

namespace {

using Values = std::map<std::string, std::string>;

Values with(Values base, const std::string& name, const std::string& value) {
    base[name] = value;
    return base;
}

const Values kDatabase{{"innodb_flush_log_at_trx_commit", "1"},
                       {"sync_binlog", "1"},
                       {"log_bin", "ON"},
                       {"innodb_doublewrite", "ON"},
                       {"binlog_format", "MIXED"},
                       {"read_only", "OFF"}};
const Values kTopic{{"min.insync.replicas", "2"}, {"unclean.leader.election.enable", "false"}};

// What is said of the database, a finding each; each says something in every part.
std::string ofDatabase(const Values& values) {
    std::string all;
    for (const auto& weakness : scheduler::mysql::weaknessesOf(values)) {
        all += (all.empty() ? "" : "; ") + weakness.what;
        BOOST_TEST(weakness.where == "database");
        BOOST_TEST(!weakness.consequence.empty());
        BOOST_TEST(!weakness.advice.empty());
    }
    return all;
}

std::string ofTopic(int replicas, const Values& values) {
    std::string all;
    for (const auto& weakness : scheduler::kafka::weaknessesOf("t", replicas, values)) {
        all += (all.empty() ? "" : "; ") + weakness.what;
        BOOST_TEST(weakness.where == "topic t");
        BOOST_TEST(!weakness.consequence.empty());
        BOOST_TEST(!weakness.advice.empty());
    }
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(durability)

BOOST_AUTO_TEST_CASE(a_database_that_flushes_each_commit_is_fine) {
    BOOST_TEST(ofDatabase(kDatabase) == "");
    BOOST_TEST(ofDatabase({}) == ""); // what a server does not tell is not judged
}

BOOST_AUTO_TEST_CASE(commits_that_are_not_flushed_are_found) {
    for (const auto* value : {"0", "2"})
        BOOST_TEST(ofDatabase(with(kDatabase, "innodb_flush_log_at_trx_commit", value)) ==
                   std::string("innodb_flush_log_at_trx_commit is ") + value);
}

BOOST_AUTO_TEST_CASE(a_binary_log_that_is_not_flushed_is_found_while_there_is_one) {
    const auto lazy = with(kDatabase, "sync_binlog", "0");
    BOOST_TEST(ofDatabase(lazy) == "sync_binlog is 0");
    BOOST_TEST(ofDatabase(with(lazy, "log_bin", "OFF")) == "");
}

BOOST_AUTO_TEST_CASE(a_binary_log_of_statements_is_found) {
    BOOST_TEST(ofDatabase(with(kDatabase, "binlog_format", "STATEMENT")) == "binlog_format is STATEMENT");
}

BOOST_AUTO_TEST_CASE(torn_pages_and_a_server_that_takes_no_changes_are_found) {
    BOOST_TEST(ofDatabase(with(kDatabase, "innodb_doublewrite", "OFF")) == "innodb_doublewrite is OFF");
    BOOST_TEST(ofDatabase(with(kDatabase, "read_only", "ON")) == "read_only is ON");
    BOOST_TEST(ofDatabase(with(with(kDatabase, "read_only", "ON"), "super_read_only", "ON")) ==
               "super_read_only is ON");
}

BOOST_AUTO_TEST_CASE(a_topic_with_three_copies_of_which_two_must_be_there_is_fine) {
    BOOST_TEST(ofTopic(3, kTopic) == "");
    BOOST_TEST(ofTopic(3, {}) == "");
}

BOOST_AUTO_TEST_CASE(a_topic_with_one_copy_is_found) {
    BOOST_TEST(ofTopic(1, with(kTopic, "min.insync.replicas", "1")) == "it has one copy of each partition");
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_of_one_broker_alone_is_found) {
    BOOST_TEST(ofTopic(3, with(kTopic, "min.insync.replicas", "1")) == "min.insync.replicas is 1");
}

BOOST_AUTO_TEST_CASE(more_copies_wanted_than_there_are_is_found) {
    BOOST_TEST(ofTopic(2, with(kTopic, "min.insync.replicas", "3")) ==
               "min.insync.replicas is 3, with 2 copies");
}

BOOST_AUTO_TEST_CASE(an_unclean_election_is_found) {
    BOOST_TEST(ofTopic(3, with(kTopic, "unclean.leader.election.enable", "true")) ==
               "unclean.leader.election.enable is true");
}

BOOST_AUTO_TEST_CASE(topics_that_would_be_created_with_one_copy_are_found) {
    scheduler::kafka::SinkSettings settings;
    settings.replicas = 1;
    BOOST_TEST(scheduler::kafka::weaknessesOf(settings).size() == 1u);
    settings.createTopics = false;
    BOOST_TEST(scheduler::kafka::weaknessesOf(settings).empty());
    settings.createTopics = true;
    settings.replicas = 3;
    BOOST_TEST(scheduler::kafka::weaknessesOf(settings).empty());
}

BOOST_AUTO_TEST_SUITE_END()
