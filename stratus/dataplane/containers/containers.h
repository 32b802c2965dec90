// Containers of Fargate tasks: OCI bundles run by crun, supervised by conmon, which outlives this process.
//
// The interface is level-friendly: `list` tells what is, after a restart too; `on_exit` and `on_log` tell soon what
// changed. Called from the loop's thread, never blocking; callbacks come on the loop. Operations on one container
// happen in the order of the calls. Environment values are never logged; the files that hold them are 0600 and on the
// run directory's tmpfs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stratus/core/clock.h"
#include "stratus/core/loop.h"
#include "stratus/core/result.h"
#include "stratus/dataplane/images/image_config.h"

namespace stratus::containers {

/// One instance on the machine. Two instances (a daemon, a test) differ in all three and then never meet.
struct Settings {
  std::string tag = "stratus";  ///< name of the parent cgroup: [a-z0-9-]+
  std::string run_directory =
      "/run/stratus/containers";  ///< volatile: bundles, sockets, exits, the pinned mount namespace
  std::string state_directory = "/var/lib/stratus/containers";  ///< on disk: writable layers, volumes, logs
  std::string cgroup_parent;  ///< below which cgroup ours is made, relative to the mount; "" is the root
  std::string init_program;   ///< for ContainerSpec::init; "" searches beside this program, then catatonit and tini
  bool idmapped_layers =
      true;  ///< false: shift the owners of an image's files into each container's writable layer (slow)
  std::uint64_t log_reclaim_bytes = 8ULL << 20U;  ///< acknowledged log beyond this is freed on the disk
};

/// The task's parent cgroup: hard limits of the Fargate task size, for all of its containers together. 0: no limit.
struct TaskLimits {
  std::uint32_t cpu_units = 0;  ///< 1024 is one vCPU; 256 gives 25 ms of each 100 ms
  std::uint64_t memory_bytes = 0;
  std::uint64_t pids = 0;
};

struct ContainerLimits {
  std::uint32_t cpu_shares = 0;    ///< relative weight within the task; 0 is ECS's minimum of 2
  std::uint64_t memory_bytes = 0;  ///< hard; beyond it the kernel kills (exit code 137, oom_killed)
  std::uint64_t memory_reservation_bytes = 0;
  std::uint64_t pids = 0;
};

struct Ulimit {
  std::string name;  ///< as ECS writes it: "nofile", "nproc", "core", …
  std::uint64_t soft = 0, hard = 0;
};

struct Tmpfs {
  std::string container_path;
  std::uint64_t size_bytes = 0;
  std::vector<std::string> options;  ///< mount options beyond nosuid, nodev: "noexec", "mode=1777", …
};

/// A volume of the task: a directory of the host made by the first container that names it, with the owner and mode of
/// the image's directory at that place, and removed with the task's last container.
struct Volume {
  std::string name;
  std::string container_path;
  bool read_only = false;
};

constexpr const char* kAuthorityPath = "/etc/ssl/stratus-ca.pem";

struct ContainerSpec {
  std::string id;    ///< unique in the instance: [A-Za-z0-9][A-Za-z0-9_.-]{0,120}
  std::string task;  ///< same alphabet; containers of one task share the parent cgroup and the volumes
  TaskLimits task_limits;
  ContainerLimits limits;

  images::ImageConfig image;
  std::vector<std::string> layer_directories;          ///< lowest first: images::UnpackedImage::layer_directories
  std::optional<std::vector<std::string>> entrypoint;  ///< set: replaces the image's, and its command is forgotten
  std::optional<std::vector<std::string>> command;     ///< set: replaces the image's
  std::vector<std::pair<std::string, std::string>> environment;  ///< over the image's
  std::string user;                                              ///< "" is the image's
  std::string working_directory;                                 ///< "" is the image's
  std::string stop_signal;                                       ///< "" is the image's, else SIGTERM
  bool read_only_root = false;
  bool init = false;  ///< a small init as pid 1 that forwards signals and reaps
  std::string hostname;
  std::string netns;  ///< path of the ENI's network namespace, shared by the task's containers; "" makes an empty one
  std::string resolv_conf, hosts;  ///< contents; "" leaves the image's file
  std::string authority;           ///< PEM: lies at kAuthorityPath, and joins the image's own bundle of authorities

  std::vector<Tmpfs> tmpfs;
  std::vector<Volume> volumes;
  std::vector<Ulimit> ulimits;
  std::uint64_t shm_bytes = 64ULL << 20U;
  std::vector<std::string> add_capabilities,
      drop_capabilities;       ///< "SYS_PTRACE" (the one that Fargate lets a task add); "ALL" drops all
  std::uint32_t uid_base = 0;  ///< root of the container is this uid and gid on the host; at least 65536
  std::uint32_t uid_count = 65536;
};

struct Started {
  pid_t pid = 0;
  Timestamp started_at;
};

struct Exit {
  std::string id;
  int code = 0;  ///< exit status, or 128 + signal
  bool oom_killed = false;
  Timestamp at;
};

enum class State { created, running, exited };

/// What `list` finds.
struct Existing {
  std::string id, task;
  State state = State::created;
  pid_t pid = 0;  ///< of a running container
  Timestamp started_at;
  std::optional<Exit> exit;  ///< of an exited one
};

struct LogLine {
  enum class Stream { out, err } stream = Stream::out;
  Timestamp time;
  std::string text;  ///< without the line end; at most 256 KiB, longer lines come in pieces
};

/// Lines in the order in which they were written. Once they are stored durably, call `acknowledge_log(id, end_offset)`.
struct LogBatch {
  std::string id;
  std::vector<LogLine> lines;
  std::uint64_t end_offset = 0;  ///< where a follower resumes that has everything up to here
  bool finished = false;         ///< the container has exited and nothing follows
};

struct Stats {
  std::uint64_t cpu_ns = 0;              ///< since the start
  std::uint64_t memory_bytes = 0;        ///< usage minus inactive file cache, as ECS counts it
  std::uint64_t memory_limit_bytes = 0;  ///< the container's or the task's, the smaller; 0 is none
  std::uint64_t pids = 0;
};

struct ExecResult {
  int exit_code = 0;
  std::string output;  ///< standard output and error, the first 4 KiB
};

template <class T = void>
using Done = std::function<void(Result<T>)>;

class Containers {
 public:
  virtual ~Containers() = default;

  /// Prepares the machine (cgroups, the pinned mount namespace) or joins what an earlier process prepared, removes what
  /// belongs to no container, and tells what it found. Exits and logs are watched from here on. Call it first, once.
  virtual void open(Done<std::vector<Existing>> done) = 0;
  /// Called for every exit seen after `open`'s answer; at most once for each container in this process.
  virtual void on_exit(std::function<void(const Exit&)> handler) = 0;
  virtual void on_log(std::function<void(const LogBatch&)> handler) = 0;

  /// Creates and starts; its log is followed from the beginning. A Failure has removed everything again.
  /// EEXIST: the id is in use. ENOENT: names the image's missing program, user or directory.
  virtual void start(ContainerSpec spec, Done<Started> done) = 0;
  virtual void signal(const std::string& id, int number, Done<> done) = 0;
  /// The stop signal, then SIGKILL after `timeout`; done when the container has exited (at once where it has already).
  virtual void stop(const std::string& id, Duration timeout, Done<Exit> done) = 0;
  /// Removes an exited container with its log, writable layer and exit; a running one is killed first. ENOENT is
  /// success.
  virtual void remove(const std::string& id, Done<> done) = 0;
  /// Stands every process of a task still until `until`, also where this process is gone by then; called again, it
  /// moves the instant. SIGKILL and `remove` let the task go on first: on cgroup v1 nothing frozen dies. ENOENT:
  /// nothing of the task runs. ETIMEDOUT: it would not stand still, and was let go on. Freezes and thaws of one task
  /// happen in the order of the calls.
  virtual void freeze(const std::string& task, Timestamp until, Done<> done) = 0;
  /// Before its time; a task that is gone, or was not frozen, is success.
  virtual void thaw(const std::string& task, Done<> done) = 0;
  virtual void list(Done<std::vector<Existing>> done) = 0;
  virtual void stats(const std::string& id, Done<Stats> done) = 0;
  /// Runs `argv` inside, as the container's user. ETIMEDOUT after `timeout`, and the program is killed.
  virtual void exec(const std::string& id, std::vector<std::string> argv, Duration timeout, Done<ExecResult> done) = 0;

  /// Follows the log of a container that `open` found, from an acknowledged offset. Without this call its log just
  /// grows.
  virtual void follow_log(const std::string& id, std::uint64_t offset) = 0;
  /// Everything before `offset` is stored; its space on the disk may be freed. At most 4 MiB are delivered beyond it.
  virtual void acknowledge_log(const std::string& id, std::uint64_t offset) = 0;

  /// Removes every container of this instance and everything that `open` prepared. Until another `open`, nothing
  /// starts any more.
  virtual void purge(Done<> done) = 0;
};

/// The real thing. `loop` must outlive it. Destroying it leaves the containers running.
std::unique_ptr<Containers> make_containers(Loop& loop, Settings settings);

/// What this machine lacks for containers (programs, kernel features, limits that cannot be set), one sentence each
/// with the command that mends it; empty where all is well. Blocks: for `stratus doctor`.
std::vector<std::string> missing_requirements();
/// What containers here get less of than on Fargate; nothing that keeps them from running.
std::vector<std::string> limitations();

}  // namespace stratus::containers
