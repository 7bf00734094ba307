// SPDX-License-Identifier: Apache-2.0
#include "pages/html.hpp"

#include <gtest/gtest.h>

namespace millrace::server {
namespace {

TEST(Html, MakesTextOfWhateverItIsGiven) {
    Html html;
    html.open("p", {{"title", "\"><script>alert('1')</script>"}}).text("<b> & \"c\"").close();
    EXPECT_EQ(html.markup(),
              "<p title=\"&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;\">&lt;b&gt; "
              "&amp; &quot;c&quot;</p>");
}

TEST(Html, LeavesOutAttributesThatAreNotThere) {
    Html html;
    html.single("input", {{"name", "a"}, {"required", true}, {"checked", false}, {"value", ""}});
    EXPECT_EQ(html.markup(), "<input name=\"a\" required value=\"\">");
}

TEST(Html, DividesTextsAtEmptyLines) {
    Html html;
    html.paragraphs("One\nline\n\n\n\nTwo");
    EXPECT_EQ(html.markup(), "<p>One\nline</p><p>Two</p>");
}

TEST(Html, HoldsWhatIsWholeByItself) {
    Html inner;
    inner.leaf("b", "x");
    Html html;
    html.open("p").add(inner).close();
    EXPECT_EQ(html.markup(), "<p><b>x</b></p>");
}

}  // namespace
}  // namespace millrace::server
