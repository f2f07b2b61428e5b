#include "platform/http/resolver.hpp"

#include <algorithm>
#include <netdb.h>

namespace outboxd::http {

using Addresses = std::vector<Poco::Net::SocketAddress>;

struct Resolver::Lookup {
    Lookup(const std::string& host, const std::string& port) {
        hints.ai_socktype = SOCK_STREAM;
        request.ar_name = host.c_str();
        request.ar_service = port.c_str();
        request.ar_request = &hints;
    }
    ~Lookup() {
        if (request.ar_result != nullptr) freeaddrinfo(request.ar_result);
    }
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;

    bool underWay() { return gai_error(&request) == EAI_INPROGRESS; }
    // Returns early when a signal comes.
    void wait(const timespec* limit) {
        const gaicb* const waits[] = {&request};
        gai_suspend(waits, 1, limit);
    }

    addrinfo hints{};
    gaicb request{};
};

Resolver::Resolver(std::string host, std::uint16_t port, const core::Clock& clock)
    : host_(std::move(host)), port_(std::to_string(port)), clock_(clock) {}

Resolver::~Resolver() {
    if (lookup_ && lookup_->underWay() && gai_cancel(&lookup_->request) == EAI_NOTCANCELED)
        while (lookup_->underWay()) lookup_->wait(nullptr);
}

std::shared_ptr<Resolver::Lookup> Resolver::current() {
    const std::lock_guard lock(mutex_);
    if (lookup_ && lookup_->underWay()) return lookup_;
    auto fresh = std::make_shared<Lookup>(host_, port_);
    gaicb* requests[] = {&fresh->request};
    if (getaddrinfo_a(GAI_NOWAIT, requests, 1, nullptr) != 0) return nullptr;
    lookup_ = fresh;
    return fresh;
}

std::variant<Addresses, NotResolved> Resolver::resolve(core::Instant deadline) {
    const auto lookup = current();
    if (!lookup) return NotResolved{false, "the system has no means for another lookup"};
    while (lookup->underWay()) {
        const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(deadline - clock_.now());
        if (left.count() <= 0) return NotResolved{true, "the name was not resolved in time"};
        const timespec limit{static_cast<time_t>(left.count() / 1'000'000'000),
                             static_cast<long>(left.count() % 1'000'000'000)};
        lookup->wait(&limit);
    }
    if (const int failure = gai_error(&lookup->request); failure != 0)
        return NotResolved{false, gai_strerror(failure)};
    Addresses addresses;
    for (const auto* entry = lookup->request.ar_result; entry != nullptr; entry = entry->ai_next) {
        if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6)
            addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
    }
    if (addresses.empty()) return NotResolved{false, "the name has no address"};
    return addresses;
}

} // namespace outboxd::http
