// SPDX-License-Identifier: Apache-2.0
#pragma once

// Without this, valijson ends the process where it could throw.
#ifndef VALIJSON_USE_EXCEPTIONS
#define VALIJSON_USE_EXCEPTIONS 1
#endif

#include <valijson/exceptions.hpp>
#include <valijson/internal/adapter.hpp>
#include <valijson/internal/basic_adapter.hpp>
#include <valijson/internal/frozen_value.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

#include "millrace/core/value.hpp"

namespace millrace::format {

// Lets valijson's schema parser read a core::Value. Everything here is a view: the Value that a
// schema is compiled from must live until that is done. Frozen values keep their own share.

class CoreAdapter;
using CoreMember = std::pair<std::string, CoreAdapter>;

inline const core::Value& empty_object() {
    static const core::Value value = core::Value::object({});
    return value;
}
inline const core::Value& empty_array() {
    static const core::Value value = core::Value::array({});
    return value;
}

/// Over a contiguous range; `Out` is made of each `In`.
template <class In, class Out>
class CoreIterator {
public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = Out;
    using difference_type = std::ptrdiff_t;
    using pointer = Out*;
    using reference = Out&;

    explicit CoreIterator(const In* at) : at_{at} {}

    Out operator*() const;
    valijson::adapters::DerefProxy<Out> operator->() const {
        return valijson::adapters::DerefProxy<Out>(**this);
    }
    bool operator==(const CoreIterator& other) const { return at_ == other.at_; }
    CoreIterator& operator++() {
        ++at_;
        return *this;
    }
    CoreIterator operator++(int) { return CoreIterator{at_++}; }
    CoreIterator& operator--() {
        --at_;
        return *this;
    }
    void advance(std::ptrdiff_t n) { at_ += n; }

private:
    const In* at_;
};

class CoreArray {
public:
    using const_iterator = CoreIterator<core::Value, CoreAdapter>;
    using iterator = const_iterator;

    CoreArray() : value_{&empty_array()} {}
    explicit CoreArray(const core::Value& value) : value_{&value} {}

    const_iterator begin() const { return const_iterator{value_->as_array().data()}; }
    const_iterator end() const { return const_iterator{value_->as_array().data() + size()}; }
    std::size_t size() const { return value_->size(); }

private:
    const core::Value* value_;
};

class CoreObject {
public:
    using const_iterator = CoreIterator<core::Member, CoreMember>;
    using iterator = const_iterator;

    CoreObject() : value_{&empty_object()} {}
    explicit CoreObject(const core::Value& value) : value_{&value} {}

    const_iterator begin() const { return const_iterator{value_->as_object().data()}; }
    const_iterator end() const { return const_iterator{value_->as_object().data() + size()}; }
    const_iterator find(const std::string& key) const {
        const auto members = value_->as_object();
        for (const core::Member& member : members) {
            if (member.key == key) return const_iterator{&member};
        }
        return end();
    }
    std::size_t size() const { return value_->size(); }

private:
    const core::Value* value_;
};

class CoreFrozenValue final : public valijson::adapters::FrozenValue {
public:
    explicit CoreFrozenValue(core::Value value) : value_{std::move(value)} {}

    FrozenValue* clone() const override { return new CoreFrozenValue(value_); }
    bool equalTo(const valijson::adapters::Adapter& other, bool strict) const override;
    const core::Value& value() const { return value_; }

private:
    core::Value value_;
};

class CoreValue {
public:
    CoreValue() : value_{&empty_object()} {}
    explicit CoreValue(const core::Value& value) : value_{&value} {}

    CoreFrozenValue* freeze() const { return new CoreFrozenValue(*value_); }

    opt::optional<CoreArray> getArrayOptional() const {
        return isArray() ? opt::make_optional(CoreArray{*value_}) : opt::optional<CoreArray>{};
    }
    opt::optional<CoreObject> getObjectOptional() const {
        return isObject() ? opt::make_optional(CoreObject{*value_}) : opt::optional<CoreObject>{};
    }
    bool getArraySize(std::size_t& result) const {
        result = value_->size();
        return isArray();
    }
    bool getObjectSize(std::size_t& result) const {
        result = value_->size();
        return isObject();
    }
    bool getBool(bool& result) const {
        if (isBool()) result = value_->as_bool();
        return isBool();
    }
    bool getDouble(double& result) const {
        if (isNumber()) result = value_->as_double();
        return isNumber();
    }
    bool getInteger(std::int64_t& result) const {
        if (isInteger()) result = value_->as_integer();
        return isInteger();
    }
    bool getString(std::string& result) const {
        if (isString()) result = value_->as_string();
        return isString();
    }

    static bool hasStrictTypes() { return true; }
    bool isArray() const { return value_->is_array(); }
    bool isBool() const { return value_->is_bool(); }
    bool isDouble() const { return value_->is_number() && !value_->is_integer(); }
    bool isInteger() const { return value_->is_integer(); }
    bool isNull() const { return value_->is_null(); }
    bool isNumber() const { return value_->is_number(); }
    bool isObject() const { return value_->is_object(); }
    bool isString() const { return value_->is_string(); }

private:
    const core::Value* value_;
};

class CoreAdapter : public valijson::adapters::BasicAdapter<CoreAdapter, CoreArray, CoreMember,
                                                            CoreObject, CoreValue> {
public:
    CoreAdapter() = default;
    explicit CoreAdapter(const core::Value& value) : BasicAdapter{CoreValue{value}} {}
};

template <>
inline CoreAdapter CoreIterator<core::Value, CoreAdapter>::operator*() const {
    return CoreAdapter{*at_};
}
template <>
inline CoreMember CoreIterator<core::Member, CoreMember>::operator*() const {
    return CoreMember{at_->key, CoreAdapter{at_->value}};
}

inline bool CoreFrozenValue::equalTo(const valijson::adapters::Adapter& other, bool strict) const {
    return CoreAdapter{value_}.equalTo(other, strict);
}

}  // namespace millrace::format

template <>
struct valijson::adapters::AdapterTraits<millrace::format::CoreAdapter> {
    using DocumentType = millrace::core::Value;
    static std::string adapterName() { return "CoreAdapter"; }
};
