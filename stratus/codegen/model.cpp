#include "stratus/codegen/model.h"

#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace stratus::codegen {
namespace {

namespace json = boost::json;

std::string text(const json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

bool flag(const json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}

std::optional<double> number(const json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

void read_namespace(const json::object& object, std::string& uri, std::string& prefix) {
  const auto* value = object.if_contains("xmlNamespace");
  if (value == nullptr) return;
  if (value->is_string()) {
    uri = value->as_string();
    return;
  }
  uri = text(value->as_object(), "uri");
  prefix = text(value->as_object(), "prefix");
}

MemberModel read_member(const std::string& name, const json::object& object) {
  MemberModel member;
  member.name = name;
  member.shape = text(object, "shape");
  member.location_name = text(object, "locationName");
  member.location = text(object, "location");
  member.query_name = text(object, "queryName");
  member.timestamp_format = text(object, "timestampFormat");
  member.flattened = flag(object, "flattened");
  member.xml_attribute = flag(object, "xmlAttribute");
  member.idempotency_token = flag(object, "idempotencyToken");
  read_namespace(object, member.xml_namespace, member.xml_prefix);
  return member;
}

ShapeModel read_shape(const std::string& name, const json::object& object) {
  ShapeModel shape;
  shape.name = name;
  shape.type = text(object, "type");
  shape.pattern = text(object, "pattern");
  shape.payload = text(object, "payload");
  shape.timestamp_format = text(object, "timestampFormat");
  shape.location_name = text(object, "locationName");
  shape.flattened = flag(object, "flattened");
  shape.exception = flag(object, "exception");
  shape.document = flag(object, "document");
  shape.min = number(object, "min");
  shape.max = number(object, "max");
  read_namespace(object, shape.xml_namespace, shape.xml_prefix);
  if (const auto* members = object.if_contains("members"))
    for (const auto& [key, value] : members->as_object()) shape.members.push_back(read_member(key, value.as_object()));
  if (const auto* required = object.if_contains("required"))
    for (const auto& value : required->as_array()) shape.required.emplace_back(value.as_string());
  if (const auto* values = object.if_contains("enum"))
    for (const auto& value : values->as_array()) shape.values.emplace_back(value.as_string());
  if (const auto* element = object.if_contains("member")) shape.element = read_member("member", element->as_object());
  if (const auto* key = object.if_contains("key")) shape.key = read_member("key", key->as_object());
  if (const auto* value = object.if_contains("value")) shape.value = read_member("value", value->as_object());
  shape.error_code = name;
  if (const auto* error = object.if_contains("error")) {
    if (auto code = text(error->as_object(), "code"); !code.empty()) shape.error_code = code;
    if (auto status = number(error->as_object(), "httpStatusCode")) shape.error_status = static_cast<int>(*status);
  }
  return shape;
}

void read_http(const json::object& http, OperationModel& operation) {
  operation.method = text(http, "method");
  operation.uri = text(http, "requestUri");
  if (auto status = number(http, "responseCode")) operation.status = static_cast<int>(*status);
}

OperationModel read_operation(const std::string& name, const json::object& object) {
  OperationModel operation;
  operation.name = name;
  read_http(object.at("http").as_object(), operation);
  if (const auto* input = object.if_contains("input")) {
    std::string prefix;
    operation.input = text(input->as_object(), "shape");
    operation.input_name = text(input->as_object(), "locationName");
    read_namespace(input->as_object(), operation.input_namespace, prefix);
  }
  if (const auto* output = object.if_contains("output")) {
    operation.output = text(output->as_object(), "shape");
    operation.result_wrapper = text(output->as_object(), "resultWrapper");
  }
  return operation;
}

}  // namespace

Model read_model(const std::string& path) try {
  std::ifstream file(path);
  std::stringstream buffer;
  buffer << file.rdbuf();
  const json::value document = json::parse(buffer.str());
  const auto& root = document.as_object();
  const auto& metadata = root.at("metadata").as_object();
  Model model;
  model.protocol = text(metadata, "protocol");
  if (model.protocol == "smithy-rpc-v2-cbor") {
    // A service that speaks several: the front door tells them apart by the request; the oldest names the errors.
    model.protocol = "query";
  }
  model.json_version = text(metadata, "jsonVersion");
  model.target_prefix = text(metadata, "targetPrefix");
  model.api_version = text(metadata, "apiVersion");
  model.xml_namespace = text(metadata, "xmlNamespace");
  model.endpoint_prefix = text(metadata, "endpointPrefix");
  model.signing_name = text(metadata, "signingName");
  if (model.signing_name.empty()) model.signing_name = model.endpoint_prefix;
  for (const auto& [name, value] : root.at("operations").as_object())
    model.operations.push_back(read_operation(name, value.as_object()));
  for (const auto& [name, value] : root.at("refused").as_object()) {
    OperationModel operation;
    operation.name = name;
    operation.served = false;
    read_http(value.as_object(), operation);
    model.operations.push_back(operation);
  }
  for (const auto& [name, value] : root.at("shapes").as_object())
    model.shapes.emplace(std::string(name), read_shape(name, value.as_object()));
  return model;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s: no service model: %s\n", path.c_str(), e.what());
  std::exit(1);
}

}  // namespace stratus::codegen
