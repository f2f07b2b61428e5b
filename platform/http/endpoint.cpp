#include "platform/http/endpoint.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace outboxd::http {
namespace {

bool isName(std::string_view host) {
    return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '-' || c == '_';
    });
}

bool isV6(const std::string& host) {
    in6_addr address{};
    return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

} // namespace

bool Endpoint::numeric() const {
    in_addr address{};
    return inet_pton(AF_INET, host.c_str(), &address) == 1 || isV6(host);
}

bool Endpoint::loopback() const {
    in_addr v4{};
    in6_addr v6{};
    if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
    if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
    return host == "localhost";
}

std::string Endpoint::authority() const {
    const auto name = isV6(host) ? "[" + host + "]" : host;
    return port == (tls ? 443 : 80) ? name : name + ":" + std::to_string(port);
}

std::variant<Endpoint, NotAnEndpoint> parseEndpoint(std::string_view url) {
    Endpoint endpoint;
    if (url.starts_with("https://")) {
        url.remove_prefix(8);
    } else if (url.starts_with("http://")) {
        url.remove_prefix(7);
        endpoint.tls = false;
        endpoint.port = 80;
    } else {
        return NotAnEndpoint{"does not begin with https://"};
    }
    const auto slash = std::min(url.find('/'), url.size());
    auto authority = url.substr(0, slash);
    endpoint.prefix = url.substr(slash);
    while (endpoint.prefix.ends_with('/')) endpoint.prefix.pop_back();
    if (std::ranges::any_of(url, [](char c) {
            return c <= 0x20 || c >= 0x7f || c == '?' || c == '#' || c == '@' || c == '\\';
        }))
        return NotAnEndpoint{"has a user, a query, a fragment or a character that does not belong there"};

    const auto portAt = authority.rfind(':');
    if (portAt != std::string_view::npos && authority.find(']', portAt) == std::string_view::npos) {
        const auto text = authority.substr(portAt + 1);
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), endpoint.port);
        if (failure != std::errc{} || end != text.data() + text.size() || endpoint.port == 0)
            return NotAnEndpoint{"has a port that is not 1 to 65535"};
        authority = authority.substr(0, portAt);
    }
    const bool brackets = authority.starts_with('[') && authority.ends_with(']');
    endpoint.host = brackets ? authority.substr(1, authority.size() - 2) : authority;
    if (brackets ? !isV6(endpoint.host) : !isName(endpoint.host)) return NotAnEndpoint{"has no valid host"};
    return endpoint;
}

} // namespace outboxd::http
