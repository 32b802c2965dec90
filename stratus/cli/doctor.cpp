#include "stratus/cli/doctor.h"

#include <unistd.h>

#include "stratus/dataplane/balancer/balancer.h"
#include "stratus/dataplane/containers/containers.h"
#include "stratus/dataplane/network/network.h"

namespace stratus::cli {

std::vector<std::string> missing_requirements() {
  if (::geteuid() != 0) return {"Stratus makes namespaces, mounts and cgroups, which takes root: run it with sudo."};
  std::vector<std::string> out;
  for (const auto& room :
       {network::missing_requirements(), containers::missing_requirements(), balancer::missing_requirements()})
    out.insert(out.end(), room.begin(), room.end());
  return out;
}

std::vector<std::string> limitations() { return containers::limitations(); }

}  // namespace stratus::cli
