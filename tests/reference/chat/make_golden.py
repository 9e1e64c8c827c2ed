# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Renders our own conversations with the public chat templates; writes golden.json beside this file.

usage: make_golden.py FOLDER

FOLDER holds the templates as llama.cpp collects them (models/templates): Qwen-Qwen3-0.6B.jinja,
meta-llama-Llama-3.1-8B-Instruct.jinja, openai-gpt-oss-120b.jinja. Needs jinja2. The environment and
its filters are those of Transformers' apply_chat_template.
"""

import json
import pathlib
import sys

from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

TEMPLATES = {
    "chatml": "Qwen-Qwen3-0.6B.jinja",
    "llama3": "meta-llama-Llama-3.1-8B-Instruct.jinja",
    "harmony": "openai-gpt-oss-120b.jinja",
}

FUNCTIONS = [
    {
        "name": "search",
        "description": "Finds documents about a \"topic\".",
        "parameters": [
            {"name": "query", "types": ["string"], "required": True},
            {"name": "topn", "types": ["integer"], "default": "10", "description": "how many"},
        ],
    },
    {"name": "clock", "description": "Tells the time.", "parameters": []},
]

SYSTEM = {"author": "system", "content": "You keep a lighthouse. Answer in one line."}
ASK = {"author": "user", "content": "How many steps lead up to the lamp?"}
REPLY = {"author": "assistant", "content": "212 steps."}
AGAIN = {"author": "user", "content": "And down?\n\nCount the café — and <|im_end|> is only text."}
THOUGHT = {"author": "assistant", "content": "212.", "thinking": "Same stairs."}
CALL = {
    "author": "assistant",
    "thinking": "I should look it up.",
    "calls": [{"name": "search", "arguments": '{"query": "stairs", "topn": 3}'}],
}
BARE_CALL = {
    "author": "assistant",
    "content": "Let me see.",
    "calls": [{"name": "search", "arguments": '{"query": "stairs"}'}],
}
TWO_CALLS = {
    "author": "assistant",
    "calls": [
        {"name": "search", "arguments": '{"query": "stairs"}'},
        {"name": "clock", "arguments": "{}"},
    ],
}
FOUND = {"author": "tool", "tool": "search", "content": "The tower has\n\t\"212\" steps."}
TIME = {"author": "tool", "tool": "clock", "content": "noon"}

CASES = [
    ("chatml", "one question", [ASK], [], {}),
    ("chatml", "one question without thinking", [ASK], [], {"thinking": False}),
    ("chatml", "a history", [SYSTEM, ASK, REPLY, AGAIN], [], {}),
    ("chatml", "reasoning before a later question is left out", [ASK, THOUGHT, AGAIN], [], {}),
    ("chatml", "tools with a system message", [SYSTEM, ASK], FUNCTIONS, {}),
    ("chatml", "tools without a system message", [ASK], FUNCTIONS, {}),
    ("chatml", "a call and its response", [ASK, CALL, FOUND], FUNCTIONS, {}),
    ("chatml", "a call behind text", [ASK, BARE_CALL, FOUND], FUNCTIONS, {}),
    ("chatml", "two calls and their responses", [ASK, TWO_CALLS, FOUND, TIME], FUNCTIONS, {}),
    ("llama3", "one question", [ASK], [], {}),
    ("llama3", "a history", [SYSTEM, ASK, REPLY, AGAIN], [], {}),
    ("llama3", "another date", [ASK], [], {"date": "01 Jan 2030"}),
    ("llama3", "tools with a system message", [SYSTEM, ASK], FUNCTIONS, {}),
    ("llama3", "tools without a system message", [ASK, REPLY, AGAIN], FUNCTIONS, {}),
    ("llama3", "a call and its response", [ASK, CALL, FOUND], FUNCTIONS, {}),
    ("harmony", "one question", [ASK], [], {"date": "2025-06-28"}),
    ("harmony", "a history", [ASK, THOUGHT, AGAIN], [], {"date": "2030-01-01", "effort": "high"}),
    ("harmony", "the browser", [ASK], "browser", {"date": "2025-06-28", "effort": "low"}),
]


def schema(function):
    properties = {}
    for item in function["parameters"]:
        types = item["types"]
        properties[item["name"]] = {"type": types[0] if len(types) == 1 else types}
        if item.get("description"):
            properties[item["name"]]["description"] = item["description"]
        if item.get("default"):
            properties[item["name"]]["default"] = json.loads(item["default"])
    required = [item["name"] for item in function["parameters"] if item.get("required")]
    parameters = {"type": "object", "properties": properties, "required": required}
    return {
        "type": "function",
        "function": {
            "name": function["name"],
            "description": function["description"],
            "parameters": parameters,
        },
    }


def message(item):
    out = {"role": item["author"], "content": item.get("content", "")}
    if "thinking" in item:
        out["reasoning_content"] = item["thinking"]
    if "calls" in item:
        out["tool_calls"] = [
            {"function": {"name": c["name"], "arguments": json.loads(c["arguments"])}}
            for c in item["calls"]
        ]
    return out


def environment():
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
    )
    env.filters["tojson"] = lambda value, indent=None: json.dumps(
        value, ensure_ascii=False, indent=indent
    )
    return env


def render(folder, name, messages, tools, settings):
    text = (pathlib.Path(folder) / TEMPLATES[name]).read_text()
    values = {"messages": [message(m) for m in messages], "add_generation_prompt": True}
    if tools == "browser":
        values["builtin_tools"] = ["browser"]
    elif tools:
        values["tools"] = [schema(f) for f in tools]
    if name == "llama3":
        values["bos_token"] = "<|begin_of_text|>"
        if "date" in settings:
            values["date_string"] = settings["date"]
    if "thinking" in settings:
        values["enable_thinking"] = settings["thinking"]
    if "effort" in settings:
        values["reasoning_effort"] = settings["effort"]
    env = environment()
    env.globals["strftime_now"] = lambda _: settings["date"]
    return env.from_string(text).render(**values)


def main(folder):
    golden = [
        {
            "format": name,
            "title": title,
            "messages": messages,
            "tools": tools,
            "settings": settings,
            "text": render(folder, name, messages, tools, settings),
        }
        for name, title, messages, tools, settings in CASES
    ]
    out = pathlib.Path(__file__).parent / "golden.json"
    out.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
