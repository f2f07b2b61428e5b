// Reads a JSON body strictly and finds all that is wrong with it at once.
//
//     JsonBody body(request);
//     auto& root = body.root();
//     command.user = {root.integer("userId")};
//     root.objects("lines", [&](JsonObject& line) { add(line.integer("productId"), line.integer("quantity")); });
//     if (auto problem = body.problem()) return http::toResponse(*problem, request);
//
// Refused: another Content-Type than application/json (415), invalid UTF-8, more than 16 levels, anything
// after the value, duplicate names, unknown names, missing names, null, and every type but the one asked for:
// 1.5, 1.0, "12", true and what does not fit 64 bits are no integers. Whether a value makes sense is the
// command's own check.
#pragma once

#include "platform/http/message.hpp"
#include "platform/http/problem.hpp"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <rapidjson/document.h>
#include <string>
#include <string_view>
#include <vector>

namespace outboxd::api {

class JsonBody;

// One object within the body. After anything was wrong, the values read are placeholders.
class JsonObject {
public:
    std::int64_t integer(std::string_view name);
    // Empty if the name is absent.
    std::optional<std::int64_t> optionalInteger(std::string_view name);
    std::string text(std::string_view name);
    // A text that is a time in UTC as in RFC 3339.
    core::Timestamp time(std::string_view name);
    // Empty if the name is absent; null is not a text.
    std::optional<std::string> optionalText(std::string_view name);
    // False if the name is absent.
    bool flag(std::string_view name);
    // Empty if the name is absent; at most `most` of them.
    std::vector<std::int64_t> optionalIntegers(std::string_view name, std::size_t most);
    std::vector<std::string> optionalTexts(std::string_view name, std::size_t most);
    // Empty if the name is absent.
    std::optional<core::Timestamp> optionalTime(std::string_view name);
    // Says that the value of `name` makes no sense.
    void refuse(std::string_view name, std::string detail);
    bool has(std::string_view name) { return find(name) != nullptr; }
    // Which of `names` is there; more or less than one of them is wrong. Empty then.
    std::string_view exactlyOne(std::initializer_list<std::string_view> names);
    // Calls `each` for every element of a list of objects.
    void objects(std::string_view name, const std::function<void(JsonObject&)>& each);
    // Does nothing if the name is absent.
    void optionalObject(std::string_view name, const std::function<void(JsonObject&)>& read);
    // Does nothing if the name is absent.
    void optionalObjects(std::string_view name, const std::function<void(JsonObject&)>& each);

private:
    friend class JsonBody;
    JsonObject(JsonBody& body, const rapidjson::Value* value, std::string pointer)
        : body_(body), value_(value), pointer_(std::move(pointer)) {}

    const rapidjson::Value* find(std::string_view name);
    const rapidjson::Value* require(std::string_view name);
    std::string pointerTo(std::string_view name) const;
    void refuseUnknown();
    // The elements of a list that is there, each with its pointer.
    void elements(std::string_view name, std::size_t most,
                  const std::function<void(const rapidjson::Value&, std::string)>& each);

    JsonBody& body_;
    const rapidjson::Value* value_; // null: there is nothing to read, and that was said
    std::string pointer_;
    std::vector<std::string_view> asked_;
};

class JsonBody {
public:
    // `request` must outlive the body.
    explicit JsonBody(const http::Request& request);

    JsonObject& root() { return root_; }
    // Called once, after everything was asked for: names that nobody asked for are wrong, too.
    std::optional<http::Problem> problem();

private:
    friend class JsonObject;
    void parse(const http::Request& request);
    void refuseDuplicates(const rapidjson::Value& value, const std::string& pointer);
    void wrong(std::string pointer, std::string detail);

    rapidjson::Document document_;
    std::optional<http::Problem> fatal_;
    std::vector<http::FieldError> errors_;
    JsonObject root_;
};

} // namespace outboxd::api
