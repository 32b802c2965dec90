// The rows of Certificate Manager.
#pragma once

#include "stratus/models/acm.h"

namespace stratus::services::acm {

namespace cm = aws::acm;

/// The key's id is the certificate's ARN.
struct CertificateRow {
  cm::CertificateDetail value;
  std::string certificate, chain;  ///< PEM; empty until it is issued
  Blob sealed_key;                 ///< the private key under the store's master key; the ARN is authenticated
  std::map<std::string, std::string> tags;
  std::optional<std::string> token;
  bool renewal_asked = false;
  STRATUS_SHAPE(CertificateRow, value, certificate, chain, sealed_key, tags, token, renewal_asked)
};

struct AccountRow {
  std::int32_t days_before_expiry = 45;
  STRATUS_SHAPE(AccountRow, days_before_expiry)
};

}  // namespace stratus::services::acm
