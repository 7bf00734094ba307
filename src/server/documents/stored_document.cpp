// SPDX-License-Identifier: Apache-2.0
#include "millrace/server/stored_document.hpp"

#include <utility>

#include "millrace/format/document.hpp"
#include "millrace/format/schema.hpp"

namespace millrace::server {

std::string_view code_text(DocumentErrc code) {
    switch (code) {
        case DocumentErrc::unreadable: return "unreadable";
    }
    return "unreadable";
}

core::Result<core::Document> read_version(const store::WorkflowVersion& version) {
    const std::string name = version.workflow_id + " version " + std::to_string(version.number);
    format::DocumentRead read =
        format::read_document(format::SourceText{name, version.document, format::Syntax::json});
    if (read.document) return std::move(*read.document);
    return core::fail(DocumentErrc::unreadable, "this version of Millrace cannot read the stored " +
                                                    format::to_text(name, read.problems.front()));
}

core::Result<core::Document> stored_document(store::Store& store, const std::string& workflow_id,
                                             std::uint32_t number) {
    const auto version = store.version(workflow_id, number);
    if (!version) return std::unexpected(version.error());
    return read_version(*version);
}

core::Result<StoredWorkflow> stored_workflow(store::Store& store,
                                             const engine::NodeLibrary& library,
                                             const std::string& workflow_id, std::uint32_t number) {
    auto version = store.version(workflow_id, number);
    if (!version) return std::unexpected(version.error());
    auto document = read_version(*version);
    if (!document) return std::unexpected(document.error());
    engine::CompileResult compiled = engine::compile(
        *document, {workflow_id, version->number, version->hash}, library, format::compile_schema);
    if (!compiled.plan) {
        const std::string name = workflow_id + " version " + std::to_string(version->number);
        return core::fail(DocumentErrc::unreadable,
                          "this version of Millrace cannot run the stored " +
                              format::to_text(name, compiled.problems.front()));
    }
    return StoredWorkflow{std::move(*version), std::move(*document), std::move(compiled.plan)};
}

}  // namespace millrace::server
