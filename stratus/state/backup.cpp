#include "stratus/state/backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>

#include "stratus/core/crypto.h"
#include "stratus/core/fd.h"
#include "stratus/core/process.h"
#include "stratus/state/archive.h"

namespace stratus::state {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kDatabase = "state.db";
constexpr const char* kInfo = "stratus-backup.json";
constexpr const char* kChecksums = "checksums.json";

bool left_out(const std::string& path, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return path == name; }) ||
         path.starts_with(kDatabase);  // and its -wal and -shm: the pinned copy stands for them
}

Result<> link_tree(const std::string& from, const std::string& to, const std::string& below,
                   const std::vector<std::string>& leave_out) {
  std::error_code error;
  for (fs::directory_iterator at(from + below, error), end; !error && at != end; at.increment(error)) {
    const std::string path = (below.empty() ? "" : below + "/") + at->path().filename().string();
    const std::string name = below.empty() ? "/" + path : path;
    if (left_out(name.substr(1), leave_out)) continue;
    const auto status = at->symlink_status();
    if (fs::is_directory(status)) {
      if (::mkdir((to + name).c_str(), 0700) != 0) return failure("mkdir " + to + name);
      if (auto linked = link_tree(from, to, name, leave_out); !linked) return linked;
    } else if (fs::is_regular_file(status) && ::link((from + name).c_str(), (to + name).c_str()) != 0) {
      return failure("link " + from + name);
    }
  }
  if (error) return failure("read " + from + below, error.value());
  return {};
}

std::string info_json(const BackupInfo& info) {
  return json::serialize(json::object{{"format", info.format},
                                      {"schema", info.schema},
                                      {"version", info.version},
                                      {"created", to_rfc3339(info.created)}});
}

Failure damaged(const std::string& file, const std::string& why) {
  return Failure{file + " is no whole backup of Stratus: " + why, EBADMSG};
}

Result<BackupInfo> parse_info(const std::string& file, const std::string& text) {
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  if (error || !value.is_object()) return damaged(file, "its description is not readable");
  const auto& object = value.as_object();
  const auto* format = object.if_contains("format");
  const auto* schema = object.if_contains("schema");
  const auto* version = object.if_contains("version");
  const auto* created = object.if_contains("created");
  BackupInfo out;
  if (format == nullptr || !format->is_int64() || schema == nullptr || !schema->is_int64() || version == nullptr ||
      !version->is_string() || created == nullptr || !created->is_string() ||
      !parse_rfc3339(created->as_string(), out.created))
    return damaged(file, "its description is incomplete");
  out.format = static_cast<int>(format->as_int64());
  out.schema = static_cast<int>(schema->as_int64());
  out.version = std::string(version->as_string());
  if (out.format != kBackupFormat)
    return Failure{file + " was written by Stratus " + out.version + " in backup format " + std::to_string(out.format) +
                       "; this one reads format " + std::to_string(kBackupFormat),
                   EPROTONOSUPPORT};
  if (out.schema > Store::kSchemaVersion)
    return Failure{file + " was written by the newer Stratus " + out.version + " (schema " +
                       std::to_string(out.schema) + ", this one knows " + std::to_string(Store::kSchemaVersion) + ")",
                   EPROTONOSUPPORT};
  return out;
}

/// Reads everything; unpacks below `directory` where that is not empty.
Result<BackupInfo> read_backup(const std::string& file, const std::string& directory) {
  auto archive = ArchiveReader::open(file);
  if (!archive) return archive.error();
  std::optional<BackupInfo> info;
  std::map<std::string, std::string> seen;
  std::optional<std::string> checksums;
  for (;;) {
    auto entry = archive->next();
    if (!entry) return damaged(file, entry.error().what);
    if (!*entry) break;
    const std::string& name = (*entry)->name;
    if (checksums) return damaged(file, "something follows its checksums");
    if (name == kInfo || name == kChecksums) {
      auto text = archive->read_text(64ULL << 20U);
      if (!text) return damaged(file, text.error().what);
      if (name == kChecksums) {
        checksums = std::move(*text);
        continue;
      }
      auto parsed = parse_info(file, *text);
      if (!parsed) return parsed.error();
      info = std::move(*parsed);
      continue;
    }
    if (!info) return damaged(file, "it does not begin with a description");
    const fs::path path(name);
    if (path.is_absolute() || std::any_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; }))
      return damaged(file, "it holds the path " + name);
    if ((*entry)->directory) {
      if (!directory.empty() && ::mkdir((directory + "/" + name).c_str(), 0700) != 0 && errno != EEXIST)
        return failure("mkdir " + directory + "/" + name);
      continue;
    }
    auto digest = archive->copy_to(directory.empty() ? "" : directory + "/" + name, (*entry)->mode);
    if (!digest) return digest.error().error == EBADMSG ? damaged(file, digest.error().what) : digest.error();
    info->files += 1;
    info->bytes += (*entry)->size;
    seen[name] = std::move(*digest);
  }
  if (!info || !checksums) return damaged(file, "its end is missing");
  boost::system::error_code error;
  const auto wanted = json::parse(*checksums, error);
  if (error || !wanted.is_object() || wanted.as_object().size() != seen.size())
    return damaged(file, "its checksums do not name what it holds");
  for (const auto& [name, digest] : wanted.as_object()) {
    const auto found = seen.find(std::string(name));
    if (found == seen.end() || !digest.is_string() || found->second != std::string(digest.as_string()))
      return damaged(file, std::string(name) + " does not have its checksum");
  }
  if (!seen.contains(kDatabase)) return damaged(file, "it holds no database");
  return *info;
}

}  // namespace

Result<std::unique_ptr<Snapshot>> Snapshot::take(Store& store, const std::vector<std::string>& leave_out,
                                                 Timestamp now) {
  if (store.directory().empty()) return Failure{"state in memory cannot be backed up", EINVAL};
  store.commit();
  std::string directory = store.directory() + "/snapshot-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return failure("mkdtemp " + directory);
  std::unique_ptr<Snapshot> out(new Snapshot(directory, now));
  std::vector<std::string> names = leave_out;
  for (const auto& entry : fs::directory_iterator(store.directory()))
    if (entry.path().filename().string().starts_with("snapshot-")) names.push_back(entry.path().filename().string());
  try {
    out->pinned_ = std::make_unique<Database>(store.directory() + "/" + kDatabase);
    out->pinned_->execute("BEGIN");
    auto pin = out->pinned_->query("SELECT count(*) FROM sqlite_master");  // a transaction sees from its first read on
    pin.step();
  } catch (const SqlError& e) {
    return Failure{e.what(), EIO};
  }
  if (auto linked = link_tree(store.directory(), directory, "", names); !linked) return linked.error();
  return out;
}

Snapshot::~Snapshot() {
  std::error_code error;
  fs::remove_all(directory_, error);
}

Result<BackupInfo> Snapshot::write(const std::string& file, const std::string& version) {
  BackupInfo info{.format = kBackupFormat, .schema = Store::kSchemaVersion, .version = version, .created = created_};
  try {
    pinned_->backup_to(directory_ + "/" + kDatabase);
    pinned_->execute("COMMIT");
  } catch (const SqlError& e) {
    return Failure{e.what(), EIO};
  }
  pinned_.reset();
  const std::string half = file + ".part";
  struct Remove {
    std::string path;
    ~Remove() { ::unlink(path.c_str()); }
  } remove{half};
  auto archive = ArchiveWriter::create(half);
  if (!archive) return archive.error();
  if (auto added = archive->add_text(kInfo, info_json(info)); !added) return added.error();
  json::object checksums;
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::recursive_directory_iterator at(directory_, error), end; !error && at != end; at.increment(error))
    paths.push_back(at->path());
  if (error) return failure("read " + directory_, error.value());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    const std::string name = path.string().substr(directory_.size() + 1);
    if (fs::is_directory(path)) {
      if (auto added = archive->add_directory(name); !added) return added.error();
      continue;
    }
    auto added = archive->add_file(name, path.string());
    if (!added) return added.error();
    checksums[name] = added->sha256;
    info.files += 1;
    info.bytes += added->size;
  }
  if (auto added = archive->add_text(kChecksums, json::serialize(checksums)); !added) return added.error();
  if (auto closed = archive->close(); !closed) return closed.error();
  if (::rename(half.c_str(), file.c_str()) != 0) return failure("rename " + half + " to " + file);
  return info;
}

Result<BackupInfo> verify_backup(const std::string& file) { return read_backup(file, ""); }

Result<BackupInfo> restore_backup(const std::string& file, const std::string& directory) {
  if (auto whole = verify_backup(file); !whole) return whole.error();
  const std::string fresh = directory + ".restoring", before = directory + ".before-restore";
  std::error_code error;
  fs::remove_all(fresh, error);
  fs::create_directories(fresh, error);
  if (error) return failure("mkdir " + fresh, error.value());
  ::chmod(fresh.c_str(), 0700);
  auto info = read_backup(file, fresh);
  if (!info) {
    fs::remove_all(fresh, error);
    return info;
  }
  if (fs::exists(directory)) {
    fs::remove_all(before, error);
    if (::rename(directory.c_str(), before.c_str()) != 0) return failure("rename " + directory + " to " + before);
  }
  if (::rename(fresh.c_str(), directory.c_str()) != 0) return failure("rename " + fresh + " to " + directory);
  return info;
}

}  // namespace stratus::state
