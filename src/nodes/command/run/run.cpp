// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "behaviours.hpp"
#include "field_reader.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/number_text.hpp"
#include "size_field.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

constexpr core::ByteSize output_default{1u << 20};
constexpr core::ByteSize output_max{64u << 20};

/// What a program is given for a value; nothing for what has no text of its own.
std::optional<std::string> argument_text(const Value& value) {
    if (value.is_bool()) return value.as_bool() ? "true" : "false";
    if (value.is_integer()) return core::number_text(value.as_integer());
    if (value.is_number()) return core::number_text(value.as_double());
    if (!value.is_string()) return std::nullopt;
    // A program would see the text end there.
    if (value.as_string().find('\0') != std::string_view::npos) return std::nullopt;
    return std::string{value.as_string()};
}

bool is_variable_name(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    };
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::ranges::all_of(name, fits);
}

/// Variables by which a program, or an interpreter or library that it uses, is told what code to
/// load. They would let a workflow run anything where the operator has allowed one program.
constexpr auto code_names = std::to_array<std::string_view>({"BASHOPTS",
                                                             "BASH_ENV",
                                                             "CDPATH",
                                                             "CLASSPATH",
                                                             "COR_PROFILER",
                                                             "CURL_HOME",
                                                             "EDITOR",
                                                             "ENV",
                                                             "GCONV_PATH",
                                                             "GETCONF_DIR",
                                                             "GLIBC_TUNABLES",
                                                             "HOME",
                                                             "HOSTALIASES",
                                                             "IFS",
                                                             "INPUTRC",
                                                             "JAVA_HOME",
                                                             "JAVA_OPTS",
                                                             "JAVA_TOOL_OPTIONS",
                                                             "JDK_JAVA_OPTIONS",
                                                             "LESSCLOSE",
                                                             "LESSOPEN",
                                                             "LOCPATH",
                                                             "MAKEFILES",
                                                             "MAKEFLAGS",
                                                             "NLSPATH",
                                                             "NODE_OPTIONS",
                                                             "NODE_PATH",
                                                             "PAGER",
                                                             "PATH",
                                                             "PERLLIB",
                                                             "PHPRC",
                                                             "PROMPT_COMMAND",
                                                             "PS4",
                                                             "SHELL",
                                                             "SHELLOPTS",
                                                             "TAR_OPTIONS",
                                                             "VISUAL",
                                                             "WGETRC",
                                                             "ZDOTDIR",
                                                             "_JAVA_OPTIONS"});
constexpr auto code_beginnings = std::to_array<std::string_view>(
    {"CORECLR_", "DOTNET_", "DYLD_", "GEM_", "GIT_", "GUILE_", "LD_", "LUA_", "NPM_CONFIG_",
     "OPENSSL_", "PERL5", "PHP_", "PYTHON", "RUBY", "R_", "SSH_", "TCL", "XDG_"});

bool chooses_code(std::string_view name) {
    return std::ranges::find(code_names, name) != code_names.end() ||
           std::ranges::any_of(code_beginnings,
                               [name](auto beginning) { return name.starts_with(beginning); });
}

void read_arguments(FieldReader& reader, engine::ProcessCall& call) {
    call.arguments.push_back(reader.text("program"));
    if (call.arguments.front().empty()) reader.refuse("program", "the name of a program");
    const Value* const arguments = reader.find("arguments");
    if (arguments == nullptr) return;
    constexpr const char* wanted = "a list of texts, numbers and booleans";
    if (!arguments->is_array()) return reader.refuse("arguments", wanted);
    for (const Value& argument : arguments->as_array()) {
        std::optional<std::string> text = argument_text(argument);
        if (!text) return reader.refuse("arguments", wanted);
        call.arguments.push_back(*std::move(text));
    }
}

void read_environment(FieldReader& reader, engine::ProcessCall& call) {
    const Value* const environment = reader.find("environment");
    if (environment == nullptr) return;
    constexpr const char* wanted = "an object of names (A-Z, 0-9, _) and texts";
    if (!environment->is_object()) return reader.refuse("environment", wanted);
    for (const core::Member& variable : environment->as_object()) {
        if (variable.value.is_null()) continue;
        std::optional<std::string> text = argument_text(variable.value);
        if (!text || !is_variable_name(variable.key)) return reader.refuse("environment", wanted);
        if (chooses_code(variable.key)) {
            return reader.refuse("environment",
                                 "without " + std::string{variable.key} +
                                     ", which can change what code a program loads (allow a "
                                     "script that sets it and then runs the program)");
        }
        call.environment.emplace_back(variable.key, *std::move(text));
    }
}

void read_input(FieldReader& reader, engine::ProcessCall& call) {
    const Value* const input = reader.find("input");
    if (input == nullptr) return;
    if (input->is_string()) {
        call.input = input->as_string();
    } else if (input->is_bytes()) {
        call.input.assign(input->as_bytes().begin(), input->as_bytes().end());
    } else {
        call.input = core::to_json(*input) + "\n";
    }
}

void read_success(FieldReader& reader, engine::ProcessCall& call) {
    const Value* const success = reader.find("success");
    if (success == nullptr) return;
    constexpr const char* wanted = "a list of exit statuses from 0 to 255";
    if (!success->is_array()) return reader.refuse("success", wanted);
    call.success.clear();
    for (const Value& status : success->as_array()) {
        if (!status.is_integer() || status.as_integer() < 0 || status.as_integer() > 255) {
            return reader.refuse("success", wanted);
        }
        call.success.push_back(static_cast<std::int32_t>(status.as_integer()));
    }
}

class CommandRun final : public engine::NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        check_size(data, "max_output", output_max, pointer, problems);
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        using enum engine::BodyReading;
        constexpr Word<engine::BodyReading> readings[] = {
            {"text", text}, {"json", json}, {"bytes", bytes}};
        std::optional<core::Failure> failure;
        FieldReader reader{call.data, "/data", failure};
        engine::ProcessCall made;
        read_arguments(reader, made);
        read_environment(reader, made);
        read_input(reader, made);
        read_success(reader, made);
        made.folder = reader.text("folder");
        made.reading = reader.word("output", readings, text);
        made.max_output = size_field(reader, "max_output", output_default, output_max);
        if (failure) return *std::move(failure);
        return engine::EffectRequest{std::move(made)};
    }
};

}  // namespace

Behaviour command_run() {
    return std::make_shared<CommandRun>();
}

}  // namespace millrace::nodes
