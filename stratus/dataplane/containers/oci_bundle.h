// From a ContainerSpec to an OCI runtime configuration (config.json): pure, so that it can be tested without a kernel.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stratus/core/result.h"
#include "stratus/dataplane/containers/containers.h"
#include "stratus/dataplane/containers/users.h"

namespace stratus::containers {

/// A host path that is bound into the container; all of them lie in the container's own run directory.
struct Bind {
  std::string host_path, container_path;
  bool read_only = false;
};

/// What the spec does not say, found out on the machine.
struct BundleFacts {
  std::string root;  ///< the mounted root file system
  std::string cgroup_path;
  std::string netns;  ///< "" makes a new one
  User user;
  std::vector<Bind> binds;  ///< volumes, resolv.conf, hosts, hostname
  std::string init;         ///< path inside the container, "" is none
  bool limits_swap = false;
  std::uint64_t nofile = 0;  ///< default of both limits, 0 leaves them
};

/// Name, user, limits and paths make sense; a Failure{EINVAL} names what does not.
Result<> check_spec(const ContainerSpec& spec);

/// Entrypoint and command as Docker combines them: an override of the entrypoint forgets the image's command.
std::vector<std::string> arguments_of(const ContainerSpec& spec);
/// The image's environment, the spec's over it, and the defaults that every container has (PATH, HOME, HOSTNAME).
std::vector<std::pair<std::string, std::string>> environment_of(const ContainerSpec& spec, const User& user);

/// Docker's and Fargate's default set, plus and minus what the spec names, as "CAP_…". EINVAL: no such capability.
Result<std::vector<std::string>> capabilities_of(const ContainerSpec& spec);

/// "SIGTERM", "TERM", "15", "SIGRTMIN+3"; 0 where it is no signal.
int signal_number(std::string_view name);

/// EINVAL: the image has nothing to run, an unknown ulimit or capability, a mount outside.
Result<std::string> oci_config(const ContainerSpec& spec, const BundleFacts& facts);

/// The process of a container's config.json with other arguments: for a program that runs beside it as the same user.
Result<std::string> exec_process(std::string_view config, const std::vector<std::string>& argv);

/// The profile that is compiled in (seccomp.json).
std::string_view seccomp_profile();

}  // namespace stratus::containers
