// The start/stop contract over every service.
#include "tests/contract/service_contract.hpp"

#include "platform/http/server.hpp"
#include "scheduler/consumer_service.hpp"
#include "scheduler/relay_service.hpp"
#include "scheduler/scheduler.hpp"
#include "tests/support/fake_event_sink.hpp"
#include "tests/support/fake_listener.hpp"
#include "tests/support/fake_progress.hpp"
#include "tests/support/fake_topic.hpp"
#include "tests/support/job_stage.hpp"
#include "tests/support/lone_node.hpp"
#include "tests/support/memory_letters.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/shared_outbox.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;

namespace {

struct Surroundings {
    core::SystemClock clock;
    MemoryLogger logger;
    core::ProgressMonitor progress{clock};
};

class RelayUnderTest : Surroundings {
public:
    core::Service& service() { return relay_; }
    bool works() {
        const auto before = sink_.log().size();
        outbox_.write("k");
        relay_.ring();
        outbox_.awaitEmpty();
        return sink_.log().size() == before + 1;
    }
    bool makeStartFail() { return false; }
    void repair() {}

private:
    SharedOutbox outbox_{clock};
    FakeEventSink sink_;
    NoCommands control_;
    NoPeers peers_;
    scheduler::RelayService relay_{{outbox_, sink_, outbox_, control_, peers_}, clock, logger, progress, {}};
};

class SchedulerUnderTest : Surroundings {
public:
    core::Service& service() { return scheduler_; }
    bool works() {
        history_.await(history_.runs().size() + 2);
        return true;
    }
    bool makeStartFail() { return false; }
    void repair() {}

private:
    static scheduler::Job job() {
        return {.name = "tidy",
                .schedule = {scheduler::Schedule::Kind::fixed_delay, 1ms, 0s},
                .lock = std::nullopt,
                .timeout = 1min,
                .history = scheduler::Job::History::every_run,
                .work = [](const scheduler::JobContext&) {}};
    }
    ManualClock still_;
    MemoryLocks locks_{still_};
    MemoryHistory history_;
    MemoryBoard board_{locks_, still_, history_};
    scheduler::Scheduler scheduler_{{job()}, {locks_, board_, history_, clock, logger, "node-1"}, progress};
};

class ConsumerUnderTest : Surroundings {
public:
    core::Service& service() { return consumer_; }
    bool works() {
        topic_.write("k");
        topic_.awaitCommitted(++written_);
        return true;
    }
    bool makeStartFail() { return false; }
    void repair() {}

private:
    int written_ = 0;
    FakeTopic topic_;
    FakeListener listener_;
    FakeProgress upTo_{clock};
    MemoryLetters letters_;
    scheduler::ConsumerService consumer_{{listener_, topic_, upTo_, letters_, clock, logger, progress}, {}};
};

class ServerUnderTest : Surroundings {
public:
    ServerUnderTest() {
        // A port that is known to be free now, and taken when the start shall fail.
        occupier_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        BOOST_REQUIRE(bind(occupier_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        BOOST_REQUIRE(getsockname(occupier_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        taken_.port = ntohs(address.sin_port);
    }
    ~ServerUnderTest() { repair(); }

    core::Service& service() { return *server_; }
    bool works() {
        RawClient client{server_->port()};
        client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
        return client.reply().status == 200;
    }
    bool makeStartFail() {
        listen(occupier_, 1);
        server_ = std::make_unique<http::Server>(taken_, handler_, clock, logger);
        return true;
    }
    void repair() {
        if (occupier_ >= 0) close(occupier_);
        occupier_ = -1;
    }

private:
    struct Yes final : http::Handler {
        http::Response handle(const http::Request&) override { return {}; }
    };
    Yes handler_;
    int occupier_ = -1;
    http::ServerSettings taken_;
    std::unique_ptr<http::Server> server_ =
        std::make_unique<http::Server>(http::ServerSettings{}, handler_, clock, logger);
};

} // namespace

BOOST_AUTO_TEST_SUITE(the_relay_as_a_service)
SERVICE_CONTRACT(RelayUnderTest)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_scheduler_as_a_service)
SERVICE_CONTRACT(SchedulerUnderTest)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_consumer_as_a_service)
SERVICE_CONTRACT(ConsumerUnderTest)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_http_server_as_a_service)
SERVICE_CONTRACT(ServerUnderTest)
BOOST_AUTO_TEST_SUITE_END()
