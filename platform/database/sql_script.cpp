#include "platform/database/sql_script.hpp"

#include "platform/core/error.hpp"

#include <cctype>
#include <string>

namespace outboxd::database {
namespace {

bool isSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

class Scanner {
public:
    explicit Scanner(std::string_view sql) : sql_(sql) {}

    std::vector<std::string_view> statements() {
        while (at_ < sql_.size()) {
            const char c = sql_[at_];
            if (skipComment()) continue;
            if (c == ';') {
                close();
                ++at_;
                continue;
            }
            if (!isSpace(c)) {
                if (begin_ == std::string_view::npos) begin_ = at_;
                if (c == '\'' || c == '"' || c == '`') skipQuoted(c);
                end_ = at_ + 1;
            }
            ++at_;
        }
        close();
        return std::move(found_);
    }

private:
    void close() {
        if (begin_ != std::string_view::npos) found_.push_back(sql_.substr(begin_, end_ - begin_));
        begin_ = std::string_view::npos;
    }

    // Leaves at_ on the closing quote. A doubled quote simply opens the next string.
    void skipQuoted(char quote) {
        const auto opened = at_;
        for (++at_; at_ < sql_.size() && sql_[at_] != quote; ++at_) {
            if (sql_[at_] == '\\' && quote != '`') ++at_;
        }
        if (at_ >= sql_.size()) unclosed(opened);
    }

    // "-- " (with a space), "#" and "/* */"; but "/*!" is code for the server.
    bool skipComment() {
        const auto rest = sql_.substr(at_);
        const bool dashes = rest.starts_with("--") && (rest.size() == 2 || isSpace(rest[2]));
        if (dashes || rest.starts_with('#')) {
            const auto line = rest.find('\n');
            at_ = line == std::string_view::npos ? sql_.size() : at_ + line;
            return true;
        }
        if (!rest.starts_with("/*") || rest.starts_with("/*!")) return false;
        const auto end = rest.find("*/", 2);
        if (end == std::string_view::npos) unclosed(at_);
        at_ += end + 2;
        return true;
    }

    [[noreturn]] void unclosed(std::size_t opened) const {
        throw core::Error(core::ErrorKind::internal,
                          "the SQL script has a quote or comment that is not closed: " +
                              std::string{sql_.substr(opened, 40)});
    }

    std::string_view sql_;
    std::size_t at_ = 0;
    std::size_t begin_ = std::string_view::npos;
    std::size_t end_ = 0;
    std::vector<std::string_view> found_;
};

} // namespace

std::vector<std::string_view> splitStatements(std::string_view sql) { return Scanner{sql}.statements(); }

} // namespace outboxd::database
