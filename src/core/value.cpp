// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/value.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <new>

#include "millrace/core/hash.hpp"
#include "millrace/core/utf8.hpp"

namespace millrace::core {
namespace {

constexpr double safe_integer_max = 9007199254740991.0;  // 2^53 - 1

/// Objects with more members than this get an index.
constexpr std::size_t linear_members_max = 8;

// Sums saturate: a tree that shares its subtrees can weigh more than a size_t counts.
std::size_t saturating_add(std::size_t a, std::size_t b) {
    std::size_t sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::size_t>::max() : sum;
}

/// Keys come from strangers, who must not be able to compute collisions. Where the program was
/// loaded differs from run to run; lookups give the same answers whatever the seed is.
std::uint64_t key_hash(std::string_view key) noexcept {
    static const char anchor = 0;
    return hash_bytes(key, reinterpret_cast<std::uintptr_t>(&anchor));
}

/// Open addressing with linear probing over the positions of members, at most half full.
class MemberIndex {
public:
    static constexpr std::uint32_t free_slot = std::numeric_limits<std::uint32_t>::max();

    void reserve(std::size_t members) {
        MR_CHECK(members < free_slot / 4);
        slots_.assign(std::bit_ceil(members * 2), free_slot);
    }
    bool empty() const noexcept { return slots_.empty(); }

    /// The slot that holds `key`, or the free one where it belongs.
    std::uint32_t& slot(std::string_view key, const std::vector<Member>& members) noexcept {
        return slots_[position(key, members)];
    }
    const Member* find(std::string_view key, const std::vector<Member>& members) const noexcept {
        const std::uint32_t found = slots_[position(key, members)];
        return found == free_slot ? nullptr : &members[found];
    }

private:
    std::size_t position(std::string_view key, const std::vector<Member>& members) const noexcept {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = key_hash(key) & mask;
        while (slots_[at] != free_slot && members[slots_[at]].key != key)
            at = (at + 1) & mask;
        return at;
    }

    std::vector<std::uint32_t> slots_;
};

const Member* find_linear(std::string_view key, const std::vector<Member>& members) noexcept {
    const auto found = std::ranges::find(members, key, &Member::key);
    return found == members.end() ? nullptr : &*found;
}

/// Keeps of members with equal keys the first one's place and the last one's value.
void merge_duplicates(std::vector<Member>& members, MemberIndex& index) {
    const bool indexed = members.size() > linear_members_max;
    if (indexed) index.reserve(members.size());
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
        std::size_t place = kept;
        if (indexed) {
            std::uint32_t& slot = index.slot(members[i].key, members);
            if (slot == MemberIndex::free_slot) slot = static_cast<std::uint32_t>(kept);
            place = slot;
        } else {
            for (std::size_t j = 0; j < kept && place == kept; ++j) {
                if (members[j].key == members[i].key) place = j;
            }
        }
        if (place < kept) {
            members[place].value = std::move(members[i].value);
        } else {
            if (kept != i) members[kept] = std::move(members[i]);
            ++kept;
        }
    }
    members.resize(kept);
}

}  // namespace

// The characters follow the header in the same allocation.
struct Value::StringRep : Rep {
    explicit StringRep(std::string_view text) noexcept
        : Rep{Tag::string, sizeof(Value) + sizeof(StringRep) + text.size(), 0}, size{text.size()} {
        std::memcpy(data(), text.data(), text.size());
    }
    char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
    const char* data() const noexcept { return reinterpret_cast<const char*>(this + 1); }

    static StringRep* make(std::string_view text) {
        void* memory = ::operator new(sizeof(StringRep) + text.size());
        return new (memory) StringRep{text};
    }
    static void destroy(StringRep* rep) noexcept {
        rep->~StringRep();
        ::operator delete(rep);
    }

    std::size_t size;
};

struct Value::BytesRep : Rep {
    explicit BytesRep(std::span<const std::uint8_t> bytes)
        : Rep{Tag::bytes, sizeof(Value) + sizeof(BytesRep) + bytes.size(), 0},
          data(bytes.begin(), bytes.end()) {}

    std::vector<std::uint8_t> data;
};

struct Value::ArrayRep : Rep {
    explicit ArrayRep(std::vector<Value> values)
        : Rep{Tag::array, sizeof(Value) + sizeof(ArrayRep), values.size()},
          elements_list{std::move(values)} {
        for (const Value& element : elements_list) {
            weight = saturating_add(weight, element.weight());
            elements = saturating_add(elements, element.element_count());
        }
    }

    std::vector<Value> elements_list;
};

struct Value::ObjectRep : Rep {
    explicit ObjectRep(std::vector<Member> unmerged)
        : Rep{Tag::object, sizeof(Value) + sizeof(ObjectRep), 0}, members{std::move(unmerged)} {
        for (Member& member : members) {
            if (!is_valid_utf8(member.key)) member.key = replace_invalid_utf8(member.key);
        }
        merge_duplicates(members, index);
        elements = members.size();
        for (const Member& member : members) {
            weight = saturating_add(weight, sizeof(std::string) + member.key.size());
            weight = saturating_add(weight, member.value.weight());
            elements = saturating_add(elements, member.value.element_count());
        }
    }
    const Member* find(std::string_view key) const noexcept {
        return index.empty() ? find_linear(key, members) : index.find(key, members);
    }

    std::vector<Member> members;
    MemberIndex index;
};

Value::Value(double value) noexcept : word_{.number = value}, tag_{Tag::number} {
    const bool integral = std::abs(value) <= safe_integer_max && std::trunc(value) == value;
    const bool minus_zero = value == 0 && std::signbit(value);
    if (integral && !minus_zero) {
        word_.integer = static_cast<std::int64_t>(value);
        tag_ = Tag::integer;
    }
}

Value::Value(std::string_view text) : word_{}, tag_{Tag::short_string} {
    if (!is_valid_utf8(text)) {
        *this = Value{std::string_view{replace_invalid_utf8(text)}};
    } else if (text.size() > short_max) {
        word_.rep = StringRep::make(text);
        tag_ = Tag::string;
    } else {
        const std::size_t in_word = std::min(text.size(), sizeof(word_.text));
        std::copy_n(text.data(), in_word, word_.text);
        std::copy_n(text.data() + in_word, text.size() - in_word, more_text_.text);
        more_text_.size = static_cast<std::uint8_t>(text.size());
    }
}

Value Value::bytes(std::span<const std::uint8_t> data) {
    return Value{Tag::bytes, new BytesRep{data}};
}

Value Value::array(std::vector<Value> elements) {
    return Value{Tag::array, new ArrayRep{std::move(elements)}};
}

Value Value::object(std::vector<Member> members) {
    return Value{Tag::object, new ObjectRep{std::move(members)}};
}

Value Value::object(std::initializer_list<Member> members) {
    return object(std::vector<Member>{members});
}

// Freeing a tree by recursion would need a stack as deep as the tree. Reps without references are
// chained instead, through a field they no longer need, and freed one by one.
void Value::free(Rep* rep) noexcept {
    rep->next_dead = nullptr;
    Rep* dead = rep;
    const auto drop = [&](Value& child) {
        if (!child.is_shared()) return;
        child.tag_ = Tag::null;
        Rep* const child_rep = child.word_.rep;
        if (child_rep->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
        child_rep->next_dead = dead;
        dead = child_rep;
    };
    while (dead != nullptr) {
        Rep* const current = std::exchange(dead, dead->next_dead);
        if (current->tag == Tag::string) {
            StringRep::destroy(static_cast<StringRep*>(current));
        } else if (current->tag == Tag::bytes) {
            delete static_cast<BytesRep*>(current);
        } else if (current->tag == Tag::array) {
            const std::unique_ptr<ArrayRep> array{static_cast<ArrayRep*>(current)};
            for (Value& element : array->elements_list)
                drop(element);
        } else {
            const std::unique_ptr<ObjectRep> object{static_cast<ObjectRep*>(current)};
            for (Member& member : object->members)
                drop(member.value);
        }
    }
}

std::string_view Value::as_string() const {
    MR_CHECK(is_string());
    if (tag_ == Tag::string) {
        const auto& rep = rep_as<StringRep>();
        return {rep.data(), rep.size};
    }
    // The text runs on from word_ into more_text_; the object is seen as its bytes.
    return {reinterpret_cast<const char*>(this), more_text_.size};
}

std::span<const std::uint8_t> Value::as_bytes() const {
    MR_CHECK(tag_ == Tag::bytes);
    return rep_as<BytesRep>().data;
}

std::span<const Value> Value::as_array() const {
    MR_CHECK(tag_ == Tag::array);
    return rep_as<ArrayRep>().elements_list;
}

std::span<const Member> Value::as_object() const {
    MR_CHECK(tag_ == Tag::object);
    return rep_as<ObjectRep>().members;
}

const Value* Value::find(std::string_view key) const noexcept {
    if (tag_ != Tag::object) return nullptr;
    const Member* const member = rep_as<ObjectRep>().find(key);
    return member == nullptr ? nullptr : &member->value;
}

std::size_t Value::size() const noexcept {
    switch (kind()) {
        case Kind::string: return as_string().size();
        case Kind::bytes: return as_bytes().size();
        case Kind::array: return as_array().size();
        case Kind::object: return as_object().size();
        case Kind::null:
        case Kind::boolean:
        case Kind::integer:
        case Kind::number: break;
    }
    return 0;
}

std::size_t Value::weight() const noexcept {
    return is_shared() ? word_.rep->weight : sizeof(Value);
}

std::size_t Value::element_count() const noexcept {
    return is_shared() ? word_.rep->elements : 0;
}

/// Compares all but the children of arrays and objects; of those only their numbers.
bool Value::shallow_equal(const Value& a, const Value& b) noexcept {
    if (a.is_number() && b.is_number()) {
        if (a.tag_ == b.tag_ && a.tag_ == Tag::integer) return a.word_.integer == b.word_.integer;
        const double x = a.as_double();
        const double y = b.as_double();
        if (a.tag_ == b.tag_) return x == y || (std::isnan(x) && std::isnan(y));
        return x == 0 && y == 0;  // 0 and -0; no other double is an integer's equal
    }
    if (a.tag_ != b.tag_) return false;
    switch (a.kind()) {
        case Kind::null: return true;
        case Kind::boolean: return a.word_.integer == b.word_.integer;
        case Kind::string: return a.as_string() == b.as_string();
        case Kind::bytes: return std::ranges::equal(a.as_bytes(), b.as_bytes());
        case Kind::array:
        case Kind::object: return a.size() == b.size() && a.element_count() == b.element_count();
        case Kind::integer:
        case Kind::number: break;
    }
    return false;
}

bool operator==(const Value& a, const Value& b) noexcept {
    // Containers whose children still have to be compared; leaves never get here.
    std::vector<std::pair<const Value*, const Value*>> pending;
    const auto differ = [&](const Value& x, const Value& y) {
        if (!Value::shallow_equal(x, y)) return true;
        const bool container = x.is_array() || x.is_object();
        if (container && x.word_.rep != y.word_.rep) pending.emplace_back(&x, &y);
        return false;
    };
    if (differ(a, b)) return false;
    while (!pending.empty()) {
        const auto [x, y] = pending.back();
        pending.pop_back();
        if (x->is_array()) {
            const std::span<const Value> others = y->as_array();
            std::size_t i = 0;
            for (const Value& element : x->as_array()) {
                if (differ(element, others[i++])) return false;
            }
        } else {
            for (const Member& member : x->as_object()) {
                const Value* const other = y->find(member.key);
                if (other == nullptr || differ(member.value, *other)) return false;
            }
        }
    }
    return true;
}

/// Below `levels` only kinds and sizes count, which keeps the cost of deep trees bounded.
std::uint64_t Value::hash_to_depth(const Value& value, int levels) noexcept {
    const auto number_hash = [](double number) {
        if (number == 0) return hash_combine(2, 0);  // as the integer that equals it
        return hash_combine(3, std::isnan(number) ? 1 : std::bit_cast<std::uint64_t>(number));
    };
    switch (value.kind()) {
        case Kind::null: return hash_combine(0, 0);
        case Kind::boolean: return hash_combine(1, value.as_bool() ? 1 : 0);
        case Kind::integer: return hash_combine(2, static_cast<std::uint64_t>(value.as_integer()));
        case Kind::number: return number_hash(value.as_double());
        case Kind::string: return hash_bytes(value.as_string(), 4);
        case Kind::bytes: {
            const std::span<const std::uint8_t> data = value.as_bytes();
            return hash_bytes({reinterpret_cast<const char*>(data.data()), data.size()}, 5);
        }
        case Kind::array: {
            std::uint64_t hash = hash_combine(6, value.element_count());
            if (levels == 0) return hash;
            for (const Value& element : value.as_array()) {
                hash = hash_combine(hash, hash_to_depth(element, levels - 1));
            }
            return hash;
        }
        case Kind::object: {
            const std::uint64_t hash = hash_combine(7, value.element_count());
            if (levels == 0) return hash;
            std::uint64_t sum = 0;  // a sum does not depend on the order of the keys
            for (const Member& member : value.as_object()) {
                const std::uint64_t under = hash_to_depth(member.value, levels - 1);
                sum += hash_combine(hash_bytes(member.key), under);
            }
            return hash_combine(hash, sum);
        }
    }
    return 0;
}

std::size_t Value::hash() const noexcept {
    constexpr int levels_max = 16;
    return hash_to_depth(*this, levels_max);
}

ObjectBuilder& ObjectBuilder::set(std::string_view key, Value value) {
    // Value::object merges repeated keys in linear time; looking here would be quadratic.
    members_.push_back({std::string{key}, std::move(value)});
    return *this;
}

std::string_view kind_name(const Value& value) {
    switch (value.kind()) {
        case Value::Kind::null: return "null";
        case Value::Kind::boolean: return "boolean";
        case Value::Kind::integer: return "integer";
        case Value::Kind::number: return "number";
        case Value::Kind::string: return "string";
        case Value::Kind::bytes: return "bytes";
        case Value::Kind::array: return "array";
        case Value::Kind::object: return "object";
    }
    return "unknown";
}

}  // namespace millrace::core
