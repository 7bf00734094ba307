// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/core/document.hpp"
#include "millrace/core/result.hpp"
#include "millrace/store/store.hpp"

// No two active workflows have the same address for webhooks or forms.

namespace millrace::server {

enum class ActivationErrc {
    webhook_conflict,  ///< the message names both nodes
};
std::string_view code_text(ActivationErrc code);

/// An address that a node answers at while its workflow is active.
struct AddressClaim {
    std::string workflow_id;
    std::string node_id;
    std::string address;               ///< `/webhooks/orders/{}`: parameters without their names
    std::vector<std::string> methods;  ///< empty: any
};
/// Of the nodes of a document; what cannot be read claims nothing.
std::vector<AddressClaim> claims_of(const core::Document& document);

/// For each of `documents` that cannot become active why it cannot: another active workflow has an
/// address of its nodes, or an earlier one of these has, or two of its own nodes. Workflows in
/// `gone` are not active any more, and those of `documents` only as these say. Within the
/// transaction that activates them the answer stays true.
core::Result<std::vector<std::optional<core::Error>>> activation_conflicts(
    store::Store& store, std::span<const core::Document* const> documents,
    std::span<const std::string> gone = {});

/// The same of one document.
core::Result<> check_activation(store::Store& store, const core::Document& document);

}  // namespace millrace::server
