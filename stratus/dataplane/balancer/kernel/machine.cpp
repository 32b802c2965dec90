#include "stratus/dataplane/balancer/kernel/machine.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <charconv>
#include <filesystem>
#include <future>

#include "stratus/core/text.h"

namespace stratus::balancer {
namespace {

namespace fs = std::filesystem;

void must(const std::string& line) {
  Command command;
  command.argv = text::split(line, ' ');
  const auto done = run_checked(command);
  if (!done) throw std::runtime_error(done.error().message());
}

sockaddr_in address_of(const std::string& address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &out.sin_addr);
  return out;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string response(int status, std::string_view body) {
  return fmt::format(
      "HTTP/1.1 {} Whatever\r\nServer: target\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{}", status,
      body.size(), body);
}

}  // namespace

bool eventually(const std::function<bool()>& condition, Duration limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

Wire::Wire() : name_(fmt::format("bt{}", ::getpid())) {
  char made[] = "/tmp/balancer-kernel-XXXXXX";
  if (mkdtemp(made) == nullptr) throw std::runtime_error("mkdtemp");
  directory_ = made;
  const auto node = name_ + "-node", out = name_ + "-out";
  must("ip netns add " + node);
  must("ip netns add " + out);
  must(fmt::format("ip link add eth0 netns {} type veth peer name eth0 netns {}", node, out));
  for (const auto& ns : {node, out}) {
    must(fmt::format("ip -n {} link set lo up", ns));
    must(fmt::format("ip -n {} link set eth0 up", ns));
  }
  must(fmt::format("ip -n {} addr add 10.77.0.1/24 dev eth0", node));
  must(fmt::format("ip -n {} addr add 10.77.0.3/24 dev eth0", node));  // a second node's address, in the same namespace
  // A neighbour that never answers: connections to it time out.
  must(fmt::format("ip -n {} neigh add 10.77.0.99 lladdr 02:00:00:00:00:99 dev eth0", node));
  for (const int last : {2, 11, 12, 13}) must(fmt::format("ip -n {} addr add 10.77.0.{}/24 dev eth0", out, last));
}

Wire::~Wire() {
  for (const auto* ns : {"-node", "-out"}) {
    Command command;
    command.argv = {"ip", "netns", "pids", name_ + ns};
    if (const auto pids = run(command)) {
      for (const auto& line : text::split(pids->output, '\n')) {
        pid_t pid = 0;
        std::from_chars(line.data(), line.data() + line.size(), pid);
        if (pid > 1 && pid != ::getpid()) ::kill(pid, SIGKILL);
      }
    }
    command.argv = {"ip", "netns", "del", name_ + ns};
    [[maybe_unused]] const auto gone = run(command);
  }
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

TargetServer::TargetServer(const std::string& netns, std::string address, std::uint16_t port, std::string name)
    : name_(std::move(name)) {
  const auto bound = in_netns(netns, [&]() -> Result<> {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const auto at = address_of(address, port);
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
      return failure("bind " + address);
    if (::listen(listener_.get(), 256) != 0) return failure("listen");
    return {};
  });
  if (!bound) throw std::runtime_error(bound.error().message());
  acceptor_ = std::thread([this] { accept_all(); });
}

TargetServer::~TargetServer() {
  stopping_ = true;
  release = true;
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  eventually([this] { return serving_ == 0; }, Duration(60'000));
}

void TargetServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) {
      if (stopping_) return;
      continue;
    }
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    ++serving_;
    std::thread([this, fd] {
      serve(fd);
      {
        const std::lock_guard relock(mutex_);
        std::erase(open_, fd);
        ::close(fd);
      }
      --serving_;
    }).detach();
  }
}

void TargetServer::serve(int fd) {
  std::string pending;
  char buffer[16384];
  const auto until_stopped = [this](const std::function<bool()>& condition) {
    while (!stopping_ && !condition()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  };
  for (;;) {
    auto end = pending.find("\r\n\r\n");
    while (end == std::string::npos) {
      const auto got = ::recv(fd, buffer, sizeof buffer, 0);
      if (got <= 0) return;
      pending.append(buffer, static_cast<std::size_t>(got));
      end = pending.find("\r\n\r\n");
    }
    const auto head = pending.substr(0, end + 4);
    pending.erase(0, end + 4);
    const auto path = text::split(head.substr(0, head.find("\r\n")), ' ').at(1);
    if (path == "/health") {
      ++checks;
      if (health == 0) {
        until_stopped([] { return false; });
        return;
      }
      if (!send_all(fd, response(health, "health"))) return;
      continue;
    }
    ++requests;
    if (delay_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
    if (path == "/close") return;
    if (path == "/garbage") {
      send_all(fd, "this is no HTTP\r\n\r\n");
      return;
    }
    if (path == "/hang") {
      until_stopped([] { return false; });
      return;
    }
    if (path == "/sse") {
      send_all(fd,
               "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: "
               "1\n\n\r\n");
      until_stopped([this] { return release.load(); });
      send_all(fd, "9\r\ndata: 2\n\n\r\n0\r\n\r\n");
      continue;
    }
    if (path == "/ws") {
      send_all(fd,
               "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
               "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
      for (;;) {
        const auto got = ::recv(fd, buffer, sizeof buffer, 0);
        if (got <= 0 || !send_all(fd, {buffer, static_cast<std::size_t>(got)})) return;
      }
    }
    if (!send_all(fd, path == "/echo"  ? response(200, head)
                      : path == "/503" ? response(503, "mine")
                                       : response(200, name_)))
      return;
  }
}

Reply curl(const Wire& wire, const std::string& url, std::vector<std::string> options) {
  Command command;
  command.netns = wire.out_path();
  command.argv = {"curl", "-s", "-S", "-i", "--max-time", "25"};
  command.argv.insert(command.argv.end(), options.begin(), options.end());
  command.argv.push_back(url);
  const auto done = run(command);
  Reply reply;
  if (!done) {
    reply.error = done.error().message();
    return reply;
  }
  reply.error = done->errors;
  const auto end = done->output.find("\r\n\r\n");
  if (end == std::string::npos) return reply;
  reply.head = done->output.substr(0, end + 2);
  reply.body = done->output.substr(end + 4);
  const auto space = reply.head.find(' ');
  if (space != std::string::npos) reply.status = std::atoi(reply.head.c_str() + space);
  return reply;
}

UniqueFd connect_in(const std::string& netns, const std::string& address, std::uint16_t port) {
  UniqueFd fd;
  const auto done = in_netns(netns, [&]() -> Result<> {
    fd.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto at = address_of(address, port);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) return failure("connect");
    return {};
  });
  if (!done) fd.reset();
  return fd;
}

Load::Load(const Wire& wire, std::string path, int clients) : netns_(wire.out_path()), path_(std::move(path)) {
  for (int i = 0; i < clients; ++i) threads_.emplace_back([this, i] { client(i % 2 == 0); });
}

void Load::stop() {
  stopping_ = true;
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void Load::fail(std::string why) {
  ++bad;
  const std::lock_guard lock(mutex_);
  if (failure_.empty()) failure_ = std::move(why);
}

std::string Load::first_failure() {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Load::client(bool keep) {
  const UniqueFd ns(::open(netns_.c_str(), O_RDONLY | O_CLOEXEC));
  if (::setns(ns.get(), CLONE_NEWNET) != 0) return fail("setns");
  const auto question =
      fmt::format("GET {} HTTP/1.1\r\nHost: load\r\n{}\r\n", path_, keep ? "" : "Connection: close\r\n");
  UniqueFd fd;
  while (!stopping_) {
    if (!fd) {
      fd.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const timeval limit{10, 0};
      ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      const auto at = address_of("10.77.0.1", 80);
      if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
        fail(fmt::format("connect: {}", errno));
        fd.reset();
        continue;
      }
    }
    std::string answer;
    char buffer[8192];
    if (!send_all(fd.get(), question)) {
      fail(fmt::format("send: {}", errno));
      fd.reset();
      continue;
    }
    std::size_t wanted = std::string::npos;
    while (answer.size() < wanted) {
      const auto got = ::recv(fd.get(), buffer, sizeof buffer, 0);
      if (got <= 0) break;
      answer.append(buffer, static_cast<std::size_t>(got));
      const auto end = answer.find("\r\n\r\n");
      const auto length = text::lower(answer).find("content-length: ");
      if (end != std::string::npos && length != std::string::npos)
        wanted = end + 4 + std::strtoul(answer.c_str() + length + 16, nullptr, 10);
    }
    if (answer.size() < wanted || !answer.starts_with("HTTP/1.1 200"))
      fail("answer: " + answer.substr(0, 200));
    else
      ++good;
    if (!keep || answer.size() < wanted || text::lower(answer).find("connection: close") != std::string::npos)
      fd.reset();
  }
}

Owner::Owner(const Settings& settings) {
  balancer_ = make_balancer(loop_, settings);
  balancer_->on_health([this](const HealthChange& change) {
    const std::lock_guard lock(mutex_);
    changes_.push_back(change);
  });
  thread_ = std::thread([this] { loop_.run(); });
}

Owner::~Owner() {
  on_loop<bool>([this] {
    balancer_.reset();
    return true;
  });
  loop_.stop();
  thread_.join();
}

template <class T>
T Owner::on_loop(const std::function<T()>& work) {
  std::promise<T> answer;
  auto future = answer.get_future();
  loop_.post([&] { answer.set_value(work()); });
  return future.get();
}

template <class T>
Result<T> Owner::call(const std::function<void(Done<T>)>& operation) {
  auto answer = std::make_shared<std::promise<Result<T>>>();
  auto future = answer->get_future();
  loop_.post([=] { operation([answer](Result<T> result) { answer->set_value(std::move(result)); }); });
  if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready) return Failure{"no answer", ETIMEDOUT};
  return future.get();
}

std::vector<Existing> Owner::start() {
  const auto found = call<std::vector<Existing>>([this](auto done) { balancer_->start(std::move(done)); });
  return found ? *found : std::vector<Existing>();
}
Result<> Owner::apply(const LoadBalancer& model) {
  return call<void>([this, model](auto done) { balancer_->apply(model, std::move(done)); });
}
Result<> Owner::remove(const std::string& id) {
  return call<void>([this, id](auto done) { balancer_->remove(id, std::move(done)); });
}
Result<> Owner::purge() {
  return call<void>([this](auto done) { balancer_->purge(std::move(done)); });
}
std::vector<TargetHealth> Owner::health(const std::string& id, const std::string& group) {
  return on_loop<std::vector<TargetHealth>>([&] { return balancer_->health(id, group); });
}
Counters Owner::stats(const std::string& id) {
  return on_loop<Counters>([&] { return balancer_->stats(id); });
}
std::vector<HealthChange> Owner::changes() {
  const std::lock_guard lock(mutex_);
  return changes_;
}

void BalancerKernelTest::SetUp() {
  wire = std::make_unique<Wire>();
  owner = std::make_unique<Owner>(settings());
  owner->start();
}

void BalancerKernelTest::TearDown() {
  if (owner) {
    const auto gone = owner->purge();
    EXPECT_TRUE(gone.ok()) << gone.error().message();
  }
  owner.reset();
  wire.reset();
}

Settings BalancerKernelTest::settings() const {
  Settings out;
  out.run_directory = wire->directory();
  out.tag = "t";
  out.threads = 2;
  out.poll_interval = Duration(300);
  return out;
}

Target BalancerKernelTest::target(int last, std::uint16_t port) const {
  const auto address = fmt::format("10.77.0.{}", last);
  return {address, address, port, "us-east-1a", false};
}

LoadBalancer BalancerKernelTest::model() const {
  LoadBalancer out;
  out.id = "lb1";
  out.name = "web";
  out.nodes = {{"eni-1", wire->node_path(), "10.77.0.1", "us-east-1a"}};
  TargetGroup web;
  web.id = "web";
  web.health_check.path = "/health";
  web.health_check.interval_seconds = 1;
  web.health_check.timeout_seconds = 1;
  web.health_check.healthy_threshold = 2;
  web.health_check.unhealthy_threshold = 2;
  out.target_groups = {web};
  Listener http;
  http.id = "http";
  http.default_action.type = Action::Type::forward;
  http.default_action.groups = {{"web", 1}};
  out.listeners = {http};
  return out;
}

State BalancerKernelTest::state(const std::string& group, const std::string& target_id) {
  for (const auto& health : owner->health("lb1", group))
    if (health.target_id == target_id) return health.state;
  return State::unused;
}

bool BalancerKernelTest::becomes(const std::string& group, const std::string& target_id, State wanted, Duration limit) {
  return eventually([&] { return state(group, target_id) == wanted; }, limit);
}

pid_t BalancerKernelTest::serving_pid() const {
  int newest = 0;
  pid_t pid = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(wire->directory() + "/t/balancer/lb1/eni-1", error)) {
    if (entry.path().extension() != ".pid") continue;
    const int generation = std::atoi(entry.path().stem().c_str());
    if (generation < newest) continue;
    newest = generation;
    const auto content = read_file(entry.path());
    pid = content ? std::atoi(content->c_str()) : 0;
  }
  return pid;
}

}  // namespace stratus::balancer
