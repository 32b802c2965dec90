// stratusd: the daemon's command line.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "stratus/core/log.h"
#include "stratus/daemon/daemon.h"

int main(int argc, char** argv) {
  stratus::daemon::Options options;
  std::string log_file, log_level = "info";
  CLI::App app("stratusd: AWS on one machine, with packets, containers and logs that are real", "stratusd");
  app.add_option("--state-dir", options.state_directory, "where state lies")->capture_default_str();
  app.add_option("--run-dir", options.run_directory, "where sockets and what lives until the next boot lie")
      ->capture_default_str();
  app.add_option("--listen", options.listen_address, "address of the API")->capture_default_str();
  app.add_option("--port", options.port, "port of the API; 0 takes a free one")->capture_default_str();
  app.add_option("--root-credentials", options.root_credentials, "ACCESS_KEY:SECRET of account 000000000000's root")
      ->envname("STRATUS_ROOT_CREDENTIALS");
  app.add_option("--tag", options.tag, "begins the names of namespaces and cgroups; a second daemon needs another one")
      ->capture_default_str();
  app.add_option("--public-pool", options.public_pool, "CIDR of public addresses; a second daemon needs another one")
      ->capture_default_str();
  app.add_flag("--uplink", options.uplink,
               "let tasks out to the Internet by this machine's own connection; turns its forwarding on");
  app.add_option("--hosts-file", options.hosts_file, "where the names of load balancers are kept for this machine")
      ->capture_default_str();
  app.add_option("--host-dns", options.host_dns, "address of this machine's own resolver; empty for none")
      ->capture_default_str();
  app.add_option("--backup-dir", options.backup_directory, "where regular backups of the state go; without it, none");
  app.add_option("--backup-interval", options.backup_interval, "seconds between regular backups")
      ->check(CLI::Range(5U, 86400U))
      ->capture_default_str();
  app.add_option("--trail-interval", options.trail_interval, "seconds between deliveries of CloudTrail's trails")
      ->check(CLI::Range(1, 300))
      ->capture_default_str();
  app.add_option("--spot-interruptions", options.spot_interruptions_per_hour,
                 "how often each FARGATE_SPOT task is interrupted in an hour, on average")
      ->capture_default_str();
  app.add_option("--log-file", log_file, "write the log there, not to standard error");
  app.add_option("--log-level", log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.set_version_flag("--version", options.version);
  CLI11_PARSE(app, argc, argv);
  using stratus::log::Level;
  stratus::log::open(log_file, log_level == "debug"     ? Level::debug
                               : log_level == "warning" ? Level::warning
                               : log_level == "error"   ? Level::error
                                                        : Level::info);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    stratus::AsioLoop loop;
    stratus::daemon::Daemon daemon(loop, options);
    daemon.start();
    bool stopping = false;
    loop.on_signal([&](int number) {
      if (number == SIGHUP) return;
      if (stopping) loop.stop();  // asked twice: at once
      stopping = true;
      daemon.stop([&] { loop.stop(); });
    });
    loop.run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "stratusd: %s\n", error.what());
    stratus::log::error("start.failed", {{"error", error.what()}});
    return 1;
  }
}
