#include "stratus/dataplane/containers/kernel/machine.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "stratus/core/text.h"

namespace stratus::containers {
namespace {

namespace fs = std::filesystem;

void must(const std::vector<std::string>& argv) {
  Command command;
  command.argv = argv;
  const auto done = run_checked(command);
  ASSERT_TRUE(done.ok()) << done.error().message();
}

}  // namespace

bool eventually(const std::function<bool()>& condition, Duration limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

Owner::Owner(const Settings& settings) {
  containers_ = make_containers(loop_, settings);
  containers_->on_exit([this](const Exit& exit) {
    const std::lock_guard lock(mutex_);
    exits_.push_back(exit);
  });
  containers_->on_log([this](const LogBatch& batch) {
    if (on_batch) on_batch(batch);
    const std::lock_guard lock(mutex_);
    batches_.push_back(batch);
  });
  thread_ = std::thread([this] { loop_.run(); });
}

Owner::~Owner() {
  std::promise<void> gone;
  loop_.post([&] {
    containers_.reset();
    gone.set_value();
  });
  gone.get_future().wait();
  loop_.stop();
  thread_.join();
}

template <class T>
Result<T> Owner::call(const std::function<void(Done<T>)>& operation) {
  auto answer = std::make_shared<std::promise<Result<T>>>();
  auto future = answer->get_future();
  loop_.post([=] { operation([answer](Result<T> result) { answer->set_value(std::move(result)); }); });
  if (future.wait_for(std::chrono::seconds(60)) != std::future_status::ready) return Failure{"no answer", ETIMEDOUT};
  return future.get();
}

Result<std::vector<Existing>> Owner::open() {
  return call<std::vector<Existing>>([this](auto done) { containers_->open(std::move(done)); });
}
Result<Started> Owner::start(const ContainerSpec& spec) {
  return call<Started>([this, spec](auto done) { containers_->start(spec, std::move(done)); });
}
Result<> Owner::signal(const std::string& id, int number) {
  return call<void>([=, this](auto done) { containers_->signal(id, number, std::move(done)); });
}
Result<Exit> Owner::stop(const std::string& id, Duration timeout) {
  return call<Exit>([=, this](auto done) { containers_->stop(id, timeout, std::move(done)); });
}
Result<> Owner::remove(const std::string& id) {
  return call<void>([=, this](auto done) { containers_->remove(id, std::move(done)); });
}
Result<> Owner::freeze(const std::string& task, Timestamp until) {
  return call<void>([=, this](auto done) { containers_->freeze(task, until, std::move(done)); });
}
Result<> Owner::freeze_and_thaw(const std::string& task, Timestamp until) {
  return call<void>([=, this](auto done) {
    const auto frozen = std::make_shared<std::optional<Result<>>>(std::nullopt);
    const auto left = std::make_shared<int>(2);
    const auto step = [=] {
      if (--*left == 0) done(**frozen);
    };
    containers_->freeze(task, until, [=](const Result<>& result) {
      *frozen = result;
      step();
    });
    containers_->thaw(task, [=](const Result<>&) { step(); });
  });
}
Result<> Owner::thaw(const std::string& task) {
  return call<void>([=, this](auto done) { containers_->thaw(task, std::move(done)); });
}
Result<std::vector<Existing>> Owner::list() {
  return call<std::vector<Existing>>([this](auto done) { containers_->list(std::move(done)); });
}
Result<Stats> Owner::stats(const std::string& id) {
  return call<Stats>([=, this](auto done) { containers_->stats(id, std::move(done)); });
}
Result<ExecResult> Owner::exec(const std::string& id, std::vector<std::string> argv, Duration timeout) {
  return call<ExecResult>([=, this](auto done) { containers_->exec(id, argv, timeout, std::move(done)); });
}
Result<> Owner::purge() {
  return call<void>([this](auto done) { containers_->purge(std::move(done)); });
}
Result<> Owner::open_and_purge() {
  return call<void>([this](auto done) {
    containers_->open([](const Result<std::vector<Existing>>&) {});
    containers_->purge(std::move(done));
  });
}
void Owner::follow_log(const std::string& id, std::uint64_t offset) {
  loop_.post([=, this] { containers_->follow_log(id, offset); });
}
void Owner::acknowledge_log(const std::string& id, std::uint64_t offset) {
  loop_.post([=, this] { containers_->acknowledge_log(id, offset); });
}

std::vector<Exit> Owner::exits() const {
  const std::lock_guard lock(mutex_);
  return exits_;
}

std::vector<LogBatch> Owner::batches(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  std::vector<LogBatch> out;
  for (const auto& batch : batches_)
    if (batch.id == id) out.push_back(batch);
  return out;
}

std::string Owner::log(const std::string& id) const {
  std::string out;
  for (const auto& batch : batches(id))
    for (const auto& line : batch.lines) out += line.text + "\n";
  return out;
}

bool Owner::log_finished(const std::string& id) const {
  const auto all = batches(id);
  return !all.empty() && all.back().finished;
}

bool Owner::wait_log(const std::string& id, const std::string& text) const {
  return eventually([&] { return log(id).find(text) != std::string::npos; });
}

std::optional<Exit> Owner::wait_exit(const std::string& id) const {
  std::optional<Exit> out;
  eventually([&] {
    for (const auto& exit : exits())
      if (exit.id == id) out = exit;
    return out.has_value();
  });
  return out;
}

Machine::Machine() {
  static int count = 0;
  tag_ = "sct-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
  directory_ = "/tmp/" + tag_;
  netns_ = tag_;
  fs::remove_all(directory_);
  const std::string layer = directory_ + "/layer";
  for (const char* part : {"bin", "etc", "proc", "dev", "sys", "tmp", "root", "data"})
    fs::create_directories(layer + "/" + part);
  ::chmod(directory_.c_str(), 0755);
  ::chmod((layer + "/tmp").c_str(), 01777);
  fs::copy_file("/bin/busybox", layer + "/bin/busybox");
  for (const char* name : {"sh",       "sleep", "id",    "cat",  "touch", "mount",   "dd",   "ip",    "ls",
                           "stat",     "echo",  "seq",   "nc",   "env",   "unshare", "true", "false", "kill",
                           "hostname", "tail",  "chown", "grep", "wc",    "wget",    "ping", "mkdir"})
    fs::create_symlink("busybox", layer + "/bin/" + name);
  std::ofstream(layer + "/etc/passwd") << "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/data:/bin/sh\n";
  std::ofstream(layer + "/etc/group") << "root:x:0:\napp:x:1000:\nextra:x:2000:app\n";
  fs::create_directory(directory_ + "/upper-layer");
  std::ofstream(directory_ + "/upper-layer/greeting") << "from the upper layer\n";
  if (::chown((directory_ + "/upper-layer/greeting").c_str(), 1000, 1000) != 0) ADD_FAILURE() << "chown";
  must({"ip", "netns", "add", netns_});
  must({"ip", "-n", netns_, "link", "set", "lo", "up"});
}

Machine::~Machine() {
  {
    Owner owner(settings());
    if (const auto opened = owner.open(); !opened) ADD_FAILURE() << opened.error().message();
    if (const auto purged = owner.purge(); !purged) ADD_FAILURE() << purged.error().message();
  }
  must({"ip", "netns", "del", netns_});
  fs::remove_all(directory_);
}

Settings Machine::settings() const {
  Settings out;
  out.tag = tag_;
  out.run_directory = directory_ + "/run";
  out.state_directory = directory_ + "/state";
  out.init_program = STRATUS_INIT;
  return out;
}

ContainerSpec Machine::spec(const std::string& id, const std::string& script) const {
  ContainerSpec out;
  out.id = id;
  out.task = "task";
  out.task_limits = {256, 512ULL << 20U, 256};
  out.limits.memory_bytes = 64ULL << 20U;
  out.layer_directories = {directory_ + "/layer", directory_ + "/upper-layer"};
  out.command = {"/bin/sh", "-c", script};
  out.hostname = "ip-10-0-10-5";
  out.netns = "/run/netns/" + netns_;
  out.uid_base = 100'000;
  return out;
}

std::vector<std::string> Machine::cgroups() const {
  std::vector<std::string> out;
  for (const auto& hierarchy : fs::directory_iterator("/sys/fs/cgroup"))
    if (const auto group = hierarchy.path() / tag_; fs::exists(group)) out.push_back(group);
  if (fs::exists("/sys/fs/cgroup/" + tag_)) out.push_back("/sys/fs/cgroup/" + tag_);
  return out;
}

std::vector<std::string> Machine::mounts() const {
  std::vector<std::string> out;
  for (const auto& process : fs::directory_iterator("/proc")) {
    std::ifstream info(process.path() / "mountinfo");
    for (std::string line; std::getline(info, line);)
      if (line.find(directory_ + "/") != std::string::npos) out.push_back(process.path().string() + " " + line);
  }
  return out;
}

std::vector<std::string> Machine::processes() const {
  std::vector<std::string> out;
  for (const auto& process : fs::directory_iterator("/proc")) {
    const auto line = read_file(process.path().string() + "/cmdline");
    if (line && line->find(directory_ + "/") != std::string::npos) out.push_back(process.path().string() + " " + *line);
  }
  return out;
}

std::string status_of(pid_t pid, const std::string& name) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return std::string(text::trim(line.substr(name.size() + 1)));
  return "";
}

}  // namespace stratus::containers
