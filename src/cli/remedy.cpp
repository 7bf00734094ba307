// SPDX-License-Identifier: Apache-2.0
#include "remedy.hpp"

namespace millrace::cli {

std::string remedy_of(const core::Failure& failure) {
    if (failure.code == "egress_denied") {
        return "the egress policy forbids this address; allow it with --egress-allow if it may be "
               "called";
    }
    switch (failure.error_class) {
        case core::ErrorClass::timeout: return "give the node a longer `timeout`, or `retry` it";
        case core::ErrorClass::connection:
            return "check that the address is right and its server runs; `retry` helps against "
                   "short outages";
        case core::ErrorClass::http_4xx:
            return "the server refused the request; compare url, headers and body with what it "
                   "expects";
        case core::ErrorClass::http_5xx:
            return "the server is at fault; `retry` helps when that passes";
        case core::ErrorClass::expression:
            return "the expression met data that it does not expect; `?.` and `??` cope with what "
                   "is missing";
        case core::ErrorClass::limit: return "reduce the data, or raise the limit that is named";
        case core::ErrorClass::internal:
        case core::ErrorClass::validation:
        case core::ErrorClass::script:
        case core::ErrorClass::canceled: break;
    }
    return {};
}

}  // namespace millrace::cli
