// A process that writes to Kafka with our producer as it is told on its standard input, for tests that stop and kill it.
//   kafka_writer BROKERS TOPIC
//   fill N    gives the producer N more records, in batches of at most a hundred; "filled"
//   flush     waits for all reports; "delivered N", of all so far
//   purge     purges, then waits for all reports; "delivered N"
#include "platform/kafka/producer.hpp"

#include <iostream>

using namespace outboxd;
using namespace std::chrono_literals;

namespace {

class Silence final : public core::Logger {
public:
    bool enabled(core::LogLevel) const override { return false; }
    void write(core::LogLevel, std::string_view, std::initializer_list<core::LogField>) override {}
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 64;
    const std::string topic = argv[2];
    Silence silence;
    const core::SystemClock clock;
    kafka::ProducerSettings settings;
    settings.batchMessages = 100;
    kafka::Producer producer({argv[1], "kafka-writer", {}}, settings, silence, clock);
    std::vector<kafka::Producer::Report> reports;
    std::uint64_t next = 0;
    for (std::string word; std::cin >> word;) {
        if (word == "fill") {
            std::uint64_t count = 0;
            std::cin >> count;
            for (const auto end = next + count; next < end; ++next) {
                const auto text = std::to_string(next);
                producer.produce({topic, 0, "k", text, {}, 0}, next);
            }
            std::cout << "filled" << std::endl;
            continue;
        }
        if (word == "purge") producer.purge();
        for (int tries = 0; producer.outstanding() > 0 && tries < 600; ++tries) {
            producer.poll(100ms, reports);
            if (word == "purge") producer.purge(); // see Producer::purge
        }
        int delivered = 0;
        for (const auto& report : reports) delivered += report.code == 0 ? 1 : 0;
        std::cout << "delivered " << delivered << std::endl;
    }
    return 0;
}
