// How a container comes to be: task group → mounts → bundle → conmon → crun create → crun start.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <boost/json.hpp>
#include <filesystem>

#include "stratus/core/log.h"
#include "stratus/core/process.h"
#include "stratus/core/text.h"
#include "stratus/dataplane/containers/oci_bundle.h"
#include "stratus/dataplane/containers/root_fs.h"
#include "stratus/dataplane/containers/runtime.h"

namespace stratus::containers {
namespace {

namespace fs = std::filesystem;

Result<> make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return failure("make directory " + path);
  return {};
}

/// Containers hold no capability over the ENI's namespace, which is the host's; so what Docker allows by sysctl is
/// allowed here: ports below 1024, and ping without raw sockets.
Result<> open_low_ports(const std::string& netns) {
  return in_netns(netns, []() -> Result<> {
    for (const auto& [path, value] : {std::pair{"/proc/sys/net/ipv4/ip_unprivileged_port_start", "0"},
                                      std::pair{"/proc/sys/net/ipv4/ping_group_range", "0 2147483647"}}) {
      const UniqueFd fd(::open(path, O_WRONLY | O_CLOEXEC));
      if (!fd || ::write(fd.get(), value, std::string_view(value).size()) < 0)
        return failure(std::string("write ") + path);
    }
    return {};
  });
}

/// What conmon says of crun's create: {"pid": 123}, or {"pid": -1, "message": "…"}.
Result<pid_t> read_created(int fd, const std::string& id) {
  std::string line;
  while (line.find('\n') == std::string::npos) {
    pollfd polled{fd, POLLIN, 0};
    if (::poll(&polled, 1, 30'000) == 0) return Failure{"conmon did not answer for container " + id, ETIMEDOUT};
    char buffer[4096];
    const auto got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    line.append(buffer, static_cast<std::size_t>(got));
  }
  boost::system::error_code error;
  const auto value = boost::json::parse(std::string(text::trim(line)), error);
  if (error || !value.is_object()) return Failure{"conmon ended without an answer for container " + id, ECHILD};
  const auto* pid = value.get_object().if_contains("pid");
  if (pid != nullptr && pid->is_int64() && pid->get_int64() > 0) return static_cast<pid_t>(pid->get_int64());
  const auto* message = value.get_object().if_contains("message");
  const std::string said = message != nullptr && message->is_string() ? std::string(message->get_string()) : line;
  const bool missing =
      said.find("No such file") != std::string::npos || said.find("not found in $PATH") != std::string::npos;
  return Failure{"create container " + id + ": " + std::string(text::trim(said)), missing ? ENOENT : EINVAL};
}

std::uint64_t usual_open_files() {
  rlimit limit{};
  // Fargate's hard limit; a process without CAP_SYS_RESOURCE cannot go beyond its own.
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return std::min<std::uint64_t>(65535, limit.rlim_max);
}

}  // namespace

/// What the mounting found out.
struct Runtime::Prepared {
  BundleFacts facts;
};

std::string Runtime::init_program() const {
  if (!settings_.init_program.empty()) return settings_.init_program;
  std::error_code error;
  const auto beside = fs::read_symlink("/proc/self/exe", error).parent_path() / "stratus-init";
  if (::access(beside.c_str(), X_OK) == 0) return beside.string();
  for (const char* name : {"catatonit", "tini"})
    if (auto found = find_program(name); !found.empty()) return found;
  return "";
}

Result<> Runtime::make_task(const ContainerSpec& spec) {
  const std::lock_guard lock(tasks_);
  if (::mkdir(place(spec.id).c_str(), 0711) != 0) return failure("container " + spec.id);
  if (auto written = write_volatile(place(spec.id) + "/task", spec.task, 0600); !written) return written;
  if (auto made = cgroups_.make_task(spec.task, spec.task_limits); !made) return made;
  return spec.volumes.empty() ? Result<>() : make_directory(volumes(spec.task), 0711);
}

Result<> Runtime::mount(const ContainerSpec& spec) const {
  RootFs root{spec.layer_directories, place(spec.id), writable(spec.id),
              spec.uid_base,          spec.uid_count, settings_.idmapped_layers};
  auto mounted = mount_root_fs(root);
  const auto refused = [&](int error) {
    return error == EINVAL || error == EOPNOTSUPP || error == ENOSYS || error == EPERM;
  };
  if (mounted || !root.idmapped || !refused(mounted.error().error)) return mounted;
  log::warning("layers_not_idmapped", {{"container", spec.id}, {"reason", mounted.error().message()}});
  if (auto unmounted = unmount_below(place(spec.id)); !unmounted) return unmounted;
  root.idmapped = false;
  auto shifted = mount_root_fs(root);
  if (!shifted)
    return Failure{mounted.error().message() + "; without idmapping: " + shifted.error().what, shifted.error().error};
  return shifted;
}

/// Where images keep the authorities that they trust: Debian and Alpine, Fedora and Amazon Linux, SUSE.
constexpr const char* kBundles[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                    "/etc/ssl/ca-bundle.pem"};

/// Puts a copy with `authority` in it over each bundle that the image has. One that cannot be read stays as it is.
Result<> trust(const std::string& authority, const std::string& root,
               const std::function<Result<>(const std::string&, const std::string&, const std::string&)>& file) {
  if (authority.empty()) return {};
  int number = 0;
  for (const char* path : kBundles) {
    const auto bundle = read_in_root(root, path);
    if (!bundle || bundle->empty()) continue;
    if (auto made = file("bundle-" + std::to_string(number++), *bundle + "\n" + authority, path); !made) return made;
  }
  return {};
}

/// Inside the mount namespace: everything that the container sees is put below its own directory.
Result<Runtime::Prepared> Runtime::prepare(const ContainerSpec& spec) const {
  const std::string directory = place(spec.id), root = directory + "/root";
  UniqueFd netns;
  if (!spec.netns.empty()) {
    netns.reset(::open(spec.netns.c_str(), O_RDONLY | O_CLOEXEC));
    if (!netns) return failure("open network namespace " + spec.netns);
    if (auto opened = open_low_ports(spec.netns); !opened) return opened.error();
  }
  Prepared out;
  BundleFacts& facts = out.facts;
  facts.root = root;
  facts.cgroup_path = cgroups_.container_path(spec.task, spec.id);
  facts.limits_swap = cgroups_.limits_swap();
  facts.nofile = usual_open_files();
  const auto file = [&](const std::string& name, const std::string& content, const std::string& path) -> Result<> {
    const std::string host = directory + "/" + name;
    if (auto written = write_volatile(host, content, 0644); !written) return written;
    if (::chown(host.c_str(), spec.uid_base, spec.uid_base) != 0) return failure("chown " + host);
    facts.binds.push_back({host, path, spec.read_only_root});
    return {};
  };
  const auto work = [&]() -> Result<> {
    if (netns) {
      // Namespaces named after ours was made are not in it: bring this one in by its descriptor.
      facts.netns = directory + "/netns";
      if (auto made = write_volatile(facts.netns, "", 0600); !made) return made;
      if (auto bound = bind_mount("/proc/thread-self/fd/" + std::to_string(netns.get()), facts.netns); !bound)
        return bound;
    }
    if (auto mounted = mount(spec); !mounted) return mounted;
    if (auto trusted = trust(spec.authority, root, file); !trusted) return trusted;
    const auto passwd = read_in_root(root, "/etc/passwd"), group = read_in_root(root, "/etc/group");
    if (!passwd) return passwd.error();
    if (!group) return group.error();
    auto user = resolve_user(spec.user.empty() ? spec.image.user : spec.user, *passwd, *group);
    if (!user) return user.error();
    facts.user = std::move(*user);
    const auto& cwd = spec.working_directory.empty() ? spec.image.working_directory : spec.working_directory;
    if (!cwd.empty())
      if (auto made = make_directory_in_root(root, cwd, spec.uid_base, spec.uid_base); !made) return made;
    for (std::size_t i = 0; i < spec.volumes.size(); ++i) {
      const auto& volume = spec.volumes[i];
      const std::string source = volumes(spec.task) + "/" + volume.name;
      if (::mkdir(source.c_str(), 0755) == 0) {
        struct stat status {};
        const auto image = open_in_root(root, volume.container_path, O_PATH | O_DIRECTORY);
        const bool given = image.ok() && ::fstat(image->get(), &status) == 0;
        if (::chown(source.c_str(), given ? status.st_uid : spec.uid_base, given ? status.st_gid : spec.uid_base) !=
                0 ||
            ::chmod(source.c_str(), given ? status.st_mode & 07777U : 0755) != 0)
          return failure("set owner of volume " + volume.name);
      } else if (errno != EEXIST) {
        return failure("make volume " + volume.name + " of task " + spec.task);
      }
      const std::string bound = directory + "/volume-" + std::to_string(i);
      if (auto made = make_directory(bound, 0711); !made) return made;
      if (auto mounted = bind_mount(source, bound); !mounted) return mounted;
      facts.binds.push_back({bound, volume.container_path, volume.read_only});
    }
    if (!spec.init) return {};
    const std::string program = init_program(), bound = directory + "/init";
    if (program.empty())
      return Failure{"no init program for container " + spec.id + " (apt-get install catatonit)", ENOENT};
    if (auto made = write_volatile(bound, "", 0755); !made) return made;
    facts.init = "/dev/init";
    facts.binds.push_back({bound, facts.init, true});
    return bind_mount(program, bound);
  };
  if (!spec.authority.empty())
    if (auto made = file("authority.pem", spec.authority, kAuthorityPath); !made) return made.error();
  if (!spec.resolv_conf.empty())
    if (auto made = file("resolv.conf", spec.resolv_conf, "/etc/resolv.conf"); !made) return made.error();
  if (!spec.hosts.empty())
    if (auto made = file("hosts", spec.hosts, "/etc/hosts"); !made) return made.error();
  if (!spec.hostname.empty())
    if (auto made = file("hostname", spec.hostname + "\n", "/etc/hostname"); !made) return made.error();
  if (auto done = space_.in(work); !done) return done.error();
  return out;
}

Result<Record> Runtime::launch(const ContainerSpec& spec) const {
  const std::string directory = place(spec.id), bundle = directory + "/bundle";
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failure("pipe for conmon");
  const UniqueFd answer(ends[0]);
  UniqueFd report(ends[1]);
  Command conmon;
  conmon.argv = {"conmon",
                 "--runtime",
                 find_program("crun"),
                 "--runtime-arg",
                 "--root=" + settings_.run_directory + "/crun",
                 "--runtime-arg",
                 "--cgroup-manager=cgroupfs",
                 "-b",
                 bundle,
                 "-c",
                 spec.id,
                 "-u",
                 spec.id,
                 "-n",
                 spec.id,
                 "-p",
                 directory + "/pid",
                 "-P",
                 directory + "/conmon.pid",
                 "--exit-dir",
                 settings_.run_directory + "/exits",
                 "--socket-dir-path",
                 settings_.run_directory + "/sockets",
                 "--no-sync-log",  // a page cache survives the daemon; only a dead machine loses the last lines
                 "-l",
                 "k8s-file:" + log_path(spec.id),
                 "--log-level",
                 "error"};
  conmon.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "_OCI_SYNCPIPE=3"};
  conmon.mntns = space_.path();
  conmon.fds = {{report.get(), 3}};
  const auto started = run_checked(conmon);
  report.reset();
  if (!started) return started.error();
  const auto pid = read_created(answer.get(), spec.id);
  if (!pid) return pid.error();
  const auto supervisor = read_file(directory + "/conmon.pid");
  if (!supervisor) return supervisor.error();
  Record record;
  record.id = spec.id;
  record.task = spec.task;
  record.process = ProcessId::of(*pid);
  record.supervisor = ProcessId::of(static_cast<pid_t>(std::atoi(supervisor->c_str())));
  const auto& stop = spec.stop_signal.empty() ? spec.image.stop_signal : spec.stop_signal;
  record.stop_signal = stop.empty() ? 15 : signal_number(stop);
  if (record.stop_signal == 0) return Failure{"not a signal: \"" + stop + "\"", EINVAL};
  if (auto adopted = cgroups_.adopt_supervisor(record.supervisor.pid); !adopted) return adopted.error();
  Command start;
  start.argv = crun({"start", spec.id});
  start.mntns = space_.path();
  if (auto done = run_checked(start); !done) return done.error();
  record.started_at = SystemClock().now();
  if (auto written = write_volatile(directory + "/record.json", to_json(record), 0600); !written)
    return written.error();
  return record;
}

Result<Record> Runtime::start(const ContainerSpec& spec) {
  if (auto checked = check_spec(spec); !checked) return checked.error();
  const auto begin = std::chrono::steady_clock::now();
  if (auto made = make_task(spec); !made) {
    // A container of this name that exists is not ours to clean up.
    if (made.error().error == EEXIST) return made.error();
    if (auto removed = remove(spec.id); !removed)
      log::warning("container_not_removed", {{"reason", removed.error().message()}});
    return made.error();
  }
  const auto attempt = [&]() -> Result<Record> {
    auto prepared = prepare(spec);
    if (!prepared) return prepared.error();
    auto config = oci_config(spec, prepared->facts);
    if (!config) return config.error();
    if (auto made = make_directory(place(spec.id) + "/bundle", 0700); !made) return made.error();
    // It holds the environment, thus secrets.
    if (auto written = write_volatile(place(spec.id) + "/bundle/config.json", *config, 0600); !written)
      return written.error();
    return launch(spec);
  };
  auto record = attempt();
  if (!record) {
    if (auto removed = remove(spec.id); !removed)
      log::warning("container_not_removed", {{"container", spec.id}, {"reason", removed.error().message()}});
    return record.error();
  }
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  log::debug("container_started", {{"container", spec.id}, {"pid", record->process.pid}, {"micros", took.count()}});
  return record;
}

}  // namespace stratus::containers
