// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/digest.hpp"

#include <gtest/gtest.h>

namespace millrace::format {
namespace {

TEST(Digest, Sha256IsThatOfFips180) {
    EXPECT_EQ(sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, Blake2bIsThatOfTheReferenceWith256Bits) {
    EXPECT_EQ(blake2b_256_hex(""),
              "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    EXPECT_EQ(blake2b_256_hex("abc"),
              "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    EXPECT_EQ(to_hex(blake2b_256("abc")), blake2b_256_hex("abc"));
}

TEST(Digest, NamesTheSamePartsOfTheSameMomentAlike) {
    const core::Time at{1'700'000'000'000};
    EXPECT_EQ(named_uuid(at, {"orders", "hook"}), named_uuid(at, {"orders", "hook"}));
    EXPECT_NE(named_uuid(at, {"orders", "hook"}), named_uuid(at, {"ordersh", "ook"}));
    EXPECT_NE(named_uuid(at, {"orders"}), named_uuid(at + core::Duration{1}, {"orders"}));
}

}  // namespace
}  // namespace millrace::format
