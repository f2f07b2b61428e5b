// Fills the places of a named statement with literals, for the text protocol.
//
// The relay's batches run as text: a list in IN () changes its length every time, so preparing it would cost a round
// trip and fill the cache, and text rows are read without a copy per column.
#pragma once

#include "platform/database/session.hpp"

#include <span>
#include <string>

namespace outboxd::scheduler::mysql {

class BatchText {
public:
    BatchText(database::Session& session, const database::Statement& statement)
        : session_(session), rest_(statement.text) {}

    // Each fills the next `?`, in the order of the statement.
    BatchText& number(std::int64_t value);
    BatchText& text(std::string_view value);
    BatchText& numbers(std::span<const std::int64_t> values); // not empty
    BatchText& texts(std::span<const std::string> values);    // not empty

    // The whole statement; called once, last. Throws Error(internal) if places are left.
    std::string sql();

private:
    void upToNextPlace();

    database::Session& session_;
    std::string_view rest_;
    std::string sql_;
};

} // namespace outboxd::scheduler::mysql
