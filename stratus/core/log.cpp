#include "stratus/core/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "stratus/core/clock.h"
#include "stratus/core/text.h"

namespace stratus::log {
namespace {

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

const char* name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "info";
}

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance = [] {
    auto created = std::make_shared<spdlog::logger>("stratus", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    created->set_pattern("%v");
    created->set_level(spdlog::level::warn);
    return created;
  }();
  return instance;
}

}  // namespace

void open(const std::string& path, Level level) {
  spdlog::sink_ptr sink;
  if (path.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
  }
  logger() = std::make_shared<spdlog::logger>("stratus", std::move(sink));
  logger()->set_pattern("%v");
  logger()->set_level(to_spdlog(level));
  logger()->flush_on(spdlog::level::debug);
}

void write(Level level, std::string_view event, Fields fields) {
  if (!logger()->should_log(to_spdlog(level))) return;
  std::string line = "{\"time\":\"" + to_rfc3339(SystemClock().now()) + "\",\"level\":\"" + name_of(level) +
                     "\",\"event\":" + text::json_quote(event);
  for (const Field& field : fields) {
    line += ',';
    line += text::json_quote(field.key);
    line += ':';
    line += field.quoted ? text::json_quote(field.value) : field.value;
  }
  line += '}';
  logger()->log(to_spdlog(level), "{}", line);
}

}  // namespace stratus::log
