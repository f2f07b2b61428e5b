// JSON Web Tokens: what is accepted, and every forgery known to us.
#include "platform/core/error.hpp"
#include "platform/security/jwt.hpp"
#include "tests/support/jwt_maker.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::security;
using namespace outboxd::testing;
using namespace std::chrono_literals;

namespace {

const std::string kSecret(32, 's');
const core::Timestamp kNow{1'800'000'000s};

std::string header(const std::string& algorithm) { return R"({"alg":")" + algorithm + R"(","typ":"JWT"})"; }

std::string claims(const std::string& more = R"(,"sub":"7")", const std::string& expires = "1800000060") {
    return R"({"iss":"https://id.example","aud":"outboxd","exp":)" + expires + more + "}";
}

struct Reading {
    JwtRules rules{.issuer = "https://id.example", .audience = "outboxd", .leeway = 30s};
    JwtKey key{JwtAlgorithm::hs256, kSecret};

    auto read(const std::string& token) const { return readJwt(token, key, rules, kNow); }
    JwtClient client(const std::string& text) const {
        return std::get<JwtClient>(read(jwtBy(kSecret, header("HS256"), text)));
    }
    std::string refusal(const std::string& token) const {
        const auto result = read(token);
        const auto* refused = std::get_if<JwtRefusal>(&result);
        return refused ? std::string{explain(*refused)} : "accepted";
    }
    std::string refusalOf(const std::string& text, const std::string& head = header("HS256")) const {
        return refusal(jwtBy(kSecret, head, text));
    }
};

const std::string kMalformed{explain(JwtRefusal::malformed)};
const std::string kAlgorithm{explain(JwtRefusal::algorithm)};
const std::string kSignature{explain(JwtRefusal::signature)};
const std::string kClaims{explain(JwtRefusal::claims)};

} // namespace

BOOST_FIXTURE_TEST_SUITE(jwt, Reading)

BOOST_AUTO_TEST_CASE(each_algorithm_accepts_its_own_tokens_and_no_other) {
    const auto rsa = KeyPair::rsa();
    const auto ec = KeyPair::ec();
    const JwtKey rsaKey(JwtAlgorithm::rs256, rsa.publicPem());
    const JwtKey ecKey(JwtAlgorithm::es256, ec.publicPem());
    const std::map<std::string, std::pair<const JwtKey*, std::string>> issuers{
        {"RS256", {&rsaKey, jwtBy(rsa, header("RS256"), claims())}},
        {"ES256", {&ecKey, jwtBy(ec, header("ES256"), claims())}},
        {"HS256", {&key, jwtBy(kSecret, header("HS256"), claims())}}};
    for (const auto& [accepting, verifier] : issuers) {
        for (const auto& [made, issuer] : issuers) {
            const auto result = readJwt(issuer.second, *verifier.first, rules, kNow);
            BOOST_TEST(std::holds_alternative<JwtClient>(result) == (made == accepting), made << accepting);
        }
    }
    const auto stranger = KeyPair::rsa();
    const auto forged = readJwt(jwtBy(stranger, header("RS256"), claims()), rsaKey, rules, kNow);
    BOOST_TEST((std::get<JwtRefusal>(forged) == JwtRefusal::signature));
}

// The classic: sign with HMAC and the public key, which everybody has, and hope that the token chooses.
BOOST_AUTO_TEST_CASE(a_public_key_is_never_a_shared_secret) {
    const auto rsa = KeyPair::rsa();
    const JwtKey rsaKey(JwtAlgorithm::rs256, rsa.publicPem());
    const auto confused = readJwt(jwtBy(rsa.publicPem(), header("HS256"), claims()), rsaKey, rules, kNow);
    BOOST_TEST((std::get<JwtRefusal>(confused) == JwtRefusal::algorithm));
    const auto lying = readJwt(jwtBy(rsa.publicPem(), header("RS256"), claims()), rsaKey, rules, kNow);
    BOOST_TEST((std::get<JwtRefusal>(lying) == JwtRefusal::signature));
    BOOST_CHECK_THROW(JwtKey(JwtAlgorithm::hs256, rsa.publicPem()), core::Error);
}

BOOST_AUTO_TEST_CASE(unsigned_tokens_are_refused_however_they_spell_it) {
    for (const char* none : {"none", "None", "NONE", "nOnE", ""}) {
        const auto text = signedPart(header(none), claims());
        BOOST_TEST(refusal(text + ".") == kAlgorithm);
        BOOST_TEST(refusalOf(claims(), header(none)) == kAlgorithm);
    }
    BOOST_TEST(refusal(signedPart(header("HS256"), claims()) + ".") == kSignature);
    BOOST_TEST(refusalOf(claims(), "{}") == kAlgorithm);
    BOOST_TEST(refusalOf(claims(), R"({"alg":["HS256"]})") == kAlgorithm);
    BOOST_TEST(refusalOf(claims(), R"({"alg":"none","alg":"HS256"})") == kMalformed);
    BOOST_TEST(refusalOf(claims(), R"({"alg":"HS256","crit":["exp"]})") == kMalformed);
}

BOOST_AUTO_TEST_CASE(signatures_of_es256_are_two_numbers_and_not_zero) {
    const auto ec = KeyPair::ec();
    const JwtKey ecKey(JwtAlgorithm::es256, ec.publicPem());
    const auto text = signedPart(header("ES256"), claims());
    for (const auto& signature :
         {std::string(64, '\0'), std::string(63, 'a'), std::string{}, std::string(72, '0')})
        BOOST_TEST(!ecKey.verifies(text, signature)); // the first one is CVE-2022-21449
}

BOOST_AUTO_TEST_CASE(what_is_no_token_is_malformed) {
    const auto good = jwtBy(kSecret, header("HS256"), claims());
    BOOST_TEST(refusal(good) == "accepted");
    for (const auto& bad :
         {std::string{}, std::string{"."}, std::string{".."}, std::string{"a.b.c"}, good + "=", good + ".",
          good.substr(1), "." + good, good + " ", std::string(9'000, 'a') + "." + good})
        BOOST_TEST(refusal(bad) != "accepted", bad);
    BOOST_TEST(refusalOf(claims() + "x") == kMalformed);
    BOOST_TEST(refusalOf("[]") == kMalformed);
    BOOST_TEST(refusalOf(claims(R"(,"sub":"7","sub":"8")")) == kMalformed); // the last one would have won
    BOOST_TEST(refusalOf(claims() + std::string(1, '\0')) == kMalformed);
    BOOST_TEST(refusal(jwtBy(kSecret, std::string(3'000, '['), claims())) == kMalformed);
    BOOST_TEST(refusal(jwtBy(kSecret, header("HS256"),
                             claims(",\"x\":\"" + std::string(8'200, 'a') + '"'))) == kMalformed);
}

BOOST_AUTO_TEST_CASE(a_token_ends_and_begins_within_the_leeway) {
    BOOST_TEST(refusalOf(claims(R"(,"sub":"7")", "1799999971")) == "accepted");
    BOOST_TEST(refusalOf(claims(R"(,"sub":"7")", "1799999970")) == explain(JwtRefusal::expired));
    BOOST_TEST(refusalOf(claims(R"(,"sub":"7")", "1799999971.5")) == "accepted");
    BOOST_TEST(refusalOf(claims(R"(,"sub":"7","nbf":1800000030)")) == "accepted");
    BOOST_TEST(refusalOf(claims(R"(,"sub":"7","nbf":1800000031)")) == explain(JwtRefusal::not_yet));
    for (const char* odd : {"\"1800000060\"", "null", "-1", "1e300", "true", "[1800000060]"})
        BOOST_TEST(refusalOf(claims(R"(,"sub":"7")", odd)) == kClaims, odd);
    BOOST_TEST(refusalOf(claims(R"(,"sub":"7","nbf":"soon")")) == kClaims);
    BOOST_TEST(refusalOf(R"({"iss":"https://id.example","aud":"outboxd","sub":"7"})") == kClaims);
}

BOOST_AUTO_TEST_CASE(issuer_and_audience_are_ours) {
    const auto of = [&](const std::string& issuer, const std::string& audience) {
        return refusalOf(R"({"exp":1800000060,"sub":"7","iss":)" + issuer + R"(,"aud":)" + audience + "}");
    };
    const std::string us = R"("https://id.example")";
    BOOST_TEST(of(us, R"(["other","outboxd"])") == "accepted");
    for (const char* issuer : {R"("https://id.example/")", R"("")", "null", R"(["https://id.example"])"})
        BOOST_TEST(of(issuer, R"("outboxd")") == explain(JwtRefusal::issuer), issuer);
    for (const char* audience :
         {R"("outboxd2")", R"("")", "null", "[]", R"([["outboxd"]])", R"({"outboxd":1})"})
        BOOST_TEST(of(us, audience) == explain(JwtRefusal::audience), audience);
    BOOST_TEST(refusalOf(R"({"exp":1800000060,"sub":"7","iss":"https://id.example"})") ==
               explain(JwtRefusal::audience));
}

BOOST_AUTO_TEST_CASE(the_subject_is_the_user) {
    BOOST_TEST(client(claims()).user.value() == 7);
    BOOST_TEST(client(claims(R"(,"sub":"9223372036854775807")")).user.value() == INT64_MAX);
    for (const char* odd : {R"("")", R"("0")", R"("07")", R"("-7")", R"("+7")", R"(" 7")", R"("7a")",
                            R"("ann")", "null", "7.0", R"("9223372036854775808")", "true", R"(["7"])"})
        BOOST_TEST(refusalOf(claims(std::string{R"(,"sub":)"} + odd)) == kClaims, odd);
    BOOST_TEST(refusalOf(claims("")) == kClaims);
    rules.userClaim = "shop_user";
    BOOST_TEST(client(claims(R"(,"sub":"auth0|x","shop_user":7)")).user.value() == 7);
    BOOST_TEST(refusalOf(claims()) == kClaims);
}

BOOST_AUTO_TEST_CASE(an_administrator_acts_for_everyone) {
    for (const char* more : {R"(,"sub":"ann","admin":true)", R"(,"sub":"7","scope":"read admin")"}) {
        const auto admin = client(claims(more));
        BOOST_TEST(admin.admin, more);
        BOOST_TEST(!admin.user.has_value(), more);
    }
    BOOST_TEST(!client(claims(R"(,"sub":"7","scope":"administrator sysadmin","admin":false)")).admin);
    BOOST_TEST(refusalOf(claims(R"(,"sub":"7","admin":"true")")) == kClaims);
    BOOST_TEST(refusalOf(claims(R"(,"sub":"7","admin":1)")) == kClaims);
    BOOST_TEST(refusalOf(claims(R"(,"sub":"7","scope":["admin"])")) == kClaims);
}

BOOST_AUTO_TEST_CASE(weak_or_wrong_keys_are_not_taken) {
    BOOST_CHECK_THROW(JwtKey(JwtAlgorithm::hs256, std::string(31, 'a')), core::Error);
    BOOST_CHECK_THROW(JwtKey(JwtAlgorithm::rs256, "no key"), core::Error);
    BOOST_CHECK_THROW(JwtKey(JwtAlgorithm::rs256, KeyPair::rsa(1024).publicPem()), core::Error);
    BOOST_CHECK_THROW(JwtKey(JwtAlgorithm::rs256, KeyPair::ec().publicPem()), core::Error);
    BOOST_CHECK_THROW(JwtKey(JwtAlgorithm::es256, KeyPair::rsa().publicPem()), core::Error);
    BOOST_CHECK_THROW(JwtKey(JwtAlgorithm::es256, KeyPair::ec("P-384").publicPem()), core::Error);
}

BOOST_AUTO_TEST_SUITE_END()
