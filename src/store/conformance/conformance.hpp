// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "millrace/store/store.hpp"
#include "testing/frames.hpp"

namespace millrace::store::conformance {

/// One kind of store. `open` gives the same data again as long as the backend lives.
class Backend {
public:
    virtual ~Backend() = default;
    virtual std::unique_ptr<Store> open() = 0;
    /// Whether the data outlives a Store object.
    virtual bool is_durable() const = 0;
};

struct Kind {
    std::string name;
    std::function<std::unique_ptr<Backend>()> make;
};
const std::vector<Kind>& kinds();

/// A store of each kind, owned, with the first version of the workflow saved.
class Conformance : public ::testing::TestWithParam<Kind> {
protected:
    void SetUp() override;

    /// Commits a frame, whose number is the next, and expects success.
    void commit(testing::FrameBuilder frame);
    testing::FrameBuilder next_frame();

    std::unique_ptr<Backend> backend_;
    std::unique_ptr<Store> store_;
    Epoch epoch_;
    std::uint64_t frame_ = 0;
};

}  // namespace millrace::store::conformance
