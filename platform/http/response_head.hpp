// The head of an answer, read by a client as strictly as head.hpp reads requests. Internal to platform/http. Pure.
#pragma once

#include "platform/http/head.hpp"

namespace outboxd::http {

struct ResponseHead {
    int status = 0; // 100 to 599
    int minorVersion = 1;
    Headers headers;
};

// `head`: up to and including the empty line. Of a Problem only `detail` is of use.
std::variant<ResponseHead, Problem> parseResponseHead(std::string_view head, const HeadLimits& limits);

// Refuses, beside what lengthFraming() does, a body without a length: one that ends with the connection cannot be told
// from one that was cut. `withoutBody`: it answers HEAD.
std::variant<BodyFraming, Problem> responseFraming(const ResponseHead& head, bool withoutBody,
                                                   std::size_t maxBody);

} // namespace outboxd::http
