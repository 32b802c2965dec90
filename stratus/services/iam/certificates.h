// X.509 certificates and keys that are uploaded: what IAM looks at before it keeps them.
#pragma once

#include <optional>
#include <string>

#include "stratus/core/clock.h"

namespace stratus::services::iam {

/// When a PEM certificate ends; nothing where the text is none.
std::optional<Timestamp> certificate_end(const std::string& pem);
bool is_private_key(const std::string& pem);
/// Whether the private key is that of the certificate.
bool key_fits(const std::string& certificate, const std::string& key);
/// Whether `chain` (issuer first) leads on from the certificate, each issued by the next.
bool chain_fits(const std::string& certificate, const std::string& chain);

}  // namespace stratus::services::iam
