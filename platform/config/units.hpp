// The numbers with a unit, as settings name them.
#pragma once

#include "platform/core/units.hpp"

namespace outboxd::config {

using core::ByteSize;
using core::formatDuration;
using core::formatPercentage;
using core::formatSize;
using core::kibibytes;
using core::mebibytes;
using core::parseDuration;
using core::parseInteger;
using core::parsePercentage;
using core::parseSize;
using core::Unreadable;

} // namespace outboxd::config
