#include "stratus/daemon/uplink.h"

#include <gtest/gtest.h>

namespace stratus::daemon {
namespace {

TEST(Uplink, asks_the_machines_first_nameserver_that_is_not_its_own) {
  EXPECT_EQ(nameserver_of("# by hand\nsearch example.org\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n", "127.0.4.53"),
            "192.0.2.1");
  EXPECT_EQ(nameserver_of("nameserver 127.0.4.53\nnameserver\t192.0.2.2 # second\n", "127.0.4.53"), "192.0.2.2");
  EXPECT_EQ(nameserver_of("nameserver 2001:db8::1\nnameserver\nnameservers 192.0.2.9\n", ""), "");
}

TEST(Uplink, on_the_host_names_stay_refused) {
  AsioLoop loop;
  const auto names = internet_names(loop, "192.0.2.1");
  dns::Rcode told = dns::Rcode::noerror;
  names(dns::Scope{}, "example.org", dns::Type::a, [&](const dns::Answer& answer) { told = answer.rcode; });
  EXPECT_EQ(told, dns::Rcode::refused);
}

}  // namespace
}  // namespace stratus::daemon
