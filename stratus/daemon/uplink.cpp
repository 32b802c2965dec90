#include "stratus/daemon/uplink.h"

#include <boost/asio/ip/address_v4.hpp>
#include <sstream>

namespace stratus::daemon {

std::string nameserver_of(std::string_view resolv_conf, std::string_view except) {
  std::istringstream lines{std::string(resolv_conf)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string keyword, address;
    if (!(words >> keyword >> address) || keyword != "nameserver" || address == except) continue;
    boost::system::error_code error;
    boost::asio::ip::make_address_v4(address, error);
    if (!error) return address;
  }
  return {};
}

dns::Forwarder internet_names(AsioLoop& loop, const std::string& nameserver) {
  return [forward = dns::forward_to(loop, nameserver)](const dns::Scope& scope, const std::string& qname,
                                                       dns::Type qtype, std::function<void(dns::Answer)> reply) {
    if (scope != dns::Scope{}) return forward(scope, qname, qtype, std::move(reply));
    dns::Answer refused;
    refused.rcode = dns::Rcode::refused;
    refused.authoritative = false;
    reply(std::move(refused));
  };
}

}  // namespace stratus::daemon
