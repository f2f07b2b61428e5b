// The yardstick of `./dev bench api`: Poco's HTTP server, RapidJSON and libmariadb with nothing of ours between them.
// It checks next to nothing and has no limits, figures or retries: what any C++ front has to do for an
// authorisation, and not more.
#include "tests/bench/bare_statements.hpp"

#include <CLI/CLI.hpp>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/ThreadPool.h>
#include <openssl/sha.h>
#include <rapidjson/document.h>

#include <charconv>
#include <condition_variable>
#include <csignal>
#include <fstream>
#include <iostream>
#include <mutex>

namespace outboxd::bench {
namespace {

class Sessions {
public:
    Sessions(const BareDatabase& database, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) idle_.push_back(std::make_unique<BareSession>(database));
    }

    template <class Work> auto with(Work work) {
        std::unique_lock lock(mutex_);
        free_.wait(lock, [this] { return !idle_.empty(); });
        auto session = std::move(idle_.back());
        idle_.pop_back();
        lock.unlock();
        auto result = work(*session);
        lock.lock();
        idle_.push_back(std::move(session));
        free_.notify_one();
        return result;
    }

private:
    std::mutex mutex_;
    std::condition_variable free_;
    std::vector<std::unique_ptr<BareSession>> idle_; // guarded by mutex_
};

class Front final : public Poco::Net::HTTPRequestHandler {
public:
    explicit Front(Sessions& sessions) : sessions_(sessions) {}

    void handleRequest(Poco::Net::HTTPServerRequest& request,
                       Poco::Net::HTTPServerResponse& response) override {
        std::string body;
        Poco::StreamCopier::copyToString(request.stream(), body);
        rapidjson::Document json;
        json.Parse(body.data(), body.size());
        if (!json.IsObject()) return send(response, 400, "{}");
        const std::string& path = request.getURI();
        if (path == "/api/v1/payments/authorizations") {
            authorize(request, response, body, json);
        } else if (path.starts_with("/api/v1/coupons/")) {
            claim(response, path, json);
        } else {
            send(response, 404, "{}");
        }
    }

private:
    static std::string_view text(const rapidjson::Document& json, const char* name) {
        const auto& value = json[name];
        return {value.GetString(), value.GetStringLength()};
    }

    void authorize(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response,
                   const std::string& body, const rapidjson::Document& json) {
        const std::string hashed = "POST /api/v1/payments/authorizations " + body;
        unsigned char hash[SHA256_DIGEST_LENGTH];
        SHA256(reinterpret_cast<const unsigned char*>(hashed.data()), hashed.size(), hash);
        const std::string& key = request.get("Idempotency-Key");
        const BareAuthorization wanted{key,
                                       {reinterpret_cast<const char*>(hash), sizeof hash},
                                       text(json, "merchant"),
                                       text(json, "currency"),
                                       text(json, "reference"),
                                       json["amount"].GetInt64()};
        const auto answer = sessions_.with([&](BareSession& session) { return session.authorize(wanted); });
        if (answer.empty()) return send(response, 409, "{}");
        send(response, 201, answer);
    }

    void claim(Poco::Net::HTTPServerResponse& response, const std::string& path,
               const rapidjson::Document& json) {
        std::int64_t coupon = 0;
        std::from_chars(path.data() + 16, path.data() + path.size(), coupon);
        const auto user = json["userId"].GetInt64();
        const bool done = sessions_.with([&](BareSession& session) { return session.claim(coupon, user); });
        send(response, done ? 202 : 409, "{}");
    }

    static void send(Poco::Net::HTTPServerResponse& response, int status, const std::string& body) {
        response.setStatus(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(status));
        response.setContentType("application/json");
        response.sendBuffer(body.data(), body.size());
    }

    Sessions& sessions_;
};

class Fronts final : public Poco::Net::HTTPRequestHandlerFactory {
public:
    explicit Fronts(Sessions& sessions) : sessions_(sessions) {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest&) override {
        return std::make_unique<Front>(sessions_).release(); // the server deletes it
    }

private:
    Sessions& sessions_;
};

int serve(const BareDatabase& database, std::uint16_t port, std::size_t sessionCount, int threads) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);

    Sessions sessions(database, sessionCount);
    Poco::ThreadPool pool(4, threads);
    Poco::Net::ServerSocket socket;
    socket.bind(Poco::Net::SocketAddress("127.0.0.1", port), true, false);
    socket.listen(1024);
    Poco::AutoPtr<Poco::Net::HTTPServerParams> params(new Poco::Net::HTTPServerParams);
    params->setMaxThreads(threads);
    params->setMaxQueued(threads);
    params->setKeepAlive(true);
    params->setMaxKeepAliveRequests(0);
    Poco::Net::HTTPServer server(Poco::Net::HTTPRequestHandlerFactory::Ptr(new Fronts(sessions)), pool,
                                 socket, params);
    server.start();
    std::cout << "ready" << std::endl;
    int signal = 0;
    sigwait(&ends, &signal);
    server.stopAll(true);
    return 0;
}

} // namespace
} // namespace outboxd::bench

int main(int argc, char** argv) {
    using namespace outboxd::bench;
    CLI::App app{"The bare front of outboxd's benchmarks"};
    BareDatabase database;
    std::string passwordFile;
    std::uint16_t port = 0;
    std::size_t sessions = 16;
    int threads = 1100;
    app.add_option("--port", port)->required();
    app.add_option("--db-host", database.host);
    app.add_option("--db-port", database.port);
    app.add_option("--db-user", database.user);
    app.add_option("--db-password-file", passwordFile);
    app.add_option("--schema", database.schema)->required();
    app.add_option("--sessions", sessions);
    app.add_option("--threads", threads);
    CLI11_PARSE(app, argc, argv);
    try {
        std::ifstream(passwordFile) >> database.password;
        return serve(database, port, sessions, threads);
    } catch (const std::exception& error) {
        std::cerr << "bare front: " << error.what() << '\n';
        return 1;
    }
}
