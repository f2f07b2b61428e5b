// What somebody who misspelt a name probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace outboxd::api {

// "is not known here", with "; did you mean NAME?" if one of `known` is at most two edits away.
std::string unknownName(std::string_view name, const std::vector<std::string_view>& known);

} // namespace outboxd::api
