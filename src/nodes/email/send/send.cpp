// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "behaviours.hpp"
#include "email/send/mail_call.hpp"

namespace millrace::nodes {
namespace {

class EmailSend final : public engine::NodeBehaviour {
public:
    void check(const core::Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        check_mail_data(data, pointer, problems);
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::expected<engine::MailCall, core::Failure> made = make_mail(call.data);
        if (!made) return std::move(made.error());
        return engine::EffectRequest{*std::move(made)};
    }
};

}  // namespace

Behaviour email_send() {
    return std::make_shared<EmailSend>();
}

}  // namespace millrace::nodes
