#include "platform/http/head.hpp"

#include <algorithm>
#include <array>

namespace outboxd::http {

namespace {

constexpr std::array<std::string_view, 9> kMethods{"GET",    "HEAD",    "POST",  "PUT",  "PATCH",
                                                   "DELETE", "OPTIONS", "TRACE", "QUERY"};

Problem badRequest(std::string detail) { return {400, "malformed_request", std::move(detail)}; }

bool isAlnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool isToken(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), isTokenChar);
}

// Visible characters, space, tab and what is beyond ASCII (RFC 9110, 5.5).
bool isFieldChar(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool isHostValue(std::string_view host) {
    return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
        return isAlnum(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
    });
}

std::variant<RequestHead, Problem> parseRequestLine(std::string_view line, const HeadLimits& limits) {
    RequestHead head;
    const auto firstSpace = line.find(' ');
    const auto lastSpace = line.rfind(' ');
    if (firstSpace == std::string_view::npos || firstSpace == lastSpace)
        return badRequest("The request line is not METHOD TARGET VERSION.");
    head.method = line.substr(0, firstSpace);
    head.target = line.substr(firstSpace + 1, lastSpace - firstSpace - 1);
    const auto version = line.substr(lastSpace + 1);

    if (!isToken(head.method)) return badRequest("The request line is not METHOD TARGET VERSION.");
    if (version == "HTTP/1.0") {
        head.minorVersion = 0;
    } else if (version != "HTTP/1.1") {
        if (version.substr(0, 5) == "HTTP/")
            return Problem{505, "http_version_not_supported", "Only HTTP/1.1 and HTTP/1.0 are spoken here."};
        return badRequest("The request line is not METHOD TARGET VERSION.");
    }
    if (head.target.size() > limits.maxTargetBytes)
        return Problem{414, "uri_too_long", "The request target is too long."};
    if (std::any_of(head.target.begin(), head.target.end(),
                    [](char c) { return c <= 0x20 || c >= 0x7f || c == '#'; }))
        return badRequest("The request target has a character that does not belong there.");
    if (std::find(kMethods.begin(), kMethods.end(), head.method) == kMethods.end())
        return Problem{501, "method_not_implemented", "This method is not implemented."};
    return head;
}

// "http://host/path" -> "/path", if the host is the one of the Host field; "/path" stays.
bool toOriginForm(RequestHead& head) {
    constexpr std::string_view scheme = "http://";
    if (!head.target.empty() && head.target[0] == '/') return true;
    if (head.target.size() < scheme.size() ||
        !equalsIgnoringCase(std::string_view{head.target}.substr(0, scheme.size()), scheme))
        return false;
    const std::string_view rest = std::string_view{head.target}.substr(scheme.size());
    const auto slash = std::min(rest.find('/'), rest.size());
    if (!equalsIgnoringCase(rest.substr(0, slash), head.headers.get("Host").value_or(""))) return false;
    head.target = slash < rest.size() ? std::string{rest.substr(slash)} : "/";
    return true;
}

bool listHas(const Headers& headers, std::string_view name, std::string_view wanted) {
    for (const auto& [key, value] : headers.all()) {
        if (!equalsIgnoringCase(key, name)) continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            const auto comma = std::min(rest.find(','), rest.size());
            if (equalsIgnoringCase(trimmed(rest.substr(0, comma)), wanted)) return true;
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return false;
}

std::optional<Problem> checkHost(const RequestHead& head) {
    const auto hosts = head.headers.count("Host");
    if (hosts > 1 || (hosts == 0 && head.minorVersion == 1))
        return badRequest("There must be exactly one Host field.");
    if (hosts == 1 && !isHostValue(*head.headers.get("Host")))
        return badRequest("The Host field is not a host.");
    return std::nullopt;
}

} // namespace

bool isTokenChar(char c) {
    return isAlnum(c) || (c != '\0' && std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos);
}

Scan scanHead(std::string_view received, std::size_t& scanned) {
    for (; scanned < received.size(); ++scanned) {
        if (received[scanned] != '\n') continue;
        if (scanned == 0 || received[scanned - 1] != '\r') return {ScanState::malformed, 0};
        if (scanned >= 3 && received[scanned - 2] == '\n') return {ScanState::complete, ++scanned};
    }
    return {};
}

std::variant<Headers::Field, Problem> parseField(std::string_view line) {
    if (!line.empty() && (line[0] == ' ' || line[0] == '\t'))
        return badRequest("A header field is continued on a second line.");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !isToken(line.substr(0, colon)))
        return badRequest("A header field has no valid name.");
    const auto value = trimmed(line.substr(colon + 1));
    if (!std::all_of(value.begin(), value.end(), isFieldChar))
        return badRequest("A header field has a control character in its value.");
    return Headers::Field{line.substr(0, colon), value};
}

std::variant<Headers, Problem> parseFields(std::string_view fields, const HeadLimits& limits) {
    Headers headers;
    for (std::size_t count = 1; fields != "\r\n"; ++count) {
        const auto end = fields.find("\r\n");
        if (end == std::string_view::npos) return badRequest("The head of the request has no end.");
        if (count > limits.maxFields)
            return Problem{431, "too_many_header_fields", "The request has too many header fields."};
        auto field = parseField(fields.substr(0, end));
        if (auto* problem = std::get_if<Problem>(&field)) return std::move(*problem);
        auto& [name, value] = std::get<Headers::Field>(field);
        headers.add(std::move(name), std::move(value));
        fields.remove_prefix(end + 2);
    }
    return headers;
}

std::variant<RequestHead, Problem> parseHead(std::string_view head, const HeadLimits& limits) {
    const auto lineEnd = head.find("\r\n");
    auto parsed = parseRequestLine(head.substr(0, lineEnd), limits);
    auto* result = std::get_if<RequestHead>(&parsed);
    if (!result) return parsed;

    auto fields = parseFields(head.substr(lineEnd + 2), limits);
    if (auto* problem = std::get_if<Problem>(&fields)) return std::move(*problem);
    result->headers = std::move(std::get<Headers>(fields));
    if (auto problem = checkHost(*result)) return std::move(*problem);
    if (!toOriginForm(*result)) return badRequest("The request target must be a path.");
    return parsed;
}

std::variant<BodyFraming, Problem> lengthFraming(const Headers& headers, int minorVersion,
                                                 std::size_t maxBody) {
    BodyFraming framing;

    const auto lengths = headers.count("Content-Length");
    const auto encodings = headers.count("Transfer-Encoding");
    if (lengths > 0 && encodings > 0)
        return badRequest("Content-Length and Transfer-Encoding exclude each other.");
    if (lengths > 1) return badRequest("Content-Length is given more than once.");
    if (encodings > 0) {
        if (minorVersion == 0) return badRequest("HTTP/1.0 has no Transfer-Encoding.");
        if (encodings > 1 || *headers.get("Transfer-Encoding") != "chunked")
            return Problem{501, "transfer_encoding_not_implemented",
                           "The only transfer encoding that is spoken here is exactly `chunked`."};
        framing.kind = BodyFraming::Kind::chunked;
    } else if (lengths == 1) {
        const auto text = *headers.get("Content-Length");
        if (text.empty() ||
            !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
            return badRequest("Content-Length is not a number.");
        for (const char digit : text) {
            framing.length = framing.length * 10 + static_cast<std::size_t>(digit - '0');
            if (framing.length > maxBody)
                return Problem{413, "body_too_large",
                               "The body is larger than " + std::to_string(maxBody) + " bytes."};
        }
        framing.kind = framing.length > 0 ? BodyFraming::Kind::length : BodyFraming::Kind::none;
    }
    return framing;
}

std::variant<BodyFraming, Problem> bodyFraming(const RequestHead& head, std::size_t maxBody) {
    const auto& headers = head.headers;
    auto result = lengthFraming(headers, head.minorVersion, maxBody);
    if (std::holds_alternative<Problem>(result)) return result;
    auto& framing = std::get<BodyFraming>(result);
    if (const auto expect = headers.get("Expect")) {
        if (headers.count("Expect") > 1 || !equalsIgnoringCase(*expect, "100-continue"))
            return Problem{417, "expectation_failed",
                           "The only expectation that can be met is 100-continue."};
        // RFC 9110, 10.1.1: an HTTP/1.0 client does not know interim answers.
        framing.continueExpected = head.minorVersion == 1 && framing.kind != BodyFraming::Kind::none;
    }
    framing.keepAlive = head.minorVersion == 1 ? !listHas(headers, "Connection", "close")
                                               : listHas(headers, "Connection", "keep-alive");
    return result;
}

} // namespace outboxd::http
