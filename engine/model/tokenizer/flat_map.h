// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#if defined(PQ_MINIMAL)
#include <unordered_map>
#else
#include <boost/unordered/unordered_flat_map.hpp>
#endif

namespace pagequest::model::tokenizer {

/// A hash map whose lookups are fast; the standard's where a minimal build lacks Boost.
#if defined(PQ_MINIMAL)
template <class Key, class Value>
using FlatMap = std::unordered_map<Key, Value>;
#else
template <class Key, class Value>
using FlatMap = boost::unordered_flat_map<Key, Value>;
#endif

}  // namespace pagequest::model::tokenizer
