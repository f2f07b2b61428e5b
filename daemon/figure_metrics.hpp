// Exports the members of a figures struct as metrics that are read at each scrape.
#pragma once

#include "platform/metrics/metrics.hpp"

#include <utility>
#include <vector>

namespace outboxd::daemon {

// `read` returns the struct and is called by the thread that scrapes, as long as the callbacks live.
template <class Read> class FigureMetrics {
public:
    FigureMetrics(metrics::Registry& registry, metrics::Labels labels, Read read)
        : registry_(registry), labels_(std::move(labels)), read_(std::move(read)) {}

    template <class Member> FigureMetrics& gauge(const char* name, const char* help, Member member) {
        return add(metrics::Registry::CallbackKind::gauge, name, help, member);
    }
    template <class Member> FigureMetrics& counter(const char* name, const char* help, Member member) {
        return add(metrics::Registry::CallbackKind::counter, name, help, member);
    }
    // Keeps the series alive.
    std::vector<metrics::Registry::Callback> take() { return std::move(callbacks_); }

private:
    template <class Member>
    FigureMetrics& add(metrics::Registry::CallbackKind kind, const char* name, const char* help,
                       Member member) {
        callbacks_.push_back(registry_.callback(kind, name, help, labels_, [read = read_, member] {
            return static_cast<double>(read().*member);
        }));
        return *this;
    }

    metrics::Registry& registry_;
    metrics::Labels labels_;
    Read read_;
    std::vector<metrics::Registry::Callback> callbacks_;
};

} // namespace outboxd::daemon
