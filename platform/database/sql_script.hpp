// Cuts a file of SQL into its statements.
#pragma once

#include <string_view>
#include <vector>

namespace outboxd::database {

// The statements of `sql` in order, without the semicolons between them and without comments in front. Knows
// strings, quoted names and the three kinds of comments; not DELIMITER, so bodies of several statements
// (BEGIN ... END) cannot be written. The views point into `sql`.
// Throws Error(internal) if a quote or a comment is not closed.
std::vector<std::string_view> splitStatements(std::string_view sql);

} // namespace outboxd::database
