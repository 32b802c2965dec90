#include "stratus/daemon/messaging.h"

namespace stratus::daemon {
namespace {

/// Where a client on this machine finds what listens on `address`.
std::string reachable(const std::string& address) {
  if (address == "0.0.0.0") return "127.0.0.1";
  if (address == "::") return "[::1]";
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

}  // namespace

Messaging::Messaging(Loop& loop, state::Store& store, Random& random, services::iam::Service& /*iam*/,
                     services::kms::Service& kms, services::logs::Service& /*logs*/, const Options& options)
    : address_(reachable(options.listen_address)),
      outbound_(loop),
      mail_(loop, random, options.state_directory + "/mail"),
      sns_(loop, store, random, kms, outbound_, mail_) {}

void Messaging::add_to(wire::FrontDoor& door) {
  door.add(aws::sns::model(), sns_);
  for (const char* action : {"sns:ConfirmSubscription", "sns:Unsubscribe"}) door.allow_unsigned(action);
  // Subscribers fetch the certificate without a signature.
  door.add_raw("/_aws/sns", [this](const wire::HttpRequest& request, const std::function<void(wire::HttpReply)>& reply) {
    wire::HttpReply out;
    const auto certificate = sns_.certificate(request.target.substr(0, request.target.find('?')));
    out.status = certificate ? 200 : 404;
    out.headers["Content-Type"] = certificate ? "application/x-pem-file" : "text/plain";
    out.body = certificate.value_or("not found\n");
    reply(std::move(out));
  });
}

void Messaging::start(std::uint16_t port) { sns_.start("http://" + address_ + ":" + std::to_string(port)); }

}  // namespace stratus::daemon
