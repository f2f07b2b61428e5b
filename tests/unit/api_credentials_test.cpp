// Who gets in, by which key or token, and as whom.
#include "api/credentials.hpp"
#include "platform/security/digest.hpp"
#include "tests/support/jwt_maker.hpp"
#include "tests/unit/api_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;

namespace {

struct Guarded : testing::ApiFixture {
    Guarded() { api::addShopRoutes(router, shop); }

    api::Credentials accepted() const {
        api::Credentials credentials;
        credentials.apiKeys = std::get<std::vector<security::ApiKey>>(
            security::parseApiKeys(service.line + "\n" + seven.line + "\n" + boss.line));
        credentials.adminTokenDigest = security::sha256("0123456789abcdef");
        credentials.jwt = {security::JwtKey(security::JwtAlgorithm::hs256, std::string(32, 's')),
                           {.issuer = "id", .audience = "outboxd"}};
        return credentials;
    }
    std::string token(const std::string& more, std::chrono::seconds life = 60s) const {
        const auto expires =
            std::chrono::floor<std::chrono::seconds>(clock.today()).time_since_epoch() + life;
        return testing::jwtBy(std::string(32, 's'), R"({"alg":"HS256"})",
                              R"({"iss":"id","aud":"outboxd","exp":)" + std::to_string(expires.count()) +
                                  more + "}");
    }
    testing::ApiReply with(const std::vector<std::pair<std::string, std::string>>& headers,
                           const std::string& path = "/api/v1/products", const std::string& method = "GET") {
        auto asked = request(method, path, method == "POST" ? R"({"name":"Tea","price":1,"stock":1})" : "");
        for (const auto& [name, value] : headers) asked.headers.add(name, value);
        testing::ApiReply reply;
        reply.response = router.handle(asked);
        reply.status = reply.response.status;
        reply.body.Parse(reply.response.body.c_str());
        return reply;
    }
    testing::ApiReply bearer(const std::string& word, const std::string& path = "/api/v1/products",
                             const std::string& method = "GET") {
        return with({{"Authorization", "Bearer " + word}}, path, method);
    }
    api::Client client(const std::string& word) const {
        auto asked = request("GET", "/");
        asked.headers.add("Authorization", "Bearer " + word);
        return std::get<api::Client>(authenticator.authenticate(asked));
    }

    security::NewApiKey service = security::makeApiKey("checkout", {}, false);
    security::NewApiKey seven = security::makeApiKey("phone", 7, false);
    security::NewApiKey boss = security::makeApiKey("boss", {}, true);
    api::CredentialAuthenticator authenticator{accepted(), clock};
    api::Router router{authenticator, logger};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_credentials, Guarded)

BOOST_AUTO_TEST_CASE(whoever_shows_nothing_is_asked_for_it) {
    const auto reply = with({});
    BOOST_TEST(reply.status == 401);
    BOOST_TEST(reply.code() == "unauthenticated");
    BOOST_TEST(reply.header("WWW-Authenticate") == R"(Bearer realm="outboxd")");
    BOOST_TEST(with({}, "/openapi.yaml").status == 200);
    BOOST_TEST(with({}, "/api/v1/nothing").status == 404);
    BOOST_TEST(with({}, "/api/products").status == 401); // also where refusals are 400
}

BOOST_AUTO_TEST_CASE(a_key_comes_in_either_header_but_once) {
    BOOST_TEST(bearer(service.key).status == 200);
    BOOST_TEST(with({{"authorization", "bearer " + service.key}}).status == 200);
    BOOST_TEST(with({{"X-Api-Key", service.key}}).status == 200);
    const std::pair<std::string, std::string> good{"X-Api-Key", service.key};
    const std::pair<std::string, std::string> also{"Authorization", "Bearer " + service.key};
    BOOST_TEST(with({good, also}).status == 401);
    BOOST_TEST(with({good, good}).status == 401);
    BOOST_TEST(with({also, also}).status == 401);
}

BOOST_AUTO_TEST_CASE(clients_act_for_whom_their_key_or_token_says) {
    BOOST_TEST(client(service.key).scope == "key:checkout");
    BOOST_TEST(!client(service.key).user.has_value());
    BOOST_TEST(!client(service.key).admin);
    BOOST_TEST(client(seven.key).user->value == 7);
    BOOST_TEST(client(boss.key).admin);
    BOOST_TEST(client("0123456789abcdef").admin);
    BOOST_TEST(client("0123456789abcdef").scope == "admin");
    BOOST_TEST(client(token(R"(,"sub":"7")")).user->value == 7);
    BOOST_TEST(client(token(R"(,"sub":"7")")).scope == "user:7");
    const auto admin = client(token(R"(,"sub":"ann","admin":true)"));
    BOOST_TEST(admin.admin);
    BOOST_TEST(admin.scope == "jwt:ann");
    BOOST_TEST(client(token(R"(,"admin":true,"sub":")" + std::string(300, 'x') + '"')).scope.size() <= 128u);
}

BOOST_AUTO_TEST_CASE(what_is_not_known_is_refused) {
    auto changed = service.key;
    changed.back() = changed.back() == 'A' ? 'B' : 'A';
    for (const std::string& word :
         {changed, service.key + "x", service.key.substr(0, 20), std::string{"obx_"},
          std::string{"0123456789abcdeX"}, std::string{"a.b.c"}, std::string{"x"}, std::string(9'000, 'x'),
          "obx_" + std::string(9'000, 'x'), security::toHex(security::sha256(service.key))}) {
        const auto reply = bearer(word);
        BOOST_TEST(reply.status == 401, word);
        BOOST_TEST(reply.code() == "invalid_credentials", word);
        BOOST_TEST(reply.header("WWW-Authenticate") == R"(Bearer realm="outboxd", error="invalid_token")");
        BOOST_TEST(with({{"X-Api-Key", word}}).status == 401, word);
    }
    for (const std::string& value :
         {std::string{}, std::string{"Bearer"}, std::string{"Bearer "}, service.key, "Basic " + service.key,
          "Bearer " + service.key + " x", "Bearer  " + service.key, "Bearer " + service.key + ", Bearer x"})
        BOOST_TEST(with({{"Authorization", value}}).code() == "invalid_credentials", value);
    BOOST_TEST(with({{"X-Api-Key", "0123456789abcdef"}}).status ==
               200); // the administrator's token is a key, too
    BOOST_TEST(with({{"X-Api-Key", token(R"(,"sub":"7")")}}).status == 401);
}

BOOST_AUTO_TEST_CASE(an_expired_token_says_so) {
    const auto old = token(R"(,"sub":"7")");
    BOOST_TEST(bearer(old, "/api/v1/products").status == 200);
    clock.advance(91s); // its minute and the leeway
    BOOST_TEST(bearer(old).status == 401);
    BOOST_TEST(bearer(old).code() == "token_expired");
}

BOOST_AUTO_TEST_CASE(an_administrator_is_needed_where_it_says_so) {
    for (const auto& word : {service.key, seven.key, token(R"(,"sub":"7")")}) {
        const auto reply = bearer(word, "/api/v1/products", "POST");
        BOOST_TEST(reply.status == 403);
        BOOST_TEST(reply.code() == "admin_only");
    }
    for (const auto& word : {boss.key, std::string{"0123456789abcdef"}, token(R"(,"sub":"a","admin":true)")})
        BOOST_TEST(bearer(word, "/api/v1/products", "POST").status == 201);
}

BOOST_AUTO_TEST_CASE(replaced_keys_count_from_the_next_request_on) {
    const auto fresh = security::makeApiKey("fresh", {}, false);
    api::Credentials others;
    others.apiKeys = std::get<std::vector<security::ApiKey>>(security::parseApiKeys(fresh.line));
    authenticator.replace(std::move(others));
    BOOST_TEST(bearer(service.key).status == 401);
    BOOST_TEST(bearer("0123456789abcdef").status == 401);
    BOOST_TEST(bearer(token(R"(,"sub":"7")")).status == 401);
    BOOST_TEST(bearer(fresh.key).status == 200);
}

BOOST_AUTO_TEST_CASE(with_keys_any_address_may_be_bound) {
    BOOST_CHECK_NO_THROW(api::checkBinding("0.0.0.0", authenticator, "http.host"));
}

BOOST_AUTO_TEST_SUITE_END()
