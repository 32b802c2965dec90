// What a value of each record type must look like, refused in AWS's words.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "stratus/core/text.h"
#include "stratus/services/route53/names.h"
#include "stratus/services/route53/service.h"

namespace stratus::services::route53 {
namespace {

std::string fatal(std::string_view code, std::string_view sentence, std::string_view value) {
  return fmt::format("FATAL problem: {} ({}) encountered with '{}'", code, sentence, value);
}

std::vector<std::string> fields(const std::string& value) {
  std::vector<std::string> out;
  for (auto& piece : text::split(value, ' '))
    if (!piece.empty()) out.push_back(std::move(piece));
  return out;
}

bool number(const std::string& text, unsigned long max) {
  return !text.empty() && text.size() <= 10 && text.find_first_not_of("0123456789") == std::string::npos &&
         std::stoul(text) <= max;
}

bool address(int family, const std::string& value) {
  unsigned char out[16];
  return inet_pton(family, value.c_str(), out) == 1;
}

/// One or more strings in quotation marks, each of at most 255 characters, 4000 together.
std::string strings_problem(const std::string& value) {
  std::size_t at = 0, total = 0;
  bool any = false;
  for (;;) {
    while (at < value.size() && (value[at] == ' ' || value[at] == '\t')) ++at;
    if (at == value.size()) break;
    if (value[at] != '"') return fatal("InvalidCharacterString", "Value should be enclosed in quotation marks", value);
    std::size_t length = 0;
    for (++at; at < value.size() && value[at] != '"'; ++at, ++length) {
      if (value[at] != '\\') continue;
      const bool octal = at + 3 < value.size() && value[at + 1] >= '0' && value[at + 1] <= '3';
      at += octal ? 3 : 1;
    }
    if (at >= value.size())
      return fatal("InvalidCharacterString", "Value should be enclosed in quotation marks", value);
    if (length > 255) return fatal("CharacterStringTooLong", "Value is too long", value);
    total += length;
    ++at;
    any = true;
  }
  if (!any) return fatal("InvalidCharacterString", "Value should be enclosed in quotation marks", value);
  return total > 4000 ? fatal("CharacterStringTooLong", "Value is too long", value) : "";
}

/// What the DNS room cannot put into a packet could never be answered.
std::string unanswerable(const std::string& type, const std::string& value) {
  dns::Type parsed = dns::Type::a;
  if (!dns::parse_type(type, parsed)) return fatal("UnsupportedType", "Type is not supported", type);
  return dns::encodable({"name", parsed, 60, data_to_zone_file(value)})
             ? ""
             : fatal("InvalidRecordData", "Value is not valid", value);
}

}  // namespace

std::string value_problem(const std::string& type, const std::string& value) {
  const auto wanted = [&](const char* count, std::size_t n) {
    return fields(value).size() == n ? ""
                                     : fatal(fmt::format("{}RRDATANot{}Fields", type, count),
                                             fmt::format("{} record doesn't have {} fields", type, n), value);
  };
  std::string problem;
  if (type == "A")
    return address(AF_INET, value) ? ""
                                   : fatal("ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address", value);
  if (type == "AAAA")
    return address(AF_INET6, value) ? ""
                                    : fatal("AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address", value);
  if (type == "TXT" || type == "SPF") {
    problem = strings_problem(value);
  } else if (type == "CNAME" || type == "NS" || type == "PTR") {
    problem = parse_name(value).problem;
  } else if (type == "MX") {
    problem = wanted("Two", 2);
    if (problem.empty() && !number(fields(value)[0], 65535))
      problem = fatal("MXRRDATAInvalidPriority", "MX record doesn't have a valid priority", value);
    if (problem.empty() && fields(value)[1] != ".") problem = parse_name(fields(value)[1]).problem;
  } else if (type == "SRV") {
    problem = wanted("Four", 4);
    for (std::size_t i = 0; i < 3 && problem.empty(); ++i)
      if (!number(fields(value)[i], 65535))
        problem = fatal("SRVRRDATAInvalidNumber", "SRV record doesn't have valid priority, weight and port", value);
    if (problem.empty() && fields(value)[3] != ".") problem = parse_name(fields(value)[3]).problem;
  } else if (type == "SOA") {
    problem = wanted("Seven", 7);
    for (std::size_t i = 2; i < 7 && problem.empty(); ++i)
      if (!number(fields(value)[i], 4294967295UL))
        problem = fatal("SOARRDATAInvalidNumber", "SOA record has a value that is not a number", value);
  } else if (type == "CAA") {
    const auto parts = fields(value);
    if (parts.size() < 3)
      problem = fatal("CAARRDATANotThreeFields", "CAA record doesn't have 3 fields", value);
    else if (!number(parts[0], 255))
      problem = fatal("CAARRDATAInvalidFlags", "CAA record doesn't have valid flags", value);
    else if (!parts[2].starts_with('"') || !parts.back().ends_with('"') || (parts.size() == 3 && parts[2].size() < 2))
      problem = fatal("InvalidCharacterString", "Value should be enclosed in quotation marks", value);
  }
  return problem.empty() ? unanswerable(type, value) : problem;
}

}  // namespace stratus::services::route53
