// SPDX-License-Identifier: Apache-2.0
// A World into bytes and back: components by name, each with a codec.
#include <cstdio>
#include <optional>
#include <string>

#include "millrace/ecs/world.hpp"

using namespace millrace;

struct Title {
    std::string text;
};
struct Pinned {};
struct Width {
    int pixels = 0;
};

// [register]
void register_components(ecs::World& world) {
    world.register_component<Title>(
        "title",
        {.version = 1,
         .encode = [](const Title& title, core::BinaryWriter& out) { out.text(title.text); },
         .decode = [](core::BinaryReader& in, std::uint32_t) -> std::optional<Title> {
             return Title{std::string{in.text()}};
         }});
    world.register_component<Pinned>("pinned");  // a tag needs no codec
    world.register_transient<Width>("width");    // worked out again, not worth storing
}
// [/register]

int main() {
    ecs::World world;
    register_components(world);
    const ecs::Entity note = world.create(Title{"milk"}, Pinned{}, Width{80});

    // [save]
    const core::Result<std::string> bytes = world.snapshot();
    if (!bytes) {
        std::fprintf(stderr, "%s\n", bytes.error().message().c_str());
        return 1;
    }
    ecs::World copy;
    register_components(copy);
    if (const core::Result<> restored = copy.restore(*bytes); !restored) {
        std::fprintf(stderr, "%s\n", restored.error().message().c_str());
        return 1;
    }
    const std::string& title = copy.get<const Title>(note).text;  // handles are the same
    // [/save]

    std::printf("%s, %zu bytes\n", title.c_str(), bytes->size());
    return title == "milk" && copy.has<Pinned>(note) && !copy.has<Width>(note) ? 0 : 1;
}
