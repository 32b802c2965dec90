#include "stratus/codegen/emit.h"

#include <fmt/format.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <set>

namespace stratus::codegen {
namespace {

const std::set<std::string> kKeywords = {
    "default", "operator", "namespace", "protected", "public",   "private",  "enum",  "delete", "new",
    "switch",  "case",     "union",     "export",    "register", "template", "class", "struct", "not",
    "and",     "or",       "continue",  "break",     "return",   "static",   "const", "signed", "unsigned",
    "int",     "float",    "double",    "bool",      "char",     "shape",    "do",    "if",     "for"};

std::string quoted(const std::string& value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) >= 0x80 || static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\{:03o}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string quoted_or_null(const std::string& value) { return value.empty() ? "nullptr" : quoted(value); }

class Emitter {
 public:
  Emitter(const std::string& service, const Model& model) : service_(service), model_(model) {
    for (const auto& [name, shape] : model_.shapes) visit(name);
  }

  std::string header() {
    std::string out = "// Generated from stratus/models/" + service_ + ".json by stratus_codegen.\n#pragma once\n\n";
    out +=
        "#include <map>\n#include <optional>\n#include <string>\n#include <vector>\n\n#include "
        "\"stratus/core/operation.h\"\n\n";
    out += "namespace stratus::aws::" + service_ + " {\n\n";
    for (const auto& name : order_) out += "struct " + name + ";\n";
    out += "\n";
    for (const auto& name : order_) out += structure(model_.shapes.at(name));
    for (const auto& operation : model_.operations) {
      if (!operation.served) continue;
      if (operation.input.empty()) out += empty_structure(operation.name + "Request");
      if (operation.output.empty()) out += empty_structure(operation.name + "Response");
    }
    out += "/// Member functions of operations that a service does not override answer NotImplemented.\n";
    out += "class Operations : public ::stratus::aws::Service {\n public:\n";
    for (const auto& operation : model_.operations)
      if (operation.served)
        out += fmt::format("  virtual {} {}(::stratus::aws::Context& context, const {}& request);\n",
                           output_of(operation), method_name(operation), input_of(operation));
    out += "};\n\nconst ::stratus::aws::ServiceModel& model();\n\n";
    out += errors();
    return out + "}  // namespace stratus::aws::" + service_ + "\n";
  }

  std::string source() {
    std::string out = "// Generated from stratus/models/" + service_ + ".json by stratus_codegen.\n";
    out += "#include \"stratus/models/" + service_ + ".h\"\n\n#include <cstddef>\n\n";
    out += "#pragma GCC diagnostic ignored \"-Winvalid-offsetof\"\n\nnamespace stratus::aws::" + service_ +
           " {\nnamespace {\n\n";
    std::string tables;
    for (const auto& name : order_) tables += table(model_.shapes.at(name));
    out += constraint_tables_ + "\n}  // namespace\n\n" + tables;
    for (const auto& operation : model_.operations) {
      if (!operation.served) continue;
      if (operation.input.empty()) out += empty_table(operation.name + "Request");
      if (operation.output.empty()) out += empty_table(operation.name + "Response");
      out += fmt::format(
          "{} Operations::{}(::stratus::aws::Context&, const {}&) {{ throw ::stratus::aws::not_implemented(\"{}:{}\"); "
          "}}\n",
          output_of(operation), method_name(operation), input_of(operation), service_, operation.name);
    }
    return out + model_table() + "\n}  // namespace stratus::aws::" + service_ + "\n";
  }

 private:
  static std::string method_name(const OperationModel& operation) { return snake_case(operation.name); }
  static std::string input_of(const OperationModel& o) { return o.input.empty() ? o.name + "Request" : o.input; }
  static std::string output_of(const OperationModel& o) { return o.output.empty() ? o.name + "Response" : o.output; }

  /// Structures in an order in which each stands behind those that it holds by value.
  void visit(const std::string& name) {
    const ShapeModel& shape = model_.shapes.at(name);
    if (shape.type != "structure" || shape.document || done_.count(name) != 0) return;
    if (!open_.insert(name).second) {
      std::fprintf(stderr, "%s: shape %s holds itself by value\n", service_.c_str(), name.c_str());
      std::exit(1);
    }
    for (const auto& member : shape.members) visit_value(member.shape);
    open_.erase(name);
    done_.insert(name);
    order_.push_back(name);
  }

  void visit_value(const std::string& name) {
    const ShapeModel& shape = model_.shapes.at(name);
    if (shape.type == "structure") {
      visit(name);
    } else if (shape.type == "list" || shape.type == "map") {
      // Containers break cycles; order still prefers complete element types.
      const std::string& inner = shape.type == "list" ? shape.element.shape : shape.value.shape;
      const ShapeModel& element = model_.shapes.at(inner);
      if (element.type != "structure") {
        visit_value(inner);
      } else if (open_.count(inner) == 0) {
        visit(inner);
      }
    }
  }

  std::string type_of(const std::string& name) {
    const ShapeModel& shape = model_.shapes.at(name);
    if (shape.document) return "::stratus::Document";
    if (shape.type == "structure") return shape.name;
    if (shape.type == "list") return "std::vector<" + type_of(shape.element.shape) + ">";
    if (shape.type == "map") return "std::map<std::string, " + type_of(shape.value.shape) + ">";
    if (shape.type == "boolean") return "bool";
    if (shape.type == "integer" || shape.type == "short" || shape.type == "byte") return "std::int32_t";
    if (shape.type == "long" || shape.type == "bigInteger") return "std::int64_t";
    if (shape.type == "float" || shape.type == "double" || shape.type == "bigDecimal") return "double";
    if (shape.type == "blob") return "::stratus::Blob";
    if (shape.type == "timestamp") return "::stratus::Timestamp";
    return "std::string";
  }

  std::vector<std::pair<std::string, const MemberModel*>> fields(const ShapeModel& shape) {
    std::vector<std::pair<std::string, const MemberModel*>> out;
    std::set<std::string> used;
    for (const auto& member : shape.members) {
      std::string name = snake_case(member.name);
      while (!used.insert(name).second) name += "_";
      out.emplace_back(name, &member);
    }
    return out;
  }

  std::string structure(const ShapeModel& shape) {
    std::string out = "struct " + shape.name + " {\n";
    for (const auto& [field, member] : fields(shape)) {
      out += fmt::format("  std::optional<{}> {};", type_of(member->shape), field);
      const auto& values = model_.shapes.at(member->shape).values;
      if (!values.empty() && values.size() <= 8) out += fmt::format("  // {}", fmt::join(values, " | "));
      out += "\n";
    }
    return out + "  static const ::stratus::Shape& shape();\n};\n\n";
  }

  static std::string empty_structure(const std::string& name) {
    return "struct " + name + " {\n  static const ::stratus::Shape& shape();\n};\n\n";
  }

  static std::string empty_table(const std::string& name) {
    return fmt::format(
        "const ::stratus::Shape& {0}::shape() {{\n  static const ::stratus::Shape shape = "
        "::stratus::shape_detail::structure<{0}>(\"{0}\", {{}});\n  return "
        "shape;\n}}\n\n",
        name);
  }

  /// The name of the constant that holds the constraints of shape `name`, or "nullptr".
  std::string constraints(const std::string& name) {
    const ShapeModel& shape = model_.shapes.at(name);
    if (!shape.min && !shape.max && shape.pattern.empty() && shape.values.empty()) return "nullptr";
    const std::string constant = "k_" + name;
    if (constrained_.insert(name).second) {
      std::string values = "{}";
      if (!shape.values.empty()) {
        constraint_tables_ += "constexpr std::string_view " + constant + "_values[] = {";
        for (const auto& value : shape.values) constraint_tables_ += quoted(value) + ", ";
        constraint_tables_ += "};\n";
        values = constant + "_values";
      }
      const auto bound = [](const std::optional<double>& b) { return b ? fmt::format("{:.1f}", *b) : "std::nullopt"; };
      constraint_tables_ += fmt::format("const ::stratus::Constraints {}{{{}, {}, {}, {}}};\n", constant,
                                        bound(shape.min), bound(shape.max), quoted_or_null(shape.pattern), values);
    }
    return "&" + constant;
  }

  static std::string timestamp_format(const std::string& format) {
    if (format == "iso8601") return "::stratus::TimestampFormat::iso8601";
    if (format == "rfc822") return "::stratus::TimestampFormat::rfc822";
    if (format == "unixTimestamp") return "::stratus::TimestampFormat::unix_seconds";
    return "::stratus::TimestampFormat::unset";
  }

  static std::string location(const std::string& name) {
    if (name == "header") return "::stratus::Location::header";
    if (name == "headers") return "::stratus::Location::headers";
    if (name == "querystring") return "::stratus::Location::querystring";
    if (name == "uri") return "::stratus::Location::uri";
    if (name == "statusCode") return "::stratus::Location::status_code";
    return "::stratus::Location::body";
  }

  std::string table(const ShapeModel& shape) {
    std::string out = "const ::stratus::Shape& " + shape.name + "::shape() {\n";
    const std::set<std::string> required(shape.required.begin(), shape.required.end());
    const auto all = fields(shape);
    if (!all.empty()) out += "  static const ::stratus::Member members[] = {\n";
    for (const auto& [field, member] : all) {
      const ShapeModel& target = model_.shapes.at(member->shape);
      const std::string wire = member->location_name.empty() ? member->name : member->location_name;
      const std::string format = member->timestamp_format.empty() ? target.timestamp_format : member->timestamp_format;
      const bool flattened = member->flattened || target.flattened;
      std::string element, key, element_constraints = "nullptr";
      if (target.type == "list") {
        element = target.element.location_name;
        element_constraints = constraints(target.element.shape);
      } else if (target.type == "map") {
        element = target.value.location_name;
        key = target.key.location_name;
        element_constraints = constraints(target.value.shape);
      }
      const std::string ns = member->xml_namespace.empty() ? target.xml_namespace : member->xml_namespace;
      const std::string prefix = member->xml_namespace.empty() ? target.xml_prefix : member->xml_prefix;
      out += fmt::format(
          "      {{.name = {}, .wire = {}, .query = {}, .offset = offsetof({}, {}), .shape = &::stratus::shape_of<{}>, "
          ".required = {}, "
          ".flattened = {}, .payload = {}, .xml_attribute = {}, .idempotency_token = {}, .location = {}, "
          ".timestamp_format = "
          "{}, .element = {}, .map_key = {}, .xml_namespace = {}, .xml_prefix = {}, .constraints = {}, "
          ".element_constraints = "
          "{}}},\n",
          quoted(member->name), quoted(wire), quoted_or_null(member->query_name), shape.name, field,
          type_of(member->shape), required.count(member->name) != 0, flattened, shape.payload == member->name,
          member->xml_attribute, member->idempotency_token, location(member->location), timestamp_format(format),
          quoted_or_null(element), quoted_or_null(key), quoted_or_null(ns), quoted_or_null(prefix),
          constraints(member->shape), element_constraints);
    }
    if (!all.empty()) out += "  };\n";
    return out + fmt::format(
                     "  static const ::stratus::Shape shape = ::stratus::shape_detail::structure<{0}>(\"{0}\", {1});\n "
                     " return shape;\n}}\n\n",
                     shape.name, all.empty() ? "{}" : "members");
  }

  std::string errors() {
    std::string out = "/// The errors that the model names, ready to throw.\nnamespace errors {\n";
    for (const auto& [name, shape] : model_.shapes)
      if (shape.exception)
        out += fmt::format(
            "inline ::stratus::aws::Error {}(std::string message) {{ return ::stratus::aws::Error({}, {}, "
            "std::move(message)); }}\n",
            name, quoted(shape.error_code), shape.error_status);
    return out + "}  // namespace errors\n\n";
  }

  std::string model_table() {
    std::string out =
        "\nconst ::stratus::aws::ServiceModel& model() {\n  static const ::stratus::aws::Operation operations[] = {\n";
    for (const auto& o : model_.operations) {
      if (!o.served) {
        out += fmt::format("      {{.name = {}, .method = {}, .uri = {}, .status = {}}},\n", quoted(o.name),
                           quoted(o.method), quoted(o.uri), o.status);
        continue;
      }
      out += fmt::format(
          "      {{.name = {}, .method = {}, .uri = {}, .status = {}, .input = &::stratus::shape_of<{}>, .output = {}, "
          ".result_wrapper = "
          "{}, .input_name = {}, .input_namespace = {}, .output_name = {},\n       .invoke = "
          "[](::stratus::aws::Service& s, ::stratus::aws::Context& c, const "
          "std::function<void(void*)>& decode, const std::function<void(const void*)>& encode) {{\n         {} "
          "request;\n        "
          " decode(&request);\n         const {} response = static_cast<Operations&>(s).{}(c, request);\n         "
          "encode(&response);\n       }}}},\n",
          quoted(o.name), quoted(o.method), quoted(o.uri), o.status, input_of(o),
          o.output.empty() ? "nullptr" : "&::stratus::shape_of<" + o.output + ">", quoted_or_null(o.result_wrapper),
          quoted_or_null(o.input_name), quoted_or_null(o.input_namespace), quoted_or_null(o.output), input_of(o),
          output_of(o), method_name(o));
    }
    out += "  };\n";
    std::string list;
    for (const auto& [name, shape] : model_.shapes)
      if (shape.exception)
        list += fmt::format("      {{{}, {}, {}}},\n", quoted(name), quoted(shape.error_code), shape.error_status);
    if (!list.empty()) out += "  static const ::stratus::aws::ErrorShape error_shapes[] = {\n" + list + "  };\n";
    const std::string protocol = model_.protocol == "json"        ? "::stratus::aws::Protocol::json"
                                 : model_.protocol == "query"     ? "::stratus::aws::Protocol::query"
                                 : model_.protocol == "ec2"       ? "::stratus::aws::Protocol::ec2"
                                 : model_.protocol == "rest-xml"  ? "::stratus::aws::Protocol::rest_xml"
                                 : model_.protocol == "rest-json" ? "::stratus::aws::Protocol::rest_json"
                                                                  : "";
    if (protocol.empty()) {
      std::fprintf(stderr, "%s: no codec for protocol %s\n", service_.c_str(), model_.protocol.c_str());
      std::exit(1);
    }
    const std::string iam = service_ == "elbv2"                   ? "elasticloadbalancing"
                            : model_.signing_name == "monitoring" ? "cloudwatch"
                                                                  : model_.signing_name;
    const std::string source = model_.endpoint_prefix + ".amazonaws.com";
    return out +
           fmt::format(
               "  static const ::stratus::aws::ServiceModel model{{.name = {}, .protocol = {}, .json_version = {}, "
               ".target_prefix = {}, "
               ".api_version = {}, .xml_namespace = {}, .signing_name = {}, .endpoint_prefix = {}, .iam_prefix = {}, "
               ".event_source = {}, .operations = operations{}}};\n  return model;\n}}\n",
               quoted(service_), protocol, quoted(model_.json_version), quoted(model_.target_prefix),
               quoted(model_.api_version), quoted(model_.xml_namespace), quoted(model_.signing_name),
               quoted(model_.endpoint_prefix), quoted(iam), quoted(source),
               list.empty() ? "" : ", .errors = error_shapes");
  }

  const std::string service_;
  const Model& model_;
  std::vector<std::string> order_;
  std::set<std::string> done_, open_, constrained_;
  std::string constraint_tables_;
};

}  // namespace

std::string snake_case(const std::string& name) {
  std::string out;
  const auto upper = [&](std::size_t i) {
    return i < name.size() && std::isupper(static_cast<unsigned char>(name[i])) != 0;
  };
  const auto lower = [&](std::size_t i) {
    return i < name.size() && std::islower(static_cast<unsigned char>(name[i])) != 0;
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '-' || c == '.' || c == ':') {
      out += '_';
      continue;
    }
    // A word starts at an upper-case letter behind a lower-case one or a digit, and at the last capital of a run
    // ("DNSName").
    if (upper(i) && i > 0 && out.back() != '_' &&
        (!upper(i - 1) || (lower(i + 1) && !(name[i + 1] == 's' && !lower(i + 2)))))
      out += '_';
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return kKeywords.count(out) != 0 ? out + "_" : out;
}

std::string emit_header(const std::string& service, const Model& model) { return Emitter(service, model).header(); }
std::string emit_source(const std::string& service, const Model& model) { return Emitter(service, model).source(); }

}  // namespace stratus::codegen
