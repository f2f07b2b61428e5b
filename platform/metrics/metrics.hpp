// Counters, gauges and histograms in the Prometheus text format; wraps prometheus-cpp 1.0.
//
// Everything here is thread-safe. Handles are cheap to copy, never throw, and are valid as long as their
// Registry.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
} // namespace prometheus

namespace outboxd::metrics {

// Label values must come from a small fixed set: each combination is one time series for ever.
using Labels = std::map<std::string, std::string>;

class Counter {
public:
    explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
    void increment(double by = 1); // `by` >= 0

private:
    prometheus::Counter* counter_;
};

class Gauge {
public:
    explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
    void set(double value);
    void add(double delta);

private:
    prometheus::Gauge* gauge_;
};

class Histogram {
public:
    explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
    void observe(double value); // durations in seconds
    // Many at once: how many fell into each bucket, the last being those above all bounds, and the sum of their values.
    void observe(const std::vector<double>& counts, double sum);

private:
    prometheus::Histogram* histogram_;
};

// Upper bounds in seconds for the durations of requests and statements.
const std::vector<double>& durationBuckets();

class Registry {
public:
    Registry();
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    // The same name and labels give the same series. `name` in Prometheus' style
    // (outboxd_http_requests_total); throws core::Error(internal) if it is not valid or is already of another
    // type.
    Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
    Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
    // `buckets`: ascending upper bounds; all series of a name must use the same.
    Histogram histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                        const Labels& labels = {});

    // A value that somebody else keeps, read at each scrape. Destroying the handle removes the series and
    // waits for a scrape that is reading it. A read that throws leaves its sample out.
    class Callback {
    public:
        Callback() = default;
        ~Callback();
        Callback(Callback&& other) noexcept;
        Callback& operator=(Callback&& other) noexcept;

    private:
        friend class Registry;
        Callback(Registry& registry, std::size_t id) : registry_(&registry), id_(id) {}
        void release();

        Registry* registry_ = nullptr;
        std::size_t id_ = 0;
    };
    enum class CallbackKind { gauge, counter };
    [[nodiscard]] Callback callback(CallbackKind kind, std::string name, std::string help, Labels labels,
                                    std::function<double()> read);

    // The exposition, version 0.0.4; see contentType().
    std::string text() const;
    static const char* contentType();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace outboxd::metrics
