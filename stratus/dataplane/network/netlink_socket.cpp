#include "stratus/dataplane/network/netlink_socket.h"

#include <sys/socket.h>

#include <vector>

namespace stratus::network {
namespace {

constexpr std::size_t kAnswer = 64 * 1024;

int collect(const nlattr* attribute, void* data) {
  (*static_cast<Attributes*>(data))[mnl_attr_get_type(attribute)] = attribute;
  return MNL_CB_OK;
}

int deliver(const nlmsghdr* header, void* data) {
  (*static_cast<const std::function<void(const nlmsghdr*)>*>(data))(header);
  return MNL_CB_OK;
}

}  // namespace

Attributes attributes_of(const nlmsghdr* message, std::size_t extra_header) {
  Attributes out;
  mnl_attr_parse(message, static_cast<unsigned>(extra_header), collect, &out);
  return out;
}

Attributes attributes_of(const nlattr* nest) {
  Attributes out;
  mnl_attr_parse_nested(nest, collect, &out);
  return out;
}

Result<NetlinkSocket> NetlinkSocket::open(int protocol) {
  mnl_socket* const socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
  if (socket == nullptr) return failure("open netlink");
  NetlinkSocket out(socket);
  if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) return failure("bind netlink");
  return out;
}

Result<> NetlinkSocket::talk(Message& message, const std::string& what) {
  message.header->nlmsg_flags |= NLM_F_ACK;
  return dump(message, what, [](const nlmsghdr*) {});
}

Result<> NetlinkSocket::dump(Message& message, const std::string& what,
                             const std::function<void(const nlmsghdr*)>& each) {
  message.header->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_.get(), message.header, message.header->nlmsg_len) < 0) return failure(what);
  std::vector<char> buffer(kAnswer);
  for (;;) {
    const auto got = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (got < 0) return failure(what);
    const int result =
        mnl_cb_run(buffer.data(), static_cast<std::size_t>(got), sequence_, mnl_socket_get_portid(socket_.get()),
                   deliver, const_cast<std::function<void(const nlmsghdr*)>*>(&each));
    if (result < 0) return failure(what);
    if (result == MNL_CB_STOP) return {};
  }
}

}  // namespace stratus::network
