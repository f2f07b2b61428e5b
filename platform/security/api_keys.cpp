#include "platform/security/api_keys.hpp"

#include "platform/security/base64.hpp"
#include "platform/security/digest.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace outboxd::security {

namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::string_view kBlanks = " \t\r";

bool isName(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '_' || c == '-';
    });
}

std::optional<std::string> fromHex(std::string_view text) {
    std::string bytes;
    if (text.size() % 2 != 0) return std::nullopt;
    for (; !text.empty(); text.remove_prefix(2)) {
        unsigned char byte = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + 2, byte, 16);
        if (error != std::errc{} || end != text.data() + 2) return std::nullopt;
        bytes += static_cast<char>(byte);
    }
    return bytes;
}

std::optional<std::int64_t> parseUser(std::string_view text) {
    std::int64_t user = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), user);
    if (error != std::errc{} || end != text.data() + text.size() || user < 1) return std::nullopt;
    return user;
}

std::vector<std::string_view> words(std::string_view line) {
    std::vector<std::string_view> found;
    for (;;) {
        line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
        if (line.empty()) return found;
        const auto end = std::min(line.find_first_of(kBlanks), line.size());
        found.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
}

// The key of one line, or what is wrong with it.
std::variant<ApiKey, std::string> parseLine(const std::vector<std::string_view>& words) {
    if (words.size() != 3) return "needs a name, a SHA-256 and whom the key acts for";
    if (!isName(words[0])) return "the name must be 1 to 64 letters, digits, '.', '_' and '-'";
    auto digest = fromHex(words[1]);
    if (!digest || digest->size() != 32) return "the SHA-256 must be 64 hexadecimal digits";
    ApiKey key{std::string{words[0]}, std::move(*digest), {}, words[2] == "admin"};
    if (words[2] == "service" || key.admin) return key;
    if (words[2].starts_with("user=")) key.user = parseUser(words[2].substr(5));
    if (!key.user) return "a key acts for service, user=N or admin";
    return key;
}

} // namespace

std::variant<std::vector<ApiKey>, BadLine> parseApiKeys(std::string_view text) {
    std::vector<ApiKey> keys;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto found = words(line.substr(0, line.find('#')));
        if (found.empty()) continue;
        auto parsed = parseLine(found);
        if (const auto* what = std::get_if<std::string>(&parsed)) return BadLine{number, *what};
        auto& key = std::get<ApiKey>(parsed);
        for (const auto& other : keys) {
            if (other.name == key.name) return BadLine{number, "the name is taken by an earlier line"};
            if (other.digest == key.digest) return BadLine{number, "the key is that of an earlier line"};
        }
        keys.push_back(std::move(key));
    }
    return keys;
}

const ApiKey* findApiKey(const std::vector<ApiKey>& keys, std::string_view presented) {
    const auto digest = sha256(presented);
    const ApiKey* found = nullptr;
    for (const auto& key : keys)
        if (equalInConstantTime(key.digest, digest)) found = &key;
    return found;
}

NewApiKey makeApiKey(std::string_view name, std::optional<std::int64_t> user, bool admin) {
    const auto refuse = [](const char* what, const char* hint) {
        throw core::Error(core::ErrorKind::misconfigured, what, hint);
    };
    if (!isName(name)) refuse("this is no name for a key", "use 1 to 64 letters, digits, '.', '_' and '-'");
    if (user && *user < 1) refuse("there is no such user", "user ids are whole numbers of 1 or more");
    if (user && admin) refuse("an administrator's key acts for everyone", "leave out --user or --admin");
    NewApiKey made;
    made.key = std::string{kApiKeyPrefix} + toBase64Url(randomBytes(kKeyBytes));
    const auto whom = admin ? "admin" : user ? fmt::format("user={}", *user) : "service";
    made.line = fmt::format("{} {} {}", name, toHex(sha256(made.key)), whom);
    return made;
}

} // namespace outboxd::security
