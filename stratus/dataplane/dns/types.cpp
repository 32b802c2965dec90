#include <utility>

#include "stratus/dataplane/dns/dns.h"

namespace stratus::dns {
namespace {

constexpr std::pair<Type, std::string_view> types[] = {
    {Type::a, "A"},     {Type::ns, "NS"},       {Type::cname, "CNAME"}, {Type::soa, "SOA"},
    {Type::ptr, "PTR"}, {Type::mx, "MX"},       {Type::txt, "TXT"},     {Type::aaaa, "AAAA"},
    {Type::srv, "SRV"}, {Type::any, "ANY"},     {Type::caa, "CAA"},     {Type::naptr, "NAPTR"},
    {Type::ds, "DS"},   {Type::sshfp, "SSHFP"}, {Type::tlsa, "TLSA"},   {Type::spf, "SPF"},
};

}  // namespace

bool parse_type(std::string_view text, Type& out) {
  for (const auto& [type, spelling] : types) {
    if (spelling != text) continue;
    out = type;
    return true;
  }
  return false;
}

std::string_view name(Type type) {
  for (const auto& [known, spelling] : types)
    if (known == type) return spelling;
  return "";
}

}  // namespace stratus::dns
