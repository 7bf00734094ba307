// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::HasSubstr;
using testing::json;
using testing::TypeRun;

TypeRun reading(std::string_view xml, core::Value text) {
    TypeRun run{"data.convert", json(R"({"from":"xml","xml":)" + std::string{xml} + "}")};
    return run.with_input(std::move(text));
}

TEST(ReadXml, MapsElementsAttributesAndTexts) {
    EXPECT_EQ(reading("{}",
                      "<?xml version=\"1.0\"?><!-- c --><a x=\"1\"><b>t</b><b/><c y=\"&lt;\">"
                      "p<![CDATA[<q>]]></c></a>")
                  .out(),
              json(R"({"a":{"@x":"1","b":["t",""],"c":{"@y":"<","#text":"p<q>"}}})"));
    EXPECT_EQ(reading("{}", "<a> x </a>").out(), json(R"({"a":" x "})"));
    EXPECT_EQ(reading("{}", "<n:a xmlns:n=\"u\"/>").out(), json(R"({"n:a":{"@xmlns:n":"u"}})"));
}

TEST(ReadXml, MakesListsAndTypesWhenTold) {
    EXPECT_EQ(reading(R"({"lists":["b"],"types":"auto"})", "<a><b>1</b><c>true</c></a>").out(),
              json(R"({"a":{"b":[1],"c":true}})"));
}

TEST(ReadXml, NeverExpandsOrFetches) {
    EXPECT_THAT(reading("{}", "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>")
                    .failure()
                    .message,
                HasSubstr("DOCTYPE"));
    EXPECT_EQ(reading("{}", "<a>&e;</a>").out(), json(R"({"a":"&e;"})"));
}

TEST(ReadXml, NamesThePlaceOfAMistake) {
    const core::Failure failure = reading("{}", "<a>\n  <b></a>").failure();
    EXPECT_EQ(failure.code, "bad_xml");
    EXPECT_THAT(failure.message, HasSubstr("2:"));
    EXPECT_EQ(reading("{}", "").failure().code, "bad_xml");
    EXPECT_THAT(reading("{}", "<a/><b/>").failure().message, HasSubstr("two root elements"));
}

TEST(ReadXml, HasALimitOfDepth) {
    const auto nested = [](int depth) {
        std::string text;
        for (int i = 0; i < depth; ++i)
            text += "<a>";
        for (int i = 0; i < depth; ++i)
            text += "</a>";
        return core::Value{text};
    };
    EXPECT_TRUE(reading("{}", nested(200)).out().is_object());
    EXPECT_EQ(reading("{}", nested(201)).failure().error_class, core::ErrorClass::limit);
    EXPECT_EQ(reading("{}", nested(200'000)).failure().code, "conversion_limit");
}

TEST(ReadXml, ReadsBytesByTheirDeclaration) {
    const std::string latin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xE9</a>";
    const std::vector<std::uint8_t> bytes{latin.begin(), latin.end()};
    EXPECT_EQ(reading("{}", core::Value::bytes(bytes)).out(), json(R"({"a":"é"})"));
}

core::Value written(std::string_view xml, std::string_view value) {
    return TypeRun("data.convert", R"({"to":"xml","xml":)" + std::string{xml} + "}", value).out();
}

TEST(WriteXml, MapsTheOtherWayRound) {
    EXPECT_EQ(written(R"({"declaration":false})",
                      R"({"a":{"@x":1,"b":["t",null],"c":{"@y":"<","#text":"p<q>"}}})"),
              R"(<a x="1"><b>t</b><b/><c y="&lt;">p&lt;q&gt;</c></a>)");
    EXPECT_EQ(written("{}", R"({"a":1})"), R"(<?xml version="1.0" encoding="UTF-8"?><a>1</a>)");
}

TEST(WriteXml, WrapsWhatHasNoRoot) {
    EXPECT_EQ(written(R"({"root":"rows","item":"row","declaration":false})", R"([1,[2]])"),
              "<rows><row>1</row><row><row>2</row></row></rows>");
    EXPECT_THAT(std::string{written("{}", R"({"a":1,"b":2})").as_string()},
                HasSubstr("no_xml_root"));
}

TEST(WriteXml, RefusesWhatXmlCannotHold) {
    EXPECT_THAT(std::string{written("{}", R"({"a b":1})").as_string()}, HasSubstr("bad_xml_name"));
    EXPECT_THAT(std::string{written("{}", R"({"a":{"@1":1}})").as_string()},
                HasSubstr("bad_xml_name"));
    EXPECT_THAT(std::string{written("{}", R"({"a":"\u0001"})").as_string()},
                HasSubstr("bad_xml_text"));
}

TEST(WriteXml, HasALimitOfDepth) {
    core::Value deep = 1;
    for (int i = 0; i < 300; ++i)
        deep = core::Value::object({{"a", deep}});
    TypeRun run{"data.convert", json(R"({"to":"xml"})")};
    EXPECT_EQ(run.with_input(deep).failure().code, "conversion_limit");
}

}  // namespace
}  // namespace millrace::nodes
