// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "builder.hpp"
#include "compile_error.hpp"
#include "program.hpp"
#include "token_reader.hpp"

namespace millrace::expr {

/// Recursive descent over the grammar of ECMAScript's expressions.
class Parser {
public:
    Parser(Program& program, TokenReader& reader, RootSet allowed)
        : program_{program}, builder_{program}, reader_{reader}, allowed_{allowed} {}

    std::expected<void, CompileError> run(std::string_view source, std::size_t offset);

private:
    using Parsed = std::expected<NodeIndex, CompileError>;
    using List = std::expected<std::vector<NodeIndex>, CompileError>;

    // parser.cpp: operators and accesses
    Parsed expression();
    Parsed conditional();
    Parsed coalesce();
    Parsed binary(int precedence_min);
    Parsed unary();
    Parsed power();
    Parsed postfix();
    Parsed member_step(NodeIndex object, bool& in_chain);
    Parsed call_includes(NodeIndex receiver, bool optional, bool optional_call);
    // operands.cpp
    Parsed primary();
    Parsed name();
    Parsed reference(Root root);
    std::optional<std::string> static_key();
    Parsed text();
    Parsed array();
    Parsed object();
    Parsed object_key(bool& shorthand);
    List arguments();
    Parsed element_of_list();

    std::expected<void, CompileError> expect(std::string_view punctuator);
    CompileError unexpected() const { return reader_.unexpected(); }
    Parsed binary_node(Op op, NodeIndex left, NodeIndex right);
    Node at_places(Op op, std::size_t begin) const {
        return {.op = op,
                .begin = static_cast<std::uint32_t>(begin),
                .end = static_cast<std::uint32_t>(reader_.last_end())};
    }

    Program& program_;
    Builder builder_;
    TokenReader& reader_;
    RootSet allowed_;
    std::size_t nesting_ = 0;
    bool logical_ = false;  // the last binary() ended in an && or || outside of parentheses
};

}  // namespace millrace::expr
