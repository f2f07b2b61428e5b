#include "platform/core/error.hpp"
#include "platform/http/webhook.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;
using http::WebhookVerdict;

namespace {

// The vector that the Standard Webhooks libraries publish in their own tests.
constexpr std::string_view kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view kBody = R"({"test": 2432232314})";
constexpr std::string_view kSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
constexpr std::chrono::sys_seconds kAt{1614265330s};

struct Call {
    std::string id{kId};
    std::string timestamp = "1614265330";
    std::string signature{kSignature};
    std::string body{kBody};
    core::Timestamp now = kAt;
    std::string secrets{kSecret};
};

WebhookVerdict verdict(const Call& call) {
    http::Headers headers;
    headers.add("Webhook-Id", call.id); // names of fields have no case
    headers.add("webhook-timestamp", call.timestamp);
    headers.add("webhook-signature", call.signature);
    return http::verifyWebhook(headers, call.body, http::parseWebhookSecrets(call.secrets), call.now);
}

} // namespace

namespace outboxd::http {
std::ostream& boost_test_print_type(std::ostream& out, WebhookVerdict verdict) {
    return out << http::name(verdict);
}
} // namespace outboxd::http

BOOST_AUTO_TEST_SUITE(webhook)

BOOST_AUTO_TEST_CASE(the_published_vector_is_signed_and_verified) {
    BOOST_TEST(http::signWebhook(http::WebhookSecret{kSecret}, kId, kAt, kBody) == kSignature);
    BOOST_TEST(verdict({}) == WebhookVerdict::genuine);
}

BOOST_AUTO_TEST_CASE(a_plain_secret_is_used_byte_by_byte) {
    // echo -n 'msg_1.1614265330.{}' | openssl dgst -sha256 -hmac 'a raw secret of our own' -binary | base64
    const http::WebhookSecret secret{"a raw secret of our own"};
    BOOST_TEST(http::signWebhook(secret, "msg_1", kAt, "{}") ==
               "v1,gTGEr0HngvH2XYkxXO5oApXablAGXbjzsKsBfkS04Lg=");
}

BOOST_AUTO_TEST_CASE(what_is_sent_is_accepted) {
    const http::WebhookSecret secret{kSecret};
    const auto headers = http::webhookHeaders(secret, "msg_2", kAt, "\xff\0binary");
    BOOST_TEST(http::verifyWebhook(headers, "\xff\0binary", std::span{&secret, 1}, kAt) ==
               WebhookVerdict::genuine);
}

BOOST_AUTO_TEST_CASE(any_changed_byte_makes_it_wrong) {
    BOOST_TEST(verdict({.body = R"({"test": 2432232315})"}) == WebhookVerdict::wrong);
    BOOST_TEST(verdict({.body = ""}) == WebhookVerdict::wrong);
    BOOST_TEST(verdict({.id = "msg_p5jXN8AQM9LWM0D4loKWxJeK"}) == WebhookVerdict::wrong);
    BOOST_TEST(verdict({.timestamp = "1614265331"}) == WebhookVerdict::wrong);
    BOOST_TEST(verdict({.secrets = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx"}) == WebhookVerdict::wrong);
    auto signature = std::string{kSignature};
    signature[10] ^= 1;
    BOOST_TEST(verdict({.signature = signature}) == WebhookVerdict::wrong);
    BOOST_TEST(verdict({.signature = std::string{kSignature.substr(0, 20)}}) == WebhookVerdict::wrong);
    BOOST_TEST(verdict({.signature = ""}) == WebhookVerdict::wrong);
    BOOST_TEST(verdict({.secrets = ""}) == WebhookVerdict::wrong);
}

BOOST_AUTO_TEST_CASE(other_versions_of_signatures_do_not_count) {
    auto signature = std::string{kSignature};
    signature[1] = '2';
    BOOST_TEST(verdict({.signature = signature}) == WebhookVerdict::wrong);
    BOOST_TEST(verdict({.signature = std::string{kSignature.substr(3)}}) == WebhookVerdict::wrong);
}

BOOST_AUTO_TEST_CASE(one_of_several_signatures_is_enough) {
    BOOST_TEST(verdict({.signature = "v1,bm9uZQ== v1a,ZWQ= " + std::string{kSignature}}) ==
               WebhookVerdict::genuine);
    BOOST_TEST(verdict({.signature = std::string{kSignature} + " v1,bm9uZQ=="}) == WebhookVerdict::genuine);
}

BOOST_AUTO_TEST_CASE(more_signatures_than_a_sender_has_secrets_are_not_looked_at) {
    std::string many;
    for (int i = 0; i < 8; ++i) many += "v1,bm9uZQ== ";
    BOOST_TEST(verdict({.signature = many + std::string{kSignature}}) == WebhookVerdict::wrong);
}

BOOST_AUTO_TEST_CASE(old_and_new_secret_are_both_good_while_it_is_changed) {
    const auto both = "another secret of the sender\r\n\n" + std::string{kSecret} + "\n";
    BOOST_TEST(http::parseWebhookSecrets(both).size() == 2u);
    BOOST_TEST(verdict({.secrets = both}) == WebhookVerdict::genuine);
}

BOOST_AUTO_TEST_CASE(calls_of_another_time_are_refused) {
    BOOST_TEST(verdict({.now = kAt + 300s}) == WebhookVerdict::genuine);
    BOOST_TEST(verdict({.now = kAt + 300s + 1us}) == WebhookVerdict::too_old);
    BOOST_TEST(verdict({.now = kAt - 300s}) == WebhookVerdict::genuine);
    BOOST_TEST(verdict({.now = kAt - 300s - 1us}) == WebhookVerdict::too_new);
}

BOOST_AUTO_TEST_CASE(fields_that_are_not_the_standards_are_malformed) {
    for (const auto* const timestamp :
         {"", "-1614265330", "+1614265330", " 1614265330", "1614265330.0", "0x6037bb72", "9999999999999"}) {
        BOOST_TEST_CONTEXT(timestamp)
        BOOST_TEST(verdict({.timestamp = timestamp}) == WebhookVerdict::malformed);
    }
    BOOST_TEST(verdict({.id = ""}) == WebhookVerdict::malformed);
    // Without this the signed text "a.1.2.b" could be read in two ways.
    BOOST_TEST(verdict({.id = "msg.1"}) == WebhookVerdict::malformed);
    BOOST_TEST(verdict({.id = std::string(129, 'a')}) == WebhookVerdict::malformed);
}

BOOST_AUTO_TEST_CASE(each_field_must_be_there_once) {
    const http::WebhookSecret secret{kSecret};
    const auto complete = http::webhookHeaders(secret, "msg_3", kAt, "{}");
    for (const auto& left : complete.all()) {
        http::Headers without, twice = complete;
        for (const auto& [name, value] : complete.all())
            if (name != left.first) without.add(name, value);
        twice.add(left.first, left.second);
        BOOST_TEST(http::verifyWebhook(without, "{}", std::span{&secret, 1}, kAt) ==
                   WebhookVerdict::unsigned_call);
        BOOST_TEST(http::verifyWebhook(twice, "{}", std::span{&secret, 1}, kAt) ==
                   WebhookVerdict::unsigned_call);
    }
}

BOOST_AUTO_TEST_CASE(secrets_that_cannot_be_meant_are_refused) {
    for (const auto* const text :
         {"", "short", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64 but long enough !!!",
          "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa==="}) {
        BOOST_TEST_CONTEXT(text) BOOST_CHECK_THROW(http::WebhookSecret{text}, core::Error);
    }
    BOOST_TEST(http::WebhookSecret{"whsec_MDEyMzQ1Njc4OWFiY2RlZmc"}.key() == "0123456789abcdefg"); // unpadded
}

BOOST_AUTO_TEST_SUITE_END()
