// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "field_reader.hpp"
#include "millrace/core/size.hpp"
#include "millrace/engine/effect.hpp"

namespace millrace::nodes {

inline constexpr core::ByteSize file_size_default{64u << 20};
inline constexpr core::ByteSize file_size_max{1u << 30};

/// The field `path`.
std::string path_field(FieldReader& reader, std::string_view fallback = {});

/// The field `as`. Only writing knows `auto`.
engine::FileCall::Form form_field(FieldReader& reader, engine::FileCall::Form fallback);

}  // namespace millrace::nodes
