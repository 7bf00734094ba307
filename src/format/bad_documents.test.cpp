// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "testing/document_table.hpp"

namespace millrace::format {
namespace {

class BadDocuments : public testing::TestWithParam<BadDocument> {};

TEST_P(BadDocuments, GiveExactlyTheirMessages) {
    EXPECT_EQ(messages_of(GetParam().source), GetParam().messages);
    EXPECT_FALSE(read_document(GetParam().source).document);
}

INSTANTIATE_TEST_SUITE_P(Table, BadDocuments, testing::ValuesIn(bad_documents()),
                         [](const testing::TestParamInfo<BadDocument>& row) {
                             const std::string& name = row.param.source.name;
                             return name.substr(0, name.find('.'));
                         });

SourceText yaml(std::string text) {
    return {"w.yaml", std::move(text), Syntax::yaml};
}
SourceText json(std::string text) {
    return {"w.json", std::move(text), Syntax::json};
}

TEST(HostileDocument, EmptyFile) {
    EXPECT_EQ(messages_of(yaml("")),
              "w.yaml:1:1: syntax: the text is empty; begin it with `millrace: 1`\n");
    EXPECT_EQ(messages_of(json("")),
              "w.json:1:1: syntax: expected a value, found the end of the text\n");
}

TEST(HostileDocument, HundredMebibytesOfJson) {
    EXPECT_EQ(messages_of(json(std::string(100u << 20, '['))),
              "w.json:1:1: limit: the text has 104857600 bytes, more than the limit of 16MiB\n");
    EXPECT_EQ(messages_of(yaml(std::string(100u << 20, '['))),
              "w.yaml:1:1: limit: the text has 104857600 bytes, more than the limit of 16MiB\n");
}

TEST(HostileDocument, TenThousandLevels) {
    const std::string flow = std::string(10'000, '[') + std::string(10'000, ']');
    EXPECT_EQ(messages_of(yaml(flow)),
              "w.yaml:1:101: limit: nested deeper than the limit of 100 levels\n");
    EXPECT_EQ(messages_of(json(flow)),
              "w.json:1:101: limit: nested deeper than the limit of 100 levels\n");
    std::string maps;
    std::string sequences;
    std::string keys;
    for (int i = 0; i < 10'000; ++i) {
        maps += "{a: \n";
        sequences += "- ";
        keys += "? ";
    }
    const std::string_view limit = "limit: nested deeper than the limit of 100 levels\n";
    maps += std::string(10'000, '}');
    EXPECT_EQ(messages_of(yaml(maps)), "w.yaml:101:1: " + std::string{limit});
    EXPECT_EQ(messages_of(yaml(sequences)), "w.yaml:1:201: " + std::string{limit});
    EXPECT_EQ(
        messages_of(yaml(keys)),
        "w.yaml:1:3: syntax: a key can't be a collection; close its brackets, or quote a text "
        "such as \"{{ … }}\"\n");
}

TEST(HostileDocument, InvalidUtf8) {
    EXPECT_EQ(messages_of(yaml("millrace: 1\nname: \"\xC3(\"\n")),
              "w.yaml:2:8: syntax: byte 0xC3 is not valid UTF-8; save the file as UTF-8\n");
    EXPECT_EQ(messages_of(json("{\"name\": \"\xC3(\"}")),
              "w.json:1:11: syntax: byte 0xC3 at offset 10 is not valid UTF-8: save the text as "
              "UTF-8\n");
}

TEST(HostileDocument, ControlCharacters) {
    EXPECT_EQ(messages_of(yaml(std::string{"a: x\0y\n", 7})),
              "w.yaml:1:5: syntax: control character U+0000 is not allowed; write it as \\x00 in "
              "double quotes\n");
    EXPECT_EQ(messages_of(yaml("a: \x04\n")),
              "w.yaml:1:4: syntax: control character U+0004 is not allowed; write it as \\x04 in "
              "double quotes\n");
}

TEST(HostileDocument, AliasBomb) {
    std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
    for (char c = 'b'; c <= 'i'; ++c) {
        const std::string of{static_cast<char>(c - 1)};
        bomb += std::string{c} + ": &" + c + " [";
        for (int i = 0; i < 10; ++i)
            bomb += (i > 0 ? ", *" : "*") + of;
        bomb += "]\n";
    }
    EXPECT_EQ(messages_of(yaml(bomb)),
              "w.yaml:5:36: limit: aliases repeat more than 100000 values; write fewer of them\n");
}

TEST(HostileDocument, AliasesThatDeepenEachOther) {
    std::string text = "- &a0 [x]\n";
    for (int i = 1; i <= 200; ++i) {
        text += "- &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
    }
    EXPECT_EQ(messages_of(yaml(text)),
              "w.yaml:100:9: limit: nested deeper than the limit of 100 levels\n");
}

TEST(HostileDocument, TooManyNodes) {
    const std::string text = "{\"millrace\": 1, \"id\": \"a\", \"nodes\": [1, 2, 3]}";
    EXPECT_EQ(messages_of(json(text), {.nodes_max = 2}),
              "w.json:1:37: limit: the workflow has 3 nodes, more than the limit of 2\n");
}

TEST(HostileDocument, MoreProblemsThanAnybodyReads) {
    std::string text = "millrace: 1\nid: a\nnodes:\n";
    for (int i = 0; i < 2000; ++i)
        text += "  - 5\n";
    const DocumentRead read = read_document(yaml(text));
    ASSERT_EQ(read.problems.size(), 1001u);
    EXPECT_EQ(to_text("w", read.problems.back()),
              "w:1004:5: limit: there are more than 1000 problems; the others are not shown");
}

}  // namespace
}  // namespace millrace::format
