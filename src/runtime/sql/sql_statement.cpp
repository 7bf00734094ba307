// SPDX-License-Identifier: Apache-2.0
#include "sql/sql_statement.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>

#include "failures.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/utf8.hpp"

namespace millrace::runtime {
namespace {

using core::Value;
using Done = std::expected<void, core::Failure>;

constexpr std::size_t result_bytes_max = SqlConnection::value_bytes_max;

int bind_text(sqlite3_stmt* statement, int index, std::string_view text,
              sqlite3_destructor_type lifetime) {
    const char* const data = text.data() != nullptr ? text.data() : "";
    return sqlite3_bind_text64(statement, index, data, text.size(), lifetime, SQLITE_UTF8);
}

/// The value stays where it is until the statement has run.
int bind(sqlite3_stmt* statement, int index, const Value& value) {
    switch (value.kind()) {
        case Value::Kind::null: return sqlite3_bind_null(statement, index);
        case Value::Kind::boolean: return sqlite3_bind_int(statement, index, value.as_bool());
        case Value::Kind::integer: return sqlite3_bind_int64(statement, index, value.as_integer());
        case Value::Kind::number: return sqlite3_bind_double(statement, index, value.as_double());
        case Value::Kind::string:
            return bind_text(statement, index, value.as_string(), SQLITE_STATIC);
        case Value::Kind::bytes: {
            const auto bytes = value.as_bytes();
            if (bytes.empty()) return sqlite3_bind_zeroblob(statement, index, 0);
            return sqlite3_bind_blob64(statement, index, bytes.data(), bytes.size(), SQLITE_STATIC);
        }
        case Value::Kind::array:
        case Value::Kind::object: break;
    }
    return bind_text(statement, index, core::to_json(value), SQLITE_TRANSIENT);
}

Value column(sqlite3_stmt* statement, int index) {
    const auto size = [&] {
        return static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
    };
    switch (sqlite3_column_type(statement, index)) {
        case SQLITE_INTEGER: return Value{std::int64_t{sqlite3_column_int64(statement, index)}};
        case SQLITE_FLOAT: return sqlite3_column_double(statement, index);
        case SQLITE_TEXT: {
            const unsigned char* const bytes = sqlite3_column_text(statement, index);
            const std::string_view text{reinterpret_cast<const char*>(bytes), size()};
            if (core::is_valid_utf8(text)) return text;
            // Other programs store texts of other encodings; as a text they would change.
            return Value::bytes(std::span{bytes, text.size()});
        }
        case SQLITE_BLOB: {
            const auto* const data =
                static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, index));
            return Value::bytes(std::span{data, size()});
        }
        default: return {};
    }
}

/// One statement while it runs.
class Running {
public:
    Running(SqlConnection& connection, sqlite3_stmt* statement, const std::string& where,
            SqlBudget& budget)
        : connection_{connection}, statement_{statement}, where_{where}, budget_{budget} {
        const int count = sqlite3_bind_parameter_count(statement);
        for (int i = 1; i <= count; ++i) {
            const char* const name = sqlite3_bind_parameter_name(statement, i);
            parameters_.emplace_back(name != nullptr ? name : "");
        }
        name_columns();
    }
    ~Running() {
        sqlite3_reset(statement_);
        // What was bound ends with the call.
        sqlite3_clear_bindings(statement_);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    Done run(const Value& parameters, const std::string& place) {
        sqlite3_reset(statement_);
        if (Done done = bind_all(parameters, place); !done) return done;
        sqlite3* const database = connection_.raw();
        const std::int64_t changes_before = sqlite3_total_changes64(database);
        sqlite3_set_last_insert_rowid(database, 0);
        int code = SQLITE_ROW;
        while ((code = sqlite3_step(statement_)) == SQLITE_ROW) {
            if (Done done = take_row(); !done) return done;
        }
        if (code != SQLITE_DONE) return std::unexpected{connection_.failure(place)};
        if (sqlite3_total_changes64(database) != changes_before) {
            result_.changes += sqlite3_changes64(database);
        }
        if (const std::int64_t id = sqlite3_last_insert_rowid(database); id != 0) {
            result_.last_id = id;
        }
        return {};
    }
    SqlResult take() { return std::move(result_); }
    const std::string& where() const { return where_; }

private:
    /// Columns of one name would hide each other: further ones get a number.
    void name_columns() {
        const int count = sqlite3_column_count(statement_);
        for (int i = 0; i < count; ++i) {
            const char* const given = sqlite3_column_name(statement_, i);
            const std::string name{given != nullptr ? given : ""};
            std::string unique = name;
            for (int n = 2; std::ranges::find(columns_, unique) != columns_.end(); ++n)
                unique = name + "_" + std::to_string(n);
            columns_.push_back(unique);
            result_.columns.emplace_back(unique);
        }
    }
    Done bind_all(const Value& given, const std::string& place) {
        const bool by_position = given.is_array() || given.is_null();
        if (!by_position && !given.is_object()) {
            return refused("bad_parameters", place + ": parameters must be an array or an object");
        }
        if (by_position && given.size() != parameters_.size()) {
            return refused("bad_parameters",
                           place + ": the SQL has " + std::to_string(parameters_.size()) +
                               " parameters, but " + std::to_string(given.size()) +
                               " values were given");
        }
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            const Value* value = by_position ? &given.as_array()[i] : member(given, i);
            if (value == nullptr) {
                const std::string& name = parameters_[i];
                return refused("bad_parameters",
                               place + ": there is no value for parameter " +
                                   (name.empty() ? "?" + std::to_string(i + 1) : name) +
                                   (name.empty() ? "; an object fills :name parameters" : ""));
            }
            if (bind(statement_, static_cast<int>(i) + 1, *value) != SQLITE_OK) {
                return std::unexpected{connection_.failure(place)};
            }
        }
        return {};
    }
    const Value* member(const Value& given, std::size_t parameter) const {
        const std::string_view name = parameters_[parameter];
        return name.empty() ? nullptr : given.find(name.substr(1));
    }
    Done take_row() {
        if (++budget_.rows > budget_.rows_max) {
            return std::unexpected{make_failure(core::ErrorClass::limit, "too_many_rows",
                                                where_ + " gives more than " +
                                                    std::to_string(budget_.rows_max) +
                                                    " rows; add a LIMIT, or raise max_rows")};
        }
        std::vector<core::Member> members;
        members.reserve(columns_.size());
        for (std::size_t i = 0; i < columns_.size(); ++i)
            members.push_back({columns_[i], column(statement_, static_cast<int>(i))});
        result_.rows.push_back(Value::object(std::move(members)));
        budget_.bytes += result_.rows.back().weight();
        if (budget_.bytes <= result_bytes_max) return {};
        return std::unexpected{make_failure(core::ErrorClass::limit, "result_too_large",
                                            where_ + " gives more than 256MiB; read less at once")};
    }

    SqlConnection& connection_;
    sqlite3_stmt* statement_;
    const std::string& where_;
    SqlBudget& budget_;
    std::vector<std::string> parameters_;  // with their first character; empty: nameless
    std::vector<std::string> columns_;
    SqlResult result_;
};

}  // namespace

Value SqlResult::to_value() && {
    return Value::object({{"rows", Value::array(std::move(rows))},
                          {"columns", Value::array(std::move(columns))},
                          {"changes", changes},
                          {"last_id", std::move(last_id)}});
}

std::expected<SqlResult, core::Failure> run_statement(SqlConnection& connection,
                                                      const engine::SqlStatement& statement,
                                                      const std::string& where, SqlBudget& budget) {
    const auto prepared = connection.prepare(statement.text, where);
    if (!prepared) return std::unexpected{prepared.error()};
    Running running{connection, *prepared, where, budget};
    if (!statement.for_each) {
        if (Done done = running.run(statement.parameters, where); !done) {
            return std::unexpected{std::move(done.error())};
        }
        return running.take();
    }
    std::size_t number = 0;
    for (const Value& set : statement.parameters.as_array()) {
        Done done = running.run(set, where);
        ++number;
        if (done) continue;
        core::Failure failure = std::move(done.error());
        failure.message += " (element " + std::to_string(number) + " of parameters_each)";
        core::ObjectBuilder details;
        if (failure.details.is_object()) {
            for (const core::Member& member : failure.details.as_object())
                details.set(member.key, member.value);
        }
        details.set("element", static_cast<std::int64_t>(number - 1));
        failure.details = std::move(details).build();
        return std::unexpected{std::move(failure)};
    }
    return running.take();
}

}  // namespace millrace::runtime
