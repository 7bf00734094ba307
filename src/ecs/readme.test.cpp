// SPDX-License-Identifier: Apache-2.0
// What README.md shows of the examples is what they say: a block's first line names its file and
// region, ```cpp file=examples/motion.cpp region=loop
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace millrace::ecs {
namespace {

const std::string folder = MILLRACE_SOURCE_DIR "/src/ecs/";

std::vector<std::string> lines_of(const std::string& file) {
    std::ifstream in{folder + file};
    EXPECT_TRUE(in.is_open()) << file;
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

/// The lines between `// [name]` and `// [/name]`, less the indentation of the first of them.
std::string region_of(const std::string& file, const std::string& name) {
    std::string text;
    bool inside = false;
    std::size_t indentation = 0;
    for (const std::string& line : lines_of(file)) {
        if (line.ends_with("// [/" + name + "]")) return text;
        if (inside) text += (line.empty() ? line : line.substr(indentation)) + "\n";
        if (!line.ends_with("// [" + name + "]")) continue;
        inside = true;
        indentation = line.find_first_not_of(' ');
    }
    ADD_FAILURE() << file << " has no region " << name;
    return {};
}

struct Block {
    std::string info;
    std::string text;
};

std::vector<Block> blocks_of(const std::string& page) {
    std::vector<Block> blocks;
    bool inside = false;
    for (const std::string& line : lines_of(page)) {
        if (line.starts_with("```")) {
            inside = !inside;
            if (inside) blocks.push_back({line.substr(3), {}});
        } else if (inside) {
            blocks.back().text += line + "\n";
        }
    }
    return blocks;
}

TEST(Readme, ShowsTheExamplesAsTheyAre) {
    static const std::regex shown{"cpp file=(\\S+) region=(\\S+)"};
    std::size_t compared = 0;
    for (const Block& block : blocks_of("README.md")) {
        std::smatch found;
        if (!std::regex_match(block.info, found, shown)) {
            EXPECT_FALSE(block.info.starts_with("cpp")) << "not cut from an example:\n"
                                                        << block.text;
            continue;
        }
        EXPECT_EQ(block.text, region_of(found[1], found[2])) << block.info;
        ++compared;
    }
    EXPECT_GE(compared, 10U);
}

TEST(Readme, LinksLeadToFiles) {
    static const std::regex link{"\\]\\(([^)#:]+)\\)"};
    bool in_code = false;
    for (const std::string& line : lines_of("README.md")) {
        in_code = in_code != line.starts_with("```");
        if (in_code) continue;
        for (std::sregex_iterator found{line.begin(), line.end(), link}, none; found != none;
             ++found)
            EXPECT_TRUE(std::ifstream{folder + (*found)[1].str()}.is_open()) << (*found)[1];
    }
}

}  // namespace
}  // namespace millrace::ecs
