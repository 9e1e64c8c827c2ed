// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pagequest::agent::chat {

enum class Author : std::uint8_t { system, user, assistant, tool };

/// What a model asks of a tool. `arguments` is the JSON text as the model wrote it; pocket tasks
/// have no JSON: there it is the whole call, the name included.
struct ToolCall {
  std::string name;  // as the model wrote it, with the namespace if it gave one
  std::string arguments;
};

struct Message {
  Author author = Author::user;
  std::string content;          // of an assistant: the answer
  std::string thinking;         // of an assistant
  std::vector<ToolCall> calls;  // of an assistant
  std::string tool;             // of a tool: the function that answers
};

struct Parameter {
  std::string name;
  std::vector<std::string> types;  // as JSON schema names them
  std::string default_value;       // as JSON; "": none
  std::string description;
  bool required = false;
};

struct Function {
  std::string name;
  std::string description;  // lines
  std::vector<Parameter> parameters;
};

/// Harmony puts functions into namespaces; the other formats list the functions alone. Namespaces
/// other than `functions` count as built into the model.
struct ToolNamespace {
  std::string name;
  std::string description;  // lines
  std::vector<Function> functions;
};

struct Conversation {
  std::vector<Message> messages;
  std::vector<ToolNamespace> tools;
};

}  // namespace pagequest::agent::chat
