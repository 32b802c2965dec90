// A trimmed service model, read from its JSON file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stratus::codegen {

struct MemberModel {
  std::string name;
  std::string shape;
  std::string location_name;
  std::string location;
  std::string query_name;
  std::string timestamp_format;
  std::string xml_namespace;
  std::string xml_prefix;
  bool flattened = false;
  bool xml_attribute = false;
  bool idempotency_token = false;
};

struct ShapeModel {
  std::string name;
  std::string type;
  std::vector<MemberModel> members;
  std::vector<std::string> required;
  std::vector<std::string> values;
  std::optional<double> min, max;
  std::string pattern;
  std::string payload;
  std::string timestamp_format;
  std::string location_name;
  std::string xml_namespace;
  std::string xml_prefix;
  MemberModel element, key, value;
  bool flattened = false;
  bool exception = false;
  bool document = false;
  std::string error_code;
  int error_status = 400;
};

struct OperationModel {
  std::string name, method, uri;
  int status = 200;
  std::string input, output, result_wrapper, input_name, input_namespace;
  bool served = true;
};

struct Model {
  std::string protocol, json_version, target_prefix, api_version, xml_namespace, signing_name, endpoint_prefix;
  std::vector<OperationModel> operations;
  std::map<std::string, ShapeModel> shapes;
};

/// Ends the program with a line that names `path` where the file is no model.
Model read_model(const std::string& path);

}  // namespace stratus::codegen
