#include "platform/http/body.hpp"

#include <algorithm>

namespace outboxd::http {

namespace {

// Carries an early end through the small functions below; never leaves this file.
struct Stop {
    std::variant<Problem, Disconnected> why;
};

constexpr std::size_t kMaxChunkLine = 1024;

[[noreturn]] void refuse(std::string detail) {
    throw Stop{Problem{400, "malformed_request", std::move(detail)}};
}

class BodyReader {
public:
    BodyReader(Stream& stream, const BodyLimits& limits, core::Instant deadline)
        : stream_(stream), limits_(limits), deadline_(deadline),
          // A chunk of one byte takes six on the wire; extensions may not make it more than a few times that.
          wireBudget_(16 * limits.maxBytes + limits.maxTrailerBytes + kMaxChunkLine) {}

    std::string readLength(std::size_t length) {
        std::string body;
        append(body, length);
        return body;
    }

    std::string readChunked() {
        std::string body;
        while (const auto size = chunkSize()) {
            if (size > limits_.maxBytes - body.size()) tooLarge();
            append(body, size);
            if (!line(2).empty()) refuse("A chunk is longer than it says.");
        }
        std::size_t trailerBytes = 0;
        for (;;) {
            const auto field = line(limits_.maxTrailerBytes);
            if (field.empty()) return body;
            trailerBytes += field.size();
            if (trailerBytes > limits_.maxTrailerBytes) refuse("The trailer is too large.");
            auto parsed = parseField(field);
            if (auto* problem = std::get_if<Problem>(&parsed)) throw Stop{std::move(*problem)};
        }
    }

private:
    [[noreturn]] void tooLarge() const {
        throw Stop{Problem{413, "body_too_large",
                           "The body is larger than " + std::to_string(limits_.maxBytes) + " bytes."}};
    }

    void more() {
        switch (stream_.fill(deadline_)) {
        case Fill::data: return;
        case Fill::closed: throw Stop{Disconnected{}};
        case Fill::timedOut: throw Stop{Problem{408, "request_timeout", "The body did not arrive in time."}};
        }
    }

    void spend(std::size_t bytes) {
        if (bytes > wireBudget_) tooLarge();
        wireBudget_ -= bytes;
    }

    void append(std::string& body, std::size_t length) {
        spend(length);
        auto& received = stream_.received();
        while (length > 0) {
            if (received.empty()) more();
            const auto take = std::min(length, received.size());
            body.append(received, 0, take);
            received.erase(0, take);
            length -= take;
        }
    }

    // The next line without its CR LF, which is consumed.
    std::string line(std::size_t maxLength) {
        auto& received = stream_.received();
        std::size_t from = 0;
        for (;;) {
            const auto feed = received.find('\n', from);
            if (std::min(feed, received.size()) > maxLength + 1)
                refuse("A line of the chunked body is too long.");
            if (feed != std::string::npos) {
                if (feed == 0 || received[feed - 1] != '\r')
                    refuse("A line of the chunked body has no CR LF.");
                std::string text = received.substr(0, feed - 1);
                received.erase(0, feed + 1);
                spend(feed + 1);
                return text;
            }
            from = received.size();
            more();
        }
    }

    std::size_t chunkSize() {
        const auto text = line(kMaxChunkLine);
        std::size_t size = 0;
        std::size_t digits = 0;
        for (; digits < text.size() && text[digits] != ';'; ++digits) {
            const char c = text[digits];
            const int value = c >= '0' && c <= '9'   ? c - '0'
                              : c >= 'a' && c <= 'f' ? c - 'a' + 10
                              : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                     : -1;
            if (value < 0 || digits >= 8) refuse("The size of a chunk is not a hexadecimal number.");
            size = size * 16 + static_cast<std::size_t>(value);
        }
        if (digits == 0) refuse("The size of a chunk is not a hexadecimal number.");
        const auto extension = std::string_view{text}.substr(digits);
        if (std::any_of(extension.begin(), extension.end(), [](char c) { return c < 0x20 || c == 0x7f; }))
            refuse("A chunk extension has a control character.");
        return size;
    }

    Stream& stream_;
    const BodyLimits& limits_;
    const core::Instant deadline_;
    std::size_t wireBudget_;
};

} // namespace

std::variant<std::string, Problem, Disconnected> readBody(Stream& stream, const BodyFraming& framing,
                                                          const BodyLimits& limits, core::Instant deadline) {
    try {
        BodyReader reader(stream, limits, deadline);
        switch (framing.kind) {
        case BodyFraming::Kind::none: return std::string{};
        case BodyFraming::Kind::length: return reader.readLength(framing.length);
        case BodyFraming::Kind::chunked: return reader.readChunked();
        }
        return std::string{};
    } catch (Stop& stop) {
        if (auto* problem = std::get_if<Problem>(&stop.why)) return std::move(*problem);
        return Disconnected{};
    }
}

} // namespace outboxd::http
