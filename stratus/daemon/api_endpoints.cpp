#include "stratus/daemon/api_endpoints.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "stratus/core/log.h"
#include "stratus/core/text.h"
#include "stratus/daemon/names.h"
#include "stratus/dataplane/network/network.h"

namespace stratus::daemon {
namespace {

constexpr const char* kDomain = "amazonaws.com";
constexpr std::size_t kMost = 512;             // names; buckets and accounts are parts of some
constexpr std::chrono::hours kFresh{24 * 30};  // certificates hold for a year; programs may run longer
constexpr std::uint16_t kPlainPort = 80, kTlsPort = 443;

SSL_CTX* context_of(const std::string& certificate, const std::string& key, const std::string& authority) {
  const auto bio = [](const std::string& pem) {
    return std::unique_ptr<BIO, decltype(&BIO_free)>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                     &BIO_free);
  };
  const std::unique_ptr<X509, decltype(&X509_free)> leaf(
      PEM_read_bio_X509(bio(certificate).get(), nullptr, nullptr, nullptr), &X509_free);
  const std::unique_ptr<X509, decltype(&X509_free)> root(
      PEM_read_bio_X509(bio(authority).get(), nullptr, nullptr, nullptr), &X509_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(
      PEM_read_bio_PrivateKey(bio(key).get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> out(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (!leaf || !root || !pair || !out || SSL_CTX_use_certificate(out.get(), leaf.get()) != 1 ||
      SSL_CTX_use_PrivateKey(out.get(), pair.get()) != 1 || SSL_CTX_add1_chain_cert(out.get(), root.get()) != 1)
    return nullptr;
  return out.release();
}

}  // namespace

EndpointCertificates::~EndpointCertificates() {
  for (auto& [name, made] : made_) SSL_CTX_free(made.context);
}

SSL_CTX* EndpointCertificates::of(const std::string& asked) {
  const std::string name = asked.empty() ? kDomain : text::lower(asked);
  if (name != kDomain && !is_endpoint(name)) return nullptr;
  const Timestamp now = acm_.now();
  auto found = made_.find(name);
  if (found != made_.end() && now - found->second.at < kFresh) return found->second.context;
  if (key_.empty()) key_ = services::acm::x509::make_key("EC_prime256v1");
  SSL_CTX* context = context_of(acm_.issue_server(key_, {name}), key_, acm_.root_certificate());
  if (context == nullptr) return nullptr;
  if (found == made_.end() && made_.size() >= kMost) found = made_.begin();
  if (found != made_.end()) {
    SSL_CTX_free(found->second.context);  // connections that use it hold it too
    made_.erase(found);
  }
  made_[name] = {context, now};
  return context;
}

void ApiEndpoints::open(const std::string& netns, const std::string& address, std::function<void(Result<>)> done) {
  struct Opened {
    Result<UniqueFd> plain = failure("open the endpoints", 0), tls = failure("open the endpoints", 0);
  };
  auto opened = std::make_shared<Opened>();
  loop_.run_blocking(
      [opened, netns, address] {
        opened->plain = network::open_local_listener(netns, address, kPlainPort);
        opened->tls = network::open_local_listener(netns, address, kTlsPort);
      },
      [this, opened, done = std::move(done)] {
        if (!opened->plain) return done(opened->plain.error());
        if (!opened->tls) return done(opened->tls.error());
        door_.serve_on(std::move(*opened->plain), nullptr);
        door_.serve_on(std::move(*opened->tls), [this](const std::string& name) { return certificates_.of(name); });
        done({});
      });
}

}  // namespace stratus::daemon
