// A node's admin API as outboxctl uses it.
#pragma once

#include "ctl/exit_code.hpp"
#include "ctl/options.hpp"
#include "platform/http/client.hpp"

#include <rapidjson/document.h>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace outboxd::ctl {

struct Reply {
    std::string text; // as the node sent it
    rapidjson::Document json;
};
// Why there is no such reply, for a person, with the next step.
struct Failure {
    ExitCode code;
    std::string text;
};

class Node {
public:
    // Reads the token. Throws core::Error(misconfigured) for a URL or a file that cannot be used.
    Node(const Options& options, const core::Clock& clock);

    using Query = std::vector<std::pair<std::string, std::string>>; // empty values are left out
    std::variant<Reply, Failure> get(const std::string& path, const Query& query = {});
    std::variant<Reply, Failure> post(const std::string& path, const std::string& body);

private:
    std::variant<Reply, Failure> call(http::ClientRequest request);

    const core::Clock& clock_;
    const std::string url_;
    std::string token_; // empty: none was named
    std::string operator_;
    http::Client client_;
};

std::string percentEncoded(std::string_view text);

} // namespace outboxd::ctl
