// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <ostream>
#include <system_error>

#include "configuration/configuration_page.hpp"
#include "documents/document_file.hpp"
#include "documents/document_paths.hpp"
#include "documents/problem_text.hpp"
#include "documents/text_file.hpp"
#include "library.hpp"
#include "millrace/server/reference.hpp"
#include "on_call.hpp"
#include "reference_pages/node_type_pages.hpp"
#include "reference_pages/workflow_page.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view types_word = "node-types";
constexpr std::string_view api_word = "api";
constexpr std::string_view openapi_word = "openapi";
constexpr std::string_view configuration_word = "configuration";

struct DocsOptions {
    std::vector<std::string> what;
    std::string out;
};

/// Pages go into a folder, where those of an earlier time are replaced, or to standard output.
class Writer {
public:
    Writer(const Console& console, std::string folder)
        : console_{console}, folder_{std::move(folder)} {}

    bool has_folder() const { return !folder_.empty(); }

    core::Result<> write(const fs::path& name, const std::string& text) {
        if (!has_folder()) {
            console_.out << (pages_ == 0 ? "" : "\n") << text;
            ++pages_;
            return {};
        }
        const fs::path file = fs::path{folder_} / name;
        std::error_code error;
        fs::create_directories(file.parent_path(), error);
        if (error) {
            return core::fail(FileErrc::unreadable, "cannot make the folder " +
                                                        one_line(file.parent_path().string()) +
                                                        ": " + error.message());
        }
        ++pages_;
        return replace_file(file.string(), text);
    }

    void conclude() const {
        if (has_folder())
            console_.say({{Tone::good, "wrote "},
                          {Tone::plain, counted(pages_, "page") + " into " + one_line(folder_)}});
    }

private:
    const Console& console_;
    std::string folder_;
    std::size_t pages_ = 0;
};

core::Result<> write_types(Writer& writer, const nodes::Registry& registry) {
    if (!writer.has_folder()) return writer.write("node-types.md", node_types_page(registry));
    const fs::path folder{types_word};
    if (auto written = writer.write(folder / "README.md", node_types_index(registry)); !written)
        return written;
    for (const auto& definition : registry.list()) {
        const core::NodeType& type = definition->type;
        const std::string version = type.version > 1 ? "@" + std::to_string(type.version) : "";
        const auto written =
            writer.write(folder / (type.type + version + ".md"), node_type_page(type, 1));
        if (!written) return written;
    }
    return {};
}

core::Result<bool> write_workflow(const Context& context, Writer& writer,
                                  const nodes::Registry& registry, const std::string& file) {
    const auto source = read_source(context.console, file);
    if (!source) return std::unexpected(source.error());
    CheckedDocument checked = check_document(*source, registry);
    if (!checked.plan) {
        context.console.err << problem_text(*source, checked, style_for_err(context.console))
                            << std::flush;
        return false;
    }
    const auto written = writer.write(checked.document->id + ".md",
                                      workflow_page(*checked.document, *checked.plan, file));
    if (!written) return std::unexpected(written.error());
    return true;
}

core::Result<Exit> docs(const Context& context, const DocsOptions& options) {
    const auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    Writer writer{context.console, options.out};
    std::vector<std::string> arguments = options.what;
    if (arguments.empty()) arguments.emplace_back(types_word);
    const auto has = [&](std::string_view word) {
        return std::erase(arguments, std::string{word}) > 0;
    };
    core::Result<> written;
    if (has(configuration_word)) written = writer.write("configuration.md", configuration_page());
    if (has(api_word) && written) written = writer.write("api.md", server::api_page());
    if (has(openapi_word) && written)
        written = writer.write("openapi.json", server::openapi_text(MILLRACE_VERSION));
    if (has(types_word) && written) written = write_types(writer, **library);
    if (!written) return std::unexpected(written.error());
    const auto files = document_paths(arguments);
    if (!files) return std::unexpected(files.error());
    bool are_valid = true;
    for (const std::string& file : *files) {
        const auto is_valid = write_workflow(context, writer, **library, file);
        if (!is_valid) return std::unexpected(is_valid.error());
        are_valid = are_valid && *is_valid;
    }
    writer.conclude();
    return are_valid ? Exit::done : Exit::failed;
}

}  // namespace

void add_docs(CLI::App& program, Action& chosen) {
    CLI::App* const command =
        program.add_subcommand("docs", "Write Markdown about node types, workflows or the API");
    const auto options = std::make_shared<DocsOptions>();
    command->add_option("PATH", options->what,
                        "Workflow files, folders of them, api, openapi, configuration, or "
                        "node-types, which is the default");
    command->add_option("--out", options->out, "A page each into this folder, else to stdout")
        ->type_name("DIR");
    command->footer(
        "A workflow's page has its graph (Mermaid), nodes, connections in words, what each\n"
        "expression reads, and what depends on what.\n"
        "openapi is the API as JSON, for other tools.\n"
        "Example: millrace docs order.workflow.yaml > order.md\n"
        "Example: millrace docs node-types --out docs\n"
        "Example: millrace docs openapi > openapi.json");
    on_call(*command, chosen, options, docs);
}

}  // namespace millrace::cli
