#include "stratus/daemon/daemon.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <thread>

#include "stratus/core/fd.h"
#include "stratus/core/log.h"
#include "stratus/core/process.h"
#include "stratus/core/text.h"
#include "stratus/daemon/adapters.h"
#include "stratus/daemon/alarms.h"
#include "stratus/daemon/api_endpoints.h"
#include "stratus/daemon/backups.h"
#include "stratus/daemon/certificates.h"
#include "stratus/daemon/faults.h"
#include "stratus/daemon/messaging.h"
#include "stratus/daemon/metrics.h"
#include "stratus/daemon/names.h"
#include "stratus/daemon/naming.h"
#include "stratus/daemon/replies.h"
#include "stratus/daemon/scaling.h"
#include "stratus/daemon/task_endpoints.h"
#include "stratus/daemon/uplink.h"
#include "stratus/dataplane/balancer/balancer.h"
#include "stratus/dataplane/containers/containers.h"
#include "stratus/dataplane/dns/hosts_file.h"
#include "stratus/dataplane/images/image_store.h"
#include "stratus/dataplane/network/network.h"
#include "stratus/services/autoscaling/service.h"
#include "stratus/services/cloudwatch/service.h"
#include "stratus/services/ec2/service.h"
#include "stratus/services/ecr/service.h"
#include "stratus/services/ecs/service.h"
#include "stratus/services/elbv2/service.h"
#include "stratus/services/fis/service.h"
#include "stratus/services/iam/service.h"
#include "stratus/services/kms/service.h"
#include "stratus/services/logs/service.h"
#include "stratus/services/s3/service.h"
#include "stratus/services/secretsmanager/service.h"
#include "stratus/state/store.h"
#include "stratus/wire/front_door.h"

namespace stratus::daemon {
namespace {

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

services::iam::Settings iam_settings(const Options& options) {
  services::iam::Settings settings;
  settings.well_known_keys = is_loopback(options.listen_address) && options.root_credentials.empty();
  if (!options.root_credentials.empty()) {
    const auto colon = options.root_credentials.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == options.root_credentials.size())
      throw std::runtime_error("--root-credentials wants ACCESS_KEY:SECRET");
    settings.root_access_key = options.root_credentials.substr(0, colon);
    settings.root_secret = options.root_credentials.substr(colon + 1);
  } else if (!is_loopback(options.listen_address)) {
    throw std::runtime_error("listening on " + options.listen_address +
                             " needs --root-credentials ACCESS_KEY:SECRET: the well-known keys are for loopback only");
  }
  return settings;
}

/// One daemon per state directory: the lock goes with the process, however it ends.
UniqueFd lock_directory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw std::runtime_error("cannot make " + directory + ": " + error.message());
  ::chmod(directory.c_str(), 0700);
  UniqueFd lock(::open((directory + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) throw std::runtime_error(failure("open " + directory + "/lock").message());
  // A killed daemon's children hold its lock until they have become the programs that they were forked for.
  bool locked = false;
  for (int tries = 0; tries < 100 && !locked; ++tries) {
    locked = ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0;
    if (!locked) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (!locked) {
    const auto pid = read_file(directory + "/lock");
    throw std::runtime_error("another stratusd (pid " + (pid ? *pid : "?") + ") uses " + directory);
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), pid.data(), pid.size(), 0) < 0)
    throw std::runtime_error(failure("write " + directory + "/lock").message());
  return lock;
}

wire::FrontDoorSettings door_settings(const Options& options) {
  wire::FrontDoorSettings settings;
  settings.server.address = options.listen_address;
  settings.server.port = options.port;
  settings.server.spool_directory = options.state_directory + "/spool";
  settings.version = options.version;
  std::filesystem::remove_all(settings.server.spool_directory);  // bodies of calls that an earlier run never finished
  std::filesystem::create_directories(settings.server.spool_directory);
  return settings;
}

network::Settings network_settings(const Options& options) {
  network::Settings settings;
  settings.tag = options.tag;
  settings.public_pool = options.public_pool;
  settings.uplink = options.uplink;
  return settings;
}

containers::Settings container_settings(const Options& options) {
  containers::Settings settings;
  settings.tag = options.tag == "st" ? "stratus" : "stratus-" + options.tag;
  settings.run_directory = options.run_directory + "/containers";
  settings.state_directory = options.state_directory + "/containers";
  return settings;
}

balancer::Settings balancer_settings(const Options& options) {
  balancer::Settings settings;
  settings.run_directory = options.run_directory;
  settings.tag = options.tag;
  return settings;
}

std::unique_ptr<images::ImageStore> open_images(const Options& options) {
  auto opened = images::ImageStore::open(options.state_directory + "/images");
  if (!opened) throw std::runtime_error(opened.error().message());
  return std::move(*opened);
}

/// Makes a directory that other users may pass through: containers' roots lie below it.
std::string make_run_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw std::runtime_error("cannot make " + path + ": " + error.message());
  ::chmod(path.c_str(), 0711);
  return path;
}

}  // namespace

/// In the order in which they are built; they go in the opposite one.
struct Daemon::Parts {
  Parts(AsioLoop& l, Options o)
      : loop(l),
        options(std::move(o)),
        lock(lock_directory(options.state_directory)),
        run_directory(make_run_directory(options.run_directory)),
        network(network::make_network(loop, network_settings(options))),
        containers(containers::make_containers(loop, container_settings(options))),
        balancer(balancer::make_balancer(loop, balancer_settings(options))),
        images(open_images(options)),
        hosts(options.hosts_file, options.tag),
        store(loop, options.state_directory),
        iam(loop, store, random, iam_settings(options)),
        sts(loop, iam),
        kms(loop, store, random),
        s3(loop, store, random, iam, kms, options.state_directory + "/s3"),
        logs(loop, store, random, kms),
        cloudwatch(loop, store),
        messaging(loop, store, random, iam, kms, s3, logs, options),
        secrets(loop, store, random, kms),
        validation_records(loop, options.host_dns),
        acm(loop, store, random, validation_records, certificate_users),
        ec2(loop, store, random, *network, options.public_pool),
        ecr(loop, store, random, *images),
        balancer_interfaces(ec2),
        served_certificates(acm),
        elbv2(loop, store, random, *balancer, balancer_interfaces, &served_certificates),
        task_network(ec2, iam),
        task_registry(ecr, iam),
        task_secrets(secrets),
        task_logs(logs),
        task_balancers(elbv2),
        task_permissions(iam),
        task_events(messaging.events()),
        task_endpoints(loop, options.state_directory + "/spool"),
        deployment_alarms(cloudwatch),
        task_files(loop, iam, s3),
        ecs(loop, store, random, *containers,
            {task_network, task_registry, task_secrets, task_logs, task_balancers, task_permissions, task_events,
             task_endpoints, deployment_alarms, task_files}),
        metric_sources(loop, cloudwatch, logs, ecs, *containers, elbv2, *balancer, ec2, *network),
        named_vpcs(ec2),
        named_balancers(elbv2),
        prober(loop, options.public_pool),
        route53(loop, store, random, named_vpcs, named_balancers, prober),
        scalables(ecs, iam),
        alarms(cloudwatch),
        autoscaling(loop, store, random, scalables, alarms),
        names(loop, ec2, elbv2, route53),
        fault_tasks(ecs, ec2),
        fault_network(ec2),
        faults(loop, store, random, fault_tasks, fault_network),
        fault_pages(loop, random, faults, messaging.audit()),
        experiment_alarms(cloudwatch),
        experiment_roles(iam),
        experiment_journal(logs),
        experiment_events(messaging.events()),
        fis(loop, store, random, faults,
            {fault_tasks, fault_network, experiment_alarms, experiment_roles, experiment_journal, experiment_events}),
        backups(loop, store,
                {.directory = options.backup_directory,
                 .interval = std::chrono::seconds(options.backup_interval),
                 .version = options.version}),
        door(loop, store, random, door_settings(options)),
        endpoints(loop, door, acm) {}

  AsioLoop& loop;
  const Options options;
  const UniqueFd lock;
  const std::string run_directory;
  std::unique_ptr<network::Network> network;
  std::unique_ptr<containers::Containers> containers;
  std::unique_ptr<balancer::Balancer> balancer;
  std::unique_ptr<images::ImageStore> images;
  dns::HostsFile hosts;
  SystemRandom random;
  state::Store store;
  services::iam::Service iam;
  services::iam::Sts sts;
  services::kms::Service kms;
  services::s3::Service s3;
  services::logs::Service logs;
  services::cloudwatch::Service cloudwatch;
  Messaging messaging;
  services::secretsmanager::Service secrets;
  ValidationRecords validation_records;
  CertificateUsers certificate_users;
  services::acm::Service acm;
  services::ec2::Service ec2;
  services::ecr::Service ecr;
  BalancerInterfaces balancer_interfaces;
  ServedCertificates served_certificates;
  services::elbv2::Service elbv2;
  TaskNetwork task_network;
  TaskRegistry task_registry;
  TaskSecrets task_secrets;
  TaskLogs task_logs;
  TaskBalancers task_balancers;
  TaskPermissions task_permissions;
  TaskEvents task_events;
  TaskEndpoints task_endpoints;
  DeploymentAlarms deployment_alarms;
  TaskFiles task_files;
  services::ecs::Ecs ecs;
  MetricSources metric_sources;
  NamedVpcs named_vpcs;
  NamedBalancers named_balancers;
  EndpointProber prober;
  services::route53::Service route53;
  ScalableServices scalables;
  ScalingAlarms alarms;
  services::autoscaling::Service autoscaling;
  Names names;
  FaultTasks fault_tasks;
  FaultNetwork fault_network;
  services::fis::Faults faults;
  FaultPages fault_pages;
  ExperimentAlarms experiment_alarms;
  ExperimentRoles experiment_roles;
  ExperimentJournal experiment_journal;
  ExperimentEvents experiment_events;
  services::fis::Service fis;
  Backups backups;
  wire::FrontDoor door;
  ApiEndpoints endpoints;
  bool hosts_busy = false, hosts_stale = false;
  bool purged = false;                             ///< what still starts is to make nothing any more
  std::map<std::string, std::string> part_states;  ///< for the health page: "ready", or why not

  /// Kernel first, rows last: what is removed must not be repaired meanwhile.
  void reset(const wire::HttpRequest& request, std::function<void(wire::HttpReply)> reply) {
    std::string account;
    if (const auto at = request.target.find("account="); at != std::string::npos)
      account = request.target.substr(at + 8, 12);
    ecs.clear(account, [this, account, reply = std::move(reply)]() mutable {
      ec2.clear(account, [this, account, reply = std::move(reply)] {
        cloudwatch.clear(account);
        store.clear(account);
        messaging.clear(account);
        route53.notice();
        log::info("reset", {{"account", account.empty() ? "all" : account}});
        store.after_commit([reply] { reply(json_reply(200, "{}")); });
      });
    });
  }

  /// Removes everything that this instance made in the kernel, in the order in which things stand on each other.
  void purge(std::function<void(wire::HttpReply)> reply) {
    purged = true;
    const auto problems = std::make_shared<std::string>();
    const auto note = [problems](const Result<>& result) {
      if (!result) *problems += (problems->empty() ? "" : "; ") + result.error().message();
    };
    containers->purge([this, note, problems, reply = std::move(reply)](const Result<>& one) {
      note(one);
      balancer->purge([this, note, problems, reply](const Result<>& two) {
        note(two);
        network->purge([this, note, problems, reply](const Result<>& three) {
          note(three);
          note(hosts.remove());
          std::error_code error;
          std::filesystem::remove_all(options.run_directory, error);
          if (error) note(failure("remove " + options.run_directory, error.value()));
          reply(json_reply(problems->empty() ? 200 : 500, "{\"problems\":" + text::json_quote(*problems) + "}"));
        });
      });
    });
  }

  /// `?task=<arn>`: that Spot task is taken away, as when Fargate needs its capacity back.
  void interrupt_spot(const wire::HttpRequest& request, std::function<void(wire::HttpReply)> reply) {
    const auto at = request.target.find("task=");
    const std::string task = at == std::string::npos ? "" : text::uri_decode(request.target.substr(at + 5));
    auto out = ecs.interrupt_spot(task) ? json_reply(200, "{}")
                                        : json_reply(404, R"({"problem":"no FARGATE_SPOT task of this ARN runs"})");
    store.after_commit([reply = std::move(reply), out = std::move(out)] { reply(out); });
  }

  void open_endpoints() {
    const std::string address = network::endpoint_address(options.public_pool);
    endpoints.open(network->internet_netns_path(), address, [this, address](const Result<>& opened) {
      part("endpoints", opened);
      if (opened) names.set_endpoints(address);
    });
  }

  void open_internet_names() {
    const auto settings = read_file("/etc/resolv.conf");
    const std::string nameserver = settings ? nameserver_of(*settings, options.host_dns) : "";
    if (nameserver.empty())
      log::warning("uplink.no_nameserver", {{"file", "/etc/resolv.conf"}});
    else
      names.set_forwarder(internet_names(loop, nameserver));
  }

  /// One write at a time: an older one must not end last.
  void update_hosts() {
    hosts_stale = true;
    if (hosts_busy) return;
    hosts_stale = false;
    hosts_busy = true;
    loop.run_blocking(
        [this, entries = names.host_entries()] {
          if (const auto written = hosts.update(entries); !written)
            log::warning("hosts.not_updated", {{"error", written.error().message()}});
        },
        [this] {
          hosts_busy = false;
          if (hosts_stale) update_hosts();
        });
  }

  void part(const std::string& name, const Result<>& result) {
    part_states[name] = result ? "ready" : result.error().message();
    if (!result) log::error("part.failed", {{"part", name}, {"error", result.error().message()}});
  }

  void start() {
    task_endpoints.set_ecs(ecs);
    ecs.set_spot_interruption_rate(options.spot_interruptions_per_hour);
    door.add(aws::iam::model(), iam);
    door.add(aws::sts::model(), sts);
    door.add(aws::kms::model(), kms);
    door.add(aws::s3::model(), s3);
    door.add(aws::logs::model(), logs);
    door.add(aws::cloudwatch::model(), cloudwatch);
    door.add(aws::secretsmanager::model(), secrets);
    door.add(aws::acm::model(), acm);
    door.add(aws::ec2::model(), ec2);
    door.add(aws::ecr::model(), ecr);
    door.add(aws::elbv2::model(), elbv2);
    door.add(aws::route53::model(), route53);
    door.add(aws::ecs::model(), ecs);
    door.add(aws::autoscaling::model(), autoscaling);
    door.add(aws::fis::model(), fis);
    door.add_raw("/v2", [this](wire::HttpRequest request, std::function<void(wire::HttpReply)> reply) {
      ecr.serve(std::move(request), std::move(reply));
    });
    door.add_internal("POST", "ecs/spot-interruption",
                      [this](const wire::HttpRequest& request, std::function<void(wire::HttpReply)> reply) {
                        interrupt_spot(request, std::move(reply));
                      });
    door.add_internal("POST", "purge", [this](const wire::HttpRequest&, std::function<void(wire::HttpReply)> reply) {
      purge(std::move(reply));
    });
    door.add_internal("POST", "backup",
                      [this](const wire::HttpRequest& request, const std::function<void(wire::HttpReply)>& reply) {
                        backups.serve(request, reply);
                      });
    door.set_health([this] {
      std::string out;
      for (const auto& [name, state] : part_states)
        out += (out.empty() ? "" : ",") + text::json_quote(name) + ":" + text::json_quote(state);
      return "{" + out + "}";
    });
    door.set_credentials(iam);
    door.set_authorizer(iam);
    iam.set_resource_judge("kms", [this](const auto& request) { return kms.judge(request); });
    iam.set_resource_judge("secretsmanager", [this](const auto& request) { return secrets.judge(request); });
    iam.set_resource_judge("logs", [this](const auto& request) { return logs.judge(request); });
    kms.set_judgement(
        [this](const auto& context, const auto& action, const auto& arn) { return iam.decide(context, action, arn); });
    secrets.set_key_gate([this](const auto& context, const auto& action, const auto& arn, const auto& more) {
      return iam.decide(context, action, arn, more).allowed();
    });
    secrets.set_gate(
        [this](const auto& context, const auto& action, const auto& arn) { iam.authorize(context, action, {arn}); });
    door.add_internal("POST", "reset",
                      [this](const wire::HttpRequest& request, std::function<void(wire::HttpReply)> reply) {
                        reset(request, std::move(reply));
                      });
    fault_pages.add_to(door);
    ec2.set_fault_source([this](const state::Key& vpc) { return faults.of_vpc(vpc); });
    backups.start();
    messaging.add_to(door);
    messaging.set_ecs(ecs);
    kms.start();
    s3.start();
    logs.start();
    join_alarms(cloudwatch, messaging.sns(), messaging.events(), autoscaling, fis);
    cloudwatch.start();
    metric_sources.start();
    secrets.start();
    ecr.set_permits([this](const aws::Context& context, const std::string& action, const std::string& resource) {
      return iam.evaluate(context, action, resource).allowed();
    });
    ecr.set_in_use([this] { return ecs.layers_in_use(); });
    ecr.start();
    elbv2.on_target_health([this](const std::string&, const std::string&, int, const std::string&) { ecs.notice(); });
    elbv2.on_names_changed([this] { update_hosts(); });
    prober.set_resolve([this](const std::string& name) { return names.host_address(name); });
    route53.on_published([this] {
      update_hosts();
      acm.notice();
    });
    route53.start();
    certificate_users.set(elbv2);
    acm.on_changed([this](const std::string& arn) { elbv2.certificate_changed(arn); });
    acm.start();
    door.add_internal("GET", "ca.pem", [this](const wire::HttpRequest&, std::function<void(wire::HttpReply)> reply) {
      wire::HttpReply out;
      out.headers["Content-Type"] = "application/x-pem-file";
      out.body = acm.root_certificate();
      reply(out);
    });
    ecs.set_authority(acm.root_certificate());
    for (const char* name : {"network", "containers"}) part_states[name] = "starting";
    network->start([this](const Result<>& result) {
      part("network", result);
      if (!result || purged) return;
      open_endpoints();
      ec2.on_scopes_changed([this] { names.refresh(); });
      ec2.start();
      elbv2.start();
      update_hosts();
      ecs.start([this](const Result<>& opened) {
        part("containers", opened);
        if (!opened) return;
        autoscaling.start();
        faults.start();
        faults.on_over([this](const services::fis::Fault&) { fis.notice(); });
        fis.start();
      });
    });
    if (options.uplink) open_internet_names();
    if (!options.host_dns.empty()) part("dns", names.listen_on_host(options.host_dns));
    door.listen();
    messaging.start(door.port());
    log::info("started", {{"address", options.listen_address},
                          {"port", door.port()},
                          {"state", options.state_directory},
                          {"pid", ::getpid()}});
  }
};

Daemon::Daemon(AsioLoop& loop, Options options) : parts_(std::make_unique<Parts>(loop, std::move(options))) {}
Daemon::~Daemon() = default;

void Daemon::start() { parts_->start(); }
std::uint16_t Daemon::port() const { return parts_->door.port(); }

void Daemon::stop(std::function<void()> done) {
  parts_->door.stop(std::chrono::seconds(5), [this, done = std::move(done)] {
    parts_->messaging.stop();
    parts_->store.commit();
    log::info("stopped");
    done();
  });
}

}  // namespace stratus::daemon
