#include "platform/core/error.hpp"
#include "platform/security/api_keys.hpp"
#include "platform/security/base64.hpp"
#include "platform/security/digest.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::security;

namespace {

const std::string kDigest(64, 'a');

std::string mistakeIn(const std::string& text) {
    const auto parsed = parseApiKeys(text);
    const auto* bad = std::get_if<BadLine>(&parsed);
    return bad ? std::to_string(bad->line) + ": " + bad->what : "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(security_values)

BOOST_AUTO_TEST_CASE(base64_of_a_url_has_one_spelling) {
    for (const std::string& bytes : {std::string{}, std::string{"a"}, std::string{"ab"}, std::string{"abc"},
                                     std::string{"\xff\xfe\0\x01", 4}}) {
        BOOST_TEST(fromBase64Url(toBase64Url(bytes)).value() == bytes);
    }
    BOOST_TEST(toBase64Url("\xfb\xff") == "-_8");
    for (const char* bad : {"a", "aaaaa", "aa==", "a+aa", "a/aa", "a aa", "YR", "YWJ", "YQ\n"})
        BOOST_TEST(!fromBase64Url(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(digests_are_those_of_the_standards) {
    BOOST_TEST(toHex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 4231, test case 2
    BOOST_TEST(toHex(hmacSha256("Jefe", "what do ya want for nothing?")) ==
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

BOOST_AUTO_TEST_CASE(equality_means_equality) {
    BOOST_TEST(equalInConstantTime("abc", "abc"));
    BOOST_TEST(!equalInConstantTime("abc", "abd"));
    BOOST_TEST(!equalInConstantTime("abc", "ab"));
    BOOST_TEST(equalInConstantTime("", ""));
}

BOOST_AUTO_TEST_CASE(a_new_key_is_found_by_its_line_and_by_nothing_else) {
    const auto made = makeApiKey("shop-1", 7, false);
    BOOST_TEST(made.key.starts_with("obx_"));
    BOOST_TEST(made.key.size() == 47u); // 256 bits
    BOOST_TEST(made.line.find(made.key) == std::string::npos);
    const auto keys = std::get<std::vector<ApiKey>>(
        parseApiKeys("# keys\n\n" + made.line + "  # of the shop\r\n" + makeApiKey("b", {}, true).line));
    BOOST_TEST(keys.size() == 2u);
    const auto* found = findApiKey(keys, made.key);
    BOOST_TEST_REQUIRE(found);
    BOOST_TEST(found->name == "shop-1");
    BOOST_TEST(found->user.value() == 7);
    BOOST_TEST(!found->admin);
    BOOST_TEST(keys[1].admin);
    BOOST_TEST(!findApiKey(keys, made.key + "x"));
    BOOST_TEST(!findApiKey(keys, found->digest));
    BOOST_TEST(!findApiKey(keys, ""));
    BOOST_TEST(makeApiKey("a", {}, false).key != makeApiKey("a", {}, false).key);
}

BOOST_AUTO_TEST_CASE(a_file_of_keys_is_read_strictly) {
    BOOST_TEST(mistakeIn("a " + kDigest + " service\n") == "");
    BOOST_TEST(mistakeIn("a " + kDigest + "\n").starts_with("1: needs"));
    BOOST_TEST(mistakeIn("\na " + kDigest + " service extra\n").starts_with("2: needs"));
    BOOST_TEST(mistakeIn("a/b " + kDigest + " service\n").starts_with("1: the name"));
    BOOST_TEST(mistakeIn("a " + kDigest.substr(1) + "g service\n").starts_with("1: the SHA-256"));
    BOOST_TEST(mistakeIn("a " + kDigest + "aa service\n").starts_with("1: the SHA-256"));
    for (const char* whom : {"user=0", "user=-1", "user=", "user=1x", "everyone", "Admin"})
        BOOST_TEST(mistakeIn("a " + kDigest + " " + whom).starts_with("1: a key acts"), whom);
    const std::string other(64, 'b');
    BOOST_TEST(
        mistakeIn("a " + kDigest + " service\na " + other + " service").starts_with("2: the name is taken"));
    BOOST_TEST(
        mistakeIn("a " + kDigest + " service\nb " + kDigest + " admin").starts_with("2: the key is that"));
}

BOOST_AUTO_TEST_CASE(a_key_that_makes_no_sense_is_not_made) {
    for (const char* name : {"", "a b", "a/b"}) BOOST_CHECK_THROW(makeApiKey(name, {}, false), core::Error);
    BOOST_CHECK_THROW(makeApiKey("a", 0, false), core::Error);
    BOOST_CHECK_THROW(makeApiKey("a", 1, true), core::Error);
}

BOOST_AUTO_TEST_SUITE_END()
