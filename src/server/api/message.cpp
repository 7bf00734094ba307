// SPDX-License-Identifier: Apache-2.0
#include "api/message.hpp"

#include <algorithm>

#include "millrace/core/check.hpp"

namespace millrace::server {
namespace {

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_names(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view to_text(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::patch: return "PATCH";
        case Method::del: return "DELETE";
        case Method::options: return "OPTIONS";
        case Method::other: return "other";
    }
    return "other";
}

void Fields::add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
}

void Fields::set(std::string_view name, std::string value) {
    std::erase_if(fields_, [&](const auto& field) { return equal_names(field.first, name); });
    fields_.emplace_back(std::string{name}, std::move(value));
}

const std::string* Fields::find(std::string_view name) const {
    const auto found = std::ranges::find_if(
        fields_, [&](const auto& field) { return equal_names(field.first, name); });
    return found == fields_.end() ? nullptr : &found->second;
}

const std::string& Request::parameter(std::string_view name) const {
    const auto found = std::ranges::find(parameters, name, [](const auto& p) { return p.first; });
    MR_CHECK(found != parameters.end());
    return found->second;
}

const std::string* Request::query_value(std::string_view name) const {
    const auto found = std::ranges::find(query, name, [](const auto& p) { return p.first; });
    return found == query.end() ? nullptr : &found->second;
}

std::string_view Request::header(std::string_view name) const {
    const std::string* const found = headers.find(name);
    return found == nullptr ? std::string_view{} : std::string_view{*found};
}

}  // namespace millrace::server
