// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/check.hpp"

namespace millrace::core {

struct Member;
class ObjectBuilder;

/// One immutable piece of data: null, bool, number, string (UTF-8), bytes, array or object.
///
/// Sixteen bytes; null, bools, numbers and strings of up to 14 bytes need no allocation. Larger
/// contents are shared by an atomic reference count and never change, so copies are cheap and may
/// be read from any thread.
///
/// Number identity: a double that is integral, at most 2^53-1 in magnitude and not -0 *is* the
/// integer. 5 and 5.0 are one value. Objects keep the order of their keys; equality and hash
/// ignore it. Doubles are equal as numbers are, so -0 equals 0, but NaN equals NaN; an integer
/// beyond 2^53-1 equals no double.
///
/// Trees may be of any depth: nothing here recurses into them.
class Value {
public:
    enum class Kind : std::uint8_t { null, boolean, integer, number, string, bytes, array, object };

    Value() noexcept : word_{}, tag_{Tag::null} {}
    Value(std::nullptr_t) noexcept : Value{} {}
    Value(bool value) noexcept : word_{.integer = value}, tag_{Tag::boolean} {}
    Value(std::int64_t value) noexcept : word_{.integer = value}, tag_{Tag::integer} {}
    Value(int value) noexcept : Value{static_cast<std::int64_t>(value)} {}
    Value(std::uint32_t value) noexcept : Value{static_cast<std::int64_t>(value)} {}
    Value(double value) noexcept;
    /// Lone surrogates and other invalid UTF-8 become U+FFFD.
    Value(std::string_view text);
    Value(const std::string& text) : Value{std::string_view{text}} {}
    Value(const char* text) : Value{std::string_view{text}} {}
    Value(const void*) = delete;  // a pointer is not a bool

    Value(const Value& other) noexcept
        : word_{other.word_}, more_text_{other.more_text_}, tag_{other.tag_} {
        if (is_shared()) acquire();
    }
    /// Leaves null behind.
    Value(Value&& other) noexcept
        : word_{other.word_}, more_text_{other.more_text_}, tag_{other.tag_} {
        other.tag_ = Tag::null;
    }
    Value& operator=(const Value& other) noexcept {
        Value copy{other};  // first: `other` may live inside what is released
        return *this = std::move(copy);
    }
    Value& operator=(Value&& other) noexcept {
        if (this == &other) return *this;
        const Word word = other.word_;
        const MoreText more_text = other.more_text_;
        const Tag tag = std::exchange(other.tag_, Tag::null);
        if (is_shared()) release();
        word_ = word;
        more_text_ = more_text;
        tag_ = tag;
        return *this;
    }
    ~Value() {
        if (is_shared()) release();
    }

    static Value bytes(std::span<const std::uint8_t> data);
    static Value array(std::vector<Value> elements);
    /// Of members with equal keys the last one's value counts, at the first one's place.
    static Value object(std::vector<Member> members);
    static Value object(std::initializer_list<Member> members);

    Kind kind() const noexcept {
        // Both string tags are one kind; what follows them moves down by one.
        const auto tag = static_cast<std::uint8_t>(tag_);
        return static_cast<Kind>(tag_ > Tag::short_string ? tag - 1 : tag);
    }
    bool is_null() const noexcept { return tag_ == Tag::null; }
    bool is_bool() const noexcept { return kind() == Kind::boolean; }
    bool is_integer() const noexcept { return kind() == Kind::integer; }
    /// Integer or double.
    bool is_number() const noexcept { return tag_ == Tag::integer || tag_ == Tag::number; }
    bool is_string() const noexcept { return kind() == Kind::string; }
    bool is_bytes() const noexcept { return kind() == Kind::bytes; }
    bool is_array() const noexcept { return kind() == Kind::array; }
    bool is_object() const noexcept { return kind() == Kind::object; }

    // Each accessor requires the matching kind (MR_CHECK). A view lives as long as this very
    // object: a short string's text lies inside it. `for (… : make().as_array())` dangles.
    bool as_bool() const {
        MR_CHECK(tag_ == Tag::boolean);
        return word_.integer != 0;
    }
    std::int64_t as_integer() const {
        MR_CHECK(tag_ == Tag::integer);
        return word_.integer;
    }
    /// Of an integer or a double; integers beyond 2^53 are rounded to nearest.
    double as_double() const {
        MR_CHECK(is_number());
        return tag_ == Tag::integer ? static_cast<double>(word_.integer) : word_.number;
    }
    std::string_view as_string() const;
    std::span<const std::uint8_t> as_bytes() const;
    std::span<const Value> as_array() const;
    std::span<const Member> as_object() const;

    /// The member's value, or null pointer when this is no object or has no such key. O(1) on
    /// average for objects of more than eight members, else linear.
    const Value* find(std::string_view key) const noexcept;
    /// Elements of an array, members of an object, bytes of a string or of bytes; else 0.
    std::size_t size() const noexcept;

    /// Approximate bytes of the whole tree, and the number of its array elements and object
    /// members at all depths. O(1): kept when the value is made.
    std::size_t weight() const noexcept;
    std::size_t element_count() const noexcept;

    friend bool operator==(const Value& a, const Value& b) noexcept;
    /// For tables in memory only; it may differ between builds and is never stored.
    std::size_t hash() const noexcept;

private:
    enum class Tag : std::uint8_t {
        null,
        boolean,
        integer,
        number,
        short_string,
        string,
        bytes,
        array,
        object
    };
    /// What shared contents begin with.
    struct Rep {
        Rep(Tag rep_tag, std::size_t rep_weight, std::size_t rep_elements) noexcept
            : tag{rep_tag}, weight{rep_weight}, elements{rep_elements} {}

        // 2^32 references would need 64 GiB of Values.
        std::atomic<std::uint32_t> references{1};
        Tag tag;
        union {
            std::size_t weight;
            Rep* next_dead;  // once nobody refers to it: the list of what is to be freed
        };
        std::size_t elements;
    };
    struct StringRep;
    struct BytesRep;
    struct ArrayRep;
    struct ObjectRep;

    static constexpr std::size_t short_max = 14;

    Value(Tag tag, Rep* rep) noexcept : word_{.rep = rep}, tag_{tag} {}

    bool is_shared() const noexcept { return tag_ >= Tag::string; }
    void acquire() const noexcept { word_.rep->references.fetch_add(1, std::memory_order_relaxed); }
    /// Leaves `word_` dangling: the caller overwrites it or is done.
    void release() noexcept {
        if (word_.rep->references.fetch_sub(1, std::memory_order_acq_rel) == 1) free(word_.rep);
    }
    static void free(Rep* rep) noexcept;
    static std::uint64_t hash_to_depth(const Value& value, int levels) noexcept;
    static bool shallow_equal(const Value& a, const Value& b) noexcept;

    template <class T>
    const T& rep_as() const noexcept {
        return *static_cast<const T*>(word_.rep);
    }

    union Word {
        std::int64_t integer;
        double number;
        Rep* rep;
        char text[8];
    };
    // The rest of a short string and, last, its size.
    struct MoreText {
        char text[6] = {};
        std::uint8_t size = 0;
    };

    Word word_;
    MoreText more_text_;
    Tag tag_;
};
static_assert(sizeof(Value) == 16);

/// A key with its value; the unit of objects.
struct Member {
    std::string key;
    Value value;

    friend bool operator==(const Member&, const Member&) = default;
};

/// Collects members in order; a repeated key replaces the earlier value. For building objects
/// whose keys arrive one by one.
class ObjectBuilder {
public:
    ObjectBuilder& set(std::string_view key, Value value);
    bool empty() const { return members_.empty(); }
    Value build() && { return Value::object(std::move(members_)); }

private:
    std::vector<Member> members_;
};

/// `null boolean number string bytes array object`, as messages name kinds to people.
std::string_view kind_name(const Value& value);

}  // namespace millrace::core
