#include "stratus/dataplane/network/kernel_network.h"

#include <algorithm>

#include "stratus/core/log.h"
#include "stratus/dataplane/network/namespaces.h"

namespace stratus::network {
namespace {

const std::string kTable = "inet stratus";

}  // namespace

std::unique_ptr<Network> make_network(Loop& loop, Settings settings) {
  return std::make_unique<KernelNetwork>(loop, std::move(settings));
}

KernelNetwork::KernelNetwork(Loop& loop, Settings settings)
    : loop_(loop), shared_(std::make_shared<Shared>(std::move(settings))) {
  shared_->owner = this;
}

KernelNetwork::~KernelNetwork() { shared_->owner = nullptr; }

void KernelNetwork::enqueue(Job job) {
  if (purged_ && job.desired) {
    // Whoever repairs or retries meanwhile would make again what was just removed.
    loop_.post([waiting = std::move(job.waiting)] {
      for (const auto& done : waiting)
        if (done) done(Failure{"apply a network after the purge", ESHUTDOWN});
    });
    return;
  }
  // The latest model wins, but not over a removal that was asked for in between.
  const auto latest = std::find_if(queue_.rbegin(), queue_.rend(), [&](const Job& waiting) {
    return waiting.vpc_id == job.vpc_id || waiting.vpc_id.empty();
  });
  if (job.desired && latest != queue_.rend() && latest->desired && latest->vpc_id == job.vpc_id) {
    latest->desired = std::move(job.desired);
    for (auto& done : job.waiting) latest->waiting.push_back(std::move(done));
    return;
  }
  queue_.push_back(std::move(job));
  if (!busy_) next();
}

void KernelNetwork::next() {
  if (queue_.empty()) return;
  busy_ = true;
  const auto job = std::make_shared<Job>(std::move(queue_.front()));
  queue_.pop_front();
  const auto result = std::make_shared<Result<>>();
  loop_.run_blocking(
      [shared = shared_, job, result] {
        *result = job->desired ? shared->engine.apply(*job->desired) : job->work(shared->engine);
      },
      [shared = shared_, job, result] {
        if (shared->owner == nullptr) return;
        shared->owner->busy_ = false;
        if (!*result) log::warning("network.failed", {{"vpc", job->vpc_id}, {"error", result->error().message()}});
        for (auto& done : job->waiting)
          if (done) done(*result);
        if (shared->owner != nullptr && !shared->owner->busy_) shared->owner->next();
      });
}

void KernelNetwork::start(Done done) {
  enqueue({"", std::nullopt, [](Engine& engine) { return engine.start(); }, {std::move(done)}});
}

void KernelNetwork::apply(Vpc desired, Done done) {
  std::string id = desired.id;
  enqueue({std::move(id), std::move(desired), nullptr, {std::move(done)}});
}

void KernelNetwork::remove(const std::string& vpc_id, Done done) {
  enqueue({vpc_id, std::nullopt, [vpc_id](Engine& engine) { return engine.remove(vpc_id); }, {std::move(done)}});
}

void KernelNetwork::purge(Done done) {
  purged_ = true;
  enqueue({"", std::nullopt, [](Engine& engine) { return engine.purge(); }, {std::move(done)}});
}

void KernelNetwork::nat_traffic(const std::string& eni_id, std::function<void(Result<NatTraffic>)> done) {
  // Only looks, so it waits for no apply.
  const auto result = std::make_shared<Result<NatTraffic>>(NatTraffic{});
  loop_.run_blocking(
      [path = netns_path(eni_id), result] {
        const auto read = on_own_thread([&]() -> Result<> {
          const auto netns = open_netns(path);
          if (!netns) return netns.error();
          return inside(netns->get(), [&]() -> Result<> {
            auto counters = read_counters(kTable);
            if (!counters) return counters.error();
            const Counted out = (*counters)["passed_out"], in = (*counters)["passed_in"];
            *result = NatTraffic{out.bytes, out.packets, in.bytes, in.packets};
            return {};
          });
        });
        if (!read) *result = read.error();
      },
      [shared = shared_, result, done = std::move(done)] {
        if (shared->owner != nullptr) done(*result);
      });
}

void KernelNetwork::list(std::function<void(Result<std::vector<std::string>>)> done) {
  std::vector<std::string> out;
  const auto& settings = shared_->engine.settings();
  const std::string prefix = settings.tag + "-";
  for (const auto& name : list_netns(settings.netns_directory, prefix + "vpc-"))
    out.push_back(name.substr(prefix.size()));
  loop_.post([done = std::move(done), out = std::move(out)] { done(out); });
}

}  // namespace stratus::network
