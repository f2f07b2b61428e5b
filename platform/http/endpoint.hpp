// Where a server is that we call: the parts of an http or https URL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace outboxd::http {

struct Endpoint {
    bool tls = true;
    std::string host; // a name or a numeric address, without brackets
    std::uint16_t port = 443;
    std::string prefix; // of every path: "" or "/gateway", never with a slash at its end

    bool numeric() const; // `host` is an address
    // The machine itself: 127.0.0.0/8, ::1 or `localhost`.
    bool loopback() const;
    // As the Host field has it: with brackets and port where they are needed.
    std::string authority() const;
};

// Why a text is no such URL: the rest of a sentence that begins with it.
struct NotAnEndpoint {
    std::string why;
};

// "https://host[:port][/prefix]". No user, query or fragment: secrets do not belong into a URL.
std::variant<Endpoint, NotAnEndpoint> parseEndpoint(std::string_view url);

} // namespace outboxd::http
