#include "stratus/services/cloudwatch/dashboard_body.h"

#include <boost/json.hpp>

#include "stratus/core/text.h"

namespace stratus::services::cloudwatch {
namespace {

namespace json = boost::json;

class Checker {
 public:
  BodyProblems whole(const std::string& body) {
    boost::system::error_code error;
    const json::value document = json::parse(body, error);
    if (error) {
      fail("", "The field DashboardBody must be a valid JSON object");
      return out_;
    }
    if (!document.is_object()) {
      fail("", "Should be object");
      return out_;
    }
    const auto* widgets = document.as_object().if_contains("widgets");
    if (widgets == nullptr) {
      fail("", "Should have required property 'widgets'");
    } else if (!widgets->is_array()) {
      fail("/widgets", "Should be array");
    } else {
      if (widgets->as_array().size() > 500) fail("/widgets", "Should NOT have more than 500 items");
      for (std::size_t i = 0; i < widgets->as_array().size(); ++i)
        widget("/widgets/" + std::to_string(i), widgets->as_array()[i]);
    }
    return out_;
  }

 private:
  void fail(const std::string& path, const std::string& message) { out_.errors.push_back({path, message}); }
  void warn(const std::string& path, const std::string& message) { out_.warnings.push_back({path, message}); }

  void range(const std::string& path, const json::object& object, const char* name, std::int64_t least,
             std::int64_t most) {
    const auto* value = object.if_contains(name);
    if (value == nullptr) return;
    if (!value->is_int64()) return fail(path + "/" + name, "Should be integer");
    if (value->as_int64() < least) fail(path + "/" + name, "Should be >= " + std::to_string(least));
    if (value->as_int64() > most) fail(path + "/" + name, "Should be <= " + std::to_string(most));
  }

  void widget(const std::string& path, const json::value& value) {
    if (!value.is_object()) return fail(path, "Should be object");
    const json::object& object = value.as_object();
    range(path, object, "x", 0, 23);
    range(path, object, "y", 0, 1'000'000);
    range(path, object, "width", 1, 24);
    range(path, object, "height", 1, 1000);
    const auto* type = object.if_contains("type");
    if (type == nullptr) return fail(path, "Should have required property 'type'");
    const std::string name = type->is_string() ? std::string(type->as_string()) : "";
    if (name != "metric" && name != "text" && name != "log" && name != "alarm" && name != "explorer" &&
        name != "custom" && name != "trace")
      return fail(path + "/type", "Should be equal to one of the allowed values");
    const auto* properties = object.if_contains("properties");
    if (properties == nullptr) return fail(path, "Should have required property 'properties'");
    if (!properties->is_object()) return fail(path + "/properties", "Should be object");
    const json::object& given = properties->as_object();
    const std::string below = path + "/properties";
    if (name == "text" && given.if_contains("markdown") == nullptr)
      fail(below, "Should have required property 'markdown'");
    if (name == "log") {
      if (given.if_contains("query") == nullptr) fail(below, "Should have required property 'query'");
      if (given.if_contains("region") == nullptr) fail(below, "Should have required property 'region'");
    }
    if (name == "alarm" && given.if_contains("alarms") == nullptr)
      fail(below, "Should have required property 'alarms'");
    if (name == "custom" && given.if_contains("endpoint") == nullptr)
      fail(below, "Should have required property 'endpoint'");
    if (name == "metric") metric(below, given);
  }

  void metric(const std::string& path, const json::object& properties) {
    const auto* metrics = properties.if_contains("metrics");
    const bool annotated = properties.if_contains("annotations") != nullptr;
    if (metrics == nullptr && !annotated) return fail(path, "Should have required property 'metrics'");
    if (properties.if_contains("region") == nullptr && !annotated) warn(path, "Should have required property 'region'");
    if (const auto* view = properties.if_contains("view")) {
      const std::string name = view->is_string() ? std::string(view->as_string()) : "";
      if (name != "timeSeries" && name != "singleValue" && name != "bar" && name != "pie" && name != "gauge" &&
          name != "table" && name != "heatmap")
        fail(path + "/view", "Should be equal to one of the allowed values");
    }
    if (metrics == nullptr) return;
    if (!metrics->is_array()) return fail(path + "/metrics", "Should be array");
    if (metrics->as_array().size() > 500) fail(path + "/metrics", "Should NOT have more than 500 items");
    for (std::size_t i = 0; i < metrics->as_array().size(); ++i)
      row(path + "/metrics/" + std::to_string(i), metrics->as_array()[i]);
  }

  /// [namespace, name, dimension, value, …, {options}] or [{"expression": …}].
  void row(const std::string& path, const json::value& value) {
    if (!value.is_array()) return fail(path, "Should be array");
    const json::array& fields = value.as_array();
    if (fields.empty()) return fail(path, "Should NOT have fewer than 1 items");
    const bool options = fields[fields.size() - 1].is_object();
    const std::size_t texts = fields.size() - (options ? 1 : 0);
    if (texts == 0) {
      if (fields[0].as_object().if_contains("expression") == nullptr)
        fail(path + "/0", "Should have required property 'expression'");
      return;
    }
    for (std::size_t i = 0; i < texts; ++i)
      if (!fields[i].is_string())
        return fail(path + "/" + std::to_string(i), "Invalid metric field type, only \"String\" type is allowed");
    if (texts < 2) return fail(path, "Should NOT have fewer than 2 items");
    // Dimensions come in pairs; "…" and "." repeat what stands above.
    if (texts % 2 != 0 && fields[0].as_string() != "...")
      fail(path, "Should NOT have more than " + std::to_string(texts - 1) + " items");
  }

  BodyProblems out_;
};

}  // namespace

BodyProblems check_dashboard_body(const std::string& body) { return Checker().whole(body); }

std::string invalid_body_message(const std::vector<aws::cloudwatch::DashboardValidationMessage>& errors) {
  std::string out =
      "The dashboard body is invalid, there are " + std::to_string(errors.size()) + " validation errors:\n[";
  for (std::size_t i = 0; i < errors.size(); ++i)
    out += std::string(i == 0 ? "" : ",") + "\n  {\n    \"dataPath\": " + text::json_quote(*errors[i].data_path) +
           ",\n    \"message\": " + text::json_quote(*errors[i].message) + "\n  }";
  return out + "\n]";
}

}  // namespace stratus::services::cloudwatch
