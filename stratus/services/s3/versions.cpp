#include "stratus/services/s3/versions.h"

#include <unordered_set>

#include "stratus/core/shape_json.h"

namespace stratus::services::s3 {
namespace {

constexpr const char* kColumns = "id, bucket, key, version, latest, marker, size, etag, modified, superseded, body";

}  // namespace

Versions::Versions(state::Store& store, const Files& files) : store_(store), files_(files) {
  store_.migrate(
      "s3",
      {"CREATE TABLE s3_versions (id INTEGER PRIMARY KEY AUTOINCREMENT, bucket INTEGER NOT NULL, key TEXT NOT NULL, "
       "version TEXT NOT NULL, latest INTEGER NOT NULL, marker INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT "
       "NULL, modified INTEGER NOT NULL, superseded INTEGER NOT NULL, body TEXT NOT NULL);"
       "CREATE UNIQUE INDEX s3_versions_by_version ON s3_versions (bucket, key, version);"
       "CREATE INDEX s3_versions_by_age ON s3_versions (bucket, key, id DESC);"
       "CREATE INDEX s3_versions_current ON s3_versions (bucket, key) WHERE latest = 1 AND marker = 0;"
       "CREATE TABLE s3_uploads (id TEXT PRIMARY KEY, bucket INTEGER NOT NULL, key TEXT NOT NULL, initiated INTEGER "
       "NOT NULL, body TEXT NOT NULL);"
       "CREATE INDEX s3_uploads_by_key ON s3_uploads (bucket, key, initiated, id);"
       "CREATE TABLE s3_parts (upload TEXT NOT NULL, number INTEGER NOT NULL, etag TEXT NOT NULL, modified INTEGER NOT "
       "NULL, body TEXT NOT NULL, PRIMARY KEY (upload, number)) WITHOUT ROWID;"
       "CREATE TABLE s3_files (name TEXT PRIMARY KEY) WITHOUT ROWID;"
       "CREATE TABLE s3_buckets_known (serial INTEGER PRIMARY KEY)"});
}

Version Versions::row(state::Query& query) const {
  Version out;
  out.id = query.integer(0);
  out.bucket = query.integer(1);
  out.key = query.text(2);
  out.version = query.text(3);
  out.latest = query.integer(4) != 0;
  out.marker = query.integer(5) != 0;
  out.size = query.integer(6);
  out.etag = query.text(7);
  out.modified.ms = query.integer(8);
  out.superseded.ms = query.integer(9);
  out.attributes = from_json<Attributes>(query.text(10));
  return out;
}

void Versions::add_file(const std::string& name) {
  store_.sql().query("INSERT INTO s3_files VALUES (?)").bind(1, name).run();
}

/// The file goes once nothing durable names it any more.
void Versions::drop_file(const std::string& name) {
  store_.sql().query("DELETE FROM s3_files WHERE name = ?").bind(1, name).run();
  store_.after_commit([this, name] { files_.remove(name); });
}

std::optional<Version> Versions::latest(std::int64_t bucket, const std::string& key) const {
  auto query = store_.sql().query(std::string("SELECT ") + kColumns +
                                  " FROM s3_versions WHERE bucket = ? AND key = ? ORDER BY id DESC LIMIT 1");
  query.bind(1, bucket).bind(2, key);
  return query.step() ? std::optional(row(query)) : std::nullopt;
}

std::optional<Version> Versions::find(std::int64_t bucket, const std::string& key, const std::string& version) const {
  auto query = store_.sql().query(std::string("SELECT ") + kColumns +
                                  " FROM s3_versions WHERE bucket = ? AND key = ? AND version = ?");
  query.bind(1, bucket).bind(2, key).bind(3, version);
  return query.step() ? std::optional(row(query)) : std::nullopt;
}

void Versions::put(Version version) {
  store_.touch();
  if (version.version == "null")
    if (auto old = find(version.bucket, version.key, "null")) {
      old->latest = false;  // the new one takes its place, no older one
      erase(*old);
    }
  store_.sql()
      .query("UPDATE s3_versions SET latest = 0, superseded = ? WHERE bucket = ? AND key = ? AND latest = 1")
      .bind(1, version.modified.ms)
      .bind(2, version.bucket)
      .bind(3, version.key)
      .run();
  for (const Segment& segment : version.attributes.segments)
    store_.sql().query("INSERT OR IGNORE INTO s3_files VALUES (?)").bind(1, segment.file).run();
  store_.sql()
      .query(
          "INSERT INTO s3_versions (bucket, key, version, latest, marker, size, etag, modified, superseded, body) "
          "VALUES (?, ?, ?, 1, ?, ?, ?, ?, 0, ?)")
      .bind(1, version.bucket)
      .bind(2, version.key)
      .bind(3, version.version)
      .bind(4, std::int64_t{version.marker})
      .bind(5, version.size)
      .bind(6, version.etag)
      .bind(7, version.modified.ms)
      .bind(8, to_json(version.attributes))
      .run();
}

void Versions::update(const Version& version) {
  store_.touch();
  store_.sql()
      .query("UPDATE s3_versions SET body = ? WHERE id = ?")
      .bind(1, to_json(version.attributes))
      .bind(2, version.id)
      .run();
}

void Versions::erase(const Version& version, bool keep_files) {
  store_.touch();
  store_.sql().query("DELETE FROM s3_versions WHERE id = ?").bind(1, version.id).run();
  if (!keep_files)
    for (const Segment& segment : version.attributes.segments) drop_file(segment.file);
  if (!version.latest) return;
  store_.sql()
      .query(
          "UPDATE s3_versions SET latest = 1, superseded = 0 WHERE id = (SELECT max(id) FROM s3_versions WHERE "
          "bucket = ? AND key = ?)")
      .bind(1, version.bucket)
      .bind(2, version.key)
      .run();
}

void Versions::each_current(std::int64_t bucket, const std::string& from, bool after,
                            const std::function<bool(const Version&)>& visit) const {
  auto query = store_.sql().query(std::string("SELECT ") + kColumns +
                                  " FROM s3_versions WHERE bucket = ? AND latest = 1 AND marker = 0 AND key " +
                                  (after ? ">" : ">=") + " ? ORDER BY key");
  query.bind(1, bucket).bind(2, from);
  while (query.step())
    if (!visit(row(query))) return;
}

void Versions::each_version(std::int64_t bucket, const std::string& from, std::optional<std::int64_t> before,
                            const std::function<bool(const Version&)>& visit) const {
  if (before) {
    auto query = store_.sql().query(std::string("SELECT ") + kColumns +
                                    " FROM s3_versions WHERE bucket = ? AND key = ? AND id < ? ORDER BY id DESC");
    query.bind(1, bucket).bind(2, from).bind(3, *before);
    while (query.step())
      if (!visit(row(query))) return;
  }
  auto query = store_.sql().query(std::string("SELECT ") + kColumns + " FROM s3_versions WHERE bucket = ? AND key " +
                                  (before ? ">" : ">=") + " ? ORDER BY key, id DESC");
  query.bind(1, bucket).bind(2, from);
  while (query.step())
    if (!visit(row(query))) return;
}

bool Versions::empty(std::int64_t bucket) const {
  auto query = store_.sql().query("SELECT 1 FROM s3_versions WHERE bucket = ? LIMIT 1");
  query.bind(1, bucket);
  return !query.step();
}

void Versions::put_upload(const Upload& upload) {
  store_.touch();
  store_.sql()
      .query("INSERT INTO s3_uploads VALUES (?, ?, ?, ?, ?)")
      .bind(1, upload.id)
      .bind(2, upload.bucket)
      .bind(3, upload.key)
      .bind(4, upload.initiated.ms)
      .bind(5, to_json(upload.attributes))
      .run();
}

std::optional<Upload> Versions::find_upload(std::int64_t bucket, const std::string& key, const std::string& id) const {
  auto query = store_.sql().query("SELECT initiated, body FROM s3_uploads WHERE id = ? AND bucket = ? AND key = ?");
  query.bind(1, id).bind(2, bucket).bind(3, key);
  if (!query.step()) return std::nullopt;
  return Upload{id, bucket, key, {query.integer(0)}, from_json<Attributes>(query.text(1))};
}

void Versions::erase_upload(const Upload& upload, const std::vector<std::string>& kept) {
  store_.touch();
  const std::unordered_set<std::string> keep(kept.begin(), kept.end());
  for (const Part& part : parts(upload))
    if (keep.count(part.segment.file) == 0) drop_file(part.segment.file);
  store_.sql().query("DELETE FROM s3_parts WHERE upload = ?").bind(1, upload.id).run();
  store_.sql().query("DELETE FROM s3_uploads WHERE id = ?").bind(1, upload.id).run();
}

std::vector<Upload> Versions::uploads(std::int64_t bucket) const {
  std::vector<Upload> out;
  auto query = store_.sql().query(
      "SELECT id, key, initiated, body FROM s3_uploads WHERE bucket = ? ORDER BY key, initiated, id");
  query.bind(1, bucket);
  while (query.step())
    out.push_back({query.text(0), bucket, query.text(1), {query.integer(2)}, from_json<Attributes>(query.text(3))});
  return out;
}

void Versions::put_part(const Upload& upload, const Part& part) {
  store_.touch();
  std::string replaced;
  {
    auto query = store_.sql().query("SELECT body FROM s3_parts WHERE upload = ? AND number = ?");
    query.bind(1, upload.id).bind(2, std::int64_t{part.segment.number});
    if (query.step()) replaced = from_json<Segment>(query.text(0)).file;
  }
  if (!replaced.empty()) drop_file(replaced);
  add_file(part.segment.file);
  store_.sql()
      .query("INSERT OR REPLACE INTO s3_parts VALUES (?, ?, ?, ?, ?)")
      .bind(1, upload.id)
      .bind(2, std::int64_t{part.segment.number})
      .bind(3, part.etag)
      .bind(4, part.modified.ms)
      .bind(5, to_json(part.segment))
      .run();
}

std::vector<Part> Versions::parts(const Upload& upload) const {
  std::vector<Part> out;
  auto query = store_.sql().query("SELECT etag, modified, body FROM s3_parts WHERE upload = ? ORDER BY number");
  query.bind(1, upload.id);
  while (query.step()) out.push_back({from_json<Segment>(query.text(2)), query.text(0), {query.integer(1)}});
  return out;
}

void Versions::add_bucket(std::int64_t serial) {
  store_.touch();
  store_.sql().query("INSERT INTO s3_buckets_known VALUES (?)").bind(1, serial).run();
}

void Versions::erase_bucket(std::int64_t serial) {
  store_.touch();
  for (const Upload& upload : uploads(serial)) erase_upload(upload, {});
  for (;;) {
    std::vector<Version> some;
    constexpr std::size_t batch = 500;
    each_version(serial, "", std::nullopt, [&](const Version& version) {
      some.push_back(version);
      return some.size() < batch;
    });
    if (some.empty()) break;
    for (const Version& version : some) {
      Version lonely = version;
      lonely.latest = false;  // nothing needs to take its place
      erase(lonely);
    }
  }
  store_.sql().query("DELETE FROM s3_buckets_known WHERE serial = ?").bind(1, serial).run();
}

std::vector<std::int64_t> Versions::buckets() const {
  std::vector<std::int64_t> out;
  auto query = store_.sql().query("SELECT serial FROM s3_buckets_known");
  while (query.step()) out.push_back(query.integer(0));
  return out;
}

std::size_t Versions::sweep() const {
  std::unordered_set<std::string> known;
  {
    auto query = store_.sql().query("SELECT name FROM s3_files");
    while (query.step()) known.insert(query.text(0));
  }
  return files_.sweep([&](const std::string& name) { return known.count(name) != 0; });
}

}  // namespace stratus::services::s3
