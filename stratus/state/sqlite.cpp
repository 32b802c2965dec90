#include "stratus/state/sqlite.h"

#include <sqlite3.h>

namespace stratus::state {
namespace {

void check(sqlite3* database, int code, std::string_view attempt) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  throw SqlError(code,
                 std::string(attempt) + ": " + (database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code)));
}

}  // namespace

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::bind(int position, std::string_view text) {
  check(database_,
        sqlite3_bind_text64(statement_, position, text.data() != nullptr ? text.data() : "", text.size(),
                            SQLITE_TRANSIENT, SQLITE_UTF8),
        "bind text");
  return *this;
}

Query& Query::bind(int position, std::int64_t number) {
  check(database_, sqlite3_bind_int64(statement_, position, number), "bind integer");
  return *this;
}

Query& Query::bind(int position, double number) {
  check(database_, sqlite3_bind_double(statement_, position, number), "bind number");
  return *this;
}

Query& Query::bind_blob(int position, std::string_view bytes) {
  check(database_,
        sqlite3_bind_blob64(statement_, position, bytes.data() != nullptr ? bytes.data() : "", bytes.size(),
                            SQLITE_TRANSIENT),
        "bind blob");
  return *this;
}

Query& Query::bind_null(int position) {
  check(database_, sqlite3_bind_null(statement_, position), "bind null");
  return *this;
}

bool Query::step() {
  const int code = sqlite3_step(statement_);
  check(database_, code, sqlite3_sql(statement_));
  return code == SQLITE_ROW;
}

void Query::run() {
  while (step()) {
  }
}

std::string Query::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return text == nullptr ? "" : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Query::number(int column) const { return sqlite3_column_double(statement_, column); }

std::string Query::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return bytes == nullptr ? "" : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

bool Query::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

Database::Database(const std::string& path) {
  const int code = sqlite3_open_v2(path.c_str(), &handle_,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) {
    const std::string message = "open " + path + ": " + sqlite3_errstr(code);
    sqlite3_close_v2(handle_);
    throw SqlError(code, message);
  }
  sqlite3_busy_timeout(handle_, 5000);
  execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;");
}

Database::~Database() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

void Database::execute(const std::string& sql) {
  char* message = nullptr;
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, &message);
  if (code == SQLITE_OK) return;
  const std::string text = sql + ": " + (message != nullptr ? message : sqlite3_errstr(code));
  sqlite3_free(message);
  throw SqlError(code, text);
}

Query Database::query(const std::string& sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    sqlite3_stmt* statement = nullptr;
    check(handle_,
          sqlite3_prepare_v3(handle_, sql.c_str(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                             nullptr),
          "prepare " + sql);
    found = statements_.emplace(sql, statement).first;
  }
  return Query(handle_, found->second);
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }
std::int64_t Database::last_insert_rowid() const { return sqlite3_last_insert_rowid(handle_); }

void Database::backup_to(const std::string& path) {
  sqlite3* target = nullptr;
  int code = sqlite3_open(path.c_str(), &target);
  if (code == SQLITE_OK) {
    if (auto* backup = sqlite3_backup_init(target, "main", handle_, "main")) {
      code = sqlite3_backup_step(backup, -1);
      sqlite3_backup_finish(backup);
      if (code == SQLITE_DONE) code = SQLITE_OK;
    } else {
      code = sqlite3_errcode(target);
    }
  }
  sqlite3_close_v2(target);
  if (code != SQLITE_OK) throw SqlError(code, "back up to " + path + ": " + sqlite3_errstr(code));
}

}  // namespace stratus::state
