#include "app/backend/client_address.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "app/backend/text.h"

namespace counselor {

std::string client_address(const std::string& peer, std::string_view forwarded_for, int proxies) {
  std::string address = peer;
  const auto hops = split(forwarded_for.substr(forwarded_for.size() > 2000 ? forwarded_for.size() - 2000 : 0), ',');
  if (proxies > 0 && hops.size() >= static_cast<std::size_t>(proxies)) {
    std::string hop = hops[hops.size() - static_cast<std::size_t>(proxies)];
    while (!hop.empty() && hop.front() == ' ') hop.erase(0, 1);
    while (!hop.empty() && hop.back() == ' ') hop.pop_back();
    // A balancer may be told to add the client's port: 203.0.113.9:1234, [2001:db8::1]:1234.
    if (hop.starts_with('['))
      hop = hop.substr(1, hop.find(']') - 1);
    else if (std::count(hop.begin(), hop.end(), ':') == 1)
      hop.resize(hop.find(':'));
    boost::system::error_code error;
    boost::asio::ip::make_address(hop, error);
    if (!error) address = hop;
  }
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address, error);
  if (error) return address;
  if (parsed.is_v4()) return parsed.to_string();
  if (parsed.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, parsed.to_v6()).to_string();
  auto bytes = parsed.to_v6().to_bytes();
  for (std::size_t i = 8; i < bytes.size(); ++i) bytes[i] = 0;
  return boost::asio::ip::make_address_v6(bytes).to_string() + "/64";
}

}  // namespace counselor
