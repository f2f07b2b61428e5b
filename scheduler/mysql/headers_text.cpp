#include "scheduler/mysql/headers_text.hpp"

#include "platform/core/error.hpp"
#include "platform/core/text.hpp"
#include "platform/security/base64.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace outboxd::scheduler::mysql {

namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void string(Writer& writer, const std::string& text) {
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write(Writer& writer, const std::string& text) {
    if (core::isUtf8(text)) {
        string(writer, text);
        return;
    }
    writer.StartObject();
    writer.Key("base64");
    string(writer, security::toBase64Url(text));
    writer.EndObject();
}

[[noreturn]] void refuse() {
    throw core::Error(core::ErrorKind::internal, "dead_letter.headers holds something else than headers");
}

std::string read(const rapidjson::Value& value) {
    if (value.IsString()) return {value.GetString(), value.GetStringLength()};
    if (!value.IsObject()) refuse();
    const auto found = value.FindMember("base64");
    if (found == value.MemberEnd() || !found->value.IsString()) refuse();
    auto bytes = security::fromBase64Url({found->value.GetString(), found->value.GetStringLength()});
    if (!bytes) refuse();
    return std::move(*bytes);
}

} // namespace

std::string headersToJson(const Headers& headers) {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartArray();
    for (const auto& [name, value] : headers) {
        writer.StartArray();
        write(writer, name);
        write(writer, value);
        writer.EndArray();
    }
    writer.EndArray();
    return {buffer.GetString(), buffer.GetSize()};
}

Headers headersFromJson(std::string_view json) {
    rapidjson::Document document;
    document.Parse(json.data(), json.size());
    if (document.HasParseError() || !document.IsArray()) refuse();
    Headers headers;
    for (const auto& header : document.GetArray()) {
        if (!header.IsArray() || header.Size() != 2) refuse();
        headers.emplace_back(read(header[0]), read(header[1]));
    }
    return headers;
}

} // namespace outboxd::scheduler::mysql
