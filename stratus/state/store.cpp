#include "stratus/state/store.h"

#include <sys/stat.h>

#include "stratus/core/log.h"
#include "stratus/core/shape_json.h"

namespace stratus::state {
namespace {

std::string file_of(const std::string& directory) {
  if (directory.empty()) return ":memory:";
  ::mkdir(directory.c_str(), 0700);
  return directory + "/state.db";
}

}  // namespace

Store::Store(Loop& loop, const std::string& directory)
    : loop_(loop), directory_(directory), database_(file_of(directory)) {
  std::int64_t version = 0;
  {
    auto query = database_.query("PRAGMA user_version");
    if (query.step()) version = query.integer(0);
  }
  if (version > kSchemaVersion)
    throw SqlError(0, file_of(directory) + " was written by a newer version of Stratus (schema " +
                          std::to_string(version) + ", this one knows " + std::to_string(kSchemaVersion) + ")");
  if (version == kSchemaVersion && has_table("migrations")) return;
  database_.execute("BEGIN IMMEDIATE; PRAGMA user_version=" + std::to_string(kSchemaVersion) +
                    "; CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, step INTEGER NOT NULL) WITHOUT "
                    "ROWID; COMMIT");
}

bool Store::has_table(const std::string& name) {
  return database_.query("SELECT 1 FROM sqlite_master WHERE type='table' AND name=?").bind(1, name).step();
}

Store::~Store() {
  waiting_.clear();  // who waits is a service, and services go before the store
  commit();
  STRATUS_ASSERT(tables_.empty());  // tables are members of services, which must go before the store
}

void Store::call(const std::function<void()>& work) {
  touch();
  const std::size_t mark = undo_.size();
  const std::size_t waiting = waiting_.size();
  const std::string savepoint = "s" + std::to_string(depth_++);
  database_.query("SAVEPOINT " + savepoint).run();
  try {
    work();
    database_.query("RELEASE " + savepoint).run();
  } catch (...) {
    undo_to(mark);
    waiting_.resize(waiting);
    database_.query("ROLLBACK TO " + savepoint).run();
    database_.query("RELEASE " + savepoint).run();
    --depth_;
    throw;
  }
  --depth_;
  if (depth_ == 0) {
    for (auto& entry : undo_)
      if (entry.before != nullptr) entry.table->shape_.destroy(entry.before);
    undo_.clear();
  }
}

void Store::undo_to(std::size_t mark) {
  while (undo_.size() > mark) {
    Undo entry = std::move(undo_.back());
    undo_.pop_back();
    entry.table->restore(entry.key, entry.before);
  }
}

void Store::after_commit(std::function<void()> then) {
  if (!open_) {
    loop_.post(std::move(then));
    return;
  }
  waiting_.push_back(std::move(then));
}

void Store::touch() {
  if (open_) return;
  database_.query("BEGIN IMMEDIATE").run();
  open_ = true;
  schedule();
}

void Store::schedule() {
  if (scheduled_) return;
  scheduled_ = true;
  loop_.post([this] {
    scheduled_ = false;
    commit();
  });
}

void Store::commit() {
  if (!open_) return;
  STRATUS_ASSERT(depth_ == 0);
  try {
    database_.query("COMMIT").run();
  } catch (const SqlError& e) {
    // Memory is ahead of the disk now, and acknowledging anything would be a lie: stop, state on disk is whole.
    fatal(std::string("cannot commit: ") + e.what());
  }
  open_ = false;
  auto waiting = std::move(waiting_);
  waiting_.clear();
  for (auto& then : waiting) then();
}

void Store::migrate(const std::string& name, const std::vector<std::string>& steps) {
  std::int64_t done = 0;
  {
    auto query = database_.query("SELECT step FROM migrations WHERE name=?");
    query.bind(1, name);
    if (query.step()) done = query.integer(0);
  }
  if (done >= static_cast<std::int64_t>(steps.size())) return;
  call([&] {
    for (auto step = static_cast<std::size_t>(done); step < steps.size(); ++step) database_.execute(steps[step]);
    database_.query("INSERT OR REPLACE INTO migrations VALUES (?,?)")
        .bind(1, name)
        .bind(2, static_cast<std::int64_t>(steps.size()))
        .run();
  });
}

void Store::clear(const std::string& account) {
  call([&] {
    for (TableBase* table : tables_) {
      std::vector<Key> keys;
      for (const auto& [key, row] : table->rows_)
        if (account.empty() || key.account == account) keys.push_back(key);
      for (const Key& key : keys) table->erase(key);
    }
  });
}

TableBase::TableBase(Store& store, std::string name, const Shape& shape)
    : store_(store),
      name_(std::move(name)),
      shape_(shape),
      upsert_("INSERT OR REPLACE INTO \"" + name_ + "\" (account, region, id, body) VALUES (?,?,?,?)"),
      delete_("DELETE FROM \"" + name_ + "\" WHERE account=? AND region=? AND id=?") {
  if (!store_.has_table(name_)) {
    store_.touch();  // all that a first start makes is one write to the disk
    store_.database_.execute(
        "CREATE TABLE \"" + name_ +
        "\" (account TEXT, region TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (account, region, id)) WITHOUT ROWID");
  }
  auto query = store_.database_.query("SELECT account, region, id, body FROM \"" + name_ + "\"");
  while (query.step()) {
    Key key{query.text(0), query.text(1), query.text(2)};
    void* row = shape_.create();
    try {
      from_json(shape_, query.text(3), row);
    } catch (const ShapeError& e) {
      shape_.destroy(row);
      throw SqlError(0, "table " + name_ + ", row " + key.id + ": " + e.what());
    }
    rows_.emplace(std::move(key), row);
  }
  store_.tables_.push_back(this);
}

TableBase::~TableBase() {
  std::erase(store_.tables_, this);
  for (auto& [key, row] : rows_) shape_.destroy(row);
}

const void* TableBase::find_row(const Key& key) const {
  const auto found = rows_.find(key);
  return found == rows_.end() ? nullptr : found->second;
}

void TableBase::remember(const Key& key, void* before) {
  if (store_.depth_ > 0) {
    store_.undo_.push_back({this, key, before});
  } else if (before != nullptr) {
    shape_.destroy(before);
  }
}

const void* TableBase::put_row(const Key& key, void* row) {
  store_.touch();
  write(key, row);
  auto [at, inserted] = rows_.try_emplace(key, row);
  if (inserted) {
    remember(key, nullptr);
  } else {
    remember(key, at->second);
    at->second = row;
  }
  return row;
}

bool TableBase::erase(const Key& key) {
  const auto found = rows_.find(key);
  if (found == rows_.end()) return false;
  store_.touch();
  const Key owned = key;  // `key` may lie inside the row that goes
  store_.database_.query(delete_).bind(1, owned.account).bind(2, owned.region).bind(3, owned.id).run();
  void* before = found->second;
  rows_.erase(found);
  remember(owned, before);
  return true;
}

void TableBase::write(const Key& key, const void* row) {
  store_.database_.query(upsert_)
      .bind(1, key.account)
      .bind(2, key.region)
      .bind(3, key.id)
      .bind(4, to_json(shape_, row))
      .run();
}

void TableBase::restore(const Key& key, void* before) {
  const auto found = rows_.find(key);
  if (found != rows_.end()) {
    shape_.destroy(found->second);
    rows_.erase(found);
  }
  if (before != nullptr) rows_.emplace(key, before);
}

}  // namespace stratus::state
