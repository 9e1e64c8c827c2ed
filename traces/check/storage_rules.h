// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/events.h"
#include "traces/check/findings.h"
#include "traces/check/head_ledger.h"
#include "traces/check/token_ledger.h"
#include "traces/header.h"

namespace pagequest::traces {

/// Rules about a change of precision: a scope of the model, live tokens there, possible bits.
/// `heads` is null unless heads hold different tokens of the main thread.
void check_requantised(const TokensRequantised& requantised, const Header& header,
                       const TokenLedger& tokens, const HeadLedger* heads, Findings& findings);

/// Rules about the keys that a decode step selected: a number a layer and KV head of the model,
/// none above the live tokens. `unread` is the thread's last step, if it was a decode step of which
/// no KeysRead has told yet; `heads` as above, of the event's thread.
void check_keys_read(const KeysRead& read, const Header& header, std::optional<std::int32_t> unread,
                     const TokenLedger& tokens, const HeadLedger* heads, Findings& findings);

}  // namespace pagequest::traces
