// One JSON line an event, on standard output. Lines of one turn of the event loop leave together.
#pragma once

#include <boost/json/object.hpp>
#include <functional>

namespace counselor {

void log_line(const boost::json::object& line);
/// Called when there is something to flush; by default it is flushed at once.
void on_log(std::function<void()> later);
void flush_log();

}  // namespace counselor
