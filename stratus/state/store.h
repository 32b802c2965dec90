// The state of everything: typed tables, cached in memory, written through to SQLite.
//
// A mutating call runs in a `Call` (a savepoint): unless it is kept, everything that it changed is undone, in memory
// and in the database. The calls of one turn of the loop share one commit; what waits for durability (replies,
// controllers' wake-ups) is registered with `after_commit`. Not thread-safe: everything happens on the loop's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "stratus/core/check.h"
#include "stratus/core/loop.h"
#include "stratus/core/shape.h"
#include "stratus/state/sqlite.h"

namespace stratus::state {

/// Every row belongs to an account and a region; global resources use the region "".
struct Key {
  std::string account;
  std::string region;
  std::string id;
  auto operator<=>(const Key&) const = default;
};

class TableBase;

class Store {
 public:
  static constexpr int kSchemaVersion = 1;  ///< of the file; a newer one is not opened

  /// Opens `directory`/state.db, or a database in memory where `directory` is empty.
  Store(Loop& loop, const std::string& directory);
  ~Store();

  /// Runs `work` so that all of its changes hold or, where it throws, none. Calls may nest. The exception travels on.
  void call(const std::function<void()>& work);
  /// Runs `then` once everything changed so far is durable; in the order of registration; at once, in a later turn,
  /// where nothing waits to be written. Inside a `call` that fails, it is forgotten.
  void after_commit(std::function<void()> then);
  /// True while changes wait for their commit.
  bool dirty() const { return open_; }
  /// Commits now. Called by the loop at the end of a turn, and at shutdown.
  void commit();

  /// For tables of a service's own shape (log events, metric data): inside a `call`, statements join its savepoint.
  /// Announce writes with `touch`.
  Database& sql() { return database_; }
  /// Opens the shared transaction before a direct write by `sql()`.
  void touch();
  /// Runs `steps[n]` once each, in order, recorded under `name`: a service's own SQL tables and later changes of them.
  void migrate(const std::string& name, const std::vector<std::string>& steps);
  /// Removes the rows of one account, or all where it is empty, from every typed table.
  void clear(const std::string& account);
  const std::string& directory() const { return directory_; }
  Loop& loop() { return loop_; }

 private:
  friend class TableBase;
  struct Undo {
    TableBase* table;
    Key key;
    void* before;  ///< owned; null where there was no row
  };
  void schedule();
  bool has_table(const std::string& name);
  void undo_to(std::size_t mark);

  Loop& loop_;
  std::string directory_;
  Database database_;
  std::vector<TableBase*> tables_;
  std::vector<Undo> undo_;
  std::vector<std::function<void()>> waiting_;
  int depth_ = 0;
  bool open_ = false;
  bool scheduled_ = false;
};

/// The type-erased half of Table: rows as described values, one SQL table of (account, region, id, body).
class TableBase {
 public:
  TableBase(Store& store, std::string name, const Shape& shape);
  ~TableBase();
  TableBase(const TableBase&) = delete;
  TableBase& operator=(const TableBase&) = delete;

  bool erase(const Key& key);
  std::size_t size() const { return rows_.size(); }
  const std::string& name() const { return name_; }

 protected:
  friend class Store;
  const void* find_row(const Key& key) const;
  /// Takes ownership of `row`.
  const void* put_row(const Key& key, void* row);

  Store& store_;
  const std::string name_;
  const Shape& shape_;
  std::map<Key, void*> rows_;

 private:
  void write(const Key& key, const void* row);
  void remember(const Key& key, void* before);
  void restore(const Key& key, void* before);
  const std::string upsert_, delete_;
};

/// A table of rows of type `Row` (a struct with STRATUS_SHAPE). Pointers stay valid until their row is put again or
/// erased.
template <class Row>
class Table : public TableBase {
 public:
  Table(Store& store, std::string name) : TableBase(store, std::move(name), shape_of<Row>()) {}

  const Row* find(const Key& key) const { return static_cast<const Row*>(find_row(key)); }
  const Row* find(std::string_view account, std::string_view region, std::string_view id) const {
    return find(Key{std::string(account), std::string(region), std::string(id)});
  }
  /// Inserts or replaces.
  const Row& put(const Key& key, Row row) { return *static_cast<const Row*>(put_row(key, new Row(std::move(row)))); }
  /// Changes a copy and puts it back. The row must exist.
  template <class Change>
  const Row& update(const Key& key, Change&& change) {
    const Row* row = find(key);
    STRATUS_ASSERT(row != nullptr);
    Row copy = *row;
    change(copy);
    return put(key, std::move(copy));
  }
  /// The rows of one account and region, by id.
  std::vector<const Row*> list(const std::string& account, const std::string& region) const {
    std::vector<const Row*> out;
    for (auto at = rows_.lower_bound(Key{account, region, ""});
         at != rows_.end() && at->first.account == account && at->first.region == region; ++at)
      out.push_back(static_cast<const Row*>(at->second));
    return out;
  }
  /// Every row of every account, for controllers. The copy of keys makes it safe to change the table meanwhile.
  std::vector<std::pair<Key, const Row*>> all() const {
    std::vector<std::pair<Key, const Row*>> out;
    for (const auto& [key, row] : rows_) out.emplace_back(key, static_cast<const Row*>(row));
    return out;
  }
};

}  // namespace stratus::state
