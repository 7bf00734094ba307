// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "millrace/engine/node.hpp"

namespace millrace::nodes {

using Behaviour = std::shared_ptr<const engine::NodeBehaviour>;

// One for each folder with a node.json; standard.cpp ties the two together.
Behaviour trigger_manual();
Behaviour trigger_webhook();
Behaviour trigger_schedule();
Behaviour trigger_form();
Behaviour trigger_event();
Behaviour data_set();
Behaviour data_template();
Behaviour data_map();
Behaviour data_filter();
Behaviour data_reduce();
Behaviour data_sort();
Behaviour data_aggregate();
Behaviour data_group();
Behaviour data_split();
Behaviour data_join();
Behaviour data_dedupe();
Behaviour data_lookup();
Behaviour data_validate();
Behaviour data_convert();
Behaviour json_parse();
Behaviour json_stringify();
Behaviour json_query();
Behaviour json_patch();
Behaviour json_merge();
Behaviour text_regex();
Behaviour crypto_hash();
Behaviour crypto_hmac();
Behaviour crypto_encode();
Behaviour flow_if();
Behaviour flow_merge();
Behaviour flow_switch();
Behaviour flow_loop();
Behaviour flow_try();
Behaviour flow_delay();
Behaviour flow_wait();
Behaviour flow_subworkflow();
Behaviour flow_fail();
Behaviour flow_respond();
Behaviour debug_log();
Behaviour http_request();
Behaviour email_send();
Behaviour db_sqlite();
Behaviour file_read();
Behaviour file_write();
Behaviour file_list();
Behaviour file_delete();
Behaviour command_run();

}  // namespace millrace::nodes
