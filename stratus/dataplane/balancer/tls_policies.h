// ELB's security policies as OpenSSL cipher lists.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stratus::balancer {

struct TlsPolicy {
  std::string_view name;
  std::string_view min_version;  ///< "TLSv1.2", as HAProxy's ssl-min-ver takes it
  std::string_view max_version;
  std::string_view ciphers;  ///< up to TLS 1.2; empty where only 1.3 is offered
};

/// The TLS 1.3 suites of every policy that offers 1.3.
inline constexpr std::string_view tls13_suites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

/// Null where we do not carry a policy of that name.
const TlsPolicy* find_tls_policy(std::string_view name);
const std::vector<TlsPolicy>& all_tls_policies();

}  // namespace stratus::balancer
