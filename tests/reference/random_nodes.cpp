// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "generator.hpp"
#include "millrace/core/json.hpp"

// How the generator adds nodes of each type.

namespace millrace::reference {

using core::Value;
using OnError = core::NodeOnError::Kind;

namespace {

std::string object_text(std::vector<core::Member> members) {
    return core::to_json(Value::object(std::move(members)));
}

}  // namespace

std::string Generator::new_node(Place& place, const std::string& type, const std::string& data) {
    const std::string id = "n" + std::to_string(count_++);
    if (left_ > 0) --left_;
    plan_.node(id, type, data);
    plan_.last_node().parent = place.parent;
    before_[id] = place.outside;
    return id;
}

Source Generator::any_source(const Place& place) {
    const auto count = static_cast<std::uint32_t>(place.sources.size());
    Source found;
    for (int tries = 0; tries < 3; ++tries) {
        // The newest ones more often, so that chains grow long.
        const std::uint32_t back =
            dice_.percent(60) ? dice_.below(std::min(count, 3u)) : dice_.below(count);
        found = place.sources[count - 1 - back];
        if (!found.is_branch || dice_.percent(35)) break;
    }
    return found;
}

View Generator::view_of(const Place& place, const std::set<std::string>& nodes) const {
    return {nodes, place.in_loop, {}};
}

/// A connection may read its source as well, unless that is the container around it.
View Generator::view_from(const Place& place, const Source& source) const {
    View view = view_of(place, place.outside);
    if (source.node != place.parent) {
        view.nodes = before_.at(source.node);
        view.nodes.insert(source.node);
    }
    view.more = "value";
    return view;
}

void Generator::connect(Place& place, const Source& from, const std::string& to,
                        const std::string& port) {
    plan_.connect(from.node + "." + from.port + " -> " + to + "." + port);
    const View view = view_from(place, from);
    decorate(view, true);
    if (to != place.parent) before_[to].insert(view.nodes.begin(), view.nodes.end());
}

void Generator::decorate(const View& view, bool may_fail) {
    if (dice_.percent(7)) plan_.filter(condition(view));
    if (dice_.percent(12)) plan_.transform("{ n: " + number(view) + ", was: value }");
    using Kind = core::ConnectionOnError::Kind;
    core::ConnectionOnError& on_error = plan_.last_connection().on_error;
    if (dice_.percent(30)) on_error.kind = Kind::drop;
    if (!may_fail || dice_.percent(20)) on_error = {Kind::default_value, Value{7}};
}

/// Chooses what happens when the node fails. Without `primary` nothing can stand in for it.
void Generator::may_fail(Place& place, const std::string& id, const std::string& primary) {
    core::NodeSpec& node = plan_.last_node();
    if (dice_.percent(12)) node.retry = random_retry();
    if (primary == "done" && dice_.percent(25)) {
        // What fails inside is mostly of one of these kinds.
        node.retry = random_retry();
        node.retry->retry_on = {"validation", "expression", "timeout", "connection",
                                "http_4xx",   "http_5xx",   "limit"};
    }
    const View view = view_of(place, before_.at(id));
    // In a body a failure that nobody handles is the more interesting one.
    switch (dice_.below(place.depth == 0 ? 10 : 16)) {
        case 0: node.on_error.kind = OnError::stop; break;
        case 1: node.on_error.kind = OnError::proceed; break;
        case 2:
        case 3:
            if (!primary.empty())
                node.on_error = {OnError::default_value, Value::object({{"n", 0}}), {}};
            break;
        case 4:
            if (!primary.empty()) add_fallback(place, id, view);
            break;
        case 5:
        case 6: {
            readable_[id].push_back("error");
            const std::string handler = new_node(place, "test.pass", "");
            readable_[handler] = {"out"};
            connect(place, {id, "error"}, handler);
            place.sources.push_back({handler, "out", true});
            break;
        }
        default: break;
    }
}

/// Perhaps adds a node that undoes the one added last, behind which are those `before`. Not in a
/// clean-up, which sees another input when its body was canceled.
void Generator::may_be_undone(const Place& place, const std::set<std::string>& before,
                              std::uint32_t percent) {
    if (place.in_cleanup || !dice_.percent(percent)) return;
    core::NodeSpec undoing;
    undoing.id = plan_.last_node().id + "u";
    undoing.parent = place.parent;
    plan_.last_node().compensate = undoing.id;
    View view = view_of(place, before);
    view.more = "input";
    const std::uint32_t choice = dice_.below(10);
    undoing.type = choice == 0 ? "test.pass" : choice == 1 ? "test.fail" : "test.effect";
    if (choice > 5) {
        const Value sent = Value::array({data_value(view), "{{ input }}"});
        undoing.data = Value::object({{"input", sent}});
    }
    if (dice_.percent(35)) undoing.retry = random_retry();
    if (dice_.percent(20) && choice > 1)
        undoing.timeout = core::Duration{dice_.between(500, 2'000)};
    undoing_.push_back(std::move(undoing));
}

/// Adds a node that stands in for `head`, the one added last.
void Generator::add_fallback(Place& place, const std::string& head, const View& outer) {
    const std::string id = head + "f";
    plan_.last_node().on_error = {OnError::fallback, {}, id};
    View view = outer;
    view.more = "error";
    const std::uint32_t choice = dice_.below(4);
    if (choice == 0) {
        plan_.node(id, "test.pass");
    } else if (choice == 1) {
        plan_.node(id, "test.set",
                   object_text({{"value", Value::object({{"code", "{{ error.code }}"},
                                                         {"n", data_value(view)}})}}));
    } else if (choice == 2) {
        plan_.node(id, "test.fail", R"({"code": "no_help"})");
    } else {
        plan_.node(id, "test.effect");
    }
    plan_.last_node().parent = place.parent;
    if (dice_.percent(20)) plan_.last_node().on_error.kind = OnError::proceed;
    may_be_undone(place, outer.nodes, 12);
    if (id.size() < 5 && dice_.percent(25)) add_fallback(place, id, outer);
}

void Generator::add_plain(Place& place) {
    const Source from = any_source(place);
    const View view = view_from(place, from);
    View inside = view;
    inside.more = "input";
    std::string type = "test.pass";
    std::string data;
    switch (dice_.below(8)) {
        case 0:
            type = "test.fail";
            data = object_text({{"code", dice_.percent(50) ? "boom" : "on_purpose"},
                                {"class", dice_.percent(50) ? "timeout" : "validation"}});
            break;
        case 2: type = "test.delay", data = object_text({{"ms", dice_.below(3'000)}}); break;
        case 1:
        case 3: type = "test.note", data = R"({"note": "{{ input }}"})"; break;
        case 4:
        case 5:
            type = "test.set";
            data = object_text({{"value", Value::object({{"n", data_value(inside)}})}});
            break;
        case 6: type = "test.optional"; break;
        default: break;
    }
    const std::string id = new_node(place, type, data);
    readable_[id] = {"out"};
    place.sources.push_back({id, "out"});
    const bool is_unfed = type == "test.optional" && !place.is_cleanup && dice_.percent(40);
    if (!is_unfed) connect(place, from, id);
    may_be_undone(place, before_.at(id), 6);
    may_fail(place, id, "out");
}

void Generator::add_effect(Place& place) {
    const Source from = any_source(place);
    View view = view_from(place, from);
    view.more = "input";
    std::string data;
    if (dice_.percent(40))
        data = object_text({{"input", Value::array({data_value(view), "{{ input }}"})}});
    const std::string id = new_node(place, "test.effect", data);
    if (dice_.percent(35)) plan_.last_node().retry = random_retry();
    if (dice_.percent(20)) plan_.last_node().timeout = core::Duration{dice_.between(500, 2'000)};
    readable_[id] = {"out"};
    place.sources.push_back({id, "out"});
    connect(place, from, id);
    may_be_undone(place, before_.at(id), 30);
    may_fail(place, id, "out");
}

void Generator::add_decision(Place& place) {
    const Source from = any_source(place);
    const View view = view_from(place, from);
    if (dice_.percent(30)) {
        const std::string pick =
            dice_.percent(10) ? "no port" : "{{ ['a', 'b', 'c'][" + number({}) + " % 3] }}";
        const std::string id = new_node(place, "test.switch", object_text({{"pick", pick}}));
        readable_[id] = {"a", "b", "c"};
        for (const char* port : {"a", "b", "c"})
            place.sources.push_back({id, port, true});
        connect(place, from, id);
        return may_fail(place, id, "");
    }
    View inside = view;
    inside.more = "input";
    const std::string id =
        new_node(place, "test.if", object_text({{"condition", condition(inside)}}));
    readable_[id] = {"true", "false"};
    place.sources.push_back({id, "true", true});
    place.sources.push_back({id, "false", true});
    connect(place, from, id);
    may_fail(place, id, "");
}

void Generator::add_switch(Place& place) {
    const Source from = any_source(place);
    View view = view_from(place, from);
    view.more = "input";
    std::vector<Value> cases;
    std::vector<std::string> ports;
    const std::uint32_t count = 1 + dice_.below(4);
    for (std::uint32_t i = 0; i < count; ++i) {
        ports.push_back("c" + std::to_string(i));
        std::vector<core::Member> entry{{"name", ports.back()}, {"when", condition(view)}};
        if (dice_.percent(40)) entry.push_back({"priority", dice_.between(-2, 2)});
        cases.push_back(Value::object(std::move(entry)));
    }
    ports.push_back("default");
    const bool takes_all = dice_.percent(50);
    const std::string id = new_node(
        place, "flow.switch",
        object_text({{"cases", Value::array(cases)}, {"mode", takes_all ? "all" : "first"}}));
    readable_[id] = ports;
    for (const std::string& port : ports)
        place.sources.push_back({id, port, true});
    connect(place, from, id);
    if (takes_all || dice_.percent(50)) return may_fail(place, id, "");
    // All of its branches come together again: only one of them is live.
    const std::string join = new_node(place, "test.pass", "");
    readable_[join] = {"out"};
    for (const std::string& port : ports)
        connect(place, {id, port}, join);
    place.sources.push_back({join, "out"});
}

/// Both branches of a decision come together at a port that takes one value: they are exclusive.
void Generator::add_rejoined(Place& place) {
    const Source from = any_source(place);
    View view = view_from(place, from);
    view.more = "input";
    const std::string id =
        new_node(place, "test.if", object_text({{"condition", condition(view)}}));
    readable_[id] = {"true", "false"};
    connect(place, from, id);
    Source left{id, "true"};
    if (dice_.percent(50)) {
        const std::string between = new_node(place, "test.effect", "");
        readable_[between] = {"out"};
        connect(place, left, between);
        left = {between, "out"};
    }
    const std::string join = new_node(place, "test.pass", "");
    readable_[join] = {"out"};
    connect(place, left, join);
    connect(place, {id, "false"}, join);
    place.sources.push_back({join, "out"});
}

void Generator::add_join(Place& place) {
    std::vector<Source> sources;
    const std::uint32_t count = 1 + dice_.below(4);
    for (std::uint32_t i = 0; i < count; ++i) {
        const Source source = any_source(place);
        const bool is_new = std::ranges::none_of(sources, [&](const Source& other) {
            return other.node == source.node && other.port == source.port;
        });
        if (is_new) sources.push_back(source);
    }
    const std::string id = new_node(place, dice_.percent(75) ? "test.merge" : "test.labels", "");
    readable_[id] = {"out"};
    bool may_fail_here = true;  // of several, time would decide which one tells why
    for (const Source& source : sources) {
        connect(place, source, id);
        core::ConnectionSpec& connection = plan_.last_connection();
        using Kind = core::ConnectionOnError::Kind;
        if (!may_fail_here && connection.on_error.kind == Kind::fail)
            connection.on_error.kind = Kind::drop;
        may_fail_here = may_fail_here && connection.on_error.kind != Kind::fail;
        if (dice_.percent(40)) plan_.priority(static_cast<std::int32_t>(dice_.between(-2, 2)));
        if (dice_.percent(20)) plan_.tag("t" + std::to_string(dice_.below(3)));
    }
    place.sources.push_back({id, "out"});
    may_fail(place, id, "out");
}

void Generator::add_pair(Place& place) {
    const bool is_pair = dice_.percent(50);
    const Source first = any_source(place);
    const Source second = any_source(place);
    const std::string id = new_node(place, is_pair ? "test.pair" : "test.extra", "");
    readable_[id] = {"out"};
    connect(place, first, id, is_pair ? "left" : "in");
    connect(place, second, id, is_pair ? "right" : "more");
    plan_.last_connection().on_error.kind = core::ConnectionOnError::Kind::drop;
    place.sources.push_back({id, "out"});
    may_fail(place, id, "out");
}

std::string Generator::loop_data(const View& view) {
    std::vector<core::Member> data;
    const std::uint32_t choice = dice_.below(10);
    View last = view;
    last.more = "value";
    if (choice < 3) {
        data.push_back({"over", "{{ inputs.list }}"});
    } else if (choice < 5) {
        std::vector<Value> items;
        const std::uint32_t length = dice_.below(6);
        for (std::uint32_t i = 0; i < length; ++i)
            items.emplace_back(data_value(view));
        data.push_back({"over", Value::array(std::move(items))});
    } else if (choice < 8) {
        data.push_back({"times", dice_.below(6)});
        if (dice_.percent(20)) data.back().value = Value{"{{ " + number(view) + " % 5 }}"};
    } else {
        const std::string more = dice_.percent(50) ? " && " + condition(last) : "";
        data.push_back({"while", "index < " + std::to_string(dice_.below(6)) + more});
    }
    const bool is_while = choice >= 8;
    if (!is_while && dice_.percent(60))
        data.push_back({"concurrency", static_cast<std::int64_t>(1 + dice_.below(8))});
    if (choice < 5 && dice_.percent(30))
        data.push_back({"batch_size", static_cast<std::int64_t>(1 + dice_.below(3))});
    if (dice_.percent(40)) data.push_back({"continue_on_error", true});
    if (dice_.percent(20)) data.push_back({"aggregate", false});
    if (dice_.percent(10))
        data.push_back({"max_iterations", static_cast<std::int64_t>(1 + dice_.below(5))});
    if (dice_.percent(30)) data.push_back({"break", condition(last)});
    return object_text(std::move(data));
}

void Generator::add_loop(Place& place) {
    const Source from = any_source(place);
    View view = view_from(place, from);
    view.more = "input";
    const std::string id = new_node(place, "flow.loop", loop_data(view));
    readable_[id] = {"done"};
    connect(place, from, id);
    may_be_undone(place, before_.at(id), 8);
    may_fail(place, id, "done");
    fill_body(place, id, true);
    place.sources.push_back({id, "done"});
}

void Generator::add_try(Place& place) {
    const Source from = any_source(place);
    const std::string id = new_node(place, "flow.try", "");
    readable_[id] = {"done"};
    connect(place, from, id);
    may_be_undone(place, before_.at(id), 8);
    may_fail(place, id, "done");
    fill_body(place, id, false);
    if (dice_.percent(60)) fill_cleanup(place, id);
    place.sources.push_back({id, "done"});
}

void Generator::fill_body(Place& outer, const std::string& id, bool is_loop) {
    Place body;
    body.parent = id;
    body.sources.push_back({id, "item"});
    body.outside = before_.at(id);
    body.depth = outer.depth + 1;
    body.in_loop = outer.in_loop || is_loop;
    body.is_cleanup = false;
    body.in_cleanup = outer.in_cleanup;
    fill(body, 1 + dice_.below(6));
    if (dice_.percent(10)) return;
    const Source last = any_source(body);
    if (last.node != id || dice_.percent(50)) connect(body, last, id, "result");
}

void Generator::fill_cleanup(Place& outer, const std::string& id) {
    Place cleanup;
    cleanup.parent = id;
    cleanup.sources.push_back({id, "finally"});
    cleanup.outside = before_.at(id);
    cleanup.depth = outer.depth + 1;
    cleanup.in_loop = outer.in_loop;
    cleanup.is_cleanup = cleanup.in_cleanup = true;
    fill(cleanup, 1 + dice_.below(2));
}

}  // namespace millrace::reference
