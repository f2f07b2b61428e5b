#include "platform/http/problem.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace outboxd::http {

namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void member(Writer& writer, std::string_view key, std::string_view value) {
    writer.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
    writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

// "order_not_found" -> "Order not found"
std::string titleOf(std::string_view code) {
    std::string title{code};
    for (char& c : title)
        if (c == '_') c = ' ';
    if (!title.empty() && title[0] >= 'a' && title[0] <= 'z')
        title[0] = static_cast<char>(title[0] - 'a' + 'A');
    return title;
}

} // namespace

Response toResponse(const Problem& problem, std::string_view instance, std::string_view traceId) {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartObject();
    member(writer, "type", "urn:outboxd:problem:" + problem.code);
    member(writer, "title", titleOf(problem.code));
    writer.Key("status");
    writer.Int(problem.status);
    member(writer, "detail", problem.detail);
    if (!instance.empty()) member(writer, "instance", instance);
    member(writer, "code", problem.code);
    member(writer, "message", problem.detail);
    if (!traceId.empty()) member(writer, "trace_id", traceId);
    if (!problem.errors.empty()) {
        writer.Key("errors");
        writer.StartArray();
        for (const auto& error : problem.errors) {
            writer.StartObject();
            if (error.parameter.empty()) {
                member(writer, "pointer", error.pointer);
            } else {
                member(writer, "parameter", error.parameter);
            }
            member(writer, "detail", error.detail);
            writer.EndObject();
        }
        writer.EndArray();
    }
    writer.EndObject();

    Response response;
    response.status = problem.status;
    response.contentType = "application/problem+json";
    response.body.assign(buffer.GetString(), buffer.GetSize());
    if (problem.retryAfter) response.headers.add("Retry-After", std::to_string(problem.retryAfter->count()));
    return response;
}

Response toResponse(const Problem& problem, const Request& request) {
    return toResponse(problem, request.rawPath, request.traceId());
}

std::string_view reasonPhrase(int status) {
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
    }
}

} // namespace outboxd::http
