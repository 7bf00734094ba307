// SPDX-License-Identifier: Apache-2.0
#include "golden_file.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/format/document.hpp"
#include "millrace/format/writer.hpp"

namespace millrace::golden {
namespace {

using core::Value;

constexpr std::string_view document_ending = ".workflow.yaml";

[[noreturn]] void give_up(const std::filesystem::path& file, const std::string& why) {
    std::fprintf(stderr, "%s: %s\n", file.c_str(), why.c_str());
    std::exit(1);
}

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    if (!in) give_up(file, "cannot be read");
    return {std::istreambuf_iterator<char>{in}, {}};
}

void put(const std::filesystem::path& file, const std::string& text) {
    if (std::filesystem::exists(file))
        give_up(file, "exists; goldens of a released version are never rewritten");
    std::ofstream out{file, std::ios::binary};
    out << text;
    if (!out.flush()) give_up(file, "cannot be written");
}

core::Document document_of(const std::filesystem::path& file) {
    format::DocumentRead read = format::read_document({file.filename(), text_of(file)});
    for (const core::Problem& problem : read.problems)
        std::fprintf(stderr, "%s\n", format::to_text(file.string(), problem).c_str());
    if (!read.document) give_up(file, "is no workflow document");
    return std::move(*read.document);
}

/// The members of a golden's JSON file; a missing or wrong one ends the process.
class Reader {
public:
    Reader(std::filesystem::path file, Value value)
        : file_{std::move(file)}, value_{std::move(value)} {}

    const Value& at(std::string_view key) const {
        const Value* const found = value_.find(key);
        if (found == nullptr) give_up(file_, "has no `" + std::string{key} + "`");
        return *found;
    }
    std::size_t size(std::string_view key) const {
        return static_cast<std::size_t>(at(key).as_integer());
    }
    std::string bytes(const Value& text) const {
        auto decoded = core::parse_base64(text.as_string());
        if (!decoded) give_up(file_, decoded.error().message());
        return std::move(*decoded);
    }

private:
    std::filesystem::path file_;
    Value value_;
};

}  // namespace

Value summary(const engine::ExecutionView& view) {
    std::vector<core::Member> nodes;
    for (const engine::NodeView& node : view.nodes())
        nodes.push_back({node.id, core::to_text(node.status)});
    return Value::object({{"status", core::to_text(view.status())},
                          {"outputs", view.outputs()},
                          {"nodes", Value::object(std::move(nodes))}});
}

void write(const Golden& golden, const std::filesystem::path& folder) {
    std::vector<Value> rows;
    for (const std::string& row : golden.rows)
        rows.emplace_back(core::base64(row));
    const Value file =
        Value::object({{"id", golden.id.text()},
                       {"stopped_after", static_cast<std::int64_t>(golden.stopped_after)},
                       {"snapshot_rows", static_cast<std::int64_t>(golden.snapshot_rows)},
                       {"snapshot", core::base64(golden.snapshot)},
                       {"state", golden.state},
                       {"end", golden.end},
                       {"rows", Value::array(std::move(rows))}});
    put(folder / (golden.name + std::string{document_ending}),
        "# SPDX-License-Identifier: Apache-2.0\n" + format::write_yaml(golden.document));
    put(folder / (golden.name + ".json"), core::to_pretty_json(file) + "\n");
}

Golden read(const std::filesystem::path& json_file) {
    auto value = core::parse_json(text_of(json_file));
    if (!value) give_up(json_file, value.error().message());
    const Reader file{json_file, *std::move(value)};
    Golden golden;
    golden.name = json_file.stem();
    golden.document = document_of(
        std::filesystem::path{json_file}.replace_extension(std::string{document_ending}));
    const auto id = core::ExecutionId::parse(file.at("id").as_string());
    if (!id) give_up(json_file, "its `id` is none");
    golden.id = *id;
    for (const Value& row : file.at("rows").as_array())
        golden.rows.push_back(file.bytes(row));
    golden.stopped_after = file.size("stopped_after");
    golden.snapshot = file.bytes(file.at("snapshot"));
    golden.snapshot_rows = file.size("snapshot_rows");
    golden.state = file.at("state");
    golden.end = file.at("end");
    return golden;
}

}  // namespace millrace::golden
