#include "api/etag.hpp"

#include "platform/http/digest.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace outboxd::api {

namespace {

// Whether the list of entity tags (or "*") names `tag`. Compared weakly, as section 13.1.2 wants it. A list
// that is none names nothing: then the client gets the whole answer, which is never wrong.
bool names(std::string_view list, std::string_view tag) {
    if (list == "*") return true;
    while (!list.empty()) {
        list.remove_prefix(std::min(list.find_first_not_of(" \t,"), list.size()));
        if (list.starts_with("W/")) list.remove_prefix(2);
        if (!list.starts_with('"')) return false;
        const auto end = list.find('"', 1);
        if (end == std::string_view::npos) return false;
        if (list.substr(0, end + 1) == tag) return true;
        list.remove_prefix(end + 1);
    }
    return false;
}

} // namespace

// Of 256 bits half are enough: the tag tells versions of one resource apart.
std::string etagOf(const http::Response& response) {
    const auto digest = http::sha256({response.contentType, response.body});
    std::string tag = "\"";
    for (const char c : digest.substr(0, 16)) tag += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return tag + '"';
}

http::Response etagged(const Call& call, http::Response response) {
    if (response.status != 200) return response;
    const auto tag = etagOf(response);
    return etagged(call, std::move(response), tag);
}

http::Response etagged(const Call& call, http::Response response, const std::string& tag) {
    if (response.status != 200) return response;
    response.headers.add("ETag", tag);
    response.headers.add("Cache-Control", "no-cache");
    for (const auto& [name, value] : call.request.headers.all()) {
        if (!http::equalsIgnoringCase(name, "If-None-Match") || !names(value, tag)) continue;
        response.status = 304;
        response.contentType.clear();
        response.body.clear();
        break;
    }
    return response;
}

} // namespace outboxd::api
