// For ThreadSanitizer only: librdkafka starts its threads with C11's <threads.h>, which the sanitizer's runtime of gcc 12
// does not know: the first such thread crashes inside it. These definitions come before the C library's and lead to the
// POSIX functions that it does know. What librdkafka does by itself is left out of sight (tsan.supp).
#include <memory>
#include <pthread.h>
#include <threads.h>

namespace {

struct Start {
    thrd_start_t function;
    void* argument;
};

void* run(void* raw) {
    const std::unique_ptr<Start> start(static_cast<Start*>(raw));
    const long result = start->function(start->argument);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): C11 has a number where POSIX has a pointer
    return reinterpret_cast<void*>(result);
}

} // namespace

extern "C" {

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
    auto start = std::make_unique<Start>(Start{function, argument});
    const int error = pthread_create(thread, nullptr, run, start.get());
    if (error == 0) (void)start.release(); // run() owns it now
    return error == 0 ? thrd_success : thrd_error;
}

int thrd_join(thrd_t thread, int* result) {
    void* returned = nullptr;
    const int error = pthread_join(thread, &returned);
    if (result != nullptr) *result = static_cast<int>(reinterpret_cast<long>(returned));
    return error == 0 ? thrd_success : thrd_error;
}

} // extern "C"
