// The one contract of everything that runs in the background.
#pragma once

#include <string_view>

namespace outboxd::core {

// Rules, tested over every implementation (tests/contract/service_contract.hpp):
//  - the constructor starts no thread and opens no connection;
//  - start() throws Error if it cannot start, and then nothing is left running;
//  - stop() may be called before start(), twice, and after a failed start(); it returns when the service is
//    quiet: no thread of its own runs, no callback of its own is under way. It does not throw;
//  - after stop() it may be started again unless the class says otherwise.
// start() and stop() are called from one thread; the daemon stops services in the reverse order of starting.
class Service {
public:
    virtual ~Service() = default;
    virtual std::string_view name() const = 0;
    virtual void start() = 0;
    virtual void stop() = 0;
};

} // namespace outboxd::core
