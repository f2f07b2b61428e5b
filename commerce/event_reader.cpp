#include "commerce/event_reader.hpp"

#include <span>

namespace outboxd::commerce {

rapidjson::Document readEvent(const std::string& payload) {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(payload.data(),
                                                                                           payload.size());
    if (document.HasParseError() || !document.IsObject())
        throw EventFault{"the payload is not a JSON object"};
    integer(document, "version", 1, 1);
    return document;
}

const rapidjson::Value& member(const rapidjson::Value& object, std::string_view name) {
    const rapidjson::Value* found = nullptr;
    if (!object.ObjectEmpty()) {
        // RapidJSON's iterators compare ambiguously in C++20; its members lie in one array.
        for (const auto& candidate : std::span(&*object.MemberBegin(), object.MemberCount())) {
            if (std::string_view{candidate.name.GetString(), candidate.name.GetStringLength()} != name)
                continue;
            if (found) throw EventFault{std::string{name} + " is given twice"};
            found = &candidate.value;
        }
    }
    if (!found) throw EventFault{std::string{name} + " is missing"};
    return *found;
}

std::int64_t integer(const rapidjson::Value& object, std::string_view name, std::int64_t least,
                     std::int64_t most) {
    const auto& value = member(object, name);
    if (!value.IsInt64() || value.GetInt64() < least || value.GetInt64() > most)
        throw EventFault{std::string{name} + " is not a whole number within its bounds"};
    return value.GetInt64();
}

core::Timestamp time(const rapidjson::Value& object, std::string_view name) {
    const auto& value = member(object, name);
    const auto read =
        value.IsString() ? core::fromRfc3339({value.GetString(), value.GetStringLength()}) : std::nullopt;
    if (!read) throw EventFault{std::string{name} + " is not a time"};
    return *read;
}

} // namespace outboxd::commerce
