// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "behaviours.hpp"
#include "field.hpp"
#include "items.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

constexpr std::int64_t size_limit = 1'000'000;

engine::NodeOutcome batches_of(const engine::NodeCall& call, Items items, std::size_t size) {
    std::vector<Value> batches;
    ResultWeight weight{call};
    batches.reserve(items.size() / size + 1);
    for (std::size_t first = 0; first < items.size(); first += size) {
        const Items batch = items.subspan(first, std::min(size, items.size() - first));
        batches.push_back(Value::array({batch.begin(), batch.end()}));
        if (!weight.add(batches.back())) return ResultWeight::failure(call);
    }
    return engine::Emit::out(Value::array(std::move(batches)));
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

class DataSplit final : public engine::NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        const bool by_size = data.find("size") != nullptr;
        for (const char* const field : {"trim", "keep_empty"}) {
            if (!by_size || data.find(field) == nullptr) continue;
            add_problem(problems, core::ProblemCode::bad_value, core::pointer_child(pointer, field),
                        "`" + std::string{field} + "` goes with `separator` only; remove it");
        }
        if (by_size != (data.find("separator") != nullptr)) return;
        add_problem(problems,
                    by_size ? core::ProblemCode::bad_value : core::ProblemCode::missing_key,
                    core::pointer_child(pointer, by_size ? "separator" : "size"),
                    by_size ? "`size` splits an array and `separator` a text; remove one of them"
                            : "give `size` to split an array, or `separator` to split a text");
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<core::Failure> failure;
        FieldReader fields{call.data, {}, failure};
        const std::int64_t size = fields.integer("size", 0, 1, size_limit);
        const std::string separator = fields.text("separator");
        const bool trim = fields.flag("trim", false);
        const bool keep_empty = fields.flag("keep_empty", true);
        if (fields.has("separator") && separator.empty()) {
            fields.refuse("separator", "a text that is not empty");
        }
        if (failure) return *failure;
        if (size > 0) {
            const auto items = item_list(call);
            if (!items) return items.error();
            return batches_of(call, *items, static_cast<std::size_t>(size));
        }
        if (separator.empty()) {
            return engine::validation_failure(
                "missing_field", "give `size` to split an array, or `separator` to split a text");
        }
        return split_text(call, separator, trim, keep_empty);
    }

private:
    static engine::NodeOutcome split_text(const engine::NodeCall& call,
                                          const std::string& separator, bool trim,
                                          bool keep_empty) {
        const auto found = source_value(call);
        if (!found) return found.error();
        const Value& source = *found;
        if (!source.is_string()) {
            return engine::validation_failure(
                "not_a_text", "`separator` splits a text, but what is to be split is " +
                                  std::string{core::kind_name(source)} +
                                  "; name the text by `over: input.NAME`, or use `size`");
        }
        std::vector<Value> pieces;
        ResultWeight weight{call};
        std::string_view rest = source.as_string();
        for (bool is_last = false; !is_last;) {
            const std::size_t end = rest.find(separator);
            is_last = end == std::string_view::npos;
            const std::string_view piece = rest.substr(0, end);
            const std::string_view kept = trim ? trimmed(piece) : piece;
            if (!is_last) rest.remove_prefix(end + separator.size());
            if (kept.empty() && !keep_empty) continue;
            pieces.emplace_back(kept);
            if (!weight.add(pieces.back())) return ResultWeight::failure(call);
        }
        return engine::Emit::out(Value::array(std::move(pieces)));
    }
};

}  // namespace

Behaviour data_split() {
    return std::make_shared<DataSplit>();
}

}  // namespace millrace::nodes
