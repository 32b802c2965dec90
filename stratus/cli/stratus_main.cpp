// stratus: the command line.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "stratus/cli/backup.h"
#include "stratus/cli/daemon_client.h"
#include "stratus/cli/doctor.h"
#include "stratus/cli/fault.h"
#include "stratus/core/process.h"

namespace {

using stratus::cli::Address;
using stratus::cli::daemon_pid;
using stratus::cli::request;

int fail(const std::string& message) {
  std::fprintf(stderr, "stratus: %s\n", message.c_str());
  return 1;
}

std::string log_path(const Address& address) { return address.state_directory + "/stratusd.log"; }

/// stratusd beside this program (installed) or in the build folder's neighbour.
std::string daemon_program() {
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  for (const auto& candidate : {here / "stratusd", here.parent_path() / "daemon" / "stratusd"})
    if (std::filesystem::exists(candidate)) return candidate.string();
  return "stratusd";
}

/// `scripts/deploy.sh <environment> cost` of the checkout that this program was built in.
int cost(const std::string& environment, bool json) {
  auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  while (folder.has_relative_path() && !std::filesystem::exists(folder / "scripts" / "deploy.sh"))
    folder = folder.parent_path();
  const auto script = folder / "scripts" / "deploy.sh";
  if (!std::filesystem::exists(script))
    return fail("cost belongs to a checkout of the platform, and this program is in none");
  std::vector<const char*> argv = {script.c_str(), environment.c_str(), "cost"};
  if (json) argv.push_back("--json");
  argv.push_back(nullptr);
  ::execv(script.c_str(), const_cast<char* const*>(argv.data()));
  return fail(stratus::failure("start " + script.string()).message());
}

bool wait_for(const std::function<bool()>& condition, int seconds) {
  for (int i = 0; i < seconds * 50; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return condition();
}

struct UpOptions {
  bool foreground = false;
  std::string backups;     ///< where regular backups go; "" for beside the state
  unsigned interval = 45;  ///< seconds between them: what may be lost stays below a minute
  bool no_backups = false;
  std::vector<std::string> extra;
};

int up(const Address& address, const UpOptions& options) {
  if (const auto pid = daemon_pid(address)) {
    // A daemon that was killed holds its lock until the kernel has taken it apart: whoever answers is the one that
    // runs.
    bool answers = false;
    wait_for(
        [&] {
          const auto page = request(address, "GET", "/_stratus/health", 2);
          answers = page && page->status == 200;
          return answers || !daemon_pid(address);
        },
        10);
    if (answers) {
      std::puts("Stratus is running already.");
      return 0;
    }
    if (daemon_pid(address))
      return fail(fmt::format("stratusd (pid {}) holds {} but does not answer on {}:{}: see {}", *pid,
                              address.state_directory, address.host, address.port, log_path(address)));
  }
  const auto missing = stratus::cli::missing_requirements();
  if (!missing.empty()) {
    for (const auto& line : missing) std::fprintf(stderr, "  - %s\n", line.c_str());
    return fail("this machine lacks what is listed above (`stratus doctor` shows it again)");
  }
  std::error_code error;
  std::filesystem::create_directories(address.state_directory, error);
  std::vector<std::string> argv = {daemon_program(), "--state-dir", address.state_directory,     "--listen",
                                   address.host,     "--port",      std::to_string(address.port)};
  const auto given = [&](const std::string& name) {
    return std::any_of(options.extra.begin(), options.extra.end(),
                       [&](const std::string& word) { return word == name || word.starts_with(name + "="); });
  };
  if (!options.no_backups && !given("--backup-dir")) {
    argv.insert(argv.end(),
                {"--backup-dir", options.backups.empty() ? stratus::cli::backup_directory(address)
                                                         : std::filesystem::absolute(options.backups).string()});
    if (!given("--backup-interval")) argv.insert(argv.end(), {"--backup-interval", std::to_string(options.interval)});
  }
  argv.insert(argv.end(), options.extra.begin(), options.extra.end());
  if (options.foreground) {
    std::vector<char*> raw;
    raw.reserve(argv.size() + 1);
    for (auto& argument : argv) raw.push_back(argument.data());
    raw.push_back(nullptr);
    ::execvp(raw[0], raw.data());
    return fail(stratus::failure("start " + argv[0]).message());
  }
  argv.insert(argv.end(), {"--log-file", log_path(address)});
  const std::string errors = address.state_directory + "/start-errors";
  std::filesystem::remove(errors, error);
  const auto started = stratus::spawn_detached({.argv = argv}, errors);
  if (!started) return fail(started.error().message());
  // Ready when every part is; gone when it could not start.
  std::string last;
  const bool ready = wait_for(
      [&] {
        if (::kill(*started, 0) != 0) return true;
        const auto page = request(address, "GET", "/_stratus/health", 2);
        last = page ? page->body : "";
        return page && page->status == 200 && last.find("\"starting\"") == std::string::npos;
      },
      30);
  if (!daemon_pid(address)) {
    const auto said = stratus::read_file(errors);
    return fail("stratusd did not start: " + (said && !said->empty() ? *said : "see " + log_path(address)));
  }
  if (!ready) return fail("stratusd runs but is not ready: " + last);
  if (const auto lacking = stratus::cli::not_ready(last); !lacking.empty()) {
    ::kill(*started, SIGTERM);
    wait_for([&] { return !daemon_pid(address); }, 15);
    return fail("not started, since half of it would not work: " + lacking);
  }
  fmt::print("Stratus is up at http://{}:{} (log: {})\n", address.host, address.port, log_path(address));
  return 0;
}

/// Where a daemon's regular backups go; "" where it writes none.
std::string backups_of(pid_t pid) {
  const auto line = stratus::read_file("/proc/" + std::to_string(pid) + "/cmdline");
  const std::string option("--backup-dir\0", 13);
  const auto at = line ? line->find(option) : std::string::npos;
  return at == std::string::npos ? "" : std::string(line->c_str() + at + option.size());
}

int down(const Address& address, bool purge) {
  const auto pid = daemon_pid(address);
  if (!pid) {
    if (purge) return fail("Stratus does not run: `stratus up` first, so that it can remove what it made");
    std::puts("Stratus does not run.");
    return 0;
  }
  const auto backups = backups_of(*pid);
  if (purge) {
    const auto page = request(address, "POST", "/_stratus/purge", 120);
    if (!page) return fail(page.error().message());
    if (page->status != 200) return fail("not everything could be removed: " + page->body);
  }
  ::kill(*pid, SIGTERM);
  if (!wait_for([&] { return !daemon_pid(address); }, 15))
    return fail("stratusd (pid " + std::to_string(*pid) + ") does not end");
  if (purge) {
    for (const auto& directory : {address.state_directory, address.state_directory + ".before-restore",
                                  stratus::cli::backup_directory(address)}) {
      std::error_code error;
      // What dies meanwhile removes files of its own: that one is gone is what was wanted.
      for (int i = 0; i < 10 && std::filesystem::exists(directory); ++i) std::filesystem::remove_all(directory, error);
      if (std::filesystem::exists(directory)) return fail("cannot remove " + directory + ": " + error.message());
    }
  }
  // A folder that somebody chose may hold more than what we put there.
  if (purge && !backups.empty() && backups != stratus::cli::backup_directory(address))
    fmt::print("Its backups stay in {}.\n", backups);
  std::puts(purge ? "Stratus is down, and everything that it made is removed."
                  : "Stratus is down; load balancers and containers go on.");
  return 0;
}

int logs(const Address& address, bool follow) {
  const std::vector<std::string> argv = follow ? std::vector<std::string>{"tail", "-n", "100", "-F", log_path(address)}
                                               : std::vector<std::string>{"tail", "-n", "100", log_path(address)};
  std::vector<char*> raw;
  for (const auto& argument : argv) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  ::execvp(raw[0], raw.data());
  return fail("cannot run tail");
}

/// What `stratus fault` was told. Words go to the daemon as they are: it says what it does not understand.
struct FaultCommand {
  CLI::App *command = nullptr, *start = nullptr, *list = nullptr, *stop = nullptr;
  std::string kind, id, cluster, service, count, percent, seconds, account, region;
  std::vector<std::string> tasks, zones, subnets, vpcs, gateways;
  bool inside_subnet = false, json = false;

  void add_to(CLI::App& app) {
    command = app.add_subcommand("fault", "break something on purpose, for a time")->require_subcommand(1);
    start = command->add_subcommand("start", "prints the fault's id once it is in effect");
    start->add_option("kind", kind, "kill-task, stop-task, freeze-task, network-loss, network-cut, nat-off")
        ->required();
    start->add_option("--task", tasks, "ARN of a task")->allow_extra_args(false);
    start->add_option("--cluster", cluster, "tasks of this cluster");
    start->add_option("--service", service, "and of this service");
    start->add_option("--count", count, "that many of these tasks, at random");
    start->add_option("--percent", percent, "that share of these tasks; of network-loss, the share of lost packets");
    start->add_option("--az", zones, "availability zone")->allow_extra_args(false);
    start->add_option("--subnet", subnets, "id of a subnet")->allow_extra_args(false);
    start->add_option("--vpc", vpcs, "id of a VPC")->allow_extra_args(false);
    start->add_option("--nat-gateway", gateways, "id of a NAT gateway")->allow_extra_args(false);
    start->add_flag("--inside-subnet", inside_subnet, "packets inside a subnet too");
    start->add_option("--for", seconds, "seconds, at most 3600, after which it ends");
    start->add_option("--account", account, "where no task's ARN tells it");
    start->add_option("--region", region, "where no task's ARN tells it")->envname("AWS_REGION");
    list = command->add_subcommand("list", "what is broken, and what was within a day");
    list->add_flag("--json", json, "as JSON");
    stop = command->add_subcommand("stop", "end a fault before its time");
    stop->add_option("id", id, "of the fault, or all")->required();
  }

  stratus::cli::FaultWords words() const {
    stratus::cli::FaultWords out = {{"kind", kind}};
    const auto one = [&](const char* name, const std::string& value) {
      if (!value.empty()) out.emplace_back(name, value);
    };
    const auto all = [&](const char* name, const std::vector<std::string>& values) {
      for (const auto& value : values) out.emplace_back(name, value);
    };
    all("task", tasks), all("az", zones), all("subnet", subnets), all("vpc", vpcs), all("nat-gateway", gateways);
    one("cluster", cluster), one("service", service), one("count", count), one("percent", percent);
    one("for", seconds), one("account", account), one("region", region);
    if (inside_subnet) out.emplace_back("inside-subnet", "true");
    return out;
  }

  int run(const Address& address) const {
    const auto said = *start  ? stratus::cli::start_fault(address, words())
                      : *list ? stratus::cli::list_faults(address, json)
                              : stratus::cli::stop_fault(address, id);
    if (!said) return fail(said.error().what);
    if (!said->empty()) std::puts(said->c_str());
    return 0;
  }
};

}  // namespace

int main(int argc, char** argv) {
  Address address;
  CLI::App app("stratus: AWS on this machine, with packets, containers and logs that are real", "stratus");
  app.require_subcommand(1);
  app.add_option("--state-dir", address.state_directory, "where the daemon keeps its state")
      ->envname("STRATUS_STATE_DIR")
      ->capture_default_str();
  app.add_option("--host", address.host, "address of the API")->capture_default_str();
  app.add_option("--port", address.port, "port of the API")->envname("STRATUS_PORT")->capture_default_str();

  bool purge = false, follow = false;
  UpOptions up_options;
  std::string account;
  auto* up_command = app.add_subcommand("up", "start the daemon; refuses where the machine lacks something");
  up_command->add_flag("--foreground", up_options.foreground, "stay in the foreground, log to standard error");
  up_command->add_option("--backups", up_options.backups,
                         "where regular backups of the state go; beside it, in <state-dir>.backups, where not given");
  up_command->add_option("--backup-interval", up_options.interval, "seconds between them")
      ->check(CLI::Range(5U, 86400U))
      ->capture_default_str();
  up_command->add_flag("--no-backups", up_options.no_backups, "write no regular backups");
  up_command->add_option("daemon-options", up_options.extra, "further options of stratusd, behind --");
  auto* down_command = app.add_subcommand("down", "stop the daemon; load balancers and containers go on");
  down_command->add_flag("--purge", purge, "remove everything that Stratus made, its state and its backups too");
  auto* status_command = app.add_subcommand("status", "what runs");
  auto* env_command = app.add_subcommand("env", "shell variables for clients: eval \"$(stratus env)\"");
  auto* doctor_command = app.add_subcommand("doctor", "what this machine lacks, and what mends it");
  auto* logs_command = app.add_subcommand("logs", "the daemon's log");
  logs_command->add_flag("--follow,-f", follow, "go on");
  auto* ca_command = app.add_subcommand("ca", "the certificate that signs ACM's, PEM: what clients trust");
  auto* reset_command = app.add_subcommand("reset", "remove every resource");
  reset_command->add_option("--account", account, "only this account's");
  std::string file;
  auto* backup_command = app.add_subcommand("backup", "a consistent copy of the daemon's state while it runs");
  backup_command->add_option("file", file, "where to; replaced where it is there")->required();
  auto* restore_command =
      app.add_subcommand("restore", "put a backup in the place of the state; the daemon must be down");
  restore_command->add_option(
      "file", file, "what `stratus backup` wrote, or a folder of such; the newest regular one where not given");
  FaultCommand fault;
  fault.add_to(app);
  std::string environment;
  bool json = false;
  auto* cost_command = app.add_subcommand("cost", "what an environment costs a month, and what was used");
  cost_command->add_option("environment", environment, "dev, test or prod")
      ->required()
      ->check(CLI::IsMember({"dev", "test", "prod"}));
  cost_command->add_flag("--json", json, "as JSON");
  CLI11_PARSE(app, argc, argv);

  if (*up_command) return up(address, up_options);
  if (*down_command) return down(address, purge);
  if (*logs_command) return logs(address, follow);
  if (*backup_command || *restore_command) {
    const auto said = *backup_command ? stratus::cli::back_up(address, file) : stratus::cli::restore(address, file);
    if (!said) return fail(said.error().what);
    std::puts(said->c_str());
    return 0;
  }
  if (*fault.command) return fault.run(address);
  if (*cost_command) {
    ::setenv("STRATUS_PORT", std::to_string(address.port).c_str(), 1);
    return cost(environment, json);
  }
  if (*env_command) {
    fmt::print(
        "export AWS_ENDPOINT_URL=http://{}:{}\nexport AWS_ACCESS_KEY_ID=test\nexport "
        "AWS_SECRET_ACCESS_KEY=test\nexport AWS_REGION=us-east-1\nexport AWS_DEFAULT_REGION=us-east-1\n",
        address.host, address.port);
    return 0;
  }
  if (*doctor_command) {
    const auto missing = stratus::cli::missing_requirements();
    for (const auto& line : missing) fmt::print("missing: {}\n", line);
    for (const auto& line : stratus::cli::limitations()) fmt::print("limited: {}\n", line);
    if (missing.empty()) std::puts("This machine has all that Stratus needs.");
    return missing.empty() ? 0 : 1;
  }
  const auto page =
      *reset_command ? request(address, "POST", "/_stratus/reset" + (account.empty() ? "" : "?account=" + account), 60)
      : *ca_command  ? request(address, "GET", "/_stratus/ca.pem")
                     : request(address, "GET", "/_stratus/health");
  static_cast<void>(status_command);
  if (!page) return fail("Stratus does not answer (" + page.error().message() + ")");
  std::fputs(page->body.c_str(), stdout);
  return page->status == 200 ? 0 : 1;
}
