// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/canonical.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "millrace/format/digest.hpp"
#include "millrace/format/document.hpp"
#include "millrace/format/json.hpp"
#include "millrace/format/writer.hpp"
#include "testing/document_gen.hpp"

namespace millrace::format {
namespace {

using core::Value;

std::string hash_of(std::string text) {
    const DocumentRead read = read_document({"w", std::move(text), Syntax::yaml});
    return read.document ? document_hash(*read.document) : "refused";
}

TEST(CanonicalJson, OrdersKeysByUtf16CodeUnits) {
    // The example of RFC 8785, section 3.2.3.
    const Value value = *read_json(
        "{\"\\u20ac\": \"Euro\", \"\\r\": \"CR\", \"\\ufb33\": \"Dalet\", \"1\": \"One\","
        " \"\\ud83d\\ude00\": \"Emoji\", \"\\u0080\": \"Control\", \"\\u00f6\": \"o\"}");
    EXPECT_EQ(canonical_json(value),
              "{\"\\r\":\"CR\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"o\",\"€\":\"Euro\","
              "\"😀\":\"Emoji\",\"\uFB33\":\"Dalet\"}");
}

TEST(CanonicalJson, WritesNumbersAsEcmaScriptButIntegersExactly) {
    EXPECT_EQ(canonical_json(*read_json("[333333333.33333329, 1E30, 4.50, 2e-3, 1e-27, -0.0,"
                                        " 9007199254740993, 5.0, {}]")),
              "[333333333.3333333,1e+30,4.5,0.002,1e-27,0,9007199254740993,5,{}]");
}

TEST(CanonicalJson, WritesEscapesOfRfc8785) {
    EXPECT_EQ(canonical_json(Value{"\x0f\n\"\\/\u2028é"}), "\"\\u000f\\n\\\"\\\\/\u2028é\"");
}

TEST(DocumentHash, IsThatOfTheCanonicalText) {
    const core::Document document =
        *read_document({"w", "millrace: 1\nid: a\nnodes: []", Syntax::yaml}).document;
    EXPECT_EQ(canonical_document(document),
              R"({"connections":[],"id":"a","millrace":1,"nodes":[]})");
    EXPECT_EQ(document_hash(document),
              sha256_hex(R"({"connections":[],"id":"a","millrace":1,"nodes":[]})"));
}

TEST(DocumentHash, IsTheSameForEverySpelling) {
    EXPECT_EQ(hash_of("millrace: 1\nid: a\nnodes:\n  - { id: n, type: t, timeout: 60s }\n"
                      "connections: [n -> m -> o]\n"),
              hash_of("# comment\nid: a\nmillrace: 1\nsettings: { max_parallel_nodes: 16 }\n"
                      "connections:\n  - { to: m.in, from: n.out, priority: 0 }\n  - m -> o.in\n"
                      "nodes:\n  - { type: t@1, id: n, timeout: 1m }\n"));
}

TEST(DocumentHash, DoesNotSeeLayoutAndNotes) {
    const std::string with =
        "millrace: 1\nid: a\nx-a: 1\neditor: { pins: 1 }\nnodes:\n"
        "  - { id: n, type: t, notes: hi, x-b: 2, position: { x: 1, y: 2 } }\n";
    EXPECT_EQ(hash_of(with), hash_of("millrace: 1\nid: a\nnodes: [{ id: n, type: t }]"));
}

TEST(DocumentHash, SeesEveryChangeOfMeaning) {
    const std::string one = hash_of("millrace: 1\nid: a\nnodes: [{ id: n, type: t }]");
    EXPECT_NE(one, hash_of("millrace: 1\nid: a\nnodes: [{ id: n, type: t@2 }]"));
    EXPECT_NE(one, hash_of("millrace: 1\nid: a\nnodes: [{ id: n, type: t, timeout: 1s }]"));
    EXPECT_NE(one, hash_of("millrace: 1\nid: a\nname: N\nnodes: [{ id: n, type: t }]"));
}

TEST(DocumentHash, TellsADoubleFromTheIntegerOfTheSameDigits) {
    const std::string start = "millrace: 1\nid: a\nnodes: []\nvariables: { v: ";
    EXPECT_NE(hash_of(start + "9007199254740992 }"), hash_of(start + "9007199254740992.0 }"));
    EXPECT_NE(hash_of(start + "0 }"), hash_of(start + "-0.0 }"));
    EXPECT_EQ(hash_of(start + "1e18 }"), hash_of(start + "1000000000000000000.0 }"));
}

TEST(DocumentHash, DoesNotSeeDefaultsOfRecoveryThatAreWrittenOut) {
    const std::string start = "millrace: 1\nid: a\nnodes: [{ id: n, type: t, retry: { delay: 2s";
    const std::string plain = hash_of(start + " } }]");
    EXPECT_EQ(hash_of(start + " }, on_interrupt: rerun }]"), plain);
    EXPECT_NE(hash_of(start + " }, on_interrupt: fail }]"), plain);
    EXPECT_EQ(hash_of(start + ", retry_on: [http_429, timeout, connection, http_5xx] } }]"), plain);
    EXPECT_NE(hash_of(start + ", retry_on: [timeout] } }]"), plain);
    EXPECT_EQ(hash_of(start + ", retry_on: [timeout, http_503] } }]"),
              hash_of(start + ", retry_on: [http_503, timeout, http_503] } }]"));
}

TEST(DocumentHash, SeesTheRulesOfEffectsButNotTheirDefaults) {
    const std::string start = "millrace: 1\nid: a\nnodes: [{ id: n, type: t";
    const std::string plain = hash_of(start + " }]");
    EXPECT_NE(hash_of(start + ", compensate: m }]"), plain);
    EXPECT_NE(hash_of(start + ", credential: m }]"), plain);
    EXPECT_NE(hash_of(start + ", cache: { ttl: 1s } }]"), plain);
    EXPECT_EQ(hash_of(start + ", cache: { ttl: 1s, tags: [a, b] } }]"),
              hash_of(start + ", cache: { tags: [b, a], ttl: 1000ms } }]"));
    EXPECT_NE(hash_of(start + ", circuit_breaker: {} }]"), plain);
    EXPECT_EQ(hash_of(start + ", circuit_breaker: {} }]"),
              hash_of(start + ", circuit_breaker: { failures: 5, window: 30s, probes: 1 } }]"));
}

RC_GTEST_PROP(DocumentHash, SurvivesWritingAndReading, ()) {
    const core::Document document = *any_document(false);
    const DocumentRead read = read_document({"w", write_yaml(document), Syntax::yaml});
    RC_ASSERT(read.document.has_value());
    RC_ASSERT(document_hash(*read.document) == document_hash(document));
}

}  // namespace
}  // namespace millrace::format
