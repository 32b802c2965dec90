// What an owner that was killed in the middle of a removal leaves behind: things that belong to no container any more.
#include <filesystem>
#include <set>

#include "stratus/core/process.h"
#include "stratus/dataplane/containers/runtime.h"

namespace stratus::containers {
namespace {

namespace fs = std::filesystem;

Result<std::vector<std::string>> names_in(const std::string& directory) {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    out.push_back(it->path().filename().string());
  if (error) return Failure{"list " + directory, error.value()};
  return out;
}

}  // namespace

Result<> Runtime::sweep() {
  const auto found = ids();
  if (!found) return found.error();
  const std::set<std::string> containers(found->begin(), found->end());
  std::set<std::string> tasks;
  for (const auto& id : containers)
    if (const auto task = read_file(place(id) + "/task")) tasks.insert(*task);

  for (const auto& [directory, suffix] : {std::pair{settings_.state_directory + "/writable", std::string()},
                                          {settings_.state_directory + "/logs", std::string(".log")},
                                          {settings_.run_directory + "/exits", std::string()}}) {
    const auto names = names_in(directory);
    if (!names) return names.error();
    for (const auto& name : *names) {
      const std::string id = name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : name;
      if (containers.contains(id)) continue;
      std::error_code error;
      fs::remove_all(directory + "/" + name, error);
      if (error) return Failure{"remove " + directory + "/" + name, error.value()};
    }
  }
  auto orphans = cgroups_.tasks();
  const auto volumes = names_in(settings_.state_directory + "/volumes");
  if (!volumes) return volumes.error();
  orphans.insert(orphans.end(), volumes->begin(), volumes->end());
  for (const auto& task : orphans)
    if (!tasks.contains(task))
      if (auto removed = remove_task_if_last(task); !removed) return removed;
  return {};
}

}  // namespace stratus::containers
