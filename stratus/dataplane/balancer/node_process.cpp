#include "stratus/dataplane/balancer/node_process.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <thread>

#include "stratus/core/log.h"
#include "stratus/core/process.h"
#include "stratus/core/text.h"

namespace stratus::balancer {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

void pause() { std::this_thread::sleep_for(std::chrono::milliseconds(3)); }

bool same_namespace(pid_t pid, const std::string& netns) {
  struct stat of_process {
  }, wanted{};
  const auto path = fmt::format("/proc/{}/ns/net", pid);
  const std::string target = netns.empty() ? "/proc/self/ns/net" : netns;
  if (::stat(path.c_str(), &of_process) != 0 || ::stat(target.c_str(), &wanted) != 0)
    return true;  // starting will say more
  return of_process.st_ino == wanted.st_ino && of_process.st_dev == wanted.st_dev;
}

std::optional<pid_t> pid_behind(const std::string& socket) {
  const auto info = ask(socket, "show info", Duration(2000));
  if (!info) return std::nullopt;
  for (const auto& line : text::split(*info, '\n')) {
    if (!line.starts_with("Pid: ")) continue;
    pid_t pid = 0;
    std::from_chars(line.data() + 5, line.data() + line.size(), pid);
    if (pid > 0) return pid;
  }
  return std::nullopt;
}

/// Answers to commands that are as they should be, or come right by themselves with the next look.
bool expected(std::string_view answer) {
  for (const auto* known : {"New server registered.", "Server deleted.", "Server still has connections attached to it",
                            "Only servers in maintenance mode can be deleted"})
    if (answer.starts_with(known)) return true;
  return answer.empty();
}

void end_all(const std::vector<ProcessIdentity>& processes) {
  for (const int signal_number : {SIGTERM, SIGKILL}) {
    for (const auto& process : processes)
      if (runs(process)) ::kill(process.pid, signal_number);
    const auto deadline = steady_clock::now() + std::chrono::seconds(2);
    while (steady_clock::now() < deadline && std::any_of(processes.begin(), processes.end(), runs)) pause();
  }
}

}  // namespace

std::optional<ProcessIdentity> identify(pid_t pid) {
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
  if (!stat) return std::nullopt;
  // The command, field 2, is in parentheses and may hold anything.
  const auto close = stat->rfind(')');
  if (close == std::string::npos) return std::nullopt;
  const auto fields = text::split(std::string_view(*stat).substr(close + 2), ' ');
  if (fields.size() < 20 || fields[0] == "Z" || fields[0] == "X") return std::nullopt;
  return ProcessIdentity{pid, fields[19]};
}

bool runs(const ProcessIdentity& process) {
  const auto now = identify(process.pid);
  return now && now->start_time == process.start_time;
}

NodeProcess::NodeProcess(const Settings& settings, const std::string& load_balancer_id, const std::string& eni_id)
    : settings_(settings),
      directory_(fmt::format("{}/{}/balancer/{}/{}", settings.run_directory, settings.tag, load_balancer_id, eni_id)) {}

std::string NodeProcess::path(int generation, const char* kind) const {
  return fmt::format("{}/{}.{}", directory_, generation, kind);
}

std::vector<int> NodeProcess::generations() const {
  std::vector<int> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_, error)) {
    const auto file = entry.path().filename().string();
    int number = 0;
    const auto parsed = std::from_chars(file.data(), file.data() + file.size(), number);
    if (parsed.ec == std::errc() && parsed.ptr != file.data() + file.size() && *parsed.ptr == '.')
      out.push_back(number);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void NodeProcess::adopt() {
  auto known = generations();
  if (!known.empty()) last_generation_ = known.back();
  for (auto at = known.rbegin(); at != known.rend(); ++at) {
    const auto pid = pid_behind(path(*at, "sock"));
    const auto process = pid ? identify(*pid) : std::nullopt;
    if (!process) continue;
    process_ = process;
    serving_ = *at;
    const auto structure = read_file(path(*at, "structure"));
    structure_ = structure ? *structure : "";
    baseline_ = true;
    log::info("balancer.adopted", {{"directory", directory_}, {"pid", process->pid}});
    return;
  }
}

RenderSettings NodeProcess::render_settings(int generation) const {
  RenderSettings out;
  out.directory = directory_;
  out.socket = path(generation, "sock");
  out.state_file = path(generation, "state");
  out.user = settings_.user;
  out.group = settings_.group;
  out.hard_stop_after = settings_.hard_stop_after;
  out.threads = settings_.threads;
  return out;
}

Result<> NodeProcess::await_ready(const ProcessIdentity& started, const std::string& socket, const std::string& log) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(15);
  while (steady_clock::now() < deadline) {
    if (pid_behind(socket) == started.pid) return {};
    if (!runs(started)) {
      const auto said = read_file(log);
      std::string alerts;
      if (said)
        for (const auto& line : text::split(*said, '\n'))
          if (line.starts_with("[ALERT]")) alerts += " " + line;
      return Failure{settings_.program + " ended at once:" + alerts, 0};
    }
    pause();
  }
  end_all({started});
  return failure(settings_.program + " did not become ready", ETIMEDOUT);
}

Result<> NodeProcess::start_generation(const Rendered& rendered, const LoadBalancer& model, const Node& node,
                                       bool reload) {
  const int next = ++last_generation_;
  const auto write = [&](const std::string& file, std::string_view content) { return write_file(file, content, 0600); };
  for (const auto& [file, content] : rendered.files) {
    const auto there = directory_ + "/" + file;
    if (fs::exists(there)) continue;  // named after its content
    if (auto written = write(there, content); !written) return written;
  }
  std::string old_state;
  Command command;
  command.argv = {settings_.program, "-db", "-f", path(next, "cfg")};
  command.netns = node.netns;
  if (reload) {
    auto state = ask(path(serving_, "sock"), "show servers state");
    if (!state) return state.error();
    old_state = std::move(*state);
    command.argv.insert(command.argv.end(), {"-x", path(serving_, "sock"), "-sf", std::to_string(process_->pid)});
  }
  if (auto written = write(path(next, "cfg"), rendered.config); !written) return written;
  if (auto written = write(path(next, "structure"), rendered.structure); !written) return written;
  if (auto written = write(path(next, "state"), server_state(model.target_groups, old_state)); !written) return written;
  std::error_code ignored;
  fs::remove(path(next, "log"), ignored);
  auto spawned = spawn_detached(command, path(next, "log"));
  if (!spawned) return spawned.error();
  const auto started = identify(*spawned);
  const ProcessIdentity identity = started ? *started : ProcessIdentity{*spawned, ""};
  if (auto written = write(path(next, "pid"), fmt::format("{} {}\n", identity.pid, identity.start_time)); !written)
    return written;
  // Where it does not come up, the old one still serves.
  if (auto ready = await_ready(identity, path(next, "sock"), path(next, "log")); !ready) {
    for (const auto* kind : {"cfg", "structure", "state", "pid", "sock", "log"}) fs::remove(path(next, kind), ignored);
    return ready;
  }
  serving_ = next;
  process_ = identity;
  structure_ = rendered.structure;
  last_.clear();
  baseline_ = false;
  log::info(reload ? "balancer.reloaded" : "balancer.started",
            {{"load_balancer", model.name}, {"node", node.eni_id}, {"pid", identity.pid}, {"generation", serving_}});
  return {};
}

void NodeProcess::sweep(const Rendered& rendered) {
  std::error_code error;
  // A target that flaps writes a line each time; HAProxy appends, so that cutting the file is safe.
  if (const auto size = fs::file_size(path(serving_, "log"), error); !error && size > (1U << 20U))
    fs::resize_file(path(serving_, "log"), 0, error);
  for (const auto& entry : fs::directory_iterator(directory_, error)) {
    const auto file = entry.path().filename().string();
    if (rendered.files.contains(file)) continue;
    int number = 0;
    const auto parsed = std::from_chars(file.data(), file.data() + file.size(), number);
    const bool of_generation =
        parsed.ec == std::errc() && parsed.ptr != file.data() + file.size() && *parsed.ptr == '.';
    if (of_generation && number == serving_) continue;
    if (of_generation && file.ends_with(".pid")) {  // an older one that finishes its connections: `end` must find it
      const auto content = read_file(entry.path());
      const auto words = text::split(content ? text::trim(*content) : std::string_view(), ' ');
      pid_t pid = 0;
      if (words.size() == 2) std::from_chars(words[0].data(), words[0].data() + words[0].size(), pid);
      if (pid > 0 && runs({pid, words[1]})) continue;
    }
    std::error_code ignored;
    fs::remove(entry.path(), ignored);
  }
}

Result<> NodeProcess::command(const std::vector<std::string>& commands) {
  std::string failed;
  for (std::size_t at = 0; at < commands.size();) {
    std::string batch;
    for (; at < commands.size() && batch.size() < 8000; ++at) (batch += commands[at]) += ";";
    batch.pop_back();
    auto answer = ask(path(serving_, "sock"), batch);
    if (!answer) return answer.error();
    for (const auto& line : text::split(*answer, '\n'))
      if (!expected(text::trim(line))) failed += (failed.empty() ? "" : "; ") + line;
  }
  if (!failed.empty()) return Failure{"change servers of " + directory_ + ": " + failed, 0};
  return {};
}

Result<Rows> NodeProcess::look(Tally& happened) {
  auto csv = ask(path(serving_, "sock"), "show stat");
  if (!csv) return csv.error();
  auto rows = parse_stat(*csv);
  if (!baseline_) happened.add(last_, rows);
  baseline_ = false;
  last_ = rows;
  return rows;
}

NodeProcess::Report NodeProcess::step(const LoadBalancer& model, const Node& node, Timestamp now) {
  Report report;
  const auto fail = [&](Failure why) {
    report.result = std::move(why);
    return std::move(report);
  };
  std::error_code error;
  fs::create_directories(directory_, error);
  if (error) return fail(failure("make " + directory_, error.value()));
  ::chmod(directory_.c_str(), 0700);

  auto rendered = render(model, node, render_settings(last_generation_ + 1));
  if (!rendered) return fail(rendered.error());

  if (process_ && !runs(*process_)) {
    log::warning("balancer.died", {{"load_balancer", model.name}, {"node", node.eni_id}, {"pid", process_->pid}});
    process_.reset();
  }
  if (process_ && !same_namespace(process_->pid, node.netns)) {
    end_all({*process_});  // its namespace was made anew: where it is, nobody reaches it
    process_.reset();
  }
  if (!process_ || structure_ != rendered->structure) {
    if (process_) {
      auto looked = look(report.happened);  // what the old one counted up to now
      if (!looked) return fail(looked.error());
    }
    if (auto started = start_generation(*rendered, model, node, process_.has_value()); !started)
      return fail(started.error());
  }
  sweep(*rendered);

  auto rows = look(report.happened);
  if (!rows) return fail(rows.error());
  const auto commands = plan(model.target_groups, *rows, memories_, now);
  if (!commands.empty()) {
    report.result = command(commands);
    rows = look(report.happened);
    if (!rows) return fail(rows.error());
    report.undecided = true;
  }
  report.health = observe(model.target_groups, *rows, memories_);
  for (const auto& [group, targets] : report.health)
    for (const auto& target : targets) report.undecided = report.undecided || target.state == State::initial;
  for (const auto& [key, row] : *rows)
    if (key.second == "FRONTEND") report.connections += number(row, "scur");
  return report;
}

Result<> NodeProcess::end() {
  std::vector<ProcessIdentity> processes;
  if (process_) processes.push_back(*process_);
  for (const int generation : generations()) {
    if (const auto pid = pid_behind(path(generation, "sock")))
      if (const auto process = identify(*pid)) processes.push_back(*process);
    const auto content = read_file(path(generation, "pid"));
    const auto words = text::split(content ? text::trim(*content) : std::string_view(), ' ');
    pid_t pid = 0;
    if (words.size() == 2) std::from_chars(words[0].data(), words[0].data() + words[0].size(), pid);
    if (pid > 0) processes.push_back({pid, words[1]});
  }
  end_all(processes);
  if (std::any_of(processes.begin(), processes.end(), runs))
    return failure("end the processes of " + directory_, EBUSY);
  process_.reset();
  structure_.clear();
  last_.clear();
  memories_.clear();
  std::error_code error;
  fs::remove_all(directory_, error);
  if (error) return failure("remove " + directory_, error.value());
  fs::remove(fs::path(directory_).parent_path(), error);  // the load balancer's own, when this was its last node
  return {};
}

}  // namespace stratus::balancer
