#include "daemon/settings/edges.hpp"

namespace outboxd::daemon {

using config::choice;
using config::choices;
using config::duration;
using config::integer;
using config::kibibytes;
using config::mebibytes;
using config::secretFile;
using config::size;
using config::text;
using enum config::Reload;

namespace {

const config::Choices<AuthMode> kModes{
    {"none", AuthMode::none}, {"api_key", AuthMode::api_key}, {"jwt", AuthMode::jwt}};
const config::Choices<security::JwtAlgorithm> kAlgorithms{{"RS256", security::JwtAlgorithm::rs256},
                                                          {"ES256", security::JwtAlgorithm::es256},
                                                          {"HS256", security::JwtAlgorithm::hs256}};

void describeAuth(config::Schema& schema, EdgeSettings& edges) {
    auto& auth = edges.auth;
    schema.section("auth", "Who may use the REST API.");
    schema.add("mode", choices(auth.mode, kModes), restart,
               "What clients show: none asks nobody and gives everyone all rights, api_key and jwt may be "
               "combined.");
    schema.add("api_keys_file", secretFile(auth.apiKeysFile), live,
               "File with a line for each API key, as `outboxd api-key` prints it; a reload reads it again.");
    schema.add("admin_token_file", secretFile(auth.adminTokenFile), live,
               "File with a token of 16 characters or more that has an administrator's rights; empty: there "
               "is none.");

    auto& jwt = edges.jwt;
    schema.section("jwt", "JSON Web Tokens, for `auth.mode` jwt.");
    schema.add("algorithm", choice(jwt.algorithm, kAlgorithms), restart,
               "The one algorithm that is accepted, whatever a token says.");
    schema.add(
        "key_file", secretFile(jwt.keyFile), live,
        "File with the issuer's public key in PEM, or for HS256 the shared secret of 32 bytes or more; "
        "a reload reads it again.");
    schema.add("issuer", text(jwt.issuer, 0, 500), restart, "What `iss` of a token must be.");
    schema.add("audience", text(jwt.audience, 0, 500), restart, "What `aud` of a token must be or contain.");
    schema.add("leeway", duration(jwt.leeway, 0ms, 10min), restart,
               "How far the issuer's clock may be from ours.");
    schema.add("user_claim", text(jwt.userClaim, 1, 100), restart,
               "Claim that holds the user's id; tokens without it are refused unless they are an "
               "administrator's.");
}

} // namespace

void describeEdges(config::Schema& schema, EdgeSettings& edges) {
    auto& http = edges.http;
    schema.section("http", "The REST API.");
    schema.add("host", text(http.host, 1, 253), restart,
               "Address to listen on; while `auth.mode` is none, only loopback ones are allowed.");
    schema.add("port", integer(http.port, 0, 65535), restart,
               "TCP port to listen on; 0 takes a free one, which the log names.");
    schema.add("max_connections", integer(http.maxConnections, 1, 20'000, "connections"), restart,
               "Connections at once, each of which has a thread; further ones are answered 503 and closed.");
    schema.add("idle_timeout", duration(http.idleTimeout, 1s, 1h), restart,
               "How long a connection may stay open between two requests.");
    schema.add("request_timeout", duration(http.requestTimeout, 100ms, 10min), restart,
               "Longest time for a whole request, its body and its answer.");
    schema.add("max_body", size(http.maxBody, kibibytes(1), mebibytes(64)), restart,
               "Requests with a larger body are answered 413.");

    describeAuth(schema, edges);

    auto& limit = edges.rateLimit;
    schema.section("rate_limit", "How much each client of the REST API may ask for.");
    schema.add("requests_per_second", integer(limit.requestsPerSecond, 0, 1'000'000, "requests"), restart,
               "Requests a second that one client, or one address without authentication, may send to this "
               "node in the long run; more are answered 429, and 0 sets no limit.");
    schema.add("burst", integer(limit.burst, 1, 1'000'000, "requests"), restart,
               "Requests that a client which was quiet may send at once.");

    schema.section(
        "admin",
        "Health, metrics and the orders of operators, on a port of their own so that load on the API "
        "cannot hide them.");
    schema.add("host", text(edges.admin.host, 1, 253), restart,
               "Address to listen on; whoever reaches it can read health and metrics.");
    schema.add("token_file", secretFile(edges.admin.tokenFile), live,
               "File with the token of 16 characters or more that operators show for /admin/api/v1; empty: "
               "nobody can look into the outbox or give orders. A reload reads it again.");
    schema.add("port", integer(edges.admin.port, 0, 65535), restart,
               "TCP port to listen on; 0 takes a free one, which the log names.");
}

} // namespace outboxd::daemon
