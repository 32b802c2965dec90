// A thin, typed layer over SQLite: prepared statements, owned handles, errors as exceptions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace stratus::state {

/// What SQLite answered instead of doing; the message names statement and cause.
struct SqlError : std::runtime_error {
  int code;
  SqlError(int sqlite_code, const std::string& message) : std::runtime_error(message), code(sqlite_code) {}
};

/// A statement in use: bind by position from 1, then `step` for each row. Resets when it goes out of scope.
class Query {
 public:
  Query(sqlite3* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  Query& bind(int position, std::string_view text);
  Query& bind(int position, std::int64_t number);
  Query& bind(int position, double number);
  Query& bind_blob(int position, std::string_view bytes);
  Query& bind_null(int position);
  /// True while there is a row to read.
  bool step();
  /// Steps to the end.
  void run();

  std::string text(int column) const;
  std::int64_t integer(int column) const;
  double number(int column) const;
  std::string blob(int column) const;
  bool is_null(int column) const;

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_;
};

class Database {
 public:
  /// Opens or creates the file (":memory:" for tests), WAL, synchronous=FULL. Throws SqlError.
  explicit Database(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs statements that answer nothing.
  void execute(const std::string& sql);
  /// A prepared statement, kept for the next use of the same text. One use at a time.
  Query query(const std::string& sql);
  std::int64_t changes() const;
  std::int64_t last_insert_rowid() const;
  /// A consistent copy while the database is in use (SQLite's online backup).
  void backup_to(const std::string& path);

 private:
  sqlite3* handle_ = nullptr;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

}  // namespace stratus::state
