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
#include "scopes.hpp"
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
    Parsed element_step(NodeIndex object, bool optional, bool& in_chain);
    Parsed named_step(NodeIndex object, const std::string& name, bool optional, bool& in_chain);
    // operands.cpp
    Parsed primary();
    Parsed name();
    Parsed reference(Root root);
    Parsed uuid(std::size_t begin);
    std::optional<std::string> static_key();
    Parsed text();
    Parsed array();
    Parsed object();
    Parsed object_key(bool& shorthand);
    List arguments();
    Parsed element_of_list();
    // call_parser.cpp: what calls mean
    Parsed call(NodeIndex callee, bool optional);
    Parsed method(NodeIndex receiver, std::string_view name, bool optional, bool optional_call);
    Parsed global(const std::string& name, std::size_t begin);
    std::expected<void, CompileError> check_method(NodeIndex receiver, std::string_view name,
                                                   std::size_t begin) const;
    bool is_new(NodeIndex index) const;
    void claim_iterator(NodeIndex index) { std::erase(iterators_, index); }
    // functions.cpp
    enum class Place : std::uint8_t { slot, node };
    bool arrow_follows() const;
    Parsed arrow_function();
    std::expected<void, CompileError> parameter_list();
    std::expected<void, CompileError> target(std::uint32_t from, Place place);
    std::expected<void, CompileError> target_within(std::uint32_t from, Place place);
    std::expected<void, CompileError> object_pattern(std::uint32_t slot);
    std::expected<void, CompileError> array_pattern(std::uint32_t slot);
    std::expected<std::string, CompileError> pattern_key();
    std::expected<void, CompileError> declare(std::string_view name, std::uint32_t slot,
                                              std::size_t begin);
    NodeIndex local(std::uint32_t slot, std::size_t begin);
    void bind(std::uint32_t slot, NodeIndex value);

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
    Scopes scopes_;
    std::vector<NodeIndex> iterators_;  // not yet where they are iterated over at once
    std::size_t nesting_ = 0;
    bool logical_ = false;  // the last binary() ended in an && or || outside of parentheses
};

}  // namespace millrace::expr
