// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace pagequest::agent {

class Statement;

/// An SQLite file. Every failure is an input_error that names the file (output_error while
/// writing).
class Database {
 public:
  static Database create(const std::filesystem::path& path);
  static Database open_read_only(const std::filesystem::path& path);

  void run(std::string_view sql) const;
  [[nodiscard]] Statement prepare(std::string_view sql) const;
  /// The first column of the first row.
  [[nodiscard]] std::int64_t integer(std::string_view sql) const;

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  Database(const std::filesystem::path& path, int flags, bool writes);
  void check(int code) const;

  std::filesystem::path path_;
  bool writes_;
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement; the database must outlive it. Parameters and columns count from 0.
class Statement {
 public:
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, std::int64_t number);
  /// True when there is a row; false at the end, and the statement can be bound and run again.
  bool step();
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  Statement(const Database& database, std::string_view sql);

  const Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace pagequest::agent
