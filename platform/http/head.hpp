// The head of a request, read as strictly as RFC 9112 allows a server to be.
//
// Two parsers that disagree about where a request ends are how requests are smuggled past a proxy. So nothing
// here is guessed or repaired: a head that can be read in two ways is refused and the connection closed. Pure
// functions.
#pragma once

#include "platform/http/message.hpp"
#include "platform/http/problem.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace outboxd::http {

struct HeadLimits {
    std::size_t maxHeadBytes = 16 * 1024; // request line and all fields
    std::size_t maxFields = 64;
    std::size_t maxTargetBytes = 4 * 1024;
};

struct RequestHead {
    std::string method;
    std::string target; // origin form: begins with '/'
    int minorVersion = 1;
    Headers headers;
};

enum class ScanState { incomplete, complete, malformed };

struct Scan {
    ScanState state = ScanState::incomplete;
    std::size_t end = 0; // if complete: length of the head with its empty line
};

// Looks for the end of the head in what has arrived so far. `scanned` remembers how far earlier calls came; 0
// at first. A line feed without its carriage return is malformed at once: there is no waiting for more of it.
Scan scanHead(std::string_view received, std::size_t& scanned);

// `head`: up to and including the empty line. Refused are: folded lines, white space before a colon, control
// characters in values, names that are no tokens, lines without a colon, too many fields, methods and
// versions that are not spoken here, targets that are neither origin form nor absolute form of the Host.
std::variant<RequestHead, Problem> parseHead(std::string_view head, const HeadLimits& limits);

// `line`: one field without its line end ("Name: value").
std::variant<Headers::Field, Problem> parseField(std::string_view line);

// `fields`: what follows the first line of a head, up to and including the empty line.
std::variant<Headers, Problem> parseFields(std::string_view fields, const HeadLimits& limits);

// How the body of a message is delimited.
struct BodyFraming {
    enum class Kind { none, length, chunked };
    Kind kind = Kind::none;
    std::size_t length = 0;
    bool continueExpected = false; // the client waits for "100 Continue"
    bool keepAlive = true;         // as the client asked
};

// Refuses (RFC 9112, 6.1 to 6.3): Content-Length that is repeated, a list or not plain digits; Content-Length
// beside Transfer-Encoding; any Transfer-Encoding but exactly `chunked`, and that under HTTP/1.0; a declared body
// over `maxBody` bytes. Sets `kind` and `length` alone.
std::variant<BodyFraming, Problem> lengthFraming(const Headers& headers, int minorVersion,
                                                 std::size_t maxBody);

// The same for a request, which is refused also for an Expect that is not 100-continue.
std::variant<BodyFraming, Problem> bodyFraming(const RequestHead& head, std::size_t maxBody);

bool isTokenChar(char c);

} // namespace outboxd::http
