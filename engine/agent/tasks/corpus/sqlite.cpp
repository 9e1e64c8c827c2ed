// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/corpus/sqlite.h"

#include <sqlite3.h>

#include "base/error.h"

namespace pagequest::agent {

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close(handle); }
void Statement::Finalize::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

Database::Database(const std::filesystem::path& path, int flags, bool writes)
    : path_(path), writes_(writes) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  check(code);
}

Database Database::create(const std::filesystem::path& path) {
  return {path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, true};
}

Database Database::open_read_only(const std::filesystem::path& path) {
  return {path, SQLITE_OPEN_READONLY, false};
}

void Database::check(int code) const {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  const ErrorInfo info{.what = writes_ ? "can't write the corpus" : "can't read the corpus",
                       .where = path_.string(),
                       .found = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code),
                       .expected = writes_ ? "a writable file on a disk with room"
                                           : "a file that `pagequest corpus build` made",
                       .hint = {}};
  throw writes_ ? output_error(info) : input_error(info);
}

void Database::run(std::string_view sql) const {
  check(sqlite3_exec(handle_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr));
}

Statement Database::prepare(std::string_view sql) const { return {*this, sql}; }

std::int64_t Database::integer(std::string_view sql) const {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

Statement::Statement(const Database& database, std::string_view sql) : database_(database) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v2(database.handle_.get(), sql.data(),
                                      static_cast<int>(sql.size()), &handle, nullptr);
  handle_.reset(handle);
  database_.check(code);
}

Statement& Statement::bind(int parameter, std::string_view text) {
  database_.check(sqlite3_bind_text64(handle_.get(), parameter + 1, text.data(), text.size(),
                                      SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int parameter, std::int64_t number) {
  database_.check(sqlite3_bind_int64(handle_.get(), parameter + 1, number));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  sqlite3_reset(handle_.get());
  database_.check(code);
  return false;
}

std::string Statement::text(int column) const {
  const auto* text = sqlite3_column_text(handle_.get(), column);
  const auto size = sqlite3_column_bytes(handle_.get(), column);
  return text == nullptr
             ? std::string()
             : std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

}  // namespace pagequest::agent
