// XML of described values, for awsQuery, ec2Query and restXml.
#pragma once

#include <string>
#include <string_view>

#include "stratus/core/shape.h"

namespace pugi {
class xml_node;
}

namespace stratus::wire::xml {

/// Appends `text` with the five special characters escaped; what XML 1.0 cannot hold becomes U+FFFD.
void escape(std::string& out, std::string_view text);
/// Appends `<name>text</name>`.
void write_text(std::string& out, std::string_view name, std::string_view text);

/// Appends `<name>…</name>` of one member (its elements one after another where it is flattened).
void write_member(std::string& out, const Member& member, const void* value);
/// Appends the body members of a structure.
void write_structure(std::string& out, const Shape& shape, const void* value);
/// Appends a structure as a document's root, with its attributes and, where `ns` is not empty, its namespace.
void write_root(std::string& out, std::string_view name, std::string_view ns, const Shape& shape, const void* value);
/// The text of a scalar.
std::string scalar(const Shape& shape, const void* value, TimestampFormat format, TimestampFormat fallback);

/// Fills a structure from an element's children. Throws aws::Error MalformedXML where a value has the wrong type.
void read_structure(const pugi::xml_node& element, const Shape& shape, void* out);
/// Reads a scalar from text; false where it is none of the kind.
bool parse_scalar(std::string_view text, const Shape& shape, void* out);

/// Fills a structure from the root of a document; MalformedXML where it is none.
void read_document(std::string_view text, const Shape& shape, void* out);

/// The error of a body that is no XML, or not the XML that was expected.
[[noreturn]] void malformed();

}  // namespace stratus::wire::xml
