#include "stratus/dataplane/containers/oci_bundle.h"

#include <boost/json.hpp>
#include <charconv>
#include <csignal>
#include <cstring>

#include "stratus/core/text.h"

namespace stratus::containers {
namespace {

namespace json = boost::json;

constexpr std::string_view known_capabilities[] = {
    "CHOWN",      "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER",           "FSETID",        "KILL",           "SETGID",
    "SETUID",     "SETPCAP",      "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN",      "NET_RAW",
    "IPC_LOCK",   "IPC_OWNER",    "SYS_MODULE",      "SYS_RAWIO",        "SYS_CHROOT",    "SYS_PTRACE",     "SYS_PACCT",
    "SYS_ADMIN",  "SYS_BOOT",     "SYS_NICE",        "SYS_RESOURCE",     "SYS_TIME",      "SYS_TTY_CONFIG", "MKNOD",
    "LEASE",      "AUDIT_WRITE",  "AUDIT_CONTROL",   "SETFCAP",          "MAC_OVERRIDE",  "MAC_ADMIN",      "SYSLOG",
    "WAKE_ALARM", "BLOCK_SUSPEND"};
constexpr std::string_view default_capabilities[] = {
    "CHOWN",  "DAC_OVERRIDE", "FSETID",  "FOWNER",           "MKNOD",      "NET_RAW", "SETGID",
    "SETUID", "SETFCAP",      "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL",    "AUDIT_WRITE"};
constexpr std::string_view ulimits[] = {"core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue", "nice",
                                        "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};
/// What Docker hides of /proc and /sys, and what it shows for reading only.
constexpr const char* masked_paths[] = {"/proc/acpi",       "/proc/asound",      "/proc/interrupts",
                                        "/proc/kcore",      "/proc/keys",        "/proc/latency_stats",
                                        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
                                        "/proc/scsi",       "/sys/firmware",     "/sys/devices/virtual/powercap"};
constexpr const char* read_only_paths[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};

template <class Range>
bool contains(const Range& range, std::string_view item) {
  return std::find(std::begin(range), std::end(range), item) != std::end(range);
}

bool valid_name(std::string_view name) {
  if (name.empty() || name.size() > 121) return false;
  const auto alphanumeric = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  if (!alphanumeric(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

Failure invalid(const std::string& what) { return Failure{what, EINVAL}; }

/// An absolute path without "..": a mount cannot lead out of the root.
bool valid_path(std::string_view path) {
  if (!path.starts_with('/') || path.size() > 4000 || path.find('\0') != std::string_view::npos) return false;
  const auto parts = text::split(path, '/');
  return std::find(parts.begin(), parts.end(), "..") == parts.end();
}

json::array texts(const std::vector<std::string>& values) {
  json::array out;
  for (const auto& value : values) out.emplace_back(value);
  return out;
}

json::object mount(const std::string& path, const char* type, const std::string& source,
                   const std::vector<std::string>& options) {
  return {{"destination", path}, {"type", type}, {"source", source}, {"options", texts(options)}};
}

json::array mounts_of(const ContainerSpec& spec, const BundleFacts& facts) {
  json::array out;
  out.push_back(mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}));
  out.push_back(mount("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}));
  out.push_back(mount("/dev/pts", "devpts", "devpts",
                      {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}));
  out.push_back(mount("/dev/shm", "tmpfs", "shm",
                      {"nosuid", "noexec", "nodev", "mode=1777", "size=" + std::to_string(spec.shm_bytes)}));
  out.push_back(mount("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}));
  out.push_back(mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}));
  out.push_back(mount("/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"}));
  for (const auto& tmpfs : spec.tmpfs) {
    std::vector<std::string> options{"nosuid", "nodev", "mode=1777"};
    if (tmpfs.size_bytes > 0) options.push_back("size=" + std::to_string(tmpfs.size_bytes));
    options.insert(options.end(), tmpfs.options.begin(), tmpfs.options.end());
    out.push_back(mount(tmpfs.container_path, "tmpfs", "tmpfs", options));
  }
  for (const auto& bind : facts.binds)
    out.push_back(mount(bind.container_path, "bind", bind.host_path,
                        {"bind", "nosuid", "nodev", bind.read_only ? "ro" : "rw", "rprivate"}));
  return out;
}

json::object resources_of(const ContainerSpec& spec, const BundleFacts& facts) {
  json::object memory;
  if (spec.limits.memory_bytes > 0) {
    memory["limit"] = spec.limits.memory_bytes;
    if (facts.limits_swap) memory["swap"] = spec.limits.memory_bytes;
  }
  if (spec.limits.memory_reservation_bytes > 0) memory["reservation"] = spec.limits.memory_reservation_bytes;
  json::object out{{"cpu", {{"shares", std::max<std::uint32_t>(2, spec.limits.cpu_shares)}}}};
  if (!memory.empty()) out["memory"] = std::move(memory);
  if (spec.limits.pids > 0) out["pids"] = {{"limit", spec.limits.pids}};
  const auto device = [](int major, int minor) {
    return json::object{{"allow", true}, {"type", "c"}, {"major", major}, {"minor", minor}, {"access", "rwm"}};
  };
  // null, zero, full, tty, random, urandom, ptmx and the pseudo terminals.
  out["devices"] = {json::object{{"allow", false}, {"access", "rwm"}},
                    device(1, 3),
                    device(1, 5),
                    device(1, 7),
                    device(5, 0),
                    device(1, 8),
                    device(1, 9),
                    device(5, 2),
                    json::object{{"allow", true}, {"type", "c"}, {"major", 136}, {"access", "rwm"}}};
  return out;
}

Result<json::array> rlimits_of(const ContainerSpec& spec, const BundleFacts& facts) {
  json::array out;
  const auto add = [&](const std::string& name, std::uint64_t soft, std::uint64_t hard) {
    std::string upper = "RLIMIT_";
    for (const char c : name) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    out.push_back(json::object{{"type", upper}, {"soft", soft}, {"hard", hard}});
  };
  bool nofile = false;
  for (const auto& limit : spec.ulimits) {
    if (!contains(ulimits, limit.name)) return invalid("no such ulimit: \"" + limit.name + "\"");
    if (limit.soft > limit.hard) return invalid("ulimit " + limit.name + ": the soft limit is above the hard one");
    add(limit.name, limit.soft, limit.hard);
    nofile = nofile || limit.name == "nofile";
  }
  if (!nofile && facts.nofile > 0) add("nofile", facts.nofile, facts.nofile);
  return out;
}

}  // namespace

Result<> check_spec(const ContainerSpec& spec) {
  if (!valid_name(spec.id)) return invalid("not a container id: \"" + spec.id + "\"");
  if (!valid_name(spec.task)) return invalid("not a task name: \"" + spec.task + "\"");
  if (spec.uid_base < 65536) return invalid("user range of " + spec.id + " starts below 65536");
  if (spec.uid_count == 0 || spec.uid_count > UINT32_MAX - 1 - spec.uid_base)
    return invalid("user range of " + spec.id + " is empty or too long");
  if (arguments_of(spec).empty()) return invalid("no command: neither the image nor the container definition has one");
  for (const auto& [name, value] : spec.environment)
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos ||
        value.find('\0') != std::string::npos)
      return invalid("not a name of an environment variable: \"" + name + "\"");
  for (const auto& tmpfs : spec.tmpfs)
    if (!valid_path(tmpfs.container_path))
      return invalid("not a path in a container: \"" + tmpfs.container_path + "\"");
  for (const auto& volume : spec.volumes) {
    if (!valid_name(volume.name)) return invalid("not a volume name: \"" + volume.name + "\"");
    if (!valid_path(volume.container_path))
      return invalid("not a path in a container: \"" + volume.container_path + "\"");
  }
  return {};
}

std::vector<std::string> arguments_of(const ContainerSpec& spec) {
  std::vector<std::string> out = spec.entrypoint ? *spec.entrypoint : spec.image.entrypoint;
  const auto command = spec.command ? *spec.command : spec.entrypoint ? std::vector<std::string>() : spec.image.command;
  out.insert(out.end(), command.begin(), command.end());
  return out;
}

std::vector<std::pair<std::string, std::string>> environment_of(const ContainerSpec& spec, const User& user) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto set = [&](const std::string& name, const std::string& value, bool replace) {
    for (auto& [existing, old] : out)
      if (existing == name) {
        if (replace) old = value;
        return;
      }
    out.emplace_back(name, value);
  };
  for (const auto& [name, value] : spec.image.environment) set(name, value, true);
  for (const auto& [name, value] : spec.environment) set(name, value, true);
  set("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", false);
  set("HOME", user.home, false);
  if (!spec.hostname.empty()) set("HOSTNAME", spec.hostname, false);
  return out;
}

Result<std::vector<std::string>> capabilities_of(const ContainerSpec& spec) {
  const auto bare = [](std::string_view name) { return std::string(name.starts_with("CAP_") ? name.substr(4) : name); };
  std::vector<std::string> held(std::begin(default_capabilities), std::end(default_capabilities));
  for (const auto& name : spec.drop_capabilities) {
    const auto dropped = bare(name);
    if (dropped == "ALL")
      held.clear();
    else if (!contains(known_capabilities, dropped))
      return invalid("no such capability: \"" + name + "\"");
    std::erase(held, dropped);
  }
  for (const auto& name : spec.add_capabilities) {
    const auto added = bare(name);
    if (!contains(known_capabilities, added)) return invalid("no such capability: \"" + name + "\"");
    if (!contains(held, added)) held.push_back(added);
  }
  for (auto& name : held) name = "CAP_" + name;
  return held;
}

int signal_number(std::string_view name) {
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size()) return number > 0 && number <= SIGRTMAX ? number : 0;
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (int i = 1; i < 32; ++i)
    if (const char* abbreviation = sigabbrev_np(i); abbreviation != nullptr && name == abbreviation) return i;
  for (const auto& [prefix, base, sign] : {std::tuple{"RTMIN", SIGRTMIN, 1}, std::tuple{"RTMAX", SIGRTMAX, -1}}) {
    if (!name.starts_with(prefix)) continue;
    auto rest = name.substr(5);
    if (rest.empty()) return base;
    if (rest.front() != (sign > 0 ? '+' : '-')) return 0;
    rest.remove_prefix(1);
    int offset = 0;
    const auto [last, bad] = std::from_chars(rest.data(), rest.data() + rest.size(), offset);
    if (bad != std::errc() || last != rest.data() + rest.size() || offset < 0 || offset > SIGRTMAX - SIGRTMIN) return 0;
    return base + sign * offset;
  }
  return 0;
}

Result<std::string> oci_config(const ContainerSpec& spec, const BundleFacts& facts) {
  if (auto checked = check_spec(spec); !checked) return checked.error();
  auto capabilities = capabilities_of(spec);
  if (!capabilities) return capabilities.error();
  auto rlimits = rlimits_of(spec, facts);
  if (!rlimits) return rlimits.error();
  std::vector<std::string> args;
  if (!facts.init.empty()) args = {facts.init, "--"};
  for (auto& argument : arguments_of(spec)) args.push_back(std::move(argument));
  std::vector<std::string> environment;
  for (const auto& [name, value] : environment_of(spec, facts.user)) environment.push_back(name + "=" + value);
  std::string directory = spec.working_directory.empty() ? spec.image.working_directory : spec.working_directory;
  if (directory.empty()) directory = "/";
  if (!valid_path(directory)) return invalid("not a working directory: \"" + directory + "\"");

  // The bounding set limits what a root process may ever hold; another user holds nothing, and can gain nothing.
  const json::array bounding = texts(*capabilities);
  const json::array held = facts.user.uid == 0 ? bounding : json::array();
  json::array groups;
  for (const auto group : facts.user.groups) groups.emplace_back(group);
  json::object process{{"terminal", false},
                       {"user", {{"uid", facts.user.uid}, {"gid", facts.user.gid}, {"additionalGids", groups}}},
                       {"args", texts(args)},
                       {"env", texts(environment)},
                       {"cwd", directory},
                       {"capabilities",
                        {{"bounding", bounding},
                         {"effective", held},
                         {"permitted", held},
                         {"inheritable", json::array()},
                         {"ambient", json::array()}}},
                       {"rlimits", *rlimits},
                       {"noNewPrivileges", true}};
  json::object network{{"type", "network"}};
  if (!facts.netns.empty()) network["path"] = facts.netns;
  const json::array ids{json::object{{"containerID", 0}, {"hostID", spec.uid_base}, {"size", spec.uid_count}}};
  json::array masked, read_only;
  for (const char* path : masked_paths) masked.emplace_back(path);
  for (const char* path : read_only_paths) read_only.emplace_back(path);
  json::object kernel{
      {"namespaces",
       {json::object{{"type", "pid"}}, network, json::object{{"type", "ipc"}}, json::object{{"type", "uts"}},
        json::object{{"type", "mount"}}, json::object{{"type", "user"}}, json::object{{"type", "cgroup"}}}},
      {"uidMappings", ids},
      {"gidMappings", ids},
      {"cgroupsPath", facts.cgroup_path},
      {"resources", resources_of(spec, facts)},
      {"rootfsPropagation", "private"},
      {"maskedPaths", masked},
      {"readonlyPaths", read_only},
      {"seccomp", json::parse(json::string_view(seccomp_profile().data(), seccomp_profile().size()))}};
  const json::object config{{"ociVersion", "1.0.2"},
                            {"process", process},
                            {"root", {{"path", facts.root}, {"readonly", spec.read_only_root}}},
                            {"hostname", spec.hostname.empty() ? spec.id.substr(0, 63) : spec.hostname},
                            {"mounts", mounts_of(spec, facts)},
                            {"linux", kernel}};
  return json::serialize(config);
}

Result<std::string> exec_process(std::string_view config, const std::vector<std::string>& argv) {
  boost::system::error_code error;
  auto value = json::parse(json::string_view(config.data(), config.size()), error);
  const auto* process = error || !value.is_object() ? nullptr : value.get_object().if_contains("process");
  if (process == nullptr || !process->is_object()) return invalid("configuration of a container is damaged");
  json::object out = process->get_object();
  out["args"] = texts(argv);
  return json::serialize(out);
}

}  // namespace stratus::containers
