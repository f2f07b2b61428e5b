// Members of a group on a real broker: long calls, rebalances, leaving.
#include "scheduler/consumer_service.hpp"
#include "scheduler/kafka/kafka_feed.hpp"
#include "tests/support/fake_listener.hpp"
#include "tests/support/fake_progress.hpp"
#include "tests/support/memory_letters.hpp"
#include "tests/support/memory_pins.hpp"
#include "tests/support/stack_env.hpp"
#include "tests/support/topic_reader.hpp"

#include "platform/core/event_id.hpp"
#include "platform/kafka/producer.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;

namespace {

constexpr int kPartitions = 4;
// The least that the broker admits: a member that is silent for as long is expelled.
constexpr auto kMaxPollInterval = 6s;

class Group {
public:
    Group() {
        kafka_.client.brokers = StackEnv{}.at("OUTBOXD_TEST_KAFKA");
        kafka_.client.properties = {{"session.timeout.ms", "6000"},
                                    {"heartbeat.interval.ms", "500"},
                                    {"max.poll.interval.ms", std::to_string(kMaxPollInterval / 1ms)}};
        kafka_.partitions = kPartitions;
        kafka_.topicWait = 10s;
        reader.admin().create({topic, kPartitions, 1, {}}, 10s);
        until([&] { return reader.admin().layout(topic, 10s).leaderless == 0; });
        producer_.emplace(clients({}), kafka::ProducerSettings{}, logger, clock);
    }
    ~Group() {
        try {
            reader.admin().remove(topic, 10s);
        } catch (const core::Error&) {
            // The broker is gone with the test's topics.
        }
    }

    void write(int from, int to) {
        for (int i = from; i < to; ++i) {
            const auto key = std::to_string(i);
            producer_->produce({topic, i % kPartitions, key, "{}", {}, 0}, 0);
        }
        std::vector<kafka::Producer::Report> reports;
        BOOST_REQUIRE(producer_->flush(60s, reports));
    }
    // Each look takes a question to the broker, or waits for one.
    void until(const std::function<bool()>& condition, std::chrono::seconds patience = 180s) {
        const auto end = std::chrono::steady_clock::now() + patience;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) throw std::runtime_error("it did not happen");
            (void)reader.admin().layout(topic, 10s);
        }
    }
    kafka::ClientSettings clients(std::map<std::string, std::string> properties) const {
        return {kafka_.client.brokers, "test", std::move(properties)};
    }

    core::SystemClock clock;
    MemoryLogger logger;
    core::ProgressMonitor monitor{clock};
    const std::string topic = "group-test." + core::newEventId(clock).text();
    TopicReader reader{StackEnv{}.at("OUTBOXD_TEST_KAFKA")};

    class Member {
    public:
        explicit Member(Group& group, std::chrono::milliseconds letGo = 120s,
                        std::map<std::string, std::string> properties = {})
            : topics_(group.kafka_, pins_, logger, group.clock),
              feeds_(with(group.kafka_.client, std::move(properties)), group.topic, {group.topic}, topics_,
                     logger, group.clock),
              progress_(group.clock),
              service({listener, feeds_, progress_, letters, group.clock, logger, group.monitor},
                      {.batch = 10, .letGo = letGo, .measureEvery = 0ms}) {
            service.start();
        }
        bool has(std::size_t partitions) const { return service.figures().partitions == partitions; }

        MemoryLogger logger;
        FakeListener listener;
        MemoryLetters letters;

    private:
        static kafka::ClientSettings with(kafka::ClientSettings client,
                                          std::map<std::string, std::string> properties) {
            properties.merge(client.properties);
            client.properties = std::move(properties);
            return client;
        }
        MemoryPins pins_;
        scheduler::kafka::Topics topics_;
        scheduler::kafka::KafkaFeeds feeds_;
        FakeProgress progress_;

    public:
        scheduler::ConsumerService service;
    };

    // How often each record was handled, by all of them.
    static std::map<std::string, int> handled(std::initializer_list<const Member*> members) {
        std::map<std::string, int> times;
        for (const auto* member : members)
            for (const auto& key : member->listener.handled()) ++times[key];
        return times;
    }
    // A further member of the group sees what was written after all that was committed, and nothing else.
    void committedUpTo(int end) {
        write(end, end + kPartitions);
        Member next(*this);
        next.listener.awaitHandled(kPartitions);
        next.service.stop();
        for (const auto& [key, times] : handled({&next}))
            BOOST_TEST(std::stoi(key) >= end, key << " came again");
    }

private:
    scheduler::kafka::SinkSettings kafka_;
    std::optional<kafka::Producer> producer_;
};

void eachOnce(const std::map<std::string, int>& times, std::size_t number) {
    BOOST_TEST(times.size() == number);
    for (const auto& [key, count] : times)
        BOOST_TEST(count == 1, key << " was handled " << count << " times");
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_group, Group)

BOOST_AUTO_TEST_CASE(a_call_that_is_longer_than_max_poll_interval_keeps_its_partitions) {
    write(0, 100);
    Member member(*this);
    member.listener.hold();
    member.listener.awaitTries(1);
    const auto end = std::chrono::steady_clock::now() + kMaxPollInterval * 3 / 2;
    until([&] { return std::chrono::steady_clock::now() > end; });
    member.listener.release();
    member.listener.awaitHandled(100);
    until([&] { return member.service.figures().lag == 0 && member.has(kPartitions); });
    BOOST_TEST(member.service.figures().rebalances == 1u); // it got them, and that was all
    BOOST_TEST(!member.logger.said("MAX_POLL_EXCEEDED"));
    BOOST_TEST(!member.logger.said("partitions_lost"));
    member.service.stop();
    eachOnce(handled({&member}), 100);
    committedUpTo(100);
}

BOOST_AUTO_TEST_CASE(a_rebalance_while_a_batch_is_in_hand_neither_loses_nor_repeats) {
    Member first(*this);
    until([&] { return first.has(kPartitions); });
    first.listener.hold();
    write(0, 200);
    first.listener.awaitTries(1);
    Member second(*this);
    until([&] { return first.logger.said("partitions_revoked"); });
    first.listener.release(); // the call ends; what else was in hand goes with the partitions
    until([&] { return first.has(kPartitions / 2) && second.has(kPartitions / 2); });
    write(200, 300);
    until([&] { return handled({&first, &second}).size() == 300; });
    BOOST_TEST(second.listener.handled().size() > 50u);
    first.service.stop();
    second.service.stop();
    eachOnce(handled({&first, &second}), 300);
    committedUpTo(300);
}

BOOST_AUTO_TEST_CASE(a_call_that_outlives_its_partitions_commits_nothing_of_them) {
    Member first(*this, 1ms);
    until([&] { return first.has(kPartitions); });
    first.listener.hold();
    write(0, 200);
    first.listener.awaitTries(1);
    Member second(*this);
    until([&] { return second.has(kPartitions / 2); }); // without waiting for the call
    second.listener.awaitHandled(100);
    second.listener.hold(); // so that it alone knows how far its partitions are
    write(200, 220);
    first.listener.release();
    until([&] { return first.listener.handled().size() >= 110; });
    first.service.stop();
    second.listener.release();
    until([&] { return handled({&first, &second}).size() == 220; });
    second.service.stop();
    committedUpTo(220);
}

BOOST_AUTO_TEST_CASE(who_stops_leaves_and_the_others_need_not_wait_for_its_session_to_end) {
    const std::map<std::string, std::string> patient{{"session.timeout.ms", "900000"},
                                                     {"max.poll.interval.ms", "900000"}};
    Member first(*this, 120s, patient);
    Member second(*this, 120s, patient);
    until([&] { return first.has(kPartitions / 2) && second.has(kPartitions / 2); });
    write(0, 100);
    until([&] { return handled({&first, &second}).size() == 100; });
    first.service.stop();
    until([&] { return second.has(kPartitions); });
    write(100, 200);
    until([&] { return handled({&first, &second}).size() == 200; });
    second.service.stop();
    eachOnce(handled({&first, &second}), 200);
}

BOOST_AUTO_TEST_CASE(with_cooperative_assignment_what_stays_goes_on) {
    const std::map<std::string, std::string> cooperative{
        {"partition.assignment.strategy", "cooperative-sticky"}};
    Member first(*this, 120s, cooperative);
    until([&] { return first.has(kPartitions); });
    write(0, 100);
    Member second(*this, 120s, cooperative);
    until([&] { return first.has(kPartitions / 2) && second.has(kPartitions / 2); });
    write(100, 200);
    until([&] { return handled({&first, &second}).size() == 200; });
    first.service.stop();
    until([&] { return second.has(kPartitions); });
    write(200, 300);
    until([&] { return handled({&first, &second}).size() == 300; });
    second.service.stop();
    eachOnce(handled({&first, &second}), 300);
}

BOOST_AUTO_TEST_SUITE_END()
