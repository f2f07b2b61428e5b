#include "api/json_body.hpp"

#include "api/problems.hpp"
#include "platform/core/nearest.hpp"
#include "platform/core/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <rapidjson/error/en.h>

namespace outboxd::api {

namespace {

constexpr int kDeepest = 16;
constexpr std::size_t kMostErrors = 32;

http::Problem malformed(std::string detail) { return {400, "malformed_json", std::move(detail)}; }

std::string_view view(const rapidjson::Value& text) { return {text.GetString(), text.GetStringLength()}; }

// RFC 6901, section 3: ~ and / within a name are written ~0 and ~1.
std::string escaped(std::string_view name) {
    std::string result;
    for (const char c : name) {
        if (c == '~') {
            result += "~0";
        } else if (c == '/') {
            result += "~1";
        } else {
            result += c;
        }
    }
    return result;
}

// The parser recurses, so the depth is bounded before it runs.
bool tooDeep(std::string_view json) {
    int depth = 0;
    bool inText = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (inText) {
            if (c == '\\') {
                ++i;
            } else if (c == '"') {
                inText = false;
            }
        } else if (c == '"') {
            inText = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kDeepest) return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

// application/json, alone or with charset=utf-8.
bool isJson(std::string_view contentType) {
    const auto semicolon = std::min(contentType.find(';'), contentType.size());
    auto type = contentType.substr(0, semicolon);
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
    if (!http::equalsIgnoringCase(type, "application/json")) return false;
    std::string parameter;
    for (const char c : contentType.substr(semicolon))
        if (c != ' ' && c != '\t' && c != '"' && c != ';') parameter += c;
    return parameter.empty() || http::equalsIgnoringCase(parameter, "charset=utf-8");
}

} // namespace

JsonBody::JsonBody(const http::Request& request) : root_(*this, nullptr, "") {
    parse(request);
    if (fatal_) return;
    refuseDuplicates(document_, "");
    if (document_.IsObject()) {
        root_.value_ = &document_;
    } else {
        wrong("", "must be an object");
    }
}

void JsonBody::parse(const http::Request& request) {
    const auto type = request.headers.get("Content-Type");
    if (!type || request.headers.count("Content-Type") > 1 || !isJson(*type)) {
        fatal_ = {415, "unsupported_media_type", "The body must be application/json in UTF-8."};
    } else if (request.headers.count("Content-Encoding") > 0) {
        fatal_ = {415, "unsupported_media_type", "The body must not be compressed."};
    } else if (request.body.empty()) {
        fatal_ = malformed("The body is empty.");
    } else if (!core::isUtf8(request.body) || request.body.find('\0') != std::string::npos) {
        // The parser takes a NUL for the end and would not see what is behind it.
        fatal_ = malformed("The body is not text in UTF-8.");
    } else if (request.body.starts_with("\xef\xbb\xbf")) {
        fatal_ = malformed("The body begins with a byte order mark.");
    } else if (tooDeep(request.body)) {
        fatal_ = malformed(fmt::format("The body is nested more than {} levels deep.", kDeepest));
    } else if (document_.Parse(request.body.data(), request.body.size()).HasParseError()) {
        fatal_ = malformed(fmt::format("The body is not valid JSON: {} (at byte {})",
                                       rapidjson::GetParseError_En(document_.GetParseError()),
                                       document_.GetErrorOffset()));
    }
}

void JsonBody::refuseDuplicates(const rapidjson::Value& value, const std::string& pointer) {
    if (value.IsArray()) {
        for (rapidjson::SizeType i = 0; i < value.Size(); ++i)
            if (value[i].IsObject() || value[i].IsArray())
                refuseDuplicates(value[i], fmt::format("{}/{}", pointer, i));
    } else if (value.IsObject()) {
        std::vector<std::string_view> names;
        names.reserve(value.MemberCount());
        for (const auto& member : value.GetObject()) {
            names.push_back(view(member.name));
            if (member.value.IsObject() || member.value.IsArray())
                refuseDuplicates(member.value, pointer + "/" + escaped(names.back()));
        }
        std::sort(names.begin(), names.end());
        for (std::size_t i = 1; i < names.size(); ++i)
            if (names[i] == names[i - 1] && (i == 1 || names[i] != names[i - 2]))
                wrong(pointer + "/" + escaped(names[i]), "is given more than once");
    }
}

void JsonBody::wrong(std::string pointer, std::string detail) {
    if (errors_.size() < kMostErrors) errors_.push_back({std::move(pointer), std::move(detail)});
}

std::optional<http::Problem> JsonBody::problem() {
    if (fatal_) return fatal_;
    root_.refuseUnknown();
    if (errors_.empty()) return std::nullopt;
    return invalidRequest(std::move(errors_));
}

std::int64_t JsonObject::integer(std::string_view name) {
    return require(name) ? optionalInteger(name).value_or(0) : 0;
}

std::optional<std::int64_t> JsonObject::optionalInteger(std::string_view name) {
    const auto* value = find(name);
    if (!value) return std::nullopt;
    if (value->IsInt64()) return value->GetInt64();
    body_.wrong(pointerTo(name), value->IsNumber() ? "must be a whole number that fits 64 bits"
                                                   : "must be a whole number, not text or anything else");
    return std::nullopt;
}

std::string_view JsonObject::exactlyOne(std::initializer_list<std::string_view> names) {
    std::string_view given;
    for (const auto name : names) {
        if (!find(name)) continue;
        if (!given.empty()) {
            body_.wrong(pointerTo(name), fmt::format("cannot stand beside {}", given));
            return {};
        }
        given = name;
    }
    if (given.empty() && value_) body_.wrong(pointerTo(*names.begin()), "is required");
    return given;
}

std::string JsonObject::text(std::string_view name) {
    const auto* value = require(name);
    if (!value) return {};
    if (value->IsString()) return std::string{view(*value)};
    body_.wrong(pointerTo(name), "must be text");
    return {};
}

core::Timestamp JsonObject::time(std::string_view name) {
    const auto* value = require(name);
    if (!value) return {};
    const auto time = value->IsString() ? core::fromRfc3339(view(*value)) : std::nullopt;
    if (!time) body_.wrong(pointerTo(name), "must be a time in UTC as in RFC 3339: \"2026-11-21T09:00:00Z\"");
    return time.value_or(core::Timestamp{});
}

std::optional<std::string> JsonObject::optionalText(std::string_view name) {
    const auto* value = find(name);
    if (!value) return std::nullopt;
    if (value->IsString()) return std::string{view(*value)};
    body_.wrong(pointerTo(name), "must be text");
    return std::nullopt;
}

void JsonObject::objects(std::string_view name, const std::function<void(JsonObject&)>& each) {
    if (require(name)) optionalObjects(name, each);
}

void JsonObject::optionalObjects(std::string_view name, const std::function<void(JsonObject&)>& each) {
    const auto* value = find(name);
    if (!value) return;
    if (!value->IsArray()) {
        body_.wrong(pointerTo(name), "must be a list");
        return;
    }
    for (rapidjson::SizeType i = 0; i < value->Size(); ++i) {
        auto pointer = fmt::format("{}/{}", pointerTo(name), i);
        if (!(*value)[i].IsObject()) {
            body_.wrong(std::move(pointer), "must be an object");
            continue;
        }
        JsonObject element(body_, &(*value)[i], std::move(pointer));
        each(element);
        element.refuseUnknown();
    }
}

bool JsonObject::flag(std::string_view name) {
    const auto* value = find(name);
    if (!value) return false;
    if (!value->IsBool()) body_.wrong(pointerTo(name), "must be true or false");
    return value->IsTrue();
}

void JsonObject::elements(std::string_view name, std::size_t most,
                          const std::function<void(const rapidjson::Value&, std::string)>& each) {
    const auto* value = find(name);
    if (!value) return;
    if (!value->IsArray() || value->Empty() || value->Size() > most) {
        body_.wrong(pointerTo(name), fmt::format("must be a list of 1 to {}", most));
        return;
    }
    for (rapidjson::SizeType i = 0; i < value->Size(); ++i)
        each((*value)[i], fmt::format("{}/{}", pointerTo(name), i));
}

std::vector<std::int64_t> JsonObject::optionalIntegers(std::string_view name, std::size_t most) {
    std::vector<std::int64_t> numbers;
    elements(name, most, [&](const rapidjson::Value& value, std::string pointer) {
        if (!value.IsInt64())
            return body_.wrong(std::move(pointer), "must be a whole number that fits 64 bits");
        numbers.push_back(value.GetInt64());
    });
    return numbers;
}

std::vector<std::string> JsonObject::optionalTexts(std::string_view name, std::size_t most) {
    std::vector<std::string> texts;
    elements(name, most, [&](const rapidjson::Value& value, std::string pointer) {
        if (!value.IsString()) return body_.wrong(std::move(pointer), "must be text");
        texts.emplace_back(view(value));
    });
    return texts;
}

std::optional<core::Timestamp> JsonObject::optionalTime(std::string_view name) {
    if (!find(name)) return std::nullopt;
    return time(name);
}

void JsonObject::refuse(std::string_view name, std::string detail) {
    body_.wrong(pointerTo(name), std::move(detail));
}

void JsonObject::optionalObject(std::string_view name, const std::function<void(JsonObject&)>& read) {
    const auto* value = find(name);
    if (!value) return;
    if (!value->IsObject()) {
        body_.wrong(pointerTo(name), "must be an object");
        return;
    }
    JsonObject object(body_, value, pointerTo(name));
    read(object);
    object.refuseUnknown();
}

const rapidjson::Value* JsonObject::find(std::string_view name) {
    asked_.push_back(name);
    if (!value_) return nullptr;
    const rapidjson::Value key(
        rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size())));
    const auto member = value_->FindMember(key);
    return member == value_->MemberEnd() ? nullptr : &member->value;
}

const rapidjson::Value* JsonObject::require(std::string_view name) {
    const auto* value = find(name);
    if (!value && value_) body_.wrong(pointerTo(name), "is required");
    return value;
}

std::string JsonObject::pointerTo(std::string_view name) const { return pointer_ + "/" + escaped(name); }

void JsonObject::refuseUnknown() {
    if (!value_) return;
    for (const auto& member : value_->GetObject()) {
        if (body_.errors_.size() >= kMostErrors) return; // the suggestions cost something
        const auto name = view(member.name);
        if (std::find(asked_.begin(), asked_.end(), name) == asked_.end())
            body_.wrong(pointerTo(name), "is not known here" + core::suggestion(name, asked_));
    }
}

} // namespace outboxd::api
