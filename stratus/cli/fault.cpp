#include "stratus/cli/fault.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "stratus/core/clock.h"
#include "stratus/core/text.h"

namespace stratus::cli {
namespace {

namespace json = boost::json;

/// A kill waits for nothing; a freeze and a change of the network's rules take well under a second each.
constexpr int kSeconds = 60;

Result<json::value> ask(const Address& address, const std::string& method, const std::string& path) {
  const auto page = request(address, method, path, kSeconds);
  if (!page) return Failure{"Stratus does not answer (" + page.error().message() + ")", 0};
  boost::system::error_code error;
  auto said = json::parse(page->body, error);
  if (error || !said.is_object()) return Failure{"Stratus answers what cannot be read: " + page->body, 0};
  if (page->status == 200) return said;
  const auto* message = said.as_object().if_contains("message");
  return Failure{message != nullptr && message->is_string() ? std::string(message->as_string()) : page->body, 0};
}

std::string text_of(const json::object& object, const char* name) {
  const auto* found = object.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
}

std::string list_of(const json::object& object, const char* name) {
  std::string out;
  const auto* found = object.if_contains(name);
  if (found == nullptr || !found->is_array()) return out;
  for (const auto& one : found->as_array()) {
    const std::string text(one.as_string());
    out += (out.empty() ? "" : ",") + text.substr(text.rfind('/') + 1);
  }
  return out;
}

Timestamp time_of(const json::object& object, const char* name) {
  const auto* found = object.if_contains(name);
  return {found == nullptr ? 0 : static_cast<std::int64_t>(found->to_number<double>() * 1000)};
}

}  // namespace

Result<std::string> start_fault(const Address& address, const FaultWords& words) {
  std::string query;
  for (const auto& [name, value] : words) query += (query.empty() ? "?" : "&") + name + "=" + text::uri_encode(value);
  const auto said = ask(address, "POST", "/_stratus/fault" + query);
  if (!said) return said.error();
  return text_of(said->as_object(), "id");
}

Result<std::string> list_faults(const Address& address, bool as_json) {
  const auto said = ask(address, "GET", "/_stratus/fault");
  if (!said) return said.error();
  if (as_json) return json::serialize(*said);
  std::string out = fmt::format("{:<24} {:<13} {:<8} {:>6}  {}", "ID", "KIND", "STATE", "LEFT", "TARGETS");
  const Timestamp now = SystemClock().now();
  for (const auto& one : said->at("faults").as_array()) {
    const auto& fault = one.as_object();
    const bool running = text_of(fault, "state") == "running";
    const auto left = std::max<std::int64_t>(0, (time_of(fault, "until") - now).count() / 1000);
    std::string targets;
    for (const char* name : {"tasks", "nat_gateways", "zones", "subnets", "vpcs"})
      if (const auto list = list_of(fault, name); !list.empty()) targets += (targets.empty() ? "" : " ") + list;
    out += fmt::format("\n{:<24} {:<13} {:<8} {:>6}  {}", text_of(fault, "id"), text_of(fault, "kind"),
                       text_of(fault, "state"), running ? std::to_string(left) + " s" : "-", targets);
  }
  return out;
}

Result<std::string> stop_fault(const Address& address, const std::string& id) {
  const auto said = ask(address, "DELETE", "/_stratus/fault?id=" + text::uri_encode(id));
  if (!said) return said.error();
  std::string out;
  for (const auto& one : said->at("ended").as_array()) out += (out.empty() ? "" : "\n") + std::string(one.as_string());
  return out;
}

}  // namespace stratus::cli
