#include "ctl/node.hpp"

#include "platform/config/small_file.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <rapidjson/pointer.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace outboxd::ctl {

namespace {

constexpr std::size_t kLongestToken = 4096;
constexpr std::size_t kMostOfAnAnswer = 16U << 20;
constexpr std::chrono::seconds kPatience{120}; // a large order is one transaction

http::ClientSettings settingsOf(const Options& options) {
    const auto endpoint = http::parseEndpoint(options.url);
    if (const auto* wrong = std::get_if<http::NotAnEndpoint>(&endpoint))
        throw core::Error(core::ErrorKind::misconfigured, "--url: '" + options.url + "' " + wrong->why,
                          "outboxctl --url http://127.0.0.1:8081 ...");
    return {.endpoint = std::get<http::Endpoint>(endpoint),
            .caFile = options.caFile,
            .maxBodyBytes = kMostOfAnAnswer};
}

std::string tokenOf(const Options& options) {
    if (options.tokenFile.empty()) return {};
    const auto read = config::readSmallFile(options.tokenFile, kLongestToken);
    if (const auto* failed = std::get_if<config::CannotRead>(&read))
        throw core::Error(core::ErrorKind::misconfigured,
                          "--token-file " + options.tokenFile + ": " + failed->why);
    auto token = std::get<std::string>(read);
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' '))
        token.pop_back();
    return token;
}

// A header field takes visible characters alone.
std::string operatorOf(const Options& options) {
    auto name = options.operatorName;
    if (name.empty()) {
        passwd entry{};
        passwd* user = nullptr;
        std::array<char, 4096> memory{};
        getpwuid_r(geteuid(), &entry, memory.data(), memory.size(), &user);
        std::array<char, 256> host{};
        gethostname(host.data(), host.size() - 1);
        name = fmt::format("{}@{}", user ? user->pw_name : std::to_string(geteuid()), host.data());
    }
    std::ranges::replace_if(
        name, [](char c) { return c < 0x20 || c >= 0x7f; }, '?');
    return name;
}

std::string textAt(const rapidjson::Document& json, const char* pointer) {
    const auto* value = rapidjson::Pointer(pointer).Get(json);
    return value && value->IsString() ? value->GetString() : "";
}

Failure refusal(int status, const rapidjson::Document& json, const std::string& url) {
    auto text = fmt::format("outboxctl: {}\n", textAt(json, "/detail"));
    if (const auto* errors = rapidjson::Pointer("/errors").Get(json); errors && errors->IsArray()) {
        for (const auto& error : errors->GetArray()) {
            const auto* where = error.HasMember("parameter") ? "parameter" : "pointer";
            text += fmt::format("  {}: {}\n", error[where].GetString(), error["detail"].GetString());
        }
    }
    auto code = ExitCode::refused;
    if (status == 401 || status == 403) {
        code = ExitCode::no_permission;
        if (textAt(json, "/code") != "admin_token_unset")
            text += "  next step: --token-file FILE, with the token of the node's admin.token_file\n";
    } else if (status == 503 || status == 429) {
        code = ExitCode::try_again;
    } else if (status >= 500) {
        code = ExitCode::defect;
        text += fmt::format("  next step: the log of the node at {}, request {}\n", url,
                            textAt(json, "/trace_id"));
    }
    return {code, text};
}

} // namespace

std::string percentEncoded(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            result += c;
        } else {
            result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return result;
}

Node::Node(const Options& options, const core::Clock& clock)
    : clock_(clock), url_(options.url), token_(tokenOf(options)), operator_(operatorOf(options)),
      client_(settingsOf(options), clock) {}

std::variant<Reply, Failure> Node::get(const std::string& path, const Query& query) {
    http::ClientRequest request;
    request.path = "/admin/api/v1/" + path;
    char before = '?';
    for (const auto& [name, value] : query) {
        if (value.empty()) continue;
        request.path += before + name + "=" + percentEncoded(value);
        before = '&';
    }
    return call(std::move(request));
}

std::variant<Reply, Failure> Node::post(const std::string& path, const std::string& body) {
    http::ClientRequest request{
        .method = "POST", .path = "/admin/api/v1/" + path, .headers = {}, .body = body};
    request.headers.add("Content-Type", "application/json");
    return call(std::move(request));
}

std::variant<Reply, Failure> Node::call(http::ClientRequest request) {
    if (!token_.empty()) request.headers.add("Authorization", "Bearer " + token_);
    request.headers.add("X-Operator", operator_);
    auto outcome = client_.call(request, clock_.now() + kPatience);
    if (const auto* lost = std::get_if<http::NoReply>(&outcome)) {
        const bool changed = request.method != "GET" && lost->sent == http::NoReply::Sent::maybe;
        return Failure{
            ExitCode::unavailable,
            fmt::format("outboxctl: {}\n  next step: {}\n", lost->why,
                        changed
                            ? "outboxctl audit, to see whether it was done"
                            : "see whether a node listens there (admin.host, admin.port), or give --url")};
    }
    auto& answer = std::get<http::ClientReply>(outcome);
    Reply reply{std::move(answer.body), {}};
    reply.json.Parse(reply.text.data(), reply.text.size());
    const bool readable = !reply.json.HasParseError() && reply.json.IsObject();
    if (!readable || (answer.status >= 400 && textAt(reply.json, "/code").empty()))
        return Failure{ExitCode::unavailable,
                       fmt::format("outboxctl: {} answers with status {} and is no admin port of outboxd\n"
                                   "  next step: give --url, with the port of admin.port\n",
                                   url_, answer.status)};
    if (answer.status >= 400) return refusal(answer.status, reply.json, url_);
    return reply;
}

} // namespace outboxd::ctl
