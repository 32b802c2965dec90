// Source: "Security policies for your Application Load Balancer", AWS's Elastic Load Balancing documentation. The
// ciphers are OpenSSL's names, in the order in which ELB prefers them.
#include "stratus/dataplane/balancer/tls_policies.h"

namespace stratus::balancer {
namespace {

#define STRATUS_ECDHE_GCM                                      \
  "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:" \
  "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
// Forward secrecy, CBC with SHA-2 besides GCM.
#define STRATUS_ECDHE_SHA2                                     \
  "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:" \
  "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:"         \
  "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" \
  "ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384"
// … and CBC with SHA-1.
#define STRATUS_ECDHE_ALL                                      \
  "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:" \
  "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:"         \
  "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:"               \
  "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" \
  "ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:"         \
  "ECDHE-RSA-AES256-SHA:ECDHE-ECDSA-AES256-SHA"
#define STRATUS_RSA_SHA2 ":AES128-GCM-SHA256:AES128-SHA256:AES256-GCM-SHA384:AES256-SHA256"
#define STRATUS_RSA_ALL ":AES128-GCM-SHA256:AES128-SHA256:AES128-SHA:AES256-GCM-SHA384:AES256-SHA256:AES256-SHA"

}  // namespace

const std::vector<TlsPolicy>& all_tls_policies() {
  static const std::vector<TlsPolicy> policies = {
      {"ELBSecurityPolicy-TLS13-1-3-2021-06", "TLSv1.3", "TLSv1.3", ""},
      {"ELBSecurityPolicy-TLS13-1-2-2021-06", "TLSv1.2", "TLSv1.3", STRATUS_ECDHE_SHA2},
      {"ELBSecurityPolicy-TLS13-1-2-Res-2021-06", "TLSv1.2", "TLSv1.3", STRATUS_ECDHE_GCM},
      {"ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", "TLSv1.2", "TLSv1.3", STRATUS_ECDHE_SHA2 STRATUS_RSA_SHA2},
      {"ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", "TLSv1.2", "TLSv1.3", STRATUS_ECDHE_ALL STRATUS_RSA_ALL},
      {"ELBSecurityPolicy-TLS13-1-1-2021-06", "TLSv1.1", "TLSv1.3", STRATUS_ECDHE_ALL STRATUS_RSA_ALL},
      {"ELBSecurityPolicy-TLS13-1-0-2021-06", "TLSv1.0", "TLSv1.3", STRATUS_ECDHE_ALL STRATUS_RSA_ALL},
      {"ELBSecurityPolicy-TLS-1-2-2017-01", "TLSv1.2", "TLSv1.2", STRATUS_ECDHE_SHA2 STRATUS_RSA_SHA2},
      {"ELBSecurityPolicy-TLS-1-2-Ext-2018-06", "TLSv1.2", "TLSv1.2", STRATUS_ECDHE_ALL STRATUS_RSA_ALL},
      {"ELBSecurityPolicy-TLS-1-1-2017-01", "TLSv1.1", "TLSv1.2", STRATUS_ECDHE_ALL STRATUS_RSA_ALL},
      {"ELBSecurityPolicy-2016-08", "TLSv1.0", "TLSv1.2", STRATUS_ECDHE_ALL STRATUS_RSA_ALL},
      {"ELBSecurityPolicy-FS-2018-06", "TLSv1.0", "TLSv1.2", STRATUS_ECDHE_ALL},
      {"ELBSecurityPolicy-FS-1-1-2019-08", "TLSv1.1", "TLSv1.2", STRATUS_ECDHE_ALL},
      {"ELBSecurityPolicy-FS-1-2-2019-08", "TLSv1.2", "TLSv1.2", STRATUS_ECDHE_ALL},
      {"ELBSecurityPolicy-FS-1-2-Res-2019-08", "TLSv1.2", "TLSv1.2", STRATUS_ECDHE_SHA2},
      {"ELBSecurityPolicy-FS-1-2-Res-2020-10", "TLSv1.2", "TLSv1.2", STRATUS_ECDHE_GCM},
  };
  return policies;
}

const TlsPolicy* find_tls_policy(std::string_view name) {
  for (const auto& policy : all_tls_policies())
    if (policy.name == name) return &policy;
  return nullptr;
}

}  // namespace stratus::balancer
