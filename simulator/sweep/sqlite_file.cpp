// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/sqlite_file.h"

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <variant>

#include <sqlite3.h>
#include <unistd.h>

#include "base/error.h"
#include "base/output_path.h"

namespace pagequest::simulator {
namespace {

namespace fs = std::filesystem;

Error cannot_write(const fs::path& path, const std::string& reason) {
  return output_error({.what = "can't write a database",
                       .where = path.string(),
                       .found = reason,
                       .expected = "a path in an existing folder, on a disk with room",
                       .hint = {}});
}

struct CloseDatabase {
  void operator()(sqlite3* handle) const { sqlite3_close(handle); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

/// A database that is written once.
class NewDatabase {
 public:
  explicit NewDatabase(const fs::path& path) : path_(path) {
    sqlite3* handle = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    handle_.reset(handle);
    check(code);
  }

  void run(const std::string& sql) const {
    check(sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr));
  }

  [[nodiscard]] Statement prepare(const std::string& sql) const {
    sqlite3_stmt* handle = nullptr;
    check(sqlite3_prepare_v2(handle_.get(), sql.c_str(), static_cast<int>(sql.size()), &handle,
                             nullptr));
    return Statement(handle);
  }

  void check(int code) const {
    if (code == SQLITE_OK || code == SQLITE_DONE) return;
    throw cannot_write(path_, handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code));
  }

 private:
  const fs::path& path_;
  std::unique_ptr<sqlite3, CloseDatabase> handle_;
};

std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

int bind(sqlite3_stmt* statement, int parameter, const Cell& cell) {
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
    return sqlite3_bind_int64(statement, parameter, *whole);
  }
  if (const auto* real = std::get_if<double>(&cell)) {
    return sqlite3_bind_double(statement, parameter, *real);
  }
  const auto& text = std::get<std::string>(cell);
  if (text.empty()) return sqlite3_bind_null(statement, parameter);
  return sqlite3_bind_text64(statement, parameter, text.data(), text.size(), SQLITE_TRANSIENT,
                             SQLITE_UTF8);
}

void write_rows(const NewDatabase& database, const ResultTable& table) {
  std::string slots = "?";
  for (std::size_t c = 1; c < table.columns().size(); ++c) slots += ", ?";
  const auto insert =
      database.prepare("INSERT INTO " + quoted(table.name()) + " VALUES (" + slots + ")");
  for (const auto& row : table.rows()) {
    int parameter = 0;
    for (const auto& cell : row) database.check(bind(insert.get(), ++parameter, cell));
    database.check(sqlite3_step(insert.get()));
    database.check(sqlite3_reset(insert.get()));
  }
}

void write_table(const NewDatabase& database, const ResultTable& table) {
  std::string columns;
  for (const auto& column : table.columns()) {
    columns += (columns.empty() ? "" : ", ") + quoted(column.name);
  }
  database.run("CREATE TABLE " + quoted(table.name()) + " (" + columns + ")");
  write_rows(database, table);
}

void write_all(std::span<const ResultTable> tables, const fs::path& path) {
  const NewDatabase database(path);
  // The file is renamed when it is whole, so a journal would protect nothing.
  database.run("PRAGMA journal_mode = OFF; BEGIN");
  for (const auto& table : tables) write_table(database, table);
  database.run("COMMIT");
}

}  // namespace

void write_sqlite(std::span<const ResultTable> tables, const fs::path& path) {
  const fs::path target = output_target(path);
  fs::path temporary = target;
  temporary += ".tmp" + std::to_string(::getpid());
  std::error_code failed;
  fs::remove(temporary, failed);
  try {
    write_all(tables, temporary);
  } catch (...) {
    fs::remove(temporary, failed);
    throw;
  }
  fs::rename(temporary, target, failed);
  if (failed) throw cannot_write(path, failed.message());
}

}  // namespace pagequest::simulator
