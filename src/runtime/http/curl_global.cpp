// SPDX-License-Identifier: Apache-2.0
#include "http/curl_global.hpp"

#include <curl/curl.h>

#include "millrace/core/check.hpp"

namespace millrace::runtime {

void ensure_curl() {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    MR_CHECK(initialised == CURLE_OK);
}

}  // namespace millrace::runtime
