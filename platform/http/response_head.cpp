#include "platform/http/response_head.hpp"

#include <algorithm>

namespace outboxd::http {
namespace {

Problem badAnswer(std::string detail) { return {502, "malformed_answer", std::move(detail)}; }

bool isDigit(char c) { return c >= '0' && c <= '9'; }

} // namespace

std::variant<ResponseHead, Problem> parseResponseHead(std::string_view head, const HeadLimits& limits) {
    const auto lineEnd = head.find("\r\n");
    const auto line = head.substr(0, lineEnd);
    // "HTTP/1.1 200 OK"; the last part, which nobody reads, may be missing.
    const bool known = line.size() >= 12 && line.starts_with("HTTP/1.") &&
                       (line[7] == '0' || line[7] == '1') && line[8] == ' ' &&
                       std::ranges::all_of(line.substr(9, 3), isDigit) &&
                       (line.size() == 12 || line[12] == ' ');
    ResponseHead result;
    if (known) {
        result.minorVersion = line[7] - '0';
        for (const char digit : line.substr(9, 3)) result.status = result.status * 10 + (digit - '0');
    }
    if (result.status < 100 || result.status > 599 || result.status == 101)
        return badAnswer("The answer does not begin with HTTP/1.1 and a status.");
    auto fields = parseFields(head.substr(lineEnd + 2), limits);
    if (auto* const problem = std::get_if<Problem>(&fields)) return std::move(*problem);
    result.headers = std::move(std::get<Headers>(fields));
    return result;
}

std::variant<BodyFraming, Problem> responseFraming(const ResponseHead& head, bool withoutBody,
                                                   std::size_t maxBody) {
    if (withoutBody || head.status == 204 || head.status == 304) return BodyFraming{};
    if (head.headers.count("Content-Length") == 0 && head.headers.count("Transfer-Encoding") == 0)
        return badAnswer("The answer does not say where its body ends.");
    return lengthFraming(head.headers, head.minorVersion, maxBody);
}

} // namespace outboxd::http
