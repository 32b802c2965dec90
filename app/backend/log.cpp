#include "app/backend/log.h"

#include <boost/json/serialize.hpp>
#include <cstdio>

namespace counselor {
namespace {
std::function<void()> hook = flush_log;  // NOLINT: one standard output, one hook
}  // namespace

void log_line(const boost::json::object& line) {
  const std::string text = boost::json::serialize(line) + "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  hook();
}

void on_log(std::function<void()> later) { hook = later ? std::move(later) : flush_log; }

void flush_log() { std::fflush(stdout); }

}  // namespace counselor
