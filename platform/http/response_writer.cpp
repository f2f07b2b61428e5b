#include "platform/http/response_writer.hpp"

#include "platform/http/head.hpp"
#include "platform/http/problem.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>

namespace outboxd::http {

namespace {

bool isVisible(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7), whatever the locale.
void appendDate(std::string& out, std::time_t date) {
    static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    gmtime_r(&date, &utc);
    fmt::format_to(std::back_inserter(out), "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                   days[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                   months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                   utc.tm_sec);
}

} // namespace

bool isSafe(const Response& response) {
    const auto& fields = response.headers.all();
    return isVisible(response.contentType) &&
           std::all_of(fields.begin(), fields.end(), [](const Headers::Field& field) {
               return !field.first.empty() &&
                      std::all_of(field.first.begin(), field.first.end(), isTokenChar) &&
                      isVisible(field.second);
           });
}

std::string serialize(const Response& response, const WriteOptions& options) {
    std::string out;
    out.reserve(320 + response.body.size());
    const auto field = [&out](std::string_view name, std::string_view value) {
        out.append(name).append(": ").append(value).append("\r\n");
    };
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\nDate: ", response.status,
                   reasonPhrase(response.status));
    appendDate(out, options.date);
    out += "\r\n";
    const bool bodyless = response.status == 204 || response.status == 304;
    if (!response.contentType.empty() && !bodyless) {
        field("Content-Type", response.contentType);
        field("X-Content-Type-Options", "nosniff");
    }
    if (!bodyless) field("Content-Length", std::to_string(response.body.size()));
    field("X-Request-Id", options.requestId);
    if (options.close) {
        field("Connection", "close");
    } else if (options.keepAlive10) {
        field("Connection", "keep-alive");
    }
    for (const auto& [name, value] : response.headers.all()) field(name, value);
    out += "\r\n";
    if (!options.withoutBody && !bodyless) out += response.body;
    return out;
}

} // namespace outboxd::http
