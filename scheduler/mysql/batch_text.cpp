#include "scheduler/mysql/batch_text.hpp"

#include "platform/core/error.hpp"

namespace outboxd::scheduler::mysql {

void BatchText::upToNextPlace() {
    const auto place = rest_.find('?');
    if (place == std::string_view::npos) {
        throw core::Error(core::ErrorKind::internal, "more values than places in a batch statement");
    }
    sql_.append(rest_.substr(0, place));
    rest_.remove_prefix(place + 1);
}

BatchText& BatchText::number(std::int64_t value) {
    upToNextPlace();
    sql_ += std::to_string(value);
    return *this;
}

BatchText& BatchText::text(std::string_view value) {
    upToNextPlace();
    sql_ += session_.quoted(value);
    return *this;
}

BatchText& BatchText::numbers(std::span<const std::int64_t> values) {
    upToNextPlace();
    for (const auto value : values) {
        sql_ += std::to_string(value);
        sql_ += ',';
    }
    sql_.pop_back();
    return *this;
}

BatchText& BatchText::texts(std::span<const std::string> values) {
    upToNextPlace();
    for (const auto& value : values) {
        sql_ += session_.quoted(value);
        sql_ += ',';
    }
    sql_.pop_back();
    return *this;
}

std::string BatchText::sql() {
    if (rest_.find('?') != std::string_view::npos) {
        throw core::Error(core::ErrorKind::internal, "fewer values than places in a batch statement");
    }
    sql_.append(rest_);
    return std::move(sql_);
}

} // namespace outboxd::scheduler::mysql
