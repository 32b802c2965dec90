// stratusd: builds every part and wires it; the only place that knows them all.
#pragma once

#include <memory>
#include <string>

#include "stratus/core/asio_loop.h"

namespace stratus::daemon {

struct Options {
  std::string state_directory = "/var/lib/stratus";
  std::string run_directory = "/run/stratus";
  std::string listen_address = "127.0.0.1";
  std::uint16_t port = 4566;
  std::string root_credentials;  ///< "ACCESS_KEY:SECRET" of account 000000000000's root; demanded where
                                 ///< `listen_address` is not loopback
  std::string tag = "st";        ///< begins the names of namespaces and cgroups; a second daemon needs another one
  std::string public_pool = "198.18.0.0/16";
  bool uplink = false;  ///< lets VPCs out to the Internet by this machine's own connection
  std::string hosts_file = "/etc/hosts";
  std::string host_dns = "127.0.4.53";  ///< where the machine's own resolver listens; "" for none
  std::string backup_directory;         ///< where regular backups of the state go; "" for none
  std::uint32_t backup_interval = 60;   ///< seconds
  int trail_interval = 60;              ///< seconds between deliveries of CloudTrail; AWS delivers within five minutes
  double spot_interruptions_per_hour = 0;  ///< expected of each FARGATE_SPOT task; 0 is none
  std::string version = "0.1.0";
};

/// The whole daemon. Construct, `start`, run the loop, destroy.
class Daemon {
 public:
  Daemon(AsioLoop& loop, Options options);
  ~Daemon();

  /// Throws std::runtime_error that says in one line what is in the way.
  void start();
  std::uint16_t port() const;
  /// Finishes what runs and calls `done`. Containers and load balancers go on.
  void stop(std::function<void()> done);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace stratus::daemon
