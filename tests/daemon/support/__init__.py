"""What the daemon tests share: servers, nodes, clients, topics. Nothing here knows a single test."""
