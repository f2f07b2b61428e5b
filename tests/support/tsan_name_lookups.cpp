// For ThreadSanitizer only: getaddrinfo_a() starts its threads inside the C library, where the sanitizer's runtime of
// gcc 12 does not see them: the first allocation of such a thread crashes. These definitions come before the C library's
// and look names up on a thread that the runtime knows. Only what platform/http/resolver.cpp uses.
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <netdb.h>
#include <thread>

namespace {

std::mutex mutex; // guards every request's result
std::condition_variable done;

} // namespace

extern "C" {

int getaddrinfo_a(int, gaicb* requests[], int number, sigevent*) {
    for (auto** next = requests; next != requests + number; ++next) {
        auto* request = *next;
        request->__return = EAI_INPROGRESS;
        std::thread([request] {
            addrinfo* result = nullptr;
            const int outcome =
                getaddrinfo(request->ar_name, request->ar_service, request->ar_request, &result);
            const std::lock_guard lock(mutex);
            request->ar_result = result;
            request->__return = outcome;
            done.notify_all();
        }).detach();
    }
    return 0;
}

int gai_error(gaicb* request) {
    const std::lock_guard lock(mutex);
    return request->__return;
}

int gai_cancel(gaicb* request) {
    return gai_error(request) == EAI_INPROGRESS ? EAI_NOTCANCELED : EAI_ALLDONE;
}

int gai_suspend(const gaicb* const requests[], int number, const timespec* limit) {
    const auto anyDone = [&] {
        for (const auto* const* next = requests; next != requests + number; ++next) {
            if ((*next)->__return != EAI_INPROGRESS) return true;
        }
        return false;
    };
    std::unique_lock lock(mutex);
    if (limit == nullptr) {
        done.wait(lock, anyDone);
        return 0;
    }
    const auto time = std::chrono::seconds{limit->tv_sec} + std::chrono::nanoseconds{limit->tv_nsec};
    return done.wait_for(lock, time, anyDone) ? 0 : EAI_AGAIN;
}

} // extern "C"
