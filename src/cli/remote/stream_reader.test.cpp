// SPDX-License-Identifier: Apache-2.0
#include "remote/stream_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace millrace::cli {
namespace {

using ::testing::ElementsAre;

constexpr std::string_view stream =
    ": heartbeat\n\nid: a:1\nevent: node.started\ndata: {\"seq\":1}\n\n"
    "data:first\r\ndata: second\r\n\r\nevent: nothing\n\nid: a:2\ndata\n\n";

std::vector<std::string> messages_of(std::size_t bytes_at_once) {
    StreamReader reader;
    std::vector<std::string> messages;
    for (std::size_t at = 0; at < stream.size(); at += bytes_at_once)
        reader.feed(stream.substr(at, bytes_at_once), [&](const StreamReader::Message& message) {
            messages.push_back(message.id + "|" + message.event + "|" + message.data);
        });
    return messages;
}

TEST(StreamReader, GivesTheSameMessagesHoweverTheBytesAreCut) {
    for (const std::size_t bytes_at_once : {1U, 2U, 7U, 1'000U})
        EXPECT_THAT(messages_of(bytes_at_once),
                    ElementsAre("a:1|node.started|{\"seq\":1}", "a:1||first\nsecond", "a:2||"));
}

TEST(StreamReader, ForgetsWhatABrokenConnectionLeftIncomplete) {
    StreamReader reader;
    std::vector<std::string> messages;
    const auto take = [&](const StreamReader::Message& message) {
        messages.push_back(message.data);
    };
    reader.feed("data: half\nda", take);
    reader.restart();
    reader.feed("data: whole\n\n", take);
    EXPECT_THAT(messages, ElementsAre("whole"));
}

}  // namespace
}  // namespace millrace::cli
