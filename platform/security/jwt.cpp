#include "platform/security/jwt.hpp"

#include "platform/security/base64.hpp"

#include <algorithm>
#include <charconv>
#include <rapidjson/document.h>
#include <utility>
#include <vector>

namespace outboxd::security {

namespace {

using rapidjson::Value;

std::string_view textOf(const Value& value) { return {value.GetString(), value.GetStringLength()}; }

// An object whose names are all different. Iterative: its depth is the client's choice.
bool parse(std::string_view text, rapidjson::Document& document) {
    constexpr auto flags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
    document.Parse<flags>(text.data(), text.size());
    if (document.HasParseError() || !document.IsObject() || text.find('\0') != std::string_view::npos)
        return false;
    std::vector<std::string_view> names;
    for (const auto& member : std::as_const(document).GetObject()) names.push_back(textOf(member.name));
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) == names.end();
}

const Value* find(const Value& object, std::string_view name) {
    const auto member = object.FindMember(Value(rapidjson::StringRef(name.data(), name.size())));
    return member == object.MemberEnd() ? nullptr : &member->value;
}

bool isText(const Value* value, std::string_view expected) {
    return value && value->IsString() && textOf(*value) == expected;
}

bool isFor(const Value* audience, std::string_view expected) {
    if (audience && audience->IsArray())
        return std::any_of(audience->Begin(), audience->End(),
                           [&](const Value& one) { return isText(&one, expected); });
    return isText(audience, expected);
}

// Seconds since 1970, within the years that a calendar has.
std::optional<double> time(const Value* value) {
    if (!value || !value->IsNumber()) return std::nullopt;
    const double seconds = value->GetDouble();
    if (!(seconds >= 0 && seconds < 1e11)) return std::nullopt;
    return seconds;
}

bool hasWord(std::string_view words, std::string_view wanted) {
    while (!words.empty()) {
        const auto word = words.substr(0, words.find(' '));
        if (word == wanted) return true;
        words.remove_prefix(std::min(word.size() + 1, words.size()));
    }
    return false;
}

std::optional<std::int64_t> userFrom(const Value& value) {
    if (value.IsInt64() && value.GetInt64() >= 1) return value.GetInt64();
    if (!value.IsString()) return std::nullopt;
    const auto text = textOf(value);
    std::int64_t user = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), user);
    if (error != std::errc{} || end != text.data() + text.size() || user < 1 || text.front() == '0')
        return std::nullopt;
    return user;
}

std::optional<JwtRefusal> checkHeader(std::string_view text, const JwtKey& key) {
    rapidjson::Document header;
    if (!parse(text, header)) return JwtRefusal::malformed;
    if (!isText(find(header, "alg"), name(key.algorithm()))) return JwtRefusal::algorithm;
    // RFC 7515, 4.1.11: extensions that must be understood; we understand none.
    if (find(header, "crit")) return JwtRefusal::malformed;
    return std::nullopt;
}

std::variant<JwtClient, JwtRefusal> readClaims(const Value& claims, const JwtRules& rules,
                                               core::Timestamp now) {
    const double seconds = std::chrono::duration<double>(now.time_since_epoch()).count();
    const auto leeway = static_cast<double>(rules.leeway.count());
    const auto expires = time(find(claims, "exp"));
    const auto* notBefore = find(claims, "nbf");
    if (!expires || (notBefore && !time(notBefore))) return JwtRefusal::claims;
    if (seconds >= *expires + leeway) return JwtRefusal::expired;
    if (notBefore && seconds < *time(notBefore) - leeway) return JwtRefusal::not_yet;
    if (!isText(find(claims, "iss"), rules.issuer)) return JwtRefusal::issuer;
    if (!isFor(find(claims, "aud"), rules.audience)) return JwtRefusal::audience;

    JwtClient client;
    if (const auto* subject = find(claims, "sub")) {
        if (subject->IsString()) client.subject = textOf(*subject);
    }
    const auto* admin = find(claims, "admin");
    const auto* scope = find(claims, "scope");
    if ((admin && !admin->IsBool()) || (scope && !scope->IsString())) return JwtRefusal::claims;
    client.admin = (admin && admin->GetBool()) || (scope && hasWord(textOf(*scope), "admin"));
    if (client.admin) return client;
    const auto* user = find(claims, rules.userClaim);
    if (user) client.user = userFrom(*user);
    if (!client.user) return JwtRefusal::claims;
    return client;
}

} // namespace

std::string_view explain(JwtRefusal refusal) {
    switch (refusal) {
    case JwtRefusal::malformed: return "The token is malformed.";
    case JwtRefusal::algorithm: return "The token is signed by another algorithm than is accepted here.";
    case JwtRefusal::signature: return "The token's signature is wrong.";
    case JwtRefusal::expired: return "The token has expired.";
    case JwtRefusal::not_yet: return "The token is not valid yet.";
    case JwtRefusal::issuer: return "The token was made by another issuer.";
    case JwtRefusal::audience: return "The token is meant for another audience.";
    case JwtRefusal::claims: break;
    }
    return "The token lacks a claim that is needed here, or one of them has the wrong type.";
}

std::variant<JwtClient, JwtRefusal> readJwt(std::string_view token, const JwtKey& key, const JwtRules& rules,
                                            core::Timestamp now) {
    const auto first = token.find('.');
    const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (token.size() > kLongestJwt || second == std::string_view::npos) return JwtRefusal::malformed;
    const auto header = fromBase64Url(token.substr(0, first));
    const auto claims = fromBase64Url(token.substr(first + 1, second - first - 1));
    const auto signature = fromBase64Url(token.substr(second + 1));
    if (!header || !claims || !signature) return JwtRefusal::malformed;
    if (const auto refusal = checkHeader(*header, key)) return *refusal;
    if (!key.verifies(token.substr(0, second), *signature)) return JwtRefusal::signature;
    rapidjson::Document document;
    if (!parse(*claims, document)) return JwtRefusal::malformed;
    return readClaims(document, rules, now);
}

} // namespace outboxd::security
