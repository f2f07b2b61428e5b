// outboxd-fakecollector [--port P] [--control-port P] [--name LISTENER] [--secret SECRET]... [--log FILE] [--dedup]
//
// The fake receiver of events as a program, for demonstrations and for tests of the real daemon. Prints two lines,
// `collector=http://...` and `control=http://...`, and serves until SIGTERM or SIGINT. FILE gets a line for each event that was
// accepted. The control address is always up:
//
//   GET  /control   {"calls":3,"accepted":2,"repeated":0,"forged":0,"now":0,"most":1}
//   POST /control   {"mode":"ok"}
//                   {"mode":"slow","delay":100}                       milliseconds
//                   {"mode":"status","status":429,"retryAfter":"1"}   400, 500 and so on
//                   {"mode":"hang"}                                   no answer until the mode changes
//                   {"mode":"close"}                                  connections are refused
#include "api/json_writer.hpp"
#include "tests/support/fake_collector.hpp"
#include "tests/support/fake_program.hpp"

#include <CLI/CLI.hpp>
#include <rapidjson/document.h>

namespace {

using namespace outboxd;
using testing::CollectorMode;
using testing::FakeCollector;

class Control final : public http::Handler {
public:
    explicit Control(FakeCollector& collector) : collector_(collector) {}

    http::Response handle(const http::Request& request) override {
        const std::lock_guard lock(mutex_);
        http::Response response;
        if (request.path == "/control" && (request.method == "GET" || obey(request.body))) {
            response.body = state();
        } else {
            response.status = 400;
            response.body = "{}";
        }
        return response;
    }

private:
    bool obey(const std::string& text) {
        rapidjson::Document order;
        if (order.Parse(text.data(), text.size()).HasParseError() || !order.IsObject() ||
            !order.HasMember("mode") || !order["mode"].IsString())
            return false;
        const std::string wanted = order["mode"].GetString();
        CollectorMode mode;
        if (order.HasMember("delay") && order["delay"].IsInt())
            mode.delay = std::chrono::milliseconds{order["delay"].GetInt()};
        if (order.HasMember("status") && order["status"].IsInt()) mode.status = order["status"].GetInt();
        if (order.HasMember("retryAfter") && order["retryAfter"].IsString())
            mode.retryAfter = order["retryAfter"].GetString();
        if (wanted == "slow") mode.kind = CollectorMode::Kind::slow;
        if (wanted == "status") mode.kind = CollectorMode::Kind::status;
        if (wanted == "hang") mode.kind = CollectorMode::Kind::hang;
        const bool closed = wanted == "close";
        if (!closed && wanted != "ok" && mode.kind == CollectorMode::Kind::ok) return false;
        if (closed && !closed_) collector_.goDown();
        if (!closed) collector_.behave(mode);
        if (!closed && closed_) collector_.comeBack();
        closed_ = closed;
        return true;
    }

    std::string state() const {
        const auto counts = collector_.counts();
        api::JsonWriter json;
        json.begin().field("calls", counts.calls).field("accepted", counts.accepted);
        json.field("repeated", counts.repeated).field("forged", counts.forged);
        json.field("now", counts.now).field("most", counts.most).end();
        return json.text();
    }

    FakeCollector& collector_;
    std::mutex mutex_;
    bool closed_ = false; // guarded by mutex_
};

} // namespace

int main(int argc, char** argv) {
    testing::FakeCollectorSettings settings;
    std::uint16_t controlPort = 0;
    std::vector<std::string> secrets;
    CLI::App app("A receiver of events for tests and demonstrations.");
    app.add_option("--port", settings.port);
    app.add_option("--control-port", controlPort);
    app.add_option("--name", settings.name);
    app.add_option("--secret", secrets)->expected(1)->take_all();
    app.add_option("--log", settings.logFile);
    app.add_flag("--dedup", settings.dedups);
    CLI11_PARSE(app, argc, argv);
    if (!secrets.empty()) settings.secrets.clear();
    for (const auto& secret : secrets) settings.secrets += secret + "\n";
    return testing::serveFake<FakeCollector, Control>("collector", settings, controlPort);
}
