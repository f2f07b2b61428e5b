// outboxd-fakegateway [--port P] [--control-port P] [--api-key KEY] [--callback-url URL] [--secret SECRET]
//
// The fake card gateway as a program, for demonstrations and for tests of the real daemon. Prints two lines,
// `gateway=http://...` and `control=http://...`, and serves until SIGTERM or SIGINT. The control address is always up:
//
//   GET  /ledger    its books
//   GET  /control   {"held":0,"posts":1,"gets":0,"callbacksWaiting":0,"callbackAnswers":[{"status":204,"times":1}],"forgedAnswers":[]}
//   POST /control   any of these, in this order:
//     "turns": [{"outcome": "succeeded|declined|pending", "hold": "arrival|reply", "answers": false, "callbacks": 5, "forged": true}]
//     "mix": {"declined": 10, "silent": 10, "duplicated": 10, "forged": 10, "seed": 1}     percent of all other charges and refunds
//     "callbacks": "hold|flow|reversed"
//     "settlePending": "succeeded|declined"
//     "release": true
//     "down": true|false
#include "api/json_writer.hpp"
#include "tests/support/fake_gateway.hpp"
#include "tests/support/fake_program.hpp"

#include <CLI/CLI.hpp>
#include <rapidjson/document.h>

namespace {

using namespace outboxd;
using testing::FakeGateway;
using testing::GatewayTurn;

std::string textOf(const rapidjson::Value& object, const char* name, const char* otherwise = "") {
    return object.HasMember(name) && object[name].IsString() ? object[name].GetString() : otherwise;
}

int numberOf(const rapidjson::Value& object, const char* name, int otherwise = 0) {
    return object.HasMember(name) && object[name].IsInt() ? object[name].GetInt() : otherwise;
}

bool flagOf(const rapidjson::Value& object, const char* name, bool otherwise) {
    return object.HasMember(name) && object[name].IsBool() ? object[name].GetBool() : otherwise;
}

GatewayTurn turnOf(const rapidjson::Value& value) {
    GatewayTurn turn;
    turn.outcome = textOf(value, "outcome", "succeeded");
    const auto hold = textOf(value, "hold");
    if (hold == "arrival") turn.hold = GatewayTurn::Hold::arrival;
    if (hold == "reply") turn.hold = GatewayTurn::Hold::reply;
    turn.answers = flagOf(value, "answers", true);
    turn.callbacks = numberOf(value, "callbacks", 1);
    turn.forged = flagOf(value, "forged", false);
    return turn;
}

class Control final : public http::Handler {
public:
    explicit Control(FakeGateway& gateway) : gateway_(gateway) {}

    http::Response handle(const http::Request& request) override {
        const std::lock_guard lock(mutex_);
        http::Response response;
        if (request.path == "/ledger") {
            response.body = gateway_.ledger().json();
        } else if (request.path == "/control" && (request.method == "GET" || obey(request.body))) {
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
        if (order.Parse(text.data(), text.size()).HasParseError() || !order.IsObject()) return false;
        if (order.HasMember("turns") && order["turns"].IsArray())
            for (const auto& turn : order["turns"].GetArray()) gateway_.next(turnOf(turn));
        if (order.HasMember("mix") && order["mix"].IsObject()) {
            const auto& mix = order["mix"];
            gateway_.mix({numberOf(mix, "declined"), numberOf(mix, "silent"), numberOf(mix, "duplicated"),
                          numberOf(mix, "forged")},
                         static_cast<unsigned>(numberOf(mix, "seed", 1)));
        }
        const auto callbacks = textOf(order, "callbacks");
        if (callbacks == "hold") gateway_.callbacks().hold();
        if (callbacks == "flow") gateway_.callbacks().letGo();
        if (callbacks == "reversed") gateway_.callbacks().letGoReversed();
        if (const auto status = textOf(order, "settlePending"); !status.empty())
            gateway_.settlePending(status);
        if (flagOf(order, "release", false)) gateway_.release();
        const bool down = flagOf(order, "down", down_);
        if (down && !down_) gateway_.goDown();
        if (!down && down_) gateway_.comeBack();
        down_ = down;
        return true;
    }

    std::string state() const {
        api::JsonWriter json;
        json.begin();
        json.field("held", static_cast<std::int64_t>(gateway_.held()));
        json.field("posts", gateway_.posts()).field("gets", gateway_.gets());
        json.field("callbacksWaiting", static_cast<std::int64_t>(gateway_.callbacks().waiting()));
        for (const bool forged : {false, true}) {
            json.beginList(forged ? "forgedAnswers" : "callbackAnswers");
            for (const auto& [status, times] : gateway_.callbacks().answers(forged))
                json.begin().field("status", status).field("times", times).end();
            json.endList();
        }
        return json.end().text();
    }

    FakeGateway& gateway_;
    std::mutex mutex_;
    bool down_ = false; // guarded by mutex_
};

} // namespace

int main(int argc, char** argv) {
    testing::FakeGatewaySettings settings;
    std::uint16_t controlPort = 0;
    CLI::App app("A card gateway for tests and demonstrations.");
    app.add_option("--port", settings.port);
    app.add_option("--control-port", controlPort);
    app.add_option("--api-key", settings.apiKey);
    app.add_option("--callback-url", settings.callbackUrl);
    app.add_option("--secret", settings.secret);
    CLI11_PARSE(app, argc, argv);
    return testing::serveFake<FakeGateway, Control>("gateway", settings, controlPort);
}
