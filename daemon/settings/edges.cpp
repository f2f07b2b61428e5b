#include "daemon/settings/edges.hpp"

namespace outboxd::daemon {

using config::duration;
using config::integer;
using config::kibibytes;
using config::mebibytes;
using config::size;
using config::text;
using enum config::Reload;

void describeEdges(config::Schema& schema, EdgeSettings& edges) {
    auto& http = edges.http;
    schema.section("http", "The REST API.");
    schema.add("host", text(http.host, 1, 253), restart,
               "Address to listen on; only loopback ones are allowed while there is no authentication.");
    schema.add("port", integer(http.port, 0, 65535), restart,
               "TCP port to listen on; 0 takes a free one, which the log names.");
    schema.add("max_connections", integer(http.maxConnections, 1, 20'000, "connections"), restart,
               "Connections at once, each of which has a thread; further ones are answered 503 and closed.");
    schema.add("idle_timeout", duration(http.idleTimeout, 1s, 1h), restart,
               "How long a connection may stay open between two requests.");
    schema.add("request_timeout", duration(http.requestTimeout, 100ms, 10min), restart,
               "Longest time for a whole request, its body and its answer.");
    schema.add("max_body", size(http.maxBody, kibibytes(1), mebibytes(64)), restart,
               "Requests with a larger body are answered 413.");

    schema.section("admin",
                   "Health and metrics, on a port of their own so that load on the API cannot hide them.");
    schema.add("host", text(edges.admin.host, 1, 253), restart,
               "Address to listen on; whoever reaches it can read health and metrics.");
    schema.add("port", integer(edges.admin.port, 0, 65535), restart,
               "TCP port to listen on; 0 takes a free one, which the log names.");
}

} // namespace outboxd::daemon
