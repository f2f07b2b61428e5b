#include "platform/metrics/metrics.hpp"

#include "platform/core/error.hpp"

#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sstream>
#include <utility>

namespace outboxd::metrics {

namespace {

struct Reader {
    Registry::CallbackKind kind;
    std::string name;
    std::string help;
    Labels labels;
    std::function<double()> read;
};

// What the library throws at a wrong name is a mistake of ours, found by the first test that runs.
template <class Make> auto checked(const std::string& name, Make make) {
    try {
        return make();
    } catch (const std::exception& error) {
        throw core::Error(core::ErrorKind::internal, "metric " + name + ": " + error.what());
    }
}

prometheus::ClientMetric sample(const Reader& reader, double value) {
    prometheus::ClientMetric metric;
    for (const auto& [key, label] : reader.labels) metric.label.push_back({key, label});
    if (reader.kind == Registry::CallbackKind::gauge) {
        metric.gauge.value = value;
    } else {
        metric.counter.value = value;
    }
    return metric;
}

} // namespace

struct Registry::Impl {
    prometheus::Registry registry;
    mutable std::mutex mutex;
    std::map<std::size_t, Reader> readers; // guarded by mutex
    std::size_t nextId = 0;                // guarded by mutex
};

void Counter::increment(double by) { counter_->Increment(by); }

void Gauge::set(double value) { gauge_->Set(value); }

void Gauge::add(double delta) { gauge_->Increment(delta); }

void Histogram::observe(double value) { histogram_->Observe(value); }

void Histogram::observe(const std::vector<double>& counts, double sum) {
    histogram_->ObserveMultiple(counts, sum);
}

const std::vector<double>& durationBuckets() {
    static const std::vector<double> buckets{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                             0.1,    0.25,  0.5,    1,     2.5,  5,     10};
    return buckets;
}

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;

Counter Registry::counter(const std::string& name, const std::string& help, const Labels& labels) {
    return checked(name, [&] {
        return Counter(
            prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add(labels));
    });
}

Gauge Registry::gauge(const std::string& name, const std::string& help, const Labels& labels) {
    return checked(name, [&] {
        return Gauge(prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add(labels));
    });
}

Histogram Registry::histogram(const std::string& name, const std::string& help,
                              const std::vector<double>& buckets, const Labels& labels) {
    return checked(name, [&] {
        auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
        return Histogram(family.Add(labels, buckets));
    });
}

Registry::Callback Registry::callback(CallbackKind kind, std::string name, std::string help, Labels labels,
                                      std::function<double()> read) {
    const std::lock_guard lock(impl_->mutex);
    const auto id = impl_->nextId++;
    impl_->readers.emplace(
        id, Reader{kind, std::move(name), std::move(help), std::move(labels), std::move(read)});
    return Callback(*this, id);
}

std::string Registry::text() const {
    auto families = impl_->registry.Collect();
    {
        const std::lock_guard lock(impl_->mutex);
        std::map<std::string, std::size_t> places; // name -> index in families
        for (const auto& [id, reader] : impl_->readers) {
            double value = 0;
            try {
                value = reader.read();
            } catch (const std::exception&) {
                continue; // a sample that cannot be read is absent, and its absence can be alerted on
            }
            const auto [place, isNew] = places.try_emplace(reader.name, families.size());
            if (isNew) {
                prometheus::MetricFamily family;
                family.name = reader.name;
                family.help = reader.help;
                family.type = reader.kind == CallbackKind::gauge ? prometheus::MetricType::Gauge
                                                                 : prometheus::MetricType::Counter;
                families.push_back(std::move(family));
            }
            families[place->second].metric.push_back(sample(reader, value));
        }
    }
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    return std::move(out).str();
}

const char* Registry::contentType() { return "text/plain; version=0.0.4; charset=utf-8"; }

Registry::Callback::~Callback() { release(); }

Registry::Callback::Callback(Callback&& other) noexcept
    : registry_(std::exchange(other.registry_, nullptr)), id_(other.id_) {}

Registry::Callback& Registry::Callback::operator=(Callback&& other) noexcept {
    if (this != &other) {
        release();
        registry_ = std::exchange(other.registry_, nullptr);
        id_ = other.id_;
    }
    return *this;
}

void Registry::Callback::release() {
    if (!registry_) return;
    const std::lock_guard lock(registry_->impl_->mutex);
    registry_->impl_->readers.erase(id_);
    registry_ = nullptr;
}

} // namespace outboxd::metrics
