// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "behaviours.hpp"
#include "field.hpp"
#include "field_reader.hpp"

namespace millrace::nodes {
namespace {

using core::ProblemCode;
using core::Value;

constexpr std::string_view sql_fields[] = {"query", "execute", "statements"};

std::string list_of_sql_fields() {
    return "one of query, execute and statements";
}

/// Text of a workflow's author alone: whatever a template put there could say anything.
void check_sql(const Value& sql, const std::string& path, core::Problems& problems) {
    if (!is_template(sql)) return;
    add_problem(problems, ProblemCode::bad_value, path,
                "SQL is taken as it is, so that no value can change what it says; write :name in "
                "it and give the value in parameters");
}

void check_statements(const Value& statements, const std::string& path, core::Problems& problems) {
    if (!statements.is_array()) {
        add_problem(problems, ProblemCode::bad_value, path,
                    "statements must be a list of {sql, parameters}");
        return;
    }
    for (std::size_t i = 0; i < statements.size(); ++i) {
        const Value& statement = statements.as_array()[i];
        const std::string place = core::pointer_child(path, std::to_string(i));
        if (const Value* const sql = statement.find("sql")) {
            check_sql(*sql, core::pointer_child(place, "sql"), problems);
        }
        if (statement.find("parameters") != nullptr &&
            statement.find("parameters_each") != nullptr) {
            add_problem(problems, ProblemCode::bad_value, place,
                        "a statement has either parameters or parameters_each");
        }
    }
}

/// Fields that mean nothing beside another one.
void check_pairs(const Value& data, const std::string& pointer, core::Problems& problems) {
    const auto refuse = [&](std::string_view key, std::string why) {
        if (data.find(key) == nullptr) return;
        add_problem(problems, ProblemCode::bad_value, core::pointer_child(pointer, key),
                    std::move(why));
    };
    if (data.find("query") != nullptr) {
        for (const std::string_view key : {"create", "once", "parameters_each"})
            refuse(key, std::string{key} + " has no meaning for a query, which only reads");
    }
    if (data.find("statements") != nullptr) {
        for (const std::string_view key : {"parameters", "parameters_each"})
            refuse(key, std::string{key} + " belongs into an element of statements");
    } else {
        refuse("mode", "mode is for statements; a query reads and execute writes");
    }
    if (data.find("parameters") != nullptr) {
        refuse("parameters_each", "a statement has either parameters or parameters_each");
    }
    const Value* const transaction = data.find("transaction");
    if (transaction != nullptr && *transaction == Value{false}) {
        refuse("once", "once needs the transaction that transaction: false leaves out");
    }
}

class Sqlite final : public engine::NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        int given = 0;
        for (const std::string_view key : sql_fields) {
            const Value* const field = data.find(key);
            if (field == nullptr) continue;
            ++given;
            const std::string path = core::pointer_child(pointer, key);
            if (key == "statements") {
                check_statements(*field, path, problems);
            } else {
                check_sql(*field, path, problems);
            }
        }
        if (given != 1) {
            add_problem(problems, ProblemCode::missing_key, pointer,
                        "the node needs " + list_of_sql_fields());
        }
        check_pairs(data, pointer, problems);
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<core::Failure> failure;
        FieldReader reader{call.data, "/data", failure};
        engine::SqlCall made;
        made.database = reader.text("database");
        if (made.database.empty()) reader.refuse("database", "the path of a file");
        made.transaction = reader.flag("transaction", true);
        made.create = reader.flag("create", false);
        made.once = reader.flag("once", made.transaction);
        constexpr std::int64_t rows_max = 1'000'000;
        made.max_rows = static_cast<std::uint32_t>(reader.integer("max_rows", 10'000, 0, rows_max));
        add_statements(reader, made, failure);
        if (failure) return *std::move(failure);
        return engine::EffectRequest{std::move(made)};
    }

private:
    static void add_statements(FieldReader& reader, engine::SqlCall& call,
                               std::optional<core::Failure>& failure) {
        const Value* const several = reader.find("statements");
        call.single = several == nullptr;
        if (call.single) {
            call.read_only = reader.has("query");
            const std::string_view key = call.read_only ? "query" : "execute";
            call.statements.push_back(statement_of(reader, key));
            return;
        }
        constexpr Word<bool> modes[] = {{"read", true}, {"write", false}};
        call.read_only = reader.word("mode", modes, false);
        if (!several->is_array() || several->size() == 0) {
            return reader.refuse("statements", "a list of {sql, parameters}");
        }
        for (std::size_t i = 0; i < several->size(); ++i) {
            FieldReader one{several->as_array()[i], "/data/statements/" + std::to_string(i),
                            failure};
            call.statements.push_back(statement_of(one, "sql"));
        }
    }
    static engine::SqlStatement statement_of(FieldReader& reader, std::string_view key) {
        engine::SqlStatement statement;
        statement.text = reader.text(key);
        if (statement.text.empty()) reader.refuse(key, "an SQL statement");
        if (const Value* const each = reader.find("parameters_each")) {
            if (!each->is_array()) reader.refuse("parameters_each", "an array of parameters");
            statement.for_each = true;
            statement.parameters = *each;
        } else if (const Value* const parameters = reader.find("parameters")) {
            if (!parameters->is_array() && !parameters->is_object()) {
                reader.refuse("parameters", "an array or an object");
            }
            statement.parameters = *parameters;
        }
        return statement;
    }
};

}  // namespace

Behaviour db_sqlite() {
    return std::make_shared<Sqlite>();
}

}  // namespace millrace::nodes
