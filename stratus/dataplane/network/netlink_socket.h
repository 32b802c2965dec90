// One netlink socket: requests, acknowledgements and dumps. It speaks for the namespace in which it was opened.
#pragma once

#include <libmnl/libmnl.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "stratus/core/result.h"

namespace stratus::network {

using Attributes = std::map<unsigned, const nlattr*>;

Attributes attributes_of(const nlmsghdr* message, std::size_t extra_header);
Attributes attributes_of(const nlattr* nest);

/// A request being written.
struct Message {
  alignas(nlmsghdr) char bytes[2048];
  nlmsghdr* header;

  Message(std::uint16_t type, std::uint16_t flags) : header(mnl_nlmsg_put_header(bytes)) {
    header->nlmsg_type = type;
    header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  }
  template <class T>
  T* extra() {
    return static_cast<T*>(mnl_nlmsg_put_extra_header(header, sizeof(T)));
  }
};

class NetlinkSocket {
 public:
  /// In the namespace of the calling thread. `protocol` is NETLINK_ROUTE or NETLINK_NETFILTER.
  static Result<NetlinkSocket> open(int protocol);

  /// Sends and waits for the acknowledgement.
  Result<> talk(Message& message, const std::string& what);
  /// Sends and calls `each` for every message of the answer.
  Result<> dump(Message& message, const std::string& what, const std::function<void(const nlmsghdr*)>& each);

 private:
  explicit NetlinkSocket(mnl_socket* socket) : socket_(socket, mnl_socket_close) {}
  std::unique_ptr<mnl_socket, int (*)(mnl_socket*)> socket_;
  std::uint32_t sequence_ = 1;
};

}  // namespace stratus::network
